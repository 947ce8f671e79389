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

test('createCoreJournal asks for what has been decided, and keeps it when the process is gone', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const { log, events } = rememberEvents(new FakeLog());
  const ring = new JournalRing();
  const asked: string[] = [];
  let startedAt = wallTime(1000);
  const core = createCoreJournal(
    {
      async askJournal(instance) {
        asked.push(instance);
        return { available: true, takenAt: wallTime(6), value: ring.show(instant(5), wallTime(6)) };
      },
      shown: () => ({ name: 'vrrp', pid: 7, startedAt, restarts: 0, applied: 1, problem: null }),
    },
    events,
  );
  const decide = (because: string) => {
    ring.decide({ from: 'BACKUP', to: 'MASTER', because, priority: 100 }, instant(1), wallTime(1));
    const fields = { instance: 'VI_1' };
    log.write({ at: wallTime(1), level: 'info', event: 'vrrp_state', message: because, fields }, 'vrrp');
  };
  for (let i = 0; i < 10; i++) decide(`of ${i}`);
  await settle();
  // One question for all that is decided within a fifth of a second.
  assert.deepEqual(asked, ['VI_1']);
  t.mock.timers.tick(200);
  await settle();
  assert.deepEqual(core.former('VI_1'), []);
  startedAt = wallTime(2000);
  const [gone, ...others] = core.former('VI_1');
  assert.deepEqual(
    [gone?.until, gone?.decisions.map(({ because }) => because)],
    [2000, ['of 6', 'of 7', 'of 8', 'of 9']],
  );
  assert.deepEqual([others, core.former('VI_1').length, core.former('VI_2')], [[], 1, []]);
});
