import type { IpvsTimeouts, SyncDaemon } from '../model/ipvs-settings.ts';

/** The bytes of `ipvsadm -L --timeout` (1.31). */
export const showIpvsTimeouts = ({ tcp, tcpFin, udp }: IpvsTimeouts): string =>
  `Timeout (tcp tcpfin udp): ${tcp} ${tcpFin} ${udp}\n`;

/** The bytes of `ipvsadm -L --daemon` (1.31): nothing where none runs. */
export const showIpvsDaemons = (daemons: readonly SyncDaemon[]): string =>
  daemons
    .map(({ role, interface: dev, id, maxLength, group, port, ttl }) => {
      const facts = [
        `mcast=${dev}`,
        `syncid=${id}`,
        ...(maxLength === null || maxLength === 0 ? [] : [`maxlen=${maxLength}`]),
        `group=${group}`,
        `port=${port}`,
        `ttl=${ttl}`,
      ];
      return `${role} sync daemon (${facts.join(', ')})\n`;
    })
    .join('');
