import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import type { Host } from '../lab/host.ts';
import type { Lab } from '../lab/lab.ts';
import { eventually } from '../support/eventually.ts';
import { DOWNLOAD_BYTES, echoPort, fileUrl, letGo, PROBE, SERVERS, slowDown } from './handover-site.ts';

/** What the client saw. */
export interface Seen {
  /** Datagrams to the UDP service, one every 2 ms. */
  readonly sent: number;
  readonly lost: number;
  /** Runs of lost ones, when the first was sent (Unix time). */
  readonly losses: readonly { readonly count: number; readonly at: number }[];
  /** The longest times without an answer, and when they ended (Unix time); under emulation also those of the guest. */
  readonly gaps: readonly { readonly ms: number; readonly at: number }[];
  /** Of the download: its exit code and its length. */
  readonly exit: number | null;
  readonly bytes: number;
  /** TCP segments with RST that each host sent, those left out that sent none. */
  readonly resets: Readonly<Record<string, number>>;
  /** Segments that the servers sent again before the download was let go. */
  readonly retransmitted: number;
}

/** Slow enough to last longer than the handovers do under emulation. Bits per second. */
const PACE = 8_000_000;
/** Of the rest of the download once nothing holds it back. Milliseconds. */
const REST = 300_000;

/** A download of DOWNLOAD_BYTES and the probes, both through the virtual address, from `client`. */
export class Traffic {
  private readonly lab: Lab;
  private readonly probe: Child;
  private readonly download: Child;
  private readonly dump: Child;
  private readonly before: ReadonlyMap<string, Counters>;

  private constructor(lab: Lab, children: readonly [Child, Child, Child], before: Map<string, Counters>) {
    this.lab = lab;
    [this.probe, this.download, this.dump] = children;
    this.before = before;
  }

  static async start(lab: Lab): Promise<Traffic> {
    const client = lab.host('client');
    for (const server of SERVERS) await slowDown(lab.host(server), PACE);
    const rare = 'arp or (ip proto 112 and ip[22] = 0) or icmp or tcp[tcpflags] & tcp-rst != 0';
    const dump = new Child(client, 'tcpdump', ['-l', '-e', '-n', '-tt', '-i', 'eth0', rare]);
    await eventually('tcpdump listens', 60_000, () => dump.complaints.includes('listening on'));
    const before = await counters(lab);
    const told = '%{size_download} %{errormsg}';
    const download = new Child(client, 'curl', ['-sSf', '-o', '/dev/null', '-w', told, fileUrl(lab)]);
    const probe = new Child(client, 'perl', [PROBE, 'ask', lab.vip, `${echoPort}`]);
    return new Traffic(lab, [probe, download, dump], before);
  }

  /** The download is under way. */
  get goesOn(): boolean {
    return this.download.exit === undefined;
  }

  /** Ends the probes, lets the download come to its end, and counts. */
  async stop(): Promise<Seen> {
    const told = await this.probe.end('SIGINT');
    const during = await counters(this.lab);
    for (const server of SERVERS) await letGo(this.lab.host(server));
    await eventually('the download has ended', REST, () => !this.goesOn);
    const after = await counters(this.lab);
    await this.dump.end('SIGTERM');
    const risen = (to: ReadonlyMap<string, Counters>, name: string, counter: keyof Counters) =>
      (to.get(name)?.[counter] ?? Number.NaN) - (this.before.get(name)?.[counter] ?? Number.NaN);
    const resets = [...after.keys()]
      .map((name) => [name, risen(after, name, 'OutRsts')] as const)
      .filter(([, count]) => count !== 0);
    const probe = JSON.parse(told) as {
      readonly sent: number;
      readonly received: number;
      readonly gaps: Seen['gaps'];
      readonly lost: Seen['losses'];
    };
    return {
      sent: probe.sent,
      lost: probe.sent - probe.received,
      losses: probe.lost,
      gaps: probe.gaps,
      exit: this.download.exit ?? null,
      bytes: Number.parseInt(this.download.told, 10),
      resets: Object.fromEntries(resets),
      retransmitted: SERVERS.reduce((sum, server) => sum + risen(during, server, 'RetransSegs'), 0),
    };
  }

  /** ARP, resignations, ICMP and resets, as they came to the client, with times. */
  get witnessed(): string {
    return this.dump.told;
  }
}

/** A program that runs on while other things happen. */
class Child {
  told = '';
  complaints = '';
  /** Undefined while it runs. */
  exit: number | null | undefined;
  private readonly child: ChildProcess;

  constructor(host: Host, command: string, args: readonly string[]) {
    this.child = host.spawn(command, args);
    this.child.stdout?.on('data', (text) => {
      this.told += String(text);
    });
    this.child.stderr?.on('data', (text) => {
      this.complaints += String(text);
    });
    this.child.once('close', (code) => {
      this.exit = code;
    });
  }

  async end(signal: NodeJS.Signals): Promise<string> {
    assert.equal(this.exit, undefined, `it ended by itself: ${this.complaints}`);
    this.child.kill(signal);
    await eventually(`${this.child.spawnfile} ends`, 60_000, () => this.exit !== undefined);
    return this.told;
  }
}

const COUNTERS = ['OutRsts', 'RetransSegs'] as const;
type Counters = Readonly<Record<(typeof COUNTERS)[number], number>>;

/** TCP's counters (RFC 4022) of every host that takes part. */
async function counters(lab: Lab): Promise<Map<string, Counters>> {
  const found = new Map<string, Counters>();
  for (const name of ['client', 'd1', 'd2', ...SERVERS]) {
    const { stdout } = await lab.host(name).exec('grep', ['^Tcp:', '/proc/net/snmp']);
    const [names = [], values = []] = stdout.split('\n').map((line) => line.split(' '));
    const value = (counter: string) => Number(values[names.indexOf(counter)] ?? Number.NaN);
    found.set(name, { OutRsts: value('OutRsts'), RetransSegs: value('RetransSegs') });
  }
  return found;
}

/** Whether a download came whole. */
export const isWhole = ({ exit, bytes }: Seen): boolean => exit === 0 && bytes === DOWNLOAD_BYTES;
