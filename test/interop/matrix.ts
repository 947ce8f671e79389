/** One virtual router that lbd and keepalived share. */
export interface Cell {
  readonly name: string;
  readonly vrid: number;
  readonly version: 2 | 3;
  readonly family: 4 | 6;
  readonly transport: 'multicast' | 'unicast';
  readonly password: string | null;
  /** Who has the higher priority. */
  readonly lbd: 'master' | 'backup';
  readonly nopreempt: boolean;
  /** Further lines of the instance. */
  readonly lines: readonly string[];
}

/** One of the two directors: which of them it is, and the addresses of both. */
export interface Side {
  readonly who: 'lbd' | 'keepalived';
  readonly own4: string;
  readonly peer4: string;
  readonly own6: string;
  readonly peer6: string;
}

const ROLES = ['master', 'backup'] as const;

function cells(): readonly Cell[] {
  const made: Omit<Cell, 'vrid'>[] = [];
  const add = (name: string, over: Partial<Cell> = {}) => {
    for (const lbd of ROLES) {
      made.push({
        name: `${name} ${lbd}`.replaceAll(' ', '_'),
        version: 2,
        family: 4,
        transport: 'multicast',
        password: null,
        lbd,
        nopreempt: false,
        lines: [],
        ...over,
      });
    }
  };
  for (const transport of ['multicast', 'unicast'] as const) {
    add(`v2 IPv4 ${transport} PASS`, { transport, password: '1111' });
    add(`v2 IPv4 ${transport} none`, { transport });
    add(`v3 IPv4 ${transport}`, { transport, version: 3 });
    // RFC 9568 §5.1.2: there is no version 2 over IPv6.
    add(`v3 IPv6 ${transport}`, { transport, version: 3, family: 6 });
  }
  add('v3 100 ms', { version: 3, lines: ['advert_int 0.1'] });
  add('v2 VMAC', { lines: ['use_vmac'] });
  add('v3 IPv4 VMAC', { version: 3, lines: ['use_vmac'] });
  add('v3 IPv6 VMAC', { version: 3, family: 6, lines: ['use_vmac'] });
  add('v2 VMAC xmit_base', { lines: ['use_vmac', 'vmac_xmit_base'] });
  add('preempt_delay', { lines: ['preempt_delay 2'] });
  add('nopreempt', { nopreempt: true, lines: ['nopreempt'] });
  add('sync group A');
  add('sync group B', { version: 3 });
  return made.map((cell, i) => ({ ...cell, vrid: 101 + i }));
}

/** {v2, v3} × {IPv4, IPv6} × {multicast, unicast} × {master, backup} × {PASS, none} where legal, and the special ways. */
export const CELLS: readonly Cell[] = cells();

export const vipOf = ({ vrid, family }: Cell): string =>
  family === 4 ? `172.25.9.${vrid}` : `fd00:9::${vrid.toString(16)}:1`;

/** The configuration of one side, in keepalived's words, which both of them read. */
export function conf(side: Side): string {
  const groups = ROLES.map((role) => {
    const members = CELLS.filter(({ name, lbd }) => name.startsWith('sync_group') && lbd === role);
    const list = members.map(({ name }) => `    ${name}\n`).join('');
    return `vrrp_sync_group VG_${role} {\n  group {\n${list}  }\n}\n`;
  });
  return `${CELLS.map((cell) => instance(cell, side)).join('')}${groups.join('')}`;
}

function instance(cell: Cell, { who, own4, peer4, own6, peer6 }: Side): string {
  const isHigh = (cell.lbd === 'master') === (who === 'lbd');
  const [own, peer] = cell.family === 4 ? [own4, peer4] : [own6, peer6];
  const interval = cell.lines.some((line) => line.startsWith('advert_int')) ? [] : ['advert_int 1'];
  const lines = [
    'state BACKUP',
    'interface eth0',
    `virtual_router_id ${cell.vrid}`,
    `version ${cell.version}`,
    `priority ${isHigh ? 150 : 100}`,
    ...interval,
    ...(cell.transport === 'unicast' ? [`unicast_src_ip ${own}`, `unicast_peer {\n    ${peer}\n  }`] : []),
    ...(cell.password === null
      ? []
      : [`authentication {\n    auth_type PASS\n    auth_pass ${cell.password}\n  }`]),
    ...cell.lines,
    `virtual_ipaddress {\n    ${vipOf(cell)}/${cell.family === 4 ? 32 : 128}\n  }`,
  ];
  return `vrrp_instance ${cell.name} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

/** The outcome of each phase for each cell. */
export function printMatrix(of: readonly Cell[], seen: ReadonlyMap<string, readonly string[]>): string {
  const phases = ['elected', 'lbd resigned', 'lbd back', 'keepalived resigned', 'keepalived back'];
  const head = ['cell (lbd is)', ...phases];
  const rows = of.map(({ name }) => [name, ...phases.map((_, i) => seen.get(name)?.[i] ?? '-')]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
