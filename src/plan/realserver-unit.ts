import type { HeldAddress, TunnelEnd } from './realserver-needs.ts';

/** The name of the systemd unit that sets one virtual address up at each start of the machine. */
export const unitName = (address: string): string => `lbd-realserver@${address}.service`;

/** The target that wants it. */
export const WANTED_BY = 'multi-user.target';

/** The words after `lbctl` that set an address up, or take it away, as it is to be. */
function realServerWords(order: 'up' | 'down', { address, dev, tunnel }: HeldAddress): readonly string[] {
  const where = tunnel === null && dev !== 'lo' ? ['--dev', dev] : [];
  return ['realserver', order, address, ...(order === 'up' ? [...where, ...tunnelWords(tunnel)] : [])];
}

/** The words of lbctl that say how packets come. */
export function tunnelWords(tunnel: TunnelEnd): readonly string[] {
  if (tunnel === null) return [];
  const port = tunnel.type === 'gue' ? ['--tunnel-port', String(tunnel.port)] : [];
  return ['--tunnel', tunnel.type, ...port];
}

/** The unit's text. `lbctl` are the words that run it, the first with its whole path, and `options` those at the end. */
export function printUnit(held: HeldAddress, lbctl: readonly string[], options: readonly string[]): string {
  const run = (order: 'up' | 'down') =>
    [...lbctl, ...realServerWords(order, held), ...options].map(quoted).join(' ');
  return `# Written by lbctl realserver up --persist; lbctl realserver down --persist ${held.address} removes it.
[Unit]
Description=Real server of ${held.address}: the address, and silence about it on the segment
After=systemd-sysctl.service systemd-modules-load.service network-pre.target
# Who listens on the address, or answers ARP, starts later.
Before=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${run('up')}
ExecStop=${run('down')}

[Install]
WantedBy=${WANTED_BY}
`;
}

/** systemd.service(5), "Command lines": % and $ begin a specifier and a variable, quotes hold a word together. */
function quoted(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`;
}
