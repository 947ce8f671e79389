import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { printKeepalived } from '../../../src/config/print-keepalived.ts';
import { printYaml } from '../../../src/config/print-yaml.ts';
import { serviceKey } from '../../../src/model/services.ts';
import { configOf as keepalivedConfigOf } from './keepalived/compose-text.ts';
import { configOf, said } from './read.ts';

const service = (addresses: string, keys = 'port: 80, protocol: tcp'): string =>
  `services:
  web: { addresses: ${addresses}, ${keys}, servers: [10.1.0.1, { address: 10.1.0.2, port: 8080 }] }
`;
const keysOf = (text: string): readonly string[] => configOf(text).services.map(({ key }) => serviceKey(key));

describe('readYaml, of a service of several addresses', () => {
  test('is there once for each of them, under one name', () => {
    const text = service(
      '[10.0.0.1, "10.0.0.1:81", 10.0.0.10-12, 10.0.1.0/31, "10.0.2.255-10.0.3.0:82", { address: 10.0.4.1, port: 83 }, { fwmark: 7 }]',
    );
    assert.deepEqual(said(text), []);
    assert.deepEqual(keysOf(text), [
      'tcp 10.0.0.1:80',
      'tcp 10.0.0.1:81',
      'tcp 10.0.0.10:80',
      'tcp 10.0.0.11:80',
      'tcp 10.0.0.12:80',
      'tcp 10.0.1.0:80',
      'tcp 10.0.1.1:80',
      'tcp 10.0.2.255:82',
      'tcp 10.0.3.0:82',
      'tcp 10.0.4.1:83',
      'fwmark 7',
    ]);
    const { services } = configOf(text);
    assert.deepEqual(new Set(services.map(({ name }) => name)), new Set(['web']));
    assert.deepEqual(
      services.slice(0, 2).map(({ servers }) => servers.map(({ key }) => key.port)),
      [
        [80, 8080],
        [81, 8080],
      ],
    );
  });

  test('reads ranges of IPv6 in hex', () => {
    const text = `services:
  web: { addresses: ["2001:db8::9-b", "[2001:db8::1:0/127]:81"], port: 80, protocol: tcp, servers: ["2001:db8:1::1"] }
`;
    assert.deepEqual(keysOf(text), [
      'tcp [2001:db8::9]:80',
      'tcp [2001:db8::a]:80',
      'tcp [2001:db8::b]:80',
      'tcp [2001:db8::1:0]:81',
      'tcp [2001:db8::1:1]:81',
    ]);
  });

  for (const [addresses, keys, expected] of [
    ['[]', undefined, /a service needs an address/],
    ['[10.0.0.9-3]', undefined, /bad_value: "10\.0\.0\.9-3" is no range: write 10\.0\.0\.9-N/],
    ['["10.0.0.1:99999"]', undefined, /out_of_range: port 99999/],
    ['[10.0.0.0/8]', undefined, /too_large: a service has at most 10000 addresses/],
    ['[10.0.0.1]', 'protocol: tcp', /missing_key: the key "port" is missing: give one/],
    ['[10.0.0.1]', 'port: 80', /missing_key: the key "protocol" is missing/],
    ['[10.0.0.1]', 'port: 80, protocol: tcp, address: 10.0.0.2', /conflicting_keys: .* has no "address"$/],
    ['[10.0.0.1-3, 10.0.0.2]', undefined, /duplicate_service: tcp 10\.0\.0\.2:80 is taken by services\.web$/],
  ] as const) {
    test(`refuses ${addresses} ${keys ?? ''}`, () => {
      const found = said(service(addresses, keys));
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', expected);
    });
  }

  test('says once what is wrong with it', () => {
    const text = `vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_addresses: [10.9.0.1] }
services:
  web: { addresses: [10.0.0.1-9], port: 80, protocol: tcp, forward: nat, servers: [10.1.0.1, 10.1.0.1] }
`;
    assert.deepEqual(
      said(text).map((line) => line.replace(/^\S+ /, '')),
      [
        'warning service_without_vip: no instance has 10.0.0.1 and 8 more of its addresses as a virtual address: lbd puts it on no interface',
        'error duplicate_server: 10.1.0.1:80 is already here, given by services.web.servers.0',
      ],
    );
  });
});

test('printYaml and printKeepalived put neighbours together again', () => {
  const config = configOf(
    service('[10.0.0.1-3, 10.0.0.254-10.0.1.1, { fwmark: 7 }]', 'port: 80, protocol: tcp, quorum: 2'),
  );
  const text = printYaml(config);
  assert.match(
    text,
    /addresses:\n +- 10\.0\.0\.1-3\n +- 10\.0\.0\.254-255\n +- 10\.0\.1\.0-1\n +- \{ fwmark: 7 \}\n/,
  );
  assert.deepEqual(configOf(text), config);
  const ports = configOf(service('["10.0.0.1-2:80", "10.0.0.3:81"]', 'protocol: tcp'));
  assert.deepEqual(configOf(printYaml(ports)), ports);
  const checked = configOf(
    service(
      '["10.0.0.1:80", { fwmark: 5 }]',
      'protocol: tcp, forward: dr, check: { type: tcp, connect_port: 80 }',
    ).replace(', { address: 10.1.0.2, port: 8080 }', ''),
  );
  for (const each of [config, ports, checked]) {
    const { text: theirs } = printKeepalived(each);
    assert.match(theirs, /^virtual_server_group web \{/m);
    assert.deepEqual(keepalivedConfigOf(theirs).services, each.services);
  }
});
