import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, wallTime } from '../../../src/base/units.ts';
import { createCoreJournal } from '../../../src/daemon/core-journal.ts';
import { rememberEvents } from '../../../src/daemon/event-ring.ts';
import { createSupervisor } from '../../../src/daemon/supervisor.ts';
import type { VrrpDesired } from '../../../src/ipc/messages.ts';
import type { VrrpStatus } from '../../../src/model/status.ts';
import { JournalRing } from '../../../src/vrrp/journal.ts';
import { FakeChild, FakeClock, FakeLog } from './core-fakes.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('createCoreJournal asks vrrp one question at a time and gives up on one that is not answered', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const child = new FakeChild<VrrpDesired, VrrpStatus>(7);
  const clock = new FakeClock();
  const { log, events } = rememberEvents(new FakeLog());
  const nothing = () => undefined;
  const vrrp = createSupervisor<VrrpDesired, VrrpStatus>('vrrp', () => assert.fail('no desired state'), {
    clock,
    log,
    fork: () => child,
    applied: nothing,
    notice: nothing,
  });
  const core = createCoreJournal(vrrp, events);
  assert.deepEqual(await core.journal('VI_1'), { available: false, reason: 'vrrp is not running' });

  vrrp.start();
  const asked = () => child.received.filter(({ message }) => message === 'journal');
  const answers = [core.journal('VI_1'), core.journal('VI_2'), core.journal('VI_3')];
  await settle();
  assert.deepEqual(asked(), [{ message: 'journal', id: 1, instance: 'VI_1' }]);
  const journal = new JournalRing().show(instant(5), wallTime(6));
  child.say({ message: 'journal', id: 1, journal });
  const first = await answers[0];
  assert.deepEqual(first, { available: true, takenAt: clock.wall(), value: journal });

  await settle();
  t.mock.timers.tick(1000);
  assert.equal((await answers[1])?.available, false);
  await settle();
  assert.deepEqual(asked().at(-1), { message: 'journal', id: 3, instance: 'VI_3' });
  child.exit(1, null);
  assert.deepEqual(await answers[2], { available: false, reason: 'vrrp exited with code 1' });
});
