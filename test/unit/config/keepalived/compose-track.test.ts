import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf, instance, instanceOf, readText, say } from './compose-text.ts';

const saidOf = (text: string): readonly string[] => readText(text).diagnostics.map(say);

describe('readKeepalived, of trackers', () => {
  test('reads scripts, files, processes and BFD sessions as YAML would', () => {
    const { trackers } = configOf(`vrrp_script chk {
script "/usr/bin/killall -0 'my nginx'"
interval 2
timeout 1.5
weight -20 reverse
rise 2
fall 3
user nobody users
init_fail
}
vrrp_script tcp { script "</dev/tcp/127.0.0.1/80" }
vrrp_track_file f { file "/run/a b"
init_file overwrite 7 }
vrrp_track_process p { process "my nginx" -g
param_match initial
quorum 2
delay 0.5
full_command }
vrrp_track_process none { process nginx
param_match partial
quorum_max 0 }
bfd_instance b { neighbour_ip 10.0.0.9
min_rx 50.5
hoplimit 64
passive }
${instance('track_script { chk\ntcp }\ntrack_process { p\nnone }')}`);
    const still = { forkDelay: 0, terminateDelay: 0, fullCommand: false };
    assert.deepEqual(trackers, {
      scripts: [
        {
          name: 'chk',
          command: { argv: ['/usr/bin/killall', '-0', 'my nginx'], user: 'nobody', group: 'users' },
          ...{ interval: 2000, timeout: 1500, rise: 2, fall: 3, initFail: true },
        },
        {
          name: 'tcp',
          command: { argv: ['</dev/tcp/127.0.0.1/80'], user: null, group: null },
          ...{ interval: 1000, timeout: 1000, rise: 1, fall: 1, initFail: false },
        },
      ],
      files: [{ name: 'f', path: '/run/a b', init: { value: 7, overwrite: true } }],
      processes: [
        {
          ...{ name: 'p', command: ['my nginx', '-g'], match: 'initial', quorum: 2, quorumMax: null },
          ...{ forkDelay: 500, terminateDelay: 500, fullCommand: true },
        },
        { name: 'none', command: ['nginx'], match: 'exact', quorum: 0, quorumMax: 0, ...still },
      ],
      bfd: [
        {
          ...{ name: 'b', neighbor: '10.0.0.9', source: null, passive: true, multihop: false },
          ...{ minRx: 50_500, minTx: 10_000, idleTx: 1_000_000, multiplier: 5, ttl: 64, maxHops: 0 },
        },
      ],
    });
  });

  test('reads what an instance follows, in the order of the file', () => {
    const text = `vrrp_script chk { script /bin/chk\nweight 5 reverse }
track_file f { file /run/f }
${instance('track_file { f\n }\ntrack_interface { eth1 weight -254\neth2 }\ntrack_script { chk weight 3 noreverse }')}`;
    assert.deepEqual(instanceOf(text).tracks, [
      { kind: 'file', name: 'f', weight: 1, reverse: false },
      { kind: 'interface', name: 'eth1', weight: -253, reverse: false },
      { kind: 'interface', name: 'eth2', weight: 0, reverse: false },
      { kind: 'script', name: 'chk', weight: 3, reverse: false },
    ]);
    assert.deepEqual(saidOf(text), [
      '10:31 warning value_replaced: a weight is at most 253: this counts as -253',
    ]);
  });

  test('leaves out trackers that are nothing, and those of a name that is taken', () => {
    const text = `vrrp_script chk { interval 2 }
vrrp_script one { script /bin/one }
vrrp_script one { script /bin/two }
${instance('track_script { chk\none }')}`;
    assert.deepEqual(saidOf(text), [
      '1:13 warning entry_skipped: a vrrp_script needs a "script": it is left out, and nobody follows it, as by keepalived',
      '3:13 warning entry_skipped: the first vrrp_script of this name counts, and this one is left out, as by keepalived',
    ]);
    const { trackers, instances } = configOf(text);
    assert.deepEqual(
      trackers.scripts.map(({ command }) => command.argv),
      [['/bin/one']],
    );
    assert.deepEqual(
      instances[0]?.tracks.map(({ name }) => name),
      ['one'],
    );
  });

  test('refuses values where keepalived goes on without them', () => {
    const text = `vrrp_script chk {
script "/bin/chk
interval 0
weight 300
user a:b
}
bfd_instance b { min_rx 0.5 }
track_file f { file run/f }
${instance('track_script { chk weight }\ntrack_bfd { b waight 3 }')}`;
    assert.deepEqual(
      saidOf(text).map((line) => line.replace(/ (error|warning) .*$/, ' $1')),
      [
        '2:8 error',
        '3:10 error',
        '4:8 error',
        '5:6 error',
        '7:14 warning',
        '7:25 error',
        '8:21 error',
        '13:20 error',
        '14:15 warning',
      ],
    );
  });
});

