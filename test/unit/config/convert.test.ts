import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convert } from '../../../src/config/convert.ts';
import { readIpvsadm } from '../../../src/config/read-ipvsadm.ts';
import type { Reading } from '../../../src/config/reading.ts';
import { MAIN, readText } from './keepalived/compose-text.ts';

const reading: Reading = {
  ...readIpvsadm('-A -f 7 -s rr\n-a -f 7 -r 10.0.0.1 -m\n', 'saved', { hostname: 'lb01' }),
  leftOut: [
    {
      file: 'k.conf',
      line: 3,
      text: 'quorum 2',
      of: ['services', 'fwmark:7'],
      why: 'yet',
      reason: 'not yet',
    },
    { file: 'k.conf', line: 1, text: 'vrrp_strict', of: [], why: 'here', reason: 'no use' },
  ],
};

test('convert leaves the name of this machine to the machine that reads it', () => {
  const bare = { ...reading, leftOut: [] };
  assert.match(convert(bare, 'yaml', 'lb01'), /^services:/);
  assert.match(convert(bare, 'keepalived', 'lb01'), /^virtual_server/);
});

test('convert carries over a configuration and its notes', () => {
  assert.equal(
    convert(reading, 'yaml'),
    `# k.conf:1: vrrp_strict – not carried over: no use

router_id: lb01

services:
  # k.conf:3: quorum 2 – not carried over: not yet
  fwmark:7:
    fwmark: 7
    scheduler: rr
    forward: nat
    servers:
      - 10.0.0.1
`,
  );
  assert.equal(
    convert(reading, 'keepalived'),
    `# k.conf:1: vrrp_strict – not carried over: no use
global_defs {
    router_id lb01
}

# k.conf:3: quorum 2 – not carried over: not yet
virtual_server fwmark 7 {
    lb_algo rr
    lb_kind NAT
    real_server 10.0.0.1 {
    }
}
`,
  );
});

test('convert tells of what decides nothing, and of what lbd does anyway', () => {
  const vrrp = (name: string, lines: string) =>
    `vrrp_instance ${name} {\ninterface eth0\nvirtual_ipaddress { 10.0.0.1 }\n${lines}\n}\n`;
  const master = vrrp('V', 'state MASTER\nvirtual_router_id 51\npriority 150');
  const read = readText(`global_defs {\nvrrp_skip_check_adv_addr\n}\n${master}`);
  assert.deepEqual(read.diagnostics, [], 'neither is worth a warning');
  const notes = convert(read, 'yaml', 'lb1').split('\n');
  assert.deepEqual(
    notes.filter((line) => line.includes('#')),
    [
      `# ${MAIN}:2: vrrp_skip_check_adv_addr – not carried over: lbd accepts adverts with another list of addresses, and counts and logs them`,
      `  # ${MAIN}:7: state MASTER – not carried over: beside a priority it decides no election`,
    ],
  );
  const owner = convert(readText(vrrp('V', 'state MASTER\nvirtual_router_id 51')), 'yaml', 'lb1');
  assert.match(owner, /priority: 255/);
  assert.doesNotMatch(owner, /#.*state/);
});

test('convert says which values another one stands for', () => {
  const place = reading.placeOf([]);
  const code = 'value_replaced';
  const message = '0.5 counts as 1';
  const said = { ...place, path: 'vrrp_instance V > advert_int', code, message } as const;
  const diagnostics = [{ ...said, severity: 'warning', suggestion: null, allowed: null } as const];
  const text = convert({ ...reading, diagnostics, leftOut: [] }, 'yaml');
  assert.match(text, /^# saved:1: vrrp_instance V > advert_int – not carried over: 0\.5 counts as 1\n/);
});
