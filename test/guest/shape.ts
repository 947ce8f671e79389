import type { Lab } from '../lab/lab.ts';

/** What a director of the lab balances: `web` and `files` by server (and weight), `names` without a check. */
export interface Shape {
  readonly web: readonly string[];
  readonly files: Readonly<Record<string, number>>;
  readonly names: boolean;
}

/** The configuration of a director in the words of lbd. */
export function shapeYaml(lab: Lab, priority: number, { web, files, names }: Shape): string {
  const at = (name: string) => lab.host(name).address;
  const weighted = Object.entries(files).map(
    ([name, weight]) => `{ address: ${at(name)}, weight: ${weight} }`,
  );
  return `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: ${priority}
    advert_int: 1s
    virtual_addresses: [${lab.vip}/24]
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    scheduler: rr
    forward: dr
    check: &check { type: tcp, interval: 1s, timeout: 2s, retry: 1, delay_before_retry: 500ms, warmup: 0s }
    servers: [${web.map(at).join(', ')}]
  files:
    address: ${lab.vip}
    port: 8080
    protocol: tcp
    scheduler: wrr
    forward: dr
    check: *check
    servers: [${weighted.join(', ')}]
${names ? `  names: { address: ${lab.vip}, port: 53, protocol: udp, scheduler: rr, forward: dr, servers: [${at('rs1')}] }` : ''}
`;
}

/** The same in the words of `ipvsadm -Sn`, in no special order. */
export function shapeRules(lab: Lab, { web, files, names }: Shape): string {
  const service = (key: string, scheduler: string, weights: Readonly<Record<string, number>>) => {
    const port = key.split(':')[1];
    const dests = Object.entries(weights).map(
      ([name, weight]) => `-a ${key} -r ${lab.host(name).address}:${port} -g -w ${weight}\n`,
    );
    return [`-A ${key} -s ${scheduler}\n`, ...dests].join('');
  };
  return [
    service(`-t ${lab.vip}:80`, 'rr', Object.fromEntries(web.map((name) => [name, 1]))),
    service(`-t ${lab.vip}:8080`, 'wrr', files),
    names ? service(`-u ${lab.vip}:53`, 'rr', { rs1: 1 }) : '',
  ].join('');
}
