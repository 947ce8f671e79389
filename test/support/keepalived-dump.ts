import { type Ip, ipBytes, ipFromBytes, parseIp, printEndpoint } from '../../src/base/ip.ts';

/** What both programs can say of a vrrp_instance. */
export type InstanceMeaning = {
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
  readonly priority: number;
  /** Milliseconds. */
  readonly advertInterval: number;
  readonly preempt: boolean;
  /** `pass 1111`. */
  readonly authentication: string | null;
  /** Null where none is given. */
  readonly source: string | null;
  readonly version: number;
  /** `multicast 224.0.0.18`, or `unicast ttl 255, any source` and the peers with the least and greatest TTL. */
  readonly transport: readonly string[];
  /** Seconds. */
  readonly preemptDelay: number;
  readonly downTimerAdverts: number;
  readonly accept: boolean;
  readonly answersLower: boolean;
  readonly advertisesOnYield: boolean;
  readonly promoteSecondaries: boolean;
  readonly tracksInterface: boolean;
  /** `vrrp.51`, or `vrrp.51 xmit_base`. */
  readonly vmac: string | null;
  /** `10.0.0.1/24 brd 10.0.0.255 dev eth0 scope global label eth0:1`. */
  readonly addresses: readonly string[];
  readonly excluded: readonly string[];
  /** Seconds and counts. */
  readonly garp: Readonly<
    Record<'delay' | 'repeat' | 'refresh' | 'refreshRepeat' | 'lowerDelay' | 'lowerRepeat', number>
  >;
};

/** A check that both programs can make. */
export interface CheckMeaning {
  /** `TCP_CHECK`. */
  readonly kind: string;
  /** What is particular to its kind, as both can say it. */
  readonly asks: string;
  /** `tcp 10.0.0.1:80`, `fwmark 7`, `fwmark 8 inet6`. */
  readonly service: string;
  /** The server's address. */
  readonly server: string;
  /** `10.0.0.11:80`; null for a command. */
  readonly target: string | null;
  /** Milliseconds; null for a command. */
  readonly timeout: number | null;
  /** Milliseconds. */
  readonly interval: number;
  readonly warmup: number;
  readonly retry: number;
  readonly delayBeforeRetry: number;
}

/** One line for each, sorted. What comes before a retry says nothing where there is none. */
export const showChecks = (checks: readonly CheckMeaning[]): string[] =>
  checks
    .map(({ kind, asks, service, server, target, timeout, interval, warmup, retry, delayBeforeRetry }) => {
      const retries = retry === 0 ? 'no retry' : `retry ${retry} after ${delayBeforeRetry}`;
      const where = target === null ? '' : ` ${target} within ${timeout}`;
      const what = asks === '' ? '' : `; ${asks}`;
      return `${service} -> ${server}: ${kind}${where} every ${interval}, warmup ${warmup}, ${retries}${what}`;
    })
    .sort();

/** A line of a dump: how far it is indented, and its text before and behind ` = `. */
interface Line {
  readonly depth: number;
  readonly key: string;
  readonly value: string;
}

function linesOf(dump: readonly string[]): Line[] {
  return dump.map((text) => {
    const [, blanks = '', key = '', value = ''] = /^( *)(.*?)(?: = (.*))?$/.exec(text) ?? [];
    return { depth: blanks.length, key, value };
  });
}

/** The lines from each that `isFirst` says to the next that lies as deep or less. */
function sections(lines: readonly Line[], isFirst: (line: Line) => boolean): Line[][] {
  const found: Line[][] = [];
  let open: Line[] | null = null;
  let depth = 0;
  for (const line of lines) {
    if (isFirst(line)) {
      open = [line];
      depth = line.depth;
      found.push(open);
      continue;
    }
    // What other processes and threads log in between is not indented.
    if (line.depth === 0 && !line.key.startsWith('-')) continue;
    if (line.depth <= depth) open = null;
    open?.push(line);
  }
  return found;
}

