import assert from 'node:assert/strict';
import { test } from 'node:test';
import { centis } from '../../../src/base/units.ts';
import { FakeLan } from '../../fakes/lan.ts';
import { instanceConfig } from '../../support/instances.ts';

/** A master of priority 250 and its backup of 200, with adverts every 10 ms. */
async function fastPair() {
  const lan = new FakeLan();
  const [master, backup] = [lan.node('10.0.0.1'), lan.node('10.0.0.2')];
  for (const [node, priority] of [
    [master, 250],
    [backup, 200],
  ] as const) {
    node.configure(1, [instanceConfig({ version: 3, advertInterval: centis(1), priority })]);
  }
  await lan.run(1);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'BACKUP']);
  return { lan, master, backup };
}

test('Vrrp stays backup where the whole machine stood still for longer than the master may be silent', async () => {
  const { lan, master, backup } = await fastPair();
  for (const stall of [0.012, 0.031, 0.033, 0.05, 0.23]) {
    for (const offset of [0, 0.003, 0.007]) {
      await lan.run(0.1 + offset);
      master.freeze(stall);
      backup.freeze(stall);
      await lan.run(stall);
    }
  }
  await lan.run(1);
  assert.equal(backup.show().counters.becameMaster, 0);
  assert.equal(master.show().counters.becameMaster, 1);
});

test('Vrrp takes over from a master that died while it stood still itself, when it has listened long enough', async () => {
  const { lan, master, backup } = await fastPair();
  master.kill();
  backup.freeze(0.2);
  await lan.run(0.201);
  assert.equal(backup.show().state, 'BACKUP');
  await lan.run(0.035);
  assert.equal(backup.show().state, 'MASTER');
});
