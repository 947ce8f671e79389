import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, wallTime } from '../../../src/base/units.ts';
import { createCoreFollowed } from '../../../src/daemon/core-followed.ts';
import type { FollowedStates } from '../../../src/model/check.ts';
import type { BfdStatus, InstanceState } from '../../../src/model/status.ts';
import { ip } from './check-world.ts';

const session = (health: BfdStatus['health']): BfdStatus => ({
  name: 'peer',
  neighbor: ip('10.0.0.9'),
  state: health === 'good' ? 'Up' : 'Down',
  health,
  since: wallTime(0),
  because: '',
  counters: {} as BfdStatus['counters'],
});

test('createCoreFollowed tells of changes alone, and blames no session before it had its time to come up', () => {
  let now = 0;
  let files: FollowedStates['files'] = {};
  const told: FollowedStates[] = [];
  const clock = { now: () => instant(now), wall: () => wallTime(0) };
  const followed = createCoreFollowed(
    clock,
    () => files,
    (states) => told.push(states),
  );
  let instances: { readonly name: string; readonly state: InstanceState }[] = [];
  const hear = (seconds: number, health: BfdStatus['health']) => {
    now = seconds * 1e6;
    followed.hear({ bfd: [session(health)], instances });
    return told.splice(0).map(({ bfd }) => bfd['peer']);
  };
  assert.deepEqual(hear(0, 'bad'), ['unknown']);
  assert.deepEqual(hear(2, 'bad'), []);
  assert.deepEqual(hear(3, 'bad'), ['bad']);
  assert.deepEqual(hear(4, 'good'), ['good']);
  assert.deepEqual(hear(4.5, 'bad'), ['bad']);
  files = { load: 3 };
  followed.look();
  followed.look();
  assert.deepEqual(told.splice(0), [{ files: { load: 3 }, bfd: { peer: 'bad' }, masters: [] }]);
  instances = [
    { name: 'VI_1', state: 'MASTER' },
    { name: 'VI_2', state: 'FAULT' },
  ];
  assert.deepEqual([hear(5, 'bad').length, hear(6, 'bad').length], [1, 0]);
  assert.deepEqual(followed.states().masters, ['VI_1']);
});
