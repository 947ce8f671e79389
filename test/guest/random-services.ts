/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Family = 'inet' | 'inet6';

const SCHEDULERS = ['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'sh', 'mh', 'dh', 'fo', 'ovf', 'sed', 'nq'];

/** The dice of one configuration. */
class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
  }

  /** True so many times in a hundred. */
  chance(percent: number): boolean {
    return this.#random() * 100 < percent;
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  pick<T>(...from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }

  some(percent: number, make: () => string): string[] {
    return this.chance(percent) ? [make()] : [];
  }
}

/**
 * Virtual services in the words of keepalived 2.2.7, other ones for each `id` (0–250): every protocol, scheduler, flag,
 * way of forwarding and option, groups with ranges, servers with options of their own. All that is checked is checked
 * for the first time after hours.
 */
export function randomServices(id: number): string {
  const dice = new Dice(1_000 + id);
  const count = 1 + dice.below(3);
  return Array.from({ length: count }, (_, k) => oneService(dice, id, k)).join('');
}

function oneService(dice: Dice, id: number, k: number): string {
  const family: Family = dice.chance(70) ? 'inet' : 'inet6';
  const kind = dice.pick('tcp', 'tcp', 'tcp', 'udp', 'udp', 'sctp', 'fwmark', 'group');
  const persistence = persistenceLines(dice, family, kind);
  const isPersistent = persistence.some((line) => line.startsWith('persistence_timeout'));
  const port = isPersistent && dice.chance(15) ? 0 : 1 + dice.below(65_535);
  const mark = 10_000 + id * 10 + k;
  const forward = forwardWords(dice);
  const scheduler = dice.pick('rr', ...SCHEDULERS);
  const protocol = kind === 'fwmark' || kind === 'group' ? dice.pick('tcp', 'udp') : kind;
  const own = vip(family, id, k, 1);
  const heads = {
    fwmark: `fwmark ${mark}${family === 'inet6' ? ' inet6' : dice.pick('', ' inet')}`,
    group: `group G${id}_${k}`,
  };
  const head = kind === 'fwmark' || kind === 'group' ? heads[kind] : `${own} ${port}`;
  const group = kind === 'group' ? groupBlock(dice, family, id, k, port) : '';
  const servers = Array.from({ length: 1 + dice.below(4) }, (_, i) =>
    serverBlock(dice, { family, id, i, port: kind === 'fwmark' ? 0 : port, forward }),
  );
  const lines = [
    'delay_loop 86400',
    `${dice.pick('lb_algo', 'lvs_sched')} ${scheduler}`,
    ...flagLines(dice, scheduler),
    `${dice.pick('lb_kind', 'lvs_method')} ${forward}`,
    ...(kind === 'fwmark' || (protocol === 'udp' && dice.chance(10))
      ? []
      : [`protocol ${protocol.toUpperCase()}`]),
    ...persistence,
    ...dice.some(protocol === 'udp' ? 30 : 3, () => 'ops'),
    ...dice.some(15, () => 'alpha'),
    ...dice.some(15, () => 'inhibit_on_failure'),
    ...dice.some(15, () => `quorum ${1 + dice.below(4)}`),
    ...dice.some(10, () => `hysteresis ${dice.below(2)}`),
    ...dice.some(
      20,
      () => `sorry_server ${real(family, id, 200)} ${forward === 'NAT' ? 1 + dice.below(65_535) : port}`,
    ),
    ...dice.some(8, () => 'sorry_server_inhibit'),
  ];
  return `${group}virtual_server ${head} {\n${lines.map((line) => `  ${line}\n`).join('')}${servers.join('')}}\n`;
}

const vip = (family: Family, id: number, k: number, host: number): string =>
  family === 'inet' ? `10.${id}.${k}.${host}` : `2001:db8:${id.toString(16)}:${k}::${host.toString(16)}`;

const real = (family: Family, id: number, host: number): string =>
  family === 'inet' ? `172.20.${id}.${host}` : `2001:db8:${id.toString(16)}:ff::${host.toString(16)}`;

function groupBlock(dice: Dice, family: Family, id: number, k: number, port: number): string {
  const shown = port === 0 ? '' : ` ${port}`;
  const range =
    family === 'inet'
      ? `${vip(family, id, k, 10)}-${11 + dice.below(4)}`
      : `${vip(family, id, k, 10)}-${(12 + dice.below(4)).toString(16)}`;
  const lines = [
    `${vip(family, id, k, 1)}${shown}`,
    ...dice.some(60, () => `${range}${shown}`),
    ...dice.some(30, () => `fwmark ${20_000 + id * 10 + k}`),
  ];
  return `virtual_server_group G${id}_${k} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

function forwardWords(dice: Dice): string {
  const plain = dice.pick('NAT', 'DR', 'TUN');
  if (plain !== 'TUN' || dice.chance(40)) return plain;
  return dice.pick(
    'TUN type ipip',
    'TUN type gre',
    'TUN type gre csum',
    `TUN type gue port ${1 + dice.below(65_535)}`,
    `TUN type gue port ${1 + dice.below(65_535)} csum`,
    `TUN type gue port ${1 + dice.below(65_535)} remcsum`,
    'TUN type gre nocsum',
  );
}

function flagLines(dice: Dice, scheduler: string): string[] {
  const own = scheduler === 'sh' || scheduler === 'mh' ? [`${scheduler}-port`, `${scheduler}-fallback`] : [];
  return [
    ...own.filter(() => dice.chance(50)),
    ...['flag-1', 'flag-2', 'flag-3'].filter(() => dice.chance(4)),
  ];
}

function persistenceLines(dice: Dice, family: Family, kind: string): string[] {
  if (!dice.chance(40)) return [];
  const granularity =
    family === 'inet'
      ? dice.pick('255.255.255.0', '255.255.255.255', '255.255.0.0')
      : dice.pick('64', '48', '128');
  return [
    dice.pick('persistence_timeout', `persistence_timeout ${1 + dice.below(86_400)}`),
    ...dice.some(50, () => `persistence_granularity ${granularity}`),
    ...dice.some(kind === 'udp' ? 20 : 0, () => 'persistence_engine sip'),
  ];
}

function serverBlock(
  dice: Dice,
  service: { family: Family; id: number; i: number; port: number; forward: string },
): string {
  const { family, id, i, port, forward } = service;
  const own = dice.chance(12) ? forwardWords(dice) : forward;
  const isOther = own.startsWith('TUN') && forward.startsWith('TUN') && dice.chance(10);
  const address = real(isOther ? (family === 'inet' ? 'inet6' : 'inet') : family, id, 10 + i);
  const shown =
    port === 0 ? '' : own === 'NAT' ? dice.pick('', ` ${port}`, ` ${1 + dice.below(65_535)}`) : ` ${port}`;
  const upper = 1 + dice.below(10_000);
  const lines = [
    ...dice.some(80, () => `weight ${dice.pick(0, 1, 1 + dice.below(100), 65_535)}`),
    ...(own === forward ? [] : [`lvs_method ${own}`]),
    ...dice.some(20, () => `uthreshold ${upper}`),
    ...dice.some(10, () => 'inhibit_on_failure'),
    ...dice.some(30, () => `TCP_CHECK {\n      connect_port ${port === 0 ? 80 : port}\n    }`),
  ];
  const lower = lines.some((line) => line.startsWith('uthreshold'))
    ? dice.some(50, () => `lthreshold ${1 + dice.below(upper)}`)
    : [];
  return `  real_server ${address}${shown} {\n${[...lines, ...lower].map((line) => `    ${line}\n`).join('')}  }\n`;
}
