import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seconds } from '../../../src/base/units.ts';
import type { SyncGroupConfig } from '../../../src/model/config.ts';
import type { InstanceDrillStep, Loss } from '../../../src/model/drill.ts';
import { NO_NOTIFY } from '../../../src/model/notify.ts';
import type { Track, TrackerStates } from '../../../src/model/tracking.ts';
import { NO_TRACKER_STATES } from '../../../src/model/tracking.ts';
import { drillVrrp } from '../../../src/vrrp/drill.ts';
import type { Member } from '../../../src/vrrp/group.ts';
import { FakeLan, type FakeNode } from '../../fakes/lan.ts';
import { instanceConfig, virtualAddress } from '../../support/instances.ts';

type VrrpLoss = Exclude<Loss, { kind: 'server' }>;

interface Pair {
  readonly lan: FakeLan;
  readonly master: FakeNode;
  readonly backup: FakeNode;
}

const script: Track = { kind: 'script', name: 'chk', weight: 0, reverse: false };
const good: TrackerStates = { ...NO_TRACKER_STATES, scripts: { chk: 'good' } };

/** Two directors after 7.3 s: the master (150) and its backup (100). */
async function settled(
  tracks: readonly Track[] = [],
  groups: readonly SyncGroupConfig[] = [],
): Promise<Pair> {
  const lan = new FakeLan();
  const [master, backup] = [lan.node('10.0.0.1'), lan.node('10.0.0.2')];
  const config = instanceConfig({ tracks });
  master.configure(1, [{ ...config, priority: 150 }], [], { trackers: good, syncGroups: groups });
  backup.configure(1, [config], [], { trackers: good, syncGroups: groups });
  await lan.run(7.3);
  return { lan, master, backup };
}

function drill(node: FakeNode, losses: readonly VrrpLoss[], delays = false): readonly InstanceDrillStep[] {
  const { takenAt, machines } = node.vrrp.machines();
  const linkDelays = delays ? [{ interface: 'eth0', down: seconds(2), up: seconds(0) }] : [];
  const configs = machines.map(({ name, tracks, member }) => ({
    config: instanceConfig({ name, tracks, priority: node.show().priority }),
    tracks,
    member: member as Member,
    witnesses: [],
  }));
  const drilled = drillVrrp({ now: takenAt, members: configs, groups: [], linkDelays, paths: [] }, losses);
  assert.ok(drilled.ok, drilled.ok ? '' : drilled.error);
  return drilled.value;
}

/** What has happened since, as the drill would tell it: seconds from then, state and reason. */
async function reality({ lan }: Pair, node: FakeNode, happens: () => void): Promise<readonly string[]> {
  const from = lan.now;
  node.events.splice(0);
  happens();
  await lan.run(20);
  return node.events
    .filter(({ event }) => event === 'vrrp_state')
    .map(({ at, fields }) => told(at * 1000 - from, fields['from'], fields['to'], fields['because']));
}

const told = (after: number, from: unknown, to: unknown, because: unknown) =>
  `+${(after / 1e6).toFixed(4)} ${from} → ${to}: ${because}`;
const decisions = (steps: readonly InstanceDrillStep[]) =>
  steps.flatMap(({ afterMicros, from, to, because }) =>
    from === to ? [] : [told(afterMicros, from, to, because)],
  );

test('drillVrrp tells of a lost peer what then happens, to two milliseconds', async () => {
  const pair = await settled();
  const steps = drill(pair.backup, [{ kind: 'peer', name: 'all' }]);
  const [happened] = await reality(pair, pair.backup, () => pair.master.kill());
  const [drilled] = decisions(steps);
  // The loop wakes on whole milliseconds, up to one after the deadline.
  assert.ok(Math.abs(Number.parseFloat(drilled ?? '') - Number.parseFloat(happened ?? '')) < 0.002);
  const digits = /[0-9.]+ s/g;
  assert.equal(drilled?.slice(8).replace(digits, ''), happened?.slice(8).replace(digits, ''));
  assert.deepEqual(steps[0]?.does, [
    'advertises priority 100',
    'adds 10.0.0.100/24 on eth0',
    'announces 5 gratuitous ARP for each address',
  ]);
  assert.deepEqual(
    steps.slice(1).map(({ afterMicros, does }) => [afterMicros - (steps[0]?.afterMicros ?? 0), does]),
    [[5_000_000, ['announces 5 gratuitous ARP for each address']]],
  );
});

