import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallTime } from '../../../src/base/units.ts';
import { rememberEvents } from '../../../src/daemon/event-ring.ts';
import type { LbdEvent } from '../../../src/model/events.ts';
import { showEvent, showEventJson } from '../../../src/view/events.ts';
import { FakeLog } from './core-fakes.ts';

const event = (n: number): LbdEvent => ({
  at: wallTime(Date.parse('2026-11-21T14:02:11.412Z')),
  level: 'warn',
  event: 'vrrp_state',
  message: `event ${n}`,
  fields: { n },
});

test('rememberEvents keeps the last 1000 in order, logs all, and tells followers until they leave', () => {
  const under = new FakeLog();
  const { log, events } = rememberEvents(under);
  const followed: unknown[] = [];
  const leave = events.follow(({ message, from }) => followed.push([message, from]));
  log.write(event(0), 'vrrp');
  leave();
  for (let n = 1; n < 2500; n++) log.write(event(n), 'core');
  assert.equal(under.events.length, 2500);
  assert.deepEqual(followed, [['event 0', 'vrrp']]);
  assert.deepEqual(
    events.recent().map(({ fields }) => fields['n']),
    Array.from({ length: 1000 }, (_, i) => 1500 + i),
  );
});

test('showEvent makes one line of an event, and JSON with its fields', () => {
  const logged = { ...event(7), from: 'vrrp', message: 'script said\u001b[2J\n"no"' } as const;
  assert.equal(
    showEvent(logged),
    '2026-11-21T14:02:11.412Z warn  vrrp  vrrp_state script said\\u001b[2J\\u000a"no"\n',
  );
  const big = { ...logged, fields: { conns: 2n ** 64n } };
  assert.equal(
    showEventJson(big),
    '{"level":"warn","time":"2026-11-21T14:02:11.412Z","event":"vrrp_state","process":"vrrp","conns":18446744073709551616,"message":"script said\\u001b[2J\\n\\"no\\""}\n',
  );
});
