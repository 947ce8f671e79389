const SERVERS = 100;
const WEIGHT = 7;

/** `count` real servers, 100 of a service, each with its weight and a check by TCP. */
export interface Site {
  readonly count: number;
}

interface Service {
  readonly address: string;
  readonly servers: readonly string[];
}

const servicesOf = ({ count }: Site): readonly Service[] =>
  Array.from({ length: Math.ceil(count / SERVERS) }, (_, s) => ({
    address: `10.200.${s >> 8}.${s & 255}`,
    servers: Array.from(
      { length: Math.min(SERVERS, count - s * SERVERS) },
      (_, d) => `10.${201 + (s >> 8)}.${s & 255}.${d}`,
    ),
  }));

export const keepalivedConf = (site: Site): string =>
  servicesOf(site)
    .map(({ address, servers }) => {
      const each = servers.map(
        (server) => `  real_server ${server} 80 {\n    weight ${WEIGHT}\n    TCP_CHECK {\n    }\n  }\n`,
      );
      return `virtual_server ${address} 80 {\n  delay_loop 10\n  lb_algo wrr\n  lb_kind DR\n  protocol TCP\n${each.join('')}}\n`;
    })
    .join('');

export const lbdYaml = (site: Site): string =>
  `services:\n${servicesOf(site)
    .map(({ address, servers }) => {
      const each = servers.map((server) => `      - { address: ${server}, weight: ${WEIGHT} }\n`);
      return `  ${address}:\n    address: ${address}\n    port: 80\n    protocol: tcp\n    scheduler: wrr\n    forward: dr\n    check: { type: tcp, interval: 10s }\n    servers:\n${each.join('')}`;
    })
    .join('')}`;
