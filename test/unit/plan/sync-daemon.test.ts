import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIp } from '../../../src/base/ip.ts';
import type { SyncDaemon, SyncDaemonConfig } from '../../../src/model/ipvs-settings.ts';
import { desiredSyncDaemons, planSyncDaemons } from '../../../src/plan/sync-daemon.ts';

const group = parseIp('224.0.0.81');
assert.ok(group !== null);
const CONFIG: SyncDaemonConfig = {
  interface: 'eth1',
  instance: 'VI_1',
  id: 51,
  maxLength: null,
  group,
  port: 8848,
  ttl: 1,
};
const config = (changes: Partial<SyncDaemonConfig> = {}): SyncDaemonConfig => ({ ...CONFIG, ...changes });
/** As a kernel reports it that an interface with an MTU of 1500 has. */
const running = (daemons: readonly SyncDaemon[]): readonly SyncDaemon[] =>
  daemons.map((daemon) => ({ ...daemon, maxLength: daemon.maxLength ?? 1472 }));
const plan = (observed: readonly SyncDaemon[], desired: readonly SyncDaemon[]): readonly string[] =>
  planSyncDaemons(observed, desired).map((op) => {
    if (op.op === 'setTimeouts') throw new Error('no daemon');
    return op.op === 'startSyncDaemon' ? `start ${op.daemon.role}` : `stop ${op.role}`;
  });

test('desiredSyncDaemons follows the instance, and runs both daemons without one', () => {
  const roles = (instance: string | null, masters: readonly string[]) =>
    desiredSyncDaemons(config({ instance }), masters).map(({ role }) => role);
  assert.deepEqual(roles('VI_1', []), ['backup']);
  assert.deepEqual(roles('VI_1', ['VI_2']), ['backup']);
  assert.deepEqual(roles('VI_1', ['VI_2', 'VI_1']), ['master']);
  assert.deepEqual(roles(null, []), ['master', 'backup']);
  assert.deepEqual(desiredSyncDaemons(null, ['VI_1']), []);
});

test('planSyncDaemons starts the new role before it stops the old, and leaves alone what runs', () => {
  const [backup, master] = [desiredSyncDaemons(CONFIG, []), desiredSyncDaemons(CONFIG, ['VI_1'])];
  assert.deepEqual(plan([], backup), ['start backup']);
  assert.deepEqual(plan(running(backup), backup), []);
  assert.deepEqual(plan(running(backup), master), ['start master', 'stop backup']);
  assert.deepEqual(plan(running(master), []), ['stop master']);
});

test('planSyncDaemons starts a daemon anew that is set otherwise', () => {
  const before = running(desiredSyncDaemons(CONFIG, []));
  const changes: readonly Partial<SyncDaemonConfig>[] = [
    { interface: 'eth2' },
    { id: 52 },
    { port: 8849 },
    { ttl: 2 },
    { maxLength: 1400 },
  ];
  for (const change of changes) {
    const after = desiredSyncDaemons(config(change), []);
    assert.deepEqual(plan(before, after), ['stop backup', 'start backup'], JSON.stringify(change));
  }
});

test('planSyncDaemons knows what the kernel makes of a length', () => {
  const kept = (role: 'master' | 'backup', asked: number, observed: number) => {
    const daemon: SyncDaemon = { ...CONFIG, role, maxLength: asked };
    return plan([{ ...daemon, maxLength: observed }], [daemon]).length === 0;
  };
  assert.ok(kept('backup', 500, 1024));
  assert.ok(kept('master', 500, 500));
  assert.ok(kept('backup', 65_507, 65_507));
  assert.ok(!kept('master', 500, 1024));
});