describe('readKeepalived, of groups', () => {
  test('reads members, what they follow together, and who is told', () => {
    const text = `vrrp_sync_group G {
group { VI_1
VI_2 }
track_interface { eth1 weight 10 }
notify_master "/bin/up G" nobody
sync_group_tracking_weight
}
${instance('track_interface { eth2 weight 5 }')}${instance('', 'VI_2').replace('51', '52').replace('0.0.1', '0.0.2')}`;
    const { syncGroups, instances } = configOf(text);
    const [group] = syncGroups;
    assert.deepEqual(group?.members, ['VI_1', 'VI_2']);
    assert.deepEqual(group?.tracks, [{ kind: 'interface', name: 'eth1', weight: 10, reverse: false }]);
    assert.deepEqual(group?.notify.master, { argv: ['/bin/up', 'G'], user: 'nobody', group: null });
    assert.equal(instances[0]?.tracks[0]?.weight, 5);
    assert.deepEqual(saidOf(text), []);
  });

  test('leaves out groups without instances, and members that are left out themselves', () => {
    const text = `vrrp_sync_group E { group { } }
vrrp_sync_group G { group { VI_1 VI_2 } }
${instance('')}vrrp_instance VI_2 {\ninterface eth0\nvirtual_router_id 52\n}\n`;
    assert.deepEqual(
      configOf(text).syncGroups.map(({ name, members }) => [name, members]),
      [['G', ['VI_1']]],
    );
    assert.deepEqual(
      readText(text).diagnostics.map(({ line, code }) => [line, code]),
      [
        [1, 'entry_skipped'],
        [2, 'lone_member'],
        [2, 'entry_skipped'],
        [9, 'entry_skipped'],
      ],
    );
  });

  test('reads the pace of announcements, the delays of links, and what is static', () => {
    const { vrrp, statics } = configOf(`global_defs { vrrp_garp_interval 0.001
vrrp_startup_delay 0.5 }
garp_group { garp_interval 0.5
interface eth0 }
garp_group { gna_interval 1
interfaces { eth1
eth2 } }
garp_group { garp_interval 1 }
interface_up_down_delays { eth1 1.5
eth2 1 2 }
static_ipaddress { 10.1.0.1/24 dev eth1
10.1.0.2 }
static_routes { 10.2.0.0/16 via 10.1.0.254 }
static_rules { from 10.2.0.0/16 table 100 }
${instance('')}`);
    assert.deepEqual(vrrp, {
      ...{ startupDelay: 500_000, delayAfterBoot: 0 },
      announcePace: [
        { interfaces: ['eth0'], garp: 500_000, na: 0 },
        { interfaces: ['eth1', 'eth2'], garp: 0, na: 1_000_000 },
        { interfaces: null, garp: 1000, na: 0 },
      ],
      linkDelays: [
        { interface: 'eth1', down: 1_500_000, up: 0 },
        { interface: 'eth2', down: 1_000_000, up: 2_000_000 },
      ],
    });
    assert.deepEqual(
      statics.addresses.map(({ address, dev }) => `${address} ${dev}`),
      ['10.1.0.1 eth1', '10.1.0.2 eth0'],
    );
    assert.equal(statics.routes.length, 1);
    assert.equal(statics.rules[0]?.preference, 16_384);
  });
});
