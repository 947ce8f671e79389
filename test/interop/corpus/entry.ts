/** A keepalived.conf of which keepalived and lbd are both asked what it means. */
export interface CorpusEntry {
  readonly name: string;
  /** By name; `keepalived.conf` is where reading starts. */
  readonly files: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
}

interface More {
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

export const entry = (name: string, text: string, more: More = {}): CorpusEntry => ({
  name,
  files: { ...more.files, 'keepalived.conf': text },
  environment: more.environment ?? {},
});

const indented = (body: string): string => body.trim().replace(/^(?!$)/gm, '  ');

export const block = (head: string, body: string): string => `${head} {\n${indented(body)}\n}\n`;

/** An instance on eth0; with an address of its own unless `body` has some. */
export function instance(name: string, vrid: number, body: string): string {
  const interface_ = /^\s*interface /m.test(body) ? '' : 'interface eth0\n';
  const addresses = /virtual_ipaddress/.test(body) ? '' : block('virtual_ipaddress', `10.0.0.${vrid}/24`);
  return block(`vrrp_instance ${name}`, `${interface_}virtual_router_id ${vrid}\n${body}\n${addresses}`);
}

/** An instance for each body, its VRID counted from 1. */
export const instances = (...bodies: readonly string[]): string =>
  bodies.map((body, i) => instance(`VI_${i + 1}`, i + 1, body)).join('\n');

/** A virtual_server with a protocol, a scheduler, a way of forwarding and a server, where `body` has none. */
export function service(head: string, body: string): string {
  const has = (keyword: string) => new RegExp(`^\\s*(?:${keyword})`, 'm').test(body);
  const isMark = head.startsWith('fwmark');
  const isIpv6 = /:.*:/.test(head);
  const port = /\d+$/.exec(head)?.[0] ?? '';
  const lines = [
    ...(isMark || has('protocol') ? [] : ['protocol TCP']),
    ...(has('lb_algo|lvs_sched') ? [] : ['lb_algo rr']),
    ...(has('lb_kind') ? [] : ['lb_kind NAT']),
    body,
    ...(has('real_server')
      ? []
      : [server(`${isIpv6 ? '2001:db8::11' : '10.0.0.11'} ${isMark ? '' : port}`, '')]),
  ];
  return block(`virtual_server ${head}`, lines.join('\n'));
}

/** A service for each body, on the ports from 1 of 10.0.0.1. */
export const services = (...bodies: readonly string[]): string =>
  bodies.map((body, i) => service(`10.0.0.1 ${i + 1}`, body)).join('\n');

export const server = (where: string, body: string): string => block(`real_server ${where}`, body);
export const tcpCheck = (body: string): string => block('TCP_CHECK', body);
