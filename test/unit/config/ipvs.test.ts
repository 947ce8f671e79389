import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { printKeepalived } from '../../../src/config/print-keepalived.ts';
import { printYaml } from '../../../src/config/print-yaml.ts';
import { PLAIN_IPVS } from '../../../src/model/ipvs-settings.ts';
import {
  configOf as keepalivedConfigOf,
  instance as keepalivedInstance,
  said as saidOfKeepalived,
} from './keepalived/compose-text.ts';
import { configOf, instance, said } from './read.ts';

const USUAL = { maxLength: null, group: '224.0.0.81', port: 8848, ttl: 1 };

describe('readYaml, of ipvs', () => {
  const read = (keys: string) => configOf(`vrrp:\n${instance('VI_1')}ipvs: { ${keys} }\n`).ipvs;

  test('asks nothing of IPVS where nothing is said', () => {
    assert.deepEqual(configOf(`vrrp:\n${instance('VI_1')}`).ipvs, PLAIN_IPVS);
  });

  test('takes the id of a sync daemon from its instance', () => {
    assert.deepEqual(read('sync_daemon: { interface: eth1, instance: VI_1 }').syncDaemon, {
      ...USUAL,
      interface: 'eth1',
      instance: 'VI_1',
      id: 51,
    });
    assert.equal(read('sync_daemon: { interface: eth1 }').syncDaemon?.id, 0);
    assert.equal(read('sync_daemon: { interface: eth1, instance: VI_1, id: 7 }').syncDaemon?.id, 7);
  });

  test('reads timeouts in whole seconds, and what to flush', () => {
    assert.deepEqual(read('flush: true, flush_on_stop: true, timeouts: { tcp: 15m, udp: 30 }'), {
      flush: true,
      flushOnStop: true,
      timeouts: { tcp: 900, tcpFin: null, udp: 30 },
      syncDaemon: null,
    });
  });

  for (const [keys, expected] of [
    ['sync_daemon: { interface: eth1, instance: VI_2 }', /unknown_name: there is no instance "VI_2" → VI_1$/],
    [
      'sync_daemon: { interface: eth1, group: 10.0.0.1 }',
      /bad_value: "10\.0\.0\.1" is no multicast address$/,
    ],
    ['timeouts: { tcp: 500ms }', /bad_value: /],
    ['timeouts: { tcp_finn: 5 }', /unknown_key: .* → tcp_fin$/],
  ] as const) {
    test(`refuses ${keys}`, () => {
      const [first = ''] = said(`vrrp:\n${instance('VI_1')}ipvs: { ${keys} }\n`);
      assert.match(first, expected);
    });
  }

  test('refuses a sync daemon beside servers of the other family', () => {
    const text = `ipvs: { sync_daemon: { interface: eth1 } }
services:
  web: { address: 10.0.0.1, port: 80, protocol: tcp, forward: tun, servers: ["2001:db8::1"] }
`;
    assert.match(
      said(text)[0] ?? '',
      /conflicting_keys: the kernel syncs no connections while .*, as web has$/,
    );
  });
});

describe('readKeepalived, of IPVS', () => {
  const globals = (lines: string) => `global_defs {\n${lines}\n}\n${keepalivedInstance('')}`;
  const syncOf = (line: string) => keepalivedConfigOf(globals(line)).ipvs.syncDaemon;

  test('reads lvs_sync_daemon in its forms', () => {
    const followed = { ...USUAL, interface: 'eth1', instance: 'VI_1', id: 51 };
    assert.deepEqual(syncOf('lvs_sync_daemon eth1 VI_1'), followed);
    assert.deepEqual(syncOf('lvs_sync_daemon eth1 inst VI_1'), followed);
    assert.deepEqual(syncOf('lvs_sync_daemon eth1 VI_1 7'), { ...followed, id: 7 });
    assert.deepEqual(syncOf('lvs_sync_daemon eth1 VI_1 id 9 maxlen 1400 port 8850 ttl 3 group 239.1.1.1'), {
      ...followed,
      id: 9,
      maxLength: 1400,
      port: 8850,
      ttl: 3,
      group: '239.1.1.1',
    });
    assert.deepEqual(syncOf('lvs_sync_daemon eth1'), { ...followed, instance: null, id: 0 });
  });

  test('reads lvs_sync_daemon_interface of an instance where global_defs say nothing', () => {
    const text = keepalivedInstance('lvs_sync_daemon_interface eth2');
    const { syncDaemon } = keepalivedConfigOf(text).ipvs;
    assert.deepEqual([syncDaemon?.interface, syncDaemon?.instance, syncDaemon?.id], ['eth2', 'VI_1', 51]);
    const both = `global_defs {\nlvs_sync_daemon eth1 VI_1\n}\n${text}`;
    assert.deepEqual(saidOfKeepalived(both), ['8:27 warning overridden']);
    assert.equal(keepalivedConfigOf(both).ipvs.syncDaemon?.interface, 'eth1');
  });

  test('reads lvs_timeouts, lvs_flush and lvs_flush_on_stop, of which VS asks for what is done anyway', () => {
    const text = globals('lvs_timeouts tcp 7200 tcpfin 30 udp 0\nlvs_flush\nlvs_flush_on_stop VS');
    assert.deepEqual(saidOfKeepalived(text), []);
    assert.deepEqual(keepalivedConfigOf(text).ipvs, {
      flush: true,
      flushOnStop: false,
      timeouts: { tcp: 7200, tcpFin: 30, udp: null },
      syncDaemon: null,
    });
    assert.equal(keepalivedConfigOf(globals('lvs_flush_on_stop')).ipvs.flushOnStop, true);
  });

  for (const [line, expected] of [
    ['lvs_timeouts', '2:1 error missing_value'],
    ['lvs_timeouts tcp', '2:14 error missing_value'],
    ['lvs_timeouts tpc 7', '2:14 error unknown_value'],
    ['lvs_timeouts udp 9999999', '2:18 error out_of_range'],
    ['lvs_flush_on_stop RS', '2:19 error unknown_value'],
    ['lvs_sync_daemon', '2:1 error missing_value'],
    ['lvs_sync_daemon eth1 VI_9', '2:22 error unknown_name'],
    ['lvs_sync_daemon eth1 VI_1 id 300', '2:30 error out_of_range'],
    ['lvs_sync_daemon eth1 VI_1 potr 300', '2:27 error unknown_value'],
  ] as const) {
    test(`refuses ${line}`, () => {
      assert.deepEqual(saidOfKeepalived(globals(line)), [expected]);
    });
  }
});

const SITE = `${`vrrp:\n${instance('VI_1')}`}ipvs:
  flush: true
  flush_on_stop: true
  timeouts: { tcp: 20m, udp: 1m }
  sync_daemon: { interface: eth1, instance: VI_1, port: 8849 }
`;

test('printYaml and printKeepalived say of IPVS what is not usual', () => {
  const config = configOf(SITE);
  const text = printYaml(config);
  assert.deepEqual(configOf(text).ipvs, config.ipvs);
  assert.match(text, / {2}sync_daemon:\n {4}interface: eth1\n {4}instance: VI_1\n {4}port: 8849\n/);
  const { text: theirs, leftOut } = printKeepalived(config);
  assert.deepEqual(leftOut, []);
  assert.match(
    theirs,
    / lvs_flush\n +lvs_flush_on_stop\n +lvs_timeouts tcp 1200 udp 60\n +lvs_sync_daemon eth1 VI_1 port 8849\n/,
  );
  assert.deepEqual(keepalivedConfigOf(theirs).ipvs, config.ipvs);
});
