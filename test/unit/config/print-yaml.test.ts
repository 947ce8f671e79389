import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printYaml } from '../../../src/config/print-yaml.ts';
import { readYaml } from '../../../src/config/read-yaml.ts';
import type { LeftOut } from '../../../src/config/reading.ts';

function configOf(text: string) {
  const result = readYaml(text, 'f.yaml', { hostname: 'lb01' });
  assert.ok(result.ok, JSON.stringify(result));
  return result.value.config;
}

const note = (line: number, text: string, of: LeftOut['of']): LeftOut => ({
  file: 'keepalived.conf',
  line,
  text,
  of,
  why: 'yet',
  reason: 'there is no\nsuch thing',
});

const FULL = `router_id: "no"
drift: report

vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: 100
    preempt: false
    authentication: { type: pass, password: "1111" }
    virtual_addresses:
      - 172.25.1.100/24 brd + dev eth1 label eth1:3
      - 172.25.1.101
    garp_master_delay: 0s

services:
  web:
    address: 172.25.1.100
    port: 80
    protocol: tcp
    scheduler: sh
    scheduler_flags: [ sh-fallback, sh-port ]
    forward: dr
    persistence_timeout: 5m
    persistence_granularity: 24
    check: { type: tcp, interval: 1500ms, connect_port: 8080 }
    servers:
      - 10.0.0.1
      - { address: 10.0.0.2, weight: 2 }
      - { address: 10.0.0.3, check: { type: tcp, retry: 5 } }
      - { address: 10.0.0.4, check: none }
  fwmark:8:inet6:
    fwmark: 8
    ip_family: inet6
    scheduler: wlc
    forward: tun
    tunnel: { type: gue, port: 6080, checksum: csum }
    drain_timeout: 1h
    servers:
      - 10.0.0.1
      - address: "2001:db8::"
        check:
          type: tcp
          interval: 7s
          timeout: 3s
          retry: 4
          delay_before_retry: 5s
          connect_port: 80
  dns:
    address: 2001:db8::53
    port: 53
    protocol: udp
    scheduler: rr
    servers: []
`;

test('printYaml writes a configuration as a person would', () => {
  assert.equal(printYaml(configOf(FULL)), FULL);
});

test('printYaml puts notes above what they belong to, or at the top', () => {
  const config = configOf(FULL.slice(0, FULL.indexOf('  fwmark:8')));
  const printed = printYaml(config, [
    note(1, 'vrrp_strict', []),
    note(9, 'quorum 2', ['services', 'web']),
    note(7, 'script', ['vrrp', 'gone']),
    note(8, 'alpha', ['services', 'web']),
  ]);
  const comments = printed
    .split('\n')
    .flatMap((line, i, all) => (line.includes('#') ? [line, all[i + 1]] : []));
  assert.deepEqual(
    comments.filter((line, i) => line !== comments[i - 1]),
    [
      '# keepalived.conf:1: vrrp_strict – not carried over: there is no such thing',
      '# keepalived.conf:7: script – not carried over either',
      '',
      '  # keepalived.conf:9: quorum 2 – not carried over: there is no such thing',
      '  # keepalived.conf:8: alpha – not carried over either',
      '  web:',
    ],
  );
});
