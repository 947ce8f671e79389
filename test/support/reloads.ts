import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';
import { Load, type LoadResult } from '../lab/load.ts';

/** One of a row of configurations of the same site: which servers it has, their weights, and what has no part in it. */
export interface Variant {
  /** By server, its weight. */
  readonly servers: Readonly<Record<string, number>>;
  readonly priority: number;
  readonly hasOtherService: boolean;
}

/**
 * The n-th configuration: servers come and go one at a time, weights change, and so do the priority and another
 * service, which do not concern the site.
 */
export function variant(n: number): Variant {
  const weight = (server: number) => 1 + ((n + server) % 3);
  const gone = [null, 'rs2', null, 'rs3', null, 'rs1'][n % 6] ?? null;
  const servers = Object.fromEntries(
    ['rs1', 'rs2', 'rs3'].filter((name) => name !== gone).map((name, i) => [name, weight(i)]),
  );
  return { servers, priority: 150 + (n % 2), hasOtherService: n % 4 < 2 };
}

export function variantYaml(lab: Lab, { servers, priority, hasOtherService }: Variant): string {
  const written = Object.entries(servers).map(
    ([name, weight]) => `{ address: ${lab.host(name).address}, weight: ${weight} }`,
  );
  const other = `  other: { address: ${lab.vip}, port: 81, protocol: tcp, servers: [${lab.host('rs1').address}] }\n`;
  return `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: ${priority}
    virtual_addresses: [${lab.vip}/24]
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    scheduler: wrr
    forward: dr
    check: { type: tcp, interval: 1s, timeout: 5s, warmup: 0s }
    servers: [${written.join(', ')}]
${hasOtherService ? other : ''}`;
}

/** The same for keepalived. */
export function variantConf(lab: Lab, { servers, priority, hasOtherService }: Variant): string {
  const written = Object.entries(servers).map(
    ([name, weight]) => `  real_server ${lab.host(name).address} 80 {
    weight ${weight}
    TCP_CHECK {
      connect_timeout 5
      warmup 0
    }
  }
`,
  );
  const other = `virtual_server ${lab.vip} 81 {
  lb_kind NAT
  protocol TCP
  real_server ${lab.host('rs1').address} 81 {
    weight 1
  }
}
`;
  return `vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  virtual_ipaddress {
    ${lab.vip}/24
  }
}
virtual_server ${lab.vip} 80 {
  delay_loop 1
  lb_algo wrr
  lb_kind DR
  protocol TCP
${written.join('')}}
${hasOtherService ? other : ''}`;
}

/** Now and then a server stays away for longer than the client waits for an answer. */
const isHeld = (n: number): boolean => n % 40 === 1;
const HOLD = 18_000;

/** Goes through so many configurations while a client loads the site, both ways at once. */
export async function loadThrough(
  lab: Lab,
  count: number,
  put: (n: number) => Promise<void>,
): Promise<LoadResult> {
  const load = await Load.start(lab.host('client'), `http://${lab.vip}/`, ['keep-alive', 'short']);
  for (let n = 1; n <= count; n++) {
    await put(n);
    if (isHeld(n)) await sleep(HOLD);
  }
  return load.stop();
}
