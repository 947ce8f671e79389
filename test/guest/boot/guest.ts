import { type ChildProcess, spawn } from 'node:child_process';
import {
  constants,
  copyFileSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../../support/root.ts';

export interface GuestOptions {
  /** A directory writable by both sides under the same path, GUEST_SHARE in the guest. Without it a new one, removed at the end. */
  readonly share?: string;
  /** Working directory of the command; the checkout's top unless said. */
  readonly cwd?: string;
  /** Put over the guest's own PATH, HOME, LANG and GUEST_SHARE. */
  readonly env?: Readonly<Record<string, string>>;
  /** The guest is ended after this; 15 minutes unless said. Milliseconds. */
  readonly timeoutMs?: number;
  /** Told when the command starts, with what the way there took in milliseconds. */
  readonly onUp?: (bootMs: number, release: string) => void;
  /** Gives the command this process's standard input; it has none unless said. */
  readonly stdin?: boolean;
  /** File descriptors of this process for the command's output; 1 and 2 unless said. */
  readonly stdout?: number;
  readonly stderr?: number;
}

export const GUEST_TIMEOUT_MS = 15 * 60_000;
/** As coreutils' timeout says it. */
const TIMED_OUT = 124;
/** The descriptor of qemu by which the guest reports to this process. */
const REPORT = 5;
/** The descriptor of qemu by which the command is given its standard input. */
const INPUT = 6;

const cache = path.join(root, '.cache/guest');
const boot = path.join(root, 'test/guest/boot');

/** What stands in the way of booting the guest, or null. */
export function missingForGuest(): string | null {
  for (const file of ['version', 'vmlinux', 'initramfs.gz']) {
    const where = path.join(cache, file);
    if (!existsSync(where)) return `${where} does not exist: run npm run setup`;
  }
  return null;
}

/**
 * Boots Debian's kernel in QEMU, runs `argv` there as root and gives its exit code; 124 when the time ran out.
 * The host's files are readable under their own paths (but for /tmp, /run, /mnt, /media, /boot) and what the guest
 * writes to them stays in its memory; only the shared directory is written through.
 * Throws when the guest does not come up or dies before the command ended.
 */
export async function runInGuest(argv: readonly string[], options: GuestOptions = {}): Promise<number> {
  const missing = missingForGuest();
  if (missing !== null) throw new Error(`no guest: ${missing}`);
  const release = readFileSync(path.join(cache, 'version'), 'utf8').trim();
  const desk = mkdtempSync(path.join(tmpdir(), 'lbd-guest-'));
  const share = path.resolve(options.share ?? path.join(desk, 'share'));
  mkdirSync(share, { recursive: true });
  const orders = writeOrders(desk, argv, share, options);
  const console = path.join(desk, 'console.log');
  const startedAt = Date.now();
  const qemu = spawnQemu({ orders, share, console }, options);
  const onExit = () => {
    qemu.kill('SIGKILL');
    rmSync(desk, { recursive: true, force: true });
  };
  process.on('exit', onExit);
  let exit: number | null = null;
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    qemu.kill('SIGKILL');
  }, options.timeoutMs ?? GUEST_TIMEOUT_MS);
  try {
    const report = (qemu.stdio as readonly unknown[])[REPORT];
    if (!(report instanceof Socket)) throw new Error('no socket to hear the guest by');
    const input = (qemu.stdio as readonly unknown[])[INPUT];
    if (input instanceof Socket) process.stdin.pipe(input);
    createInterface({ input: report }).on('line', (line) => {
      const [word, code] = line.split(' ');
      if (word === 'up') options.onUp?.(Date.now() - startedAt, release);
      if (word === 'exit') exit = Number(code);
    });
    await ended(qemu);
    if (exit !== null) return exit;
    if (late) return TIMED_OUT;
    throw new Error(`the guest died before the command ended; its console:\n${lastLines(console)}`);
  } finally {
    clearTimeout(limit);
    process.off('exit', onExit);
    rmSync(desk, { recursive: true, force: true });
  }
}

