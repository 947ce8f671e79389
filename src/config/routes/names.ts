/** Names for numbers in routes and rules, from the machine's tables of iproute2. */
export interface RouteNames {
  /** Of routing tables (rt_tables). */
  readonly tables: ReadonlyMap<string, number>;
}

/** What every machine calls its tables (linux/rtnetlink.h, RT_TABLE_*). */
export const STANDARD_NAMES: RouteNames = {
  tables: new Map([
    ['local', 255],
    ['main', 254],
    ['default', 253],
  ]),
};

/** linux/rtnetlink.h, RT_SCOPE_*. */
export const ROUTE_SCOPES = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;

/** linux/rtnetlink.h, RTPROT_*. */
export const ROUTE_PROTOCOLS = {
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  gated: 8,
  ra: 9,
  mrt: 10,
  zebra: 11,
  bird: 12,
  dnrouted: 13,
  xorp: 14,
  ntk: 15,
  dhcp: 16,
  keepalived: 18,
  babel: 42,
  openr: 99,
  bgp: 186,
  isis: 187,
  ospf: 188,
  rip: 189,
  eigrp: 192,
} as const;

const MOST = 0xffff_ffff;

/**
 * The standard names, and those in the texts of rt_tables files: a number and a name on a line, `#` before a comment.
 * What is no such line counts for nothing, as in iproute2.
 */
export function parseTableNames(texts: readonly string[]): RouteNames {
  const tables = new Map(STANDARD_NAMES.tables);
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    const [, number, name] = /^\s*(0x[\da-f]{1,8}|\d{1,10})\s+([^\s#]+)/i.exec(line) ?? [];
    if (number === undefined || name === undefined) continue;
    const id = Number(number);
    if (id > 0 && id <= MOST) tables.set(name, id);
  }
  return { tables };
}