const valueIn = (lines: readonly Line[], key: string): string | null =>
  lines.find((line) => line.key === key)?.value ?? null;

function need(lines: readonly Line[], key: string): string {
  const value = valueIn(lines, key);
  if (value === null) throw new Error(`keepalived's dump has no "${key}" for ${lines[0]?.value}`);
  return value;
}

/** The instances in what keepalived 2.2.7 dumps with -d. */
export function parseInstances(dump: readonly string[]): InstanceMeaning[] {
  return sections(linesOf(dump), ({ key }) => key === 'VRRP Instance').map((lines) => {
    const number = (key: string) => Number(need(lines, key));
    const [, count = '', unit = ''] = /^(\d+) (sec|milli-sec)$/.exec(need(lines, 'Advert interval')) ?? [];
    const [, source] = /^(\S+) \(from configuration\)$/.exec(need(lines, 'Using src_ip')) ?? [];
    const type = valueIn(lines, 'Authentication type') ?? 'none';
    return {
      name: need(lines, 'VRRP Instance'),
      // `vrrp.51, vmac on eth0, xmit base i/f`
      interface: need(lines, 'Interface').replace(/^\S+, vmac on (\S+?)(,.*)?$/, '$1'),
      vrid: number('Virtual Router ID'),
      priority: number('Priority'),
      advertInterval: Number(count) * (unit === 'sec' ? 1000 : 1),
      preempt: need(lines, 'Preempt') === 'enabled',
      authentication:
        type === 'none' ? null : type === 'SIMPLE_PASSWORD' ? `pass ${need(lines, 'Password')}` : type,
      source: source ?? null,
      version: number('VRRP Version'),
      transport: transportOf(lines),
      preemptDelay: Number.parseFloat(valueIn(lines, 'Preempt delay') ?? '0'),
      downTimerAdverts: number('Down timer adverts'),
      accept: need(lines, 'Accept') === 'enabled',
      answersLower: need(lines, 'Send advert after receive lower priority advert') === 'true',
      advertisesOnYield: need(lines, 'Send advert after receive higher priority advert') === 'true',
      promoteSecondaries: need(lines, 'Promote_secondaries') === 'enabled',
      tracksInterface: !lines.some(({ key }) => key === 'VRRP interface tracking disabled'),
      vmac: vmacOf(lines),
      addresses: below(lines, /^Virtual IP \(\d+\):$/).map(addressIn),
      excluded: below(lines, /^Virtual IP Excluded :$/).map(addressIn),
      garp: {
        delay: number('Gratuitous ARP delay'),
        repeat: number('Gratuitous ARP repeat'),
        refresh: number('Gratuitous ARP refresh'),
        refreshRepeat: number('Gratuitous ARP refresh repeat'),
        lowerDelay: number('Gratuitous ARP lower priority delay'),
        lowerRepeat: number('Gratuitous ARP lower priority repeat'),
      },
    };
  });
}

/** The lines below a heading. */
function below(lines: readonly Line[], heading: RegExp): string[] {
  const from = lines.findIndex(({ key }) => heading.test(key));
  if (from === -1) return [];
  const until = lines.findIndex(({ depth }, i) => i > from && depth <= (lines[from]?.depth ?? 0));
  return lines.slice(from + 1, until === -1 ? undefined : until).map(({ key }) => key);
}

/** Without its base behind the name of a virtual MAC interface. keepalived leaves out the prefix of a single address. */
const addressIn = (address: string): string =>
  address
    .replace(/^([^/ ]+)(?= )/, (single) => `${single}/${single.includes(':') ? 128 : 32}`)
    .replace(/ dev (\S+)@\S+( use_vmac)?/, ' dev $1')
    .replace(/ peer (\S+)\/\d+/, ' peer $1');