/** The directory that the guest sees as /run/guest: what it is to do. */
function writeOrders(desk: string, argv: readonly string[], share: string, options: GuestOptions): string {
  const orders = path.join(desk, 'orders');
  mkdirSync(orders);
  copyFileSync(path.join(boot, 'start.sh'), path.join(orders, 'start'));
  const system = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const environment = {
    PATH: `${path.dirname(process.execPath)}:${system}`,
    HOME: '/root',
    LANG: 'C.UTF-8',
    GUEST_SHARE: share,
    ...options.env,
  };
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  writeFileSync(path.join(orders, 'checkout'), `${root}\n`);
  writeFileSync(path.join(orders, 'environment'), exports.join(''));
  writeFileSync(path.join(orders, 'share'), `${share}\n`);
  const command = argv.map(quoted).join(' ');
  writeFileSync(path.join(orders, 'command'), `cd ${quoted(options.cwd ?? root)} && exec ${command}\n`);
  return orders;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

interface Places {
  readonly orders: string;
  readonly share: string;
  readonly console: string;
}

function spawnQemu(places: Places, options: GuestOptions): ChildProcess {
  const virtfs = (where: string, tag: string, more: string) =>
    `local,path=${where.replaceAll(',', ',,')},mount_tag=${tag},security_model=none,${more}`;
  const stdout = options.stdout ?? 1;
  const stderr = options.stderr ?? 2;
  const machine = [
    // Emulated: a stock Debian kernel hangs under nested KVM without hardware help (seen on 6.1 and 6.18).
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-m', '2G', '-smp', '2'],
    ...['-nodefaults', '-display', 'none', '-no-reboot', '-serial', `file:${places.console}`],
    ...['-kernel', path.join(cache, 'vmlinux')],
    ...['-initrd', path.join(cache, 'initramfs.gz')],
    ...['-append', 'console=ttyS0 quiet panic=-1 mitigations=off'],
    ...['-virtfs', virtfs('/', 'host', 'readonly=on,multidevs=remap')],
    ...['-virtfs', virtfs(places.orders, 'orders', 'readonly=on')],
    ...['-virtfs', virtfs(places.share, 'share', 'multidevs=remap')],
    ...['-device', 'virtio-serial-pci'],
    ...port('out', 3, stdout),
    ...port('err', 4, stderr),
    ...['-chardev', `socket,id=report,fd=${REPORT}`, '-device', 'virtserialport,chardev=report,name=report'],
    ...(options.stdin === true
      ? ['-chardev', `socket,id=in,fd=${INPUT}`, '-device', 'virtserialport,chardev=in,name=in']
      : []),
  ];
  // Killed together with this process, however that one dies; and out of the terminal's reach.
  const argv = ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...machine];
  return spawn('setpriv', argv, {
    detached: true,
    stdio: ['ignore', 2, 2, stdout, stderr, 'pipe', ...(options.stdin === true ? ['pipe' as const] : [])],
  });
}

/**
 * A virtio port of the guest that writes to descriptor `to`, which qemu has as `fd`.
 * qemu takes a socket as it is, and what is open for writing only (a pipe, a redirection) too, so that the offset
 * stays common; a terminal, open both ways, it must open again by its path.
 */
function port(name: string, fd: number, to: number): string[] {
  const device = ['-device', `virtserialport,chardev=${name},name=${name}`];
  if (fstatSync(to).isSocket()) return ['-chardev', `socket,id=${name},fd=${fd}`, ...device];
  const [, flags = '0'] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${to}`, 'utf8')) ?? [];
  const writeOnly = (Number.parseInt(flags, 8) & 3) === constants.O_WRONLY;
  const where = writeOnly ? `/dev/fdset/${fd}` : `/dev/fd/${fd}`;
  const add = writeOnly ? ['-add-fd', `fd=${fd},set=${fd}`] : [];
  return [...add, '-chardev', `file,id=${name},path=${where},append=on`, ...device];
}

async function ended(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    // Not 'exit': the report may still be on its way then.
    child.once('close', () => resolve());
  });
}

function lastLines(file: string): string {
  if (!existsSync(file)) return '(nothing)';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
}
