import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTargets, noteGroup } from '../../../src/daemon/order-targets.ts';
import type { ServiceConfig } from '../../../src/model/config.ts';
import { destKey } from '../../../src/model/services.ts';
import { ip, serviceConfig } from './check-world.ts';

const web: ServiceConfig = {
  ...serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2', '2001:db8::1']),
  name: 'web',
};
const api: ServiceConfig = { ...serviceConfig('10.0.0.101', ['10.0.0.1']), name: 'api' };
const dns = (protocol: 'tcp' | 'udp'): ServiceConfig => ({
  ...serviceConfig('10.0.0.102', ['10.0.0.3']),
  name: `dns-${protocol}`,
  key: { kind: 'address', protocol, address: ip('10.0.0.102'), port: 53 },
});
const mark: ServiceConfig = {
  ...serviceConfig('10.0.0.103', ['10.0.0.4']),
  name: 'marked',
  key: { kind: 'fwmark', fwmark: 7, family: 'inet' },
};
/** One service at two ports, each of which goes to the same port of the server. */
const range = [8001, 8002].map((port): ServiceConfig => {
  const service = serviceConfig('10.0.0.104', ['10.0.0.5']);
  const servers = service.servers.map((server) => ({ ...server, key: { ...server.key, port } }));
  return { ...service, name: 'range', key: { ...service.key, port } as ServiceConfig['key'], servers };
});
const SITE = [web, api, dns('tcp'), dns('udp'), mark, ...range];

const find = (word: string): string[] | string => {
  const found = findTargets(SITE, word);
  return found.ok
    ? found.value.map(({ service, server }) => `${destKey(server.key)}@${service.name}`)
    : `${found.error.code}: ${found.error.message}`;
};

test('findTargets finds a server of all services, or of one, however that is called', () => {
  assert.deepEqual(find('10.0.0.1'), ['10.0.0.1:80@web', '10.0.0.1:80@api']);
  assert.deepEqual(find('10.0.0.1:80@api'), ['10.0.0.1:80@api']);
  assert.deepEqual(find('[2001:db8::1]:80'), ['[2001:db8::1]:80@web']);
  assert.deepEqual(find('10.0.0.1@tcp 10.0.0.100:80'), ['10.0.0.1:80@web']);
  assert.deepEqual(find('10.0.0.1@10.0.0.100:80'), ['10.0.0.1:80@web']);
  assert.deepEqual(find('10.0.0.4@fwmark 7'), ['10.0.0.4:80@marked']);
  const all = ['10.0.0.5:8001@range', '10.0.0.5:8002@range'];
  assert.deepEqual([find('10.0.0.5@range'), find('10.0.0.5:8002')], [all, all]);
});

test('findTargets refuses what is the name of one service and the address or mark of another, and takes their keys', () => {
  const at = (name: string, address: string, server: string): ServiceConfig => ({
    ...serviceConfig(address, [server]),
    name,
  });
  const site = [
    at('10.0.0.100:80', '10.0.0.107', '10.0.0.1'),
    at('fwmark 7', '10.0.0.108', '10.0.0.1'),
    ...[web, mark],
  ];
  for (const [word, others] of [
    ['10.0.0.1@10.0.0.100:80', '10.0.0.100:80 (tcp 10.0.0.107:80), web (tcp 10.0.0.100:80)'],
    ['10.0.0.4@fwmark 7', 'fwmark 7 (tcp 10.0.0.108:80), marked (fwmark 7)'],
  ] as const) {
    const found = findTargets(site, word);
    assert.equal(found.ok ? null : found.error.code, 'ambiguous', word);
    assert.ok(!found.ok && found.error.message.includes(`${others}: which one?`), word);
  }
  const names = (word: string) => {
    const found = findTargets(site, word);
    return found.ok ? found.value.map(({ service }) => service.name) : found.error.message;
  };
  assert.deepEqual(names('10.0.0.1@tcp 10.0.0.107:80'), ['10.0.0.100:80']);
  assert.deepEqual(names('10.0.0.1@web'), ['web']);
  assert.deepEqual(names('10.0.0.4@marked'), ['marked']);
  const own = [at('10.0.0.100:80', '10.0.0.100', '10.0.0.1')];
  assert.equal(
    findTargets(own, '10.0.0.1@10.0.0.100:80').ok,
    true,
    'a name of its own address is none other',
  );
});

test('findTargets says what was probably meant, and what there is', () => {
  assert.match(String(find('web')), /^bad_request: "web" is no server: ADDRESS, /);
  assert.match(
    String(find('10.0.0.9')),
    /^unknown_server: no service has a server 10\.0\.0\.9: did you mean 10\.0\.0\.1\?; there are 10\.0\.0\.1:80, /,
  );
  assert.match(String(find('10.0.0.1:81')), /did you mean 10\.0\.0\.1:80\?/);
  assert.equal(find('10.0.0.2@api'), 'unknown_server: 10.0.0.2 is no server of api, but of web');
  assert.match(
    String(find('10.0.0.1@wev')),
    /^unknown_service: there is no service "wev": did you mean web\?/,
  );
  assert.match(
    String(find('10.0.0.3@10.0.0.102:53')),
    /^ambiguous: 10\.0\.0\.102:53 is 2 services: dns-tcp, dns-udp; /,
  );
});

test('noteGroup says that an order for one address of a service is for all of them', () => {
  const site = ['10.0.0.105', '10.0.0.106'].map((address) => ({
    ...serviceConfig(address, ['10.0.0.6']),
    name: 'twice',
  }));
  const note = (word: string) => {
    const found = findTargets([...SITE, ...site], word);
    return noteGroup([...SITE, ...site], word, found.ok ? found.value : []);
  };
  assert.deepEqual(note('10.0.0.6@10.0.0.106:80'), [
    '10.0.0.106:80 belongs to twice, which has 2 addresses: the order is for all of them',
  ]);
  const plain = ['10.0.0.6@twice', '10.0.0.6', '10.0.0.1@10.0.0.100:80'];
  assert.deepEqual(plain.flatMap(note), []);
});
