import type { Random } from '../simulation/random.ts';

/** What the kernel of the guest has. */
export interface Modules {
  readonly schedulers: readonly [string, ...string[]];
}

const FLAGS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  sh: ['sh-fallback', 'sh-port', 'sh-fallback,sh-port', 'flag-3', 'sh-port,flag-3'],
  mh: ['mh-fallback', 'mh-port', 'mh-fallback,mh-port'],
};
const OTHER_FLAGS = ['flag-1', 'flag-2', 'flag-3', 'flag-1,flag-3', 'flag-1,flag-2,flag-3'] as const;

/** So far apart that ipvsadm's comparison of addresses wraps, and so close that services share them. */
const VIPS = [
  ...['192.0.2.10', '192.0.2.11', '10.0.0.1', '1.1.1.1', '127.0.0.9', '128.0.0.1', '223.255.255.1'],
  ...['[2001:db8::80]', '[2001:db8:0:0:1::]', '[::1]', '[fd00:1:2:3:4:5:6:7]', '[::ffff:192.0.2.1]'],
] as const;
const SERVERS = ['10.0.0.', '10.1.255.', '172.16.0.', '192.168.200.', '203.0.113.'] as const;
const SERVERS6 = ['2001:db8::', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:', 'fd00:1::2:'] as const;

/**
 * A table in the language of `ipvsadm -R`, with thresholds: up to 4 services with up to 4 servers each, none of them in
 * `taken`, to which they are added.
 */
export function randomTable(random: Random, modules: Modules, taken: Set<string>): readonly string[] {
  const lines: string[] = [];
  for (let left = random.between(0, 4); left > 0; left--) {
    const service = randomService(random, modules);
    if (taken.has(service.name)) continue;
    taken.add(service.name);
    lines.push(`-A ${service.name} ${service.options}`, ...randomServers(random, service));
  }
  return lines;
}

interface Service {
  /** `-t 192.0.2.10:80`, `-f 8 -6`. */
  readonly name: string;
  readonly options: string;
  readonly inet6: boolean;
  /** Null for a mark. */
  readonly port: number | null;
}

function randomService(random: Random, { schedulers }: Modules): Service {
  const persistent = random.chance(0.4);
  const isMark = random.chance(0.2);
  const vip = random.pick(VIPS);
  const option = random.pick(['-t', '-t', '-u', '--sctp-service']);
  const port =
    persistent && random.chance(0.2)
      ? 0
      : random.pick([80, 443, random.between(1, 65_535), random.between(1, 65_535)]);
  const inet6 = isMark ? random.chance(0.4) : vip.startsWith('[');
  const mark = random.pick([1, 7, 2_147_483_647, 4_294_967_295, random.between(1, 4_294_967_295)]);
  const name = isMark ? `-f ${mark}${inet6 ? ' -6' : ''}` : `${option} ${vip}:${port}`;
  const scheduler = random.pick([...schedulers] as [string, ...string[]]);
  const options = [`-s ${scheduler}`];
  if (persistent) {
    options.push(`-p ${random.pick([1, 300, 360, 86_400, 2_678_400])}`);
    if (random.chance(0.5))
      options.push(`-M ${inet6 ? random.between(1, 128) : mask(random.between(1, 32))}`);
    if (option === '-u' && !isMark && random.chance(0.5)) options.push('--pe sip');
  }
  if ((isMark || option === '-u') && random.chance(0.3)) options.push('-o');
  if (random.chance(0.4)) options.push(`-b ${random.pick(FLAGS[scheduler] ?? OTHER_FLAGS)}`);
  return { name, options: options.join(' '), inet6, port: isMark ? null : port };
}

function randomServers(random: Random, service: Service): readonly string[] {
  const servers = new Map<string, string>();
  for (let left = random.between(0, 4); left > 0; left--) {
    const forward = random.pick(['-g', '-m', '-i', '-i']);
    const inet6 = forward === '-i' && random.chance(0.3) ? !service.inet6 : service.inet6;
    const address = inet6
      ? `[${random.pick(SERVERS6)}${random.between(1, 0xffff).toString(16)}]`
      : `${random.pick(SERVERS)}${random.between(1, 254)}`;
    const free = service.port === null || forward === '-m';
    const port = free ? random.pick([0, 80, 8080, 40_000]) : service.port;
    const name = `${address}:${port}`;
    const options = [forward, `-w ${random.pick([0, 1, 1, 5, 100, 65_535])}`];
    if (forward === '-i') options.push(...tunnel(random));
    if (random.chance(0.4)) {
      const most = random.pick([1, 20, 1000, 2_147_483_647]);
      options.push(`-x ${most}`, ...(random.chance(0.6) ? [`-y ${random.between(1, most)}`] : []));
    }
    servers.set(name, `-a ${service.name} -r ${name} ${options.join(' ')}`);
  }
  return [...servers.values()];
}

function tunnel(random: Random): readonly string[] {
  const csum = random.pick(['--tun-nocsum', '--tun-csum', '--tun-remcsum']);
  switch (random.below(4)) {
    case 0:
      return [];
    case 1:
      return ['--tun-type ipip'];
    case 2:
      return [`--tun-type gue --tun-port ${random.pick([1, 6080, 65_535])}`, csum];
    default:
      return ['--tun-type gre', csum === '--tun-remcsum' ? '--tun-csum' : csum];
  }
}

const mask = (prefix: number): string =>
  [0, 8, 16, 24].map((from) => (0xff00 >> Math.min(8, Math.max(0, prefix - from))) & 0xff).join('.');
