import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readYaml } from '../../../src/config/read-yaml.ts';
import type { Config } from '../../../src/model/config.ts';
import { previewSettings } from '../../../src/plan/settings.ts';

function config(text: string): Config {
  const read = readYaml(text, 'lbd.yaml', { hostname: 'lb01' });
  assert.ok(read.ok, JSON.stringify(read));
  return read.value.config;
}

const web = (more: string) =>
  `services:\n  web: { address: 10.0.0.1, port: 80, protocol: tcp, servers: [10.0.0.2], ${more} }\n`;

test('previewSettings tells what neither the table nor an instance shows, and nothing where nothing differs', () => {
  const before = config(web('check: { type: tcp, interval: 3s }'));
  assert.deepEqual(previewSettings(before, before), []);
  const after = config(
    `drift: report\n${web('drain_timeout: 1m, check: { type: tcp, interval: 5s, warmup: 3s }')}`,
  );
  assert.deepEqual(
    previewSettings(before, after).map(({ field }) => field),
    ['drift', 'services.web.drain_timeout', 'services.web.10.0.0.2:80.check'],
  );
});

test('previewSettings calls trackers and groups by their own names', () => {
  const vrrp = (more: string) => `vrrp:
  VI_1: { interface: eth0, virtual_router_id: 1, virtual_addresses: [10.0.0.1], track: [${more === '' ? '' : '{ script: Check }'}] }
${more}`;
  const more = `track_scripts: { Check: { script: /bin/true } }\nsync_groups: { G: { group: [VI_1] } }\n`;
  assert.deepEqual(
    previewSettings(config(vrrp('')), config(vrrp(more))).map(({ field }) => field),
    ['sync_groups.G', 'track_scripts.Check'],
  );
});

test('previewSettings tells that a check has other headers, and not what they say', () => {
  const checked = (token: string) =>
    config(web(`check: { type: http, headers: { Authorization: ${token} } }`));
  const [only, ...others] = previewSettings(checked('secret1'), checked('secret2'));
  assert.deepEqual(others, []);
  assert.match(only?.after ?? '', /Authorization.* \(with other values of headers\)$/);
  assert.doesNotMatch(JSON.stringify(only), /secret/);
});

test('previewSettings tells of a quorum and of commands, which change when servers do', () => {
  const before = config(web('quorum_up: /bin/a'));
  const after = config(web('quorum_up: /bin/b, sorry_server: 10.0.0.9, ha_suspend: true'));
  assert.deepEqual(
    previewSettings(before, after).map(({ field }) => field),
    ['services.web.quorum_up.argv', 'services.web.sorry_server', 'services.web.ha_suspend'],
  );
});

test('previewSettings tells that paths are signed with another key, and not which', () => {
  const signed = (key: string) =>
    config(`heartbeat: [{ local: 10.9.0.1, peer: 10.9.0.2 }]\nheartbeat_key: ${key.repeat(32)}\n`);
  assert.deepEqual(previewSettings(signed('k'), signed('k')), []);
  assert.deepEqual(previewSettings(signed('k'), signed('q')), [
    { field: 'heartbeat_key', before: 'one', after: 'another' },
  ]);
});
