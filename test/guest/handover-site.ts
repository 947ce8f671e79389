import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Host } from '../lab/host.ts';
import type { Lab } from '../lab/lab.ts';
import { eventually } from '../support/eventually.ts';
import { keepalivedConf } from '../support/keepalived.ts';
import { root } from '../support/root.ts';

export const DOWNLOAD_BYTES = 1_000_000_000;
export const PROBE = path.join(root, 'test/guest/handover-probe.pl');
export const SERVERS = ['rs1', 'rs2'] as const;
const PORTS = { tcp: 8080, udp: 7 } as const;

/** A scheduler of IPVS that finds the same server without a connection entry, or one that needs the entry. */
export type Scheduler = 'sh' | 'mh' | 'rr';

/** Two services through direct routing: files (TCP) and echo (UDP). */
export function siteYaml(lab: Lab, scheduler: Scheduler, priority: number): string {
  const service = (name: string, protocol: 'tcp' | 'udp') => `  ${name}:
    address: ${lab.vip}
    port: ${PORTS[protocol]}
    protocol: ${protocol}
    scheduler: ${scheduler}
    forward: dr
    servers: [${SERVERS.map((server) => lab.host(server).address).join(', ')}]
`;
  return `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: ${priority}
    advert_int: 1s
    virtual_addresses: [${lab.vip}/24]
services:
${service('files', 'tcp')}${service('echo', 'udp')}`;
}

/**
 * The same in keepalived's words. It has real-time scheduling, as lbd has: emulation holds it up for seconds otherwise,
 * or, with the 10 ms of CPU without a pause that 2.2.7 then allows itself, has the kernel kill it.
 */
export function siteConf(lab: Lab, scheduler: Scheduler, priority: number): string {
  const service = (protocol: 'tcp' | 'udp') => `virtual_server ${lab.vip} ${PORTS[protocol]} {
  lb_algo ${scheduler}
  lb_kind DR
  protocol ${protocol.toUpperCase()}
${SERVERS.map((server) => `  real_server ${lab.host(server).address} ${PORTS[protocol]} { weight 1 }\n`).join('')}}
`;
  const peer = { state: 'BACKUP', vrid: 51, priority, password: null } as const;
  const vrrp = keepalivedConf({ ...peer, addresses: [`${lab.vip}/24`] });
  return `global_defs {\n  vrrp_rt_priority 50\n  vrrp_rlimit_rttime 10000000\n}\n${vrrp}${service('tcp')}${service('udp')}`;
}

/** nginx with a file of DOWNLOAD_BYTES, and the echo; resolves when both answer. */
export async function serveSite(lab: Lab, name: string): Promise<void> {
  const host = lab.host(name);
  const file = (which: string) => path.join(lab.directory, `${name}-${which}`);
  // In the guest this is on a tmpfs of less memory than the file's length: it has no blocks.
  writeFileSync(file('file'), '');
  truncateSync(file('file'), DOWNLOAD_BYTES);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    file('nginx.conf'),
    `user root; daemon off; worker_processes 1; pid ${file('nginx.pid')}; error_log ${file('error.log')};
events { worker_connections 64; }
http {
  access_log off; output_buffers 2 128k;
  ${temporary.map((what) => `${what}_temp_path ${file(what)};`).join(' ')}
  server { listen ${PORTS.tcp}; location = /file { alias ${file('file')}; } }
}
`,
  );
  host.spawn('nginx', ['-c', file('nginx.conf')]);
  const echo = host.spawn('perl', [PROBE, 'answer', lab.vip, `${PORTS.udp}`]);
  let said = '';
  echo.stdout?.on('data', (text) => {
    said += String(text);
  });
  await eventually(`${name} serves`, 60_000, async () => {
    const { code } = await host.exec('curl', ['-sfI', '-m', '5', `http://${host.address}:${PORTS.tcp}/file`]);
    return code === 0 && said === 'ready\n';
  });
}

export const fileUrl = (lab: Lab): string => `http://${lab.vip}:${PORTS.tcp}/file`;
export const echoPort: number = PORTS.udp;

/** Has TCP leave a server at so many bits per second and connection, evenly, a segment at a time. */
export async function slowDown(host: Host, bitsPerSecond: number): Promise<void> {
  await done(host, 'tc', ['qdisc', 'replace', 'dev', 'eth0', 'root', 'fq', 'maxrate', `${bitsPerSecond}`]);
}

/** Has TCP leave a server as fast as it goes, with the segmentation left to the device: emulation is slow. */
export async function letGo(host: Host): Promise<void> {
  await done(host, 'tc', ['qdisc', 'del', 'dev', 'eth0', 'root']);
  await done(host, 'ethtool', ['-K', 'eth0', 'tx', 'on', 'sg', 'on', 'tso', 'on']);
}

async function done(host: Host, command: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await host.exec(command, args);
  assert.equal(code, 0, stderr);
}