function transportOf(lines: readonly Line[]): string[] {
  for (const { key } of lines) {
    const [, group] = /^Multicast address ([^,]+)/.exec(key) ?? [];
    if (group !== undefined) return [`multicast ${group}`];
  }
  // It says nothing of the hop limit of IPv6 where none is given.
  const ttl = valueIn(lines, 'Unicast TTL') ?? '255';
  const source = lines.some(({ key }) => key === 'Check unicast src : yes') ? 'peers only' : 'any source';
  return [`unicast ttl ${ttl}, ${source}`, ...below(lines, /^Unicast Peer :$/)];
}

/** `Use VMAC, i/f name vrrp.51, is_up = true, xmit_base = false`; below it `MAC = ` for one that was given. */
function vmacOf(lines: readonly Line[]): string | null {
  for (const { key, value } of lines) {
    const [, name] = /^Use VMAC, i\/f name ([^,]+),/.exec(`${key} = ${value}`) ?? [];
    if (name === undefined) continue;
    const mac = valueIn(lines, 'MAC');
    const base = value.endsWith('xmit_base = true') ? ['xmit_base'] : [];
    return [name, ...(mac === null ? [] : [mac]), ...base].join(' ');
  }
  return null;
}

/** What the checkers of keepalived 2.2.7 dump with -d. */
export interface CheckerDump {
  /** Those of a group once for each of its entrances. */
  readonly checks: readonly CheckMeaning[];
  /** Thresholds that are set: `tcp 10.0.0.1:80 -> 10.0.0.11: 5 to 10`. */
  readonly thresholds: readonly string[];
}

