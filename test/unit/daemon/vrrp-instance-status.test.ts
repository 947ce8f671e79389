import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeLan } from '../../fakes/lan.ts';
import { instanceConfig } from '../../support/instances.ts';

async function pair() {
  const lan = new FakeLan();
  const [master, backup] = [lan.node('10.0.0.1'), lan.node('10.0.0.2')];
  master.configure(1, [instanceConfig({ priority: 150 })]);
  backup.configure(1, [instanceConfig({ priority: 100 })]);
  await lan.run(6);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'BACKUP']);
  return { lan, master, backup };
}

test('Vrrp.show tells a master of another that advertises too, until it is over', async () => {
  const { lan, master, backup } = await pair();
  assert.equal(master.show().contested, null);
  backup.hears = false;
  await lan.run(6);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'MASTER']);
  assert.match(master.show().contested ?? '', /10\.0\.0\.2 advertises too \(priority 100\)/);
  backup.hears = true;
  await lan.run(2);
  assert.deepEqual([backup.show().state, backup.show().contested], ['BACKUP', null]);
  await lan.run(12);
  assert.equal(master.show().contested, null);
});

test('Vrrp.show tells why the adverts of a master do not leave, until one does', async () => {
  const { lan, master } = await pair();
  assert.equal(master.show().unsent, null);
  // Nobody is told that the link is down: sending fails, as with a packet filter.
  master.linkUp = false;
  await lan.run(1.5);
  assert.deepEqual([master.show().state, master.show().unsent], ['MASTER', 'ENETDOWN']);
  assert.equal(master.events.filter(({ event }) => event === 'vrrp_send_failed').length, 1);
  master.linkUp = true;
  await lan.run(1.5);
  assert.equal(master.show().unsent, null);
});