test('drillVrrp tells of a lost link what then happens, after the delay of the link', async () => {
  const pair = await settled();
  const [fault, letGo] = drill(pair.master, [{ kind: 'link', interface: 'eth0' }]);
  const [delayed] = drill(pair.master, [{ kind: 'link', interface: 'eth0' }], true);
  const happened = await reality(pair, pair.master, () => pair.master.setLink(false));
  assert.ok(fault !== undefined && letGo !== undefined);
  assert.deepEqual(decisions([fault]), happened);
  assert.deepEqual(fault.does, ['advertises priority 0, its resignation']);
  assert.deepEqual(letGo.does, ['removes 10.0.0.100/24 on eth0']);
  assert.equal(delayed?.afterMicros, 2_000_000);
});

test('drillVrrp lets a backup go on while its master is heard', async () => {
  const { backup } = await settled([script]);
  assert.deepEqual(decisions(drill(backup, [{ kind: 'tracker', tracker: 'script', name: 'chk' }])), [
    '+0.0000 BACKUP → FAULT: script chk fails',
  ]);
  assert.deepEqual(drill(backup, [{ kind: 'peer', name: 'VI_1' }]).length, 2);
});

test('drillVrrp leaves a master alone that loses what it does not hear, and counts a weight', async () => {
  const { master } = await settled([{ ...script, weight: -60 }]);
  assert.deepEqual(drill(master, [{ kind: 'peer', name: 'VI_1' }]), []);
  const [step, ...more] = drill(master, [{ kind: 'tracker', tracker: 'script', name: 'chk' }]);
  assert.deepEqual(more, []);
  assert.deepEqual(step?.does, ['goes on with priority 90 instead of 150']);
});

test('drillVrrp lets a tracked file say another number, beside one that stays as it is', async () => {
  const files = { load: -1, room: 5 };
  const tracks = Object.keys(files).map((name): Track => ({ kind: 'file', name, weight: 2, reverse: false }));
  const lan = new FakeLan();
  const node = lan.node('10.0.0.1');
  const config = instanceConfig({ priority: 150, tracks });
  const trackers = { ...NO_TRACKER_STATES, files };
  node.configure(1, [config], [], { trackers });
  await lan.run(7.3);
  assert.equal(node.show().effectivePriority, 158);
  const { takenAt, machines } = node.vrrp.machines();
  const members = machines.map(({ tracks, member }) => ({
    ...{ config, tracks, witnesses: [] },
    member: member as Member,
  }));
  const drilled = drillVrrp({ now: takenAt, members, groups: [], linkDelays: [], paths: [] }, [
    { kind: 'file', name: 'load', value: -20 },
  ]);
  assert.ok(drilled.ok);
  const [step] = drilled.value;
  assert.deepEqual(
    [step?.because, step?.does],
    ['file load says -20', ['goes on with priority 120 instead of 158']],
  );
  node.vrrp.receive({ message: 'trackers', trackers: { ...trackers, files: { ...files, load: -20 } } });
  assert.equal(node.show().effectivePriority, 120);
});

test('drillVrrp changes nothing of what it is given and refuses unknown names', async () => {
  const { backup } = await settled();
  const before = JSON.stringify(backup.vrrp.machines());
  drill(backup, [{ kind: 'stop' }, { kind: 'peer', name: 'all' }]);
  assert.equal(JSON.stringify(backup.vrrp.machines()), before);
  const input = { now: backup.vrrp.machines().takenAt, members: [], groups: [], linkDelays: [], paths: [] };
  for (const loss of [
    { kind: 'peer', name: 'VI_9' },
    { kind: 'link', interface: 'eth9' },
    { kind: 'tracker', tracker: 'script', name: 'none' },
    { kind: 'file', name: 'none', value: 1 },
  ] as const) {
    assert.equal(drillVrrp(input, [loss]).ok, false);
  }
});

test('drillVrrp moves a sync group as one', async () => {
  const lan = new FakeLan();
  const node = lan.node('10.0.0.2');
  const members = ['VI_1', 'VI_2'].map((name, i) =>
    instanceConfig({ name, vrid: 51 + i, virtualAddresses: [virtualAddress(`10.0.0.10${i}`)] }),
  );
  const groups = [{ name: 'VG', members: ['VI_1', 'VI_2'], tracks: [], notify: NO_NOTIFY }];
  node.configure(1, members, [], { syncGroups: groups });
  await lan.run(20);
  const { takenAt, machines } = node.vrrp.machines();
  const input = {
    now: takenAt,
    members: machines.map(({ tracks, member }, i) => ({
      config: members[i] ?? instanceConfig(),
      tracks,
      member: member as Member,
      witnesses: [],
    })),
    groups,
    linkDelays: [],
    paths: [],
  };
  const drilled = drillVrrp(input, [{ kind: 'link', interface: 'eth0' }]);
  assert.ok(drilled.ok);
  assert.deepEqual(
    drilled.value.filter(({ to, from }) => to !== from).map(({ instance, from, to }) => [instance, from, to]),
    [
      ['VI_1', 'MASTER', 'FAULT'],
      ['VI_2', 'MASTER', 'FAULT'],
    ],
  );
});