export function parseCheckers(dump: readonly string[]): CheckerDump {
  const lines = linesOf(dump);
  const groups = new Map(
    sections(lines, ({ key }) => key === 'Virtual Server Group').map((group) => {
      const [name = ''] = group[0]?.value.split(', ') ?? [];
      return [name, group.slice(1)];
    }),
  );
  const keys = new Map<string, readonly string[]>();
  const thresholds: string[] = [];
  for (const service of sections(lines, ({ key }) => /^VS (VIP|FWMARK|GROUP)$/.test(key))) {
    const [head] = service;
    if (head === undefined) continue;
    const protocol = need(service, 'protocol').toLowerCase();
    const family = need(service, 'Address family') === 'inet6' ? ' inet6' : '';
    const entrances = entrancesOf(head, groups).map((entrance) =>
      entrance.startsWith('fwmark') ? `${entrance}${family}` : `${protocol} ${entrance}`,
    );
    keys.set(nameOf(head, protocol), entrances);
    let server = '';
    for (const { key, value } of service) {
      if (key === 'RIP') server = value.split(', ')[0] ?? '';
      const [, lower, upper] = /^(\d+) -> (\d+)$/.exec(key === 'connection limit range' ? value : '') ?? [];
      if (lower === undefined || (lower === '0' && upper === '0')) continue;
      thresholds.push(...entrances.map((entrance) => `${entrance} -> ${server}: ${lower} to ${upper}`));
    }
  }
  const checkers = sections(lines, ({ key }) => / -> \[/.test(key));
  return {
    checks: checkers.flatMap((checker) => parseCheck(checker, keys)),
    thresholds: thresholds.sort(),
  };
}

function parseCheck(lines: readonly Line[], keys: ReadonlyMap<string, readonly string[]>): CheckMeaning[] {
  const [name = '', server = ''] = (lines[0]?.key ?? '').split(' -> ');
  const [, address = ''] = /^\[(.*)\]:/.exec(server) ?? [];
  const [, at = '', port = ''] = /^\[(.*)\]:(\d+)$/.exec(valueIn(lines, 'Dest') ?? '') ?? [];
  const millis = (key: string) => Number(need(lines, key).split(' ')[0]) / 1000;
  const retry = Number(need(lines, 'Retries'));
  const [kind = '', ...more] = need(lines, 'Keepalive method').split(', ');
  const meaning = {
    kind,
    asks: [...more, ...asksOf(lines)].join(' '),
    server: address,
    target: at === '' ? null : printEndpoint(addressOf(at), Number(port)),
    timeout: at === '' ? null : Math.round(Number(need(lines, 'Timeout')) * 1000),
    interval: millis('Delay loop'),
    warmup: millis('Warmup'),
    retry,
    delayBeforeRetry: retry === 0 ? 0 : millis('Delay before retry'),
  };
  return (keys.get(name) ?? [name]).map((service) => ({ service, ...meaning }));
}

function hostOf(lines: readonly Line[], otherwise: string | null): string[] {
  const next = lines.findIndex(({ key }) => key === 'Checked url');
  const host = valueIn(next === -1 ? lines : lines.slice(0, next), 'Virtual host') ?? otherwise;
  return host === null ? [] : [`host ${host}`];
}

/** The words in which a dump says what a check asks; what says nothing of that, or not the same everywhere, is left out. */
function asksOf(lines: readonly Line[]): string[] {
  const from = lines.findIndex(({ key }) => key === 'Keepalive method');
  const about = lines.slice(from + 1);
  const host = valueIn(about, 'Virtualhost');
  return about.flatMap(({ key, value }, i) => {
    switch (key) {
      case 'Enable SNI set':
        return ['sni'];
      case 'Fast recovery set':
        return ['fast'];
      case 'Checked url':
        // Where the url has none of its own, that of the check counts.
        return [`url ${value}`, ...hostOf(about.slice(i + 1), host)];
      case 'Virtual host':
        return [];
      case 'digest':
        return [`md5 ${value}`];
      case 'Regex':
        return [`regex ${value.slice(1, -1)}`];
      case 'helo':
      case 'Type':
        return [value];
      case 'Name':
        return [value === '' ? '.' : value];
      case 'Require reply':
        return value === 'yes' ? ['reply'] : [];
      case 'Min reply length':
        return [`${value} to`];
      case 'Max reply length':
        return [value];
      case 'dynamic':
        return value === 'YES' ? ['dynamic'] : [];
      default:
        return /^\d{3}(-\d{3})?$/.test(key) ? [key] : [];
    }
  });
}

/** How checkers name a service: `[10.0.0.1]:tcp:80`, `FWM 1`, `[G1]:0`. */
function nameOf({ key, value }: Line, protocol: string): string {
  if (key === 'VS FWMARK') return `FWM ${value}`;
  if (key === 'VS GROUP') return value;
  const [address, port] = value.split(', VPORT = ');
  return `[${address}]:${protocol}:${port}`;
}

/** `10.0.0.1:80` or `fwmark 7` for each. */
function entrancesOf({ key, value }: Line, groups: ReadonlyMap<string, readonly Line[]>): string[] {
  if (key === 'VS FWMARK') return [`fwmark ${value}`];
  if (key === 'VS VIP') return rangeOf(value);
  const [, name = ''] = /^\[(.*)\]:\d+$/.exec(value) ?? [];
  return (groups.get(name) ?? []).flatMap((line) => {
    if (line.key === 'FWMARK') return [`fwmark ${line.value}`];
    return line.key === 'VIP' || line.key === 'VIP Range' ? rangeOf(line.value) : [];
  });
}

/** `10.0.0.1, VPORT = 80`, or a range with `-`. */
function rangeOf(text: string): string[] {
  const [addresses = '', port = ''] = text.split(', VPORT = ');
  const [first = '', last = first] = addresses.split('-');
  const end = addressOf(last);
  const found: string[] = [];
  for (let at = addressOf(first); ; at = after(at)) {
    found.push(printEndpoint(at, Number(port)));
    if (at === end) return found;
  }
}

function addressOf(text: string): Ip {
  const address = parseIp(text);
  if (address === null) throw new Error(`keepalived's dump has "${text}" for an address`);
  return address;
}

function after(address: Ip): Ip {
  const bytes = ipBytes(address);
  let at = bytes.length - 1;
  while (at > 0 && bytes[at] === 255) bytes[at--] = 0;
  bytes[at] = (bytes[at] ?? 0) + 1;
  return ipFromBytes(bytes);
}
