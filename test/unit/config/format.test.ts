import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from '../../../src/base/result.ts';
import { formatOf, isIpvsadmSave } from '../../../src/config/format.ts';
import { readConfig } from '../../../src/config/read.ts';

test('formatOf goes by the name, and by the text where the name says nothing', () => {
  assert.equal(formatOf('/etc/keepalived/keepalived.conf', 'vrrp: {}'), 'keepalived');
  assert.equal(formatOf('lbd.yml', 'vrrp_instance VI_1 {\n}'), 'yaml');
  for (const text of [
    'vrrp_instance VI_1 {\n}',
    '! comment\r\nglobal_defs\r\n{\r\n}',
    'router_id x\nvirtual_server 10.0.0.1 80 {',
    'include /etc/keepalived/conf.d/*.conf',
    'global_defs{#comment',
  ]) {
    assert.equal(formatOf('/tmp/ansible/source', text), 'keepalived', text);
  }
  for (const text of ['', 'vrrp: {}', 'services:\n  virtual_server: x', '# vrrp_instance VI_1 {\nvrrp:']) {
    assert.equal(formatOf('/tmp/ansible/source', text), 'yaml', text);
  }
});

test('isIpvsadmSave knows the first line of a saved table', () => {
  assert.ok(isIpvsadmSave('-A -t 10.0.0.1:80 -s wlc\n'));
  assert.ok(isIpvsadmSave('# saved\n\n  ipvsadm -A -f 1\n'));
  assert.ok(!isIpvsadmSave('vrrp:\n- A\n'));
  assert.ok(!isIpvsadmSave('- A -t\n'));
});

test('readConfig reads its file once, which may be a pipe', () => {
  let reads = 0;
  const files = {
    read: () => ok(reads++ === 0 ? 'global_defs {\n router_id once\n}\n' : ''),
    match: () => [],
  };
  const context = { files, hostname: 'lb01', configId: null, env: () => undefined, random: () => 0 };
  assert.equal(readConfig('/dev/stdin', context, null).config?.routerId, 'once');
});

test('readConfig refuses a keepalived.conf without a keyword of keepalived, such as one half written', () => {
  for (const text of ['', '# only a comment\n', 'vrrp: {}\nservices: {}\n', '#!/bin/sh\necho hello\n']) {
    const files = { read: () => ok(text), match: () => [] };
    const context = { files, hostname: 'lb01', configId: null, env: () => undefined, random: () => 0 };
    const { config, diagnostics } = readConfig('a.conf', context, null);
    assert.equal(config, null, text);
    assert.ok(diagnostics.some(({ code }) => code === 'empty'));
  }
});
