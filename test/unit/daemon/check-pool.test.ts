import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, type Millis, millis, wallTime } from '../../../src/base/units.ts';
import { CheckPool } from '../../../src/daemon/check-pool.ts';
import type { CheckConfig } from '../../../src/model/check.ts';
import type { ProbeOutcome } from '../../../src/model/probe.ts';
import { CheckWorld, checkConfig, serviceConfig } from './check-world.ts';

interface Timed {
  readonly at: number;
  readonly run: () => void;
}

/** A pool with a clock of its own, in milliseconds, whose timers are late by what it stands still. */
class PoolWorld {
  now = 0;
  /** When a check of each address was begun. */
  readonly begun: Record<string, number[]> = {};
  readonly latency: Record<string, number> = {};
  readonly pool: CheckPool;
  private place = 0;
  private timers: Timed[] = [];

  constructor() {
    this.pool = new CheckPool({
      clock: { now: () => instant(this.now * 1000), wall: () => wallTime(this.now) },
      place: () => this.place,
      after: (delay, run) => this.after(delay, run),
      probe: (check) => this.probe(check),
    });
  }

  /** Hears of a check from `place` in its interval on; what it gives counts what was heard. */
  join(check: CheckConfig, place = 0, pause: () => Millis = () => check.interval) {
    this.place = place;
    const hear = () => {
      joined.heard++;
      return pause();
    };
    const member = { config: check, ask: () => check, hear };
    const line = this.pool.join(member);
    const joined = { heard: 0, leave: () => this.pool.leave(line, member) };
    return joined;
  }

  async run(until: number): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.timers.reduce<Timed | null>((a, b) => (a === null || b.at < a.at ? b : a), null);
      if (next === null || next.at > until) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = Math.max(this.now, until);
  }

  private after(delay: number, run: () => void): () => void {
    const timed = { at: this.now + delay, run };
    this.timers.push(timed);
    return () => {
      this.timers = this.timers.filter((other) => other !== timed);
    };
  }

  private probe(check: CheckConfig): Promise<ProbeOutcome> {
    const name = 'target' in check ? check.target.address : '';
    this.begun[name] = [...(this.begun[name] ?? []), this.now];
    const latency = this.latency[name] ?? 0;
    const outcome = { verdict: 'pass', result: 'connected', latency: millis(latency), detail: '' } as const;
    return new Promise((resolve) => this.after(latency, () => resolve(outcome)));
  }
}

/** Every second, with a warmup of one second. */
const check = (address: string): CheckConfig => ({
  ...checkConfig(address),
  interval: millis(1000),
  delayBeforeRetry: millis(200),
  warmup: millis(1000),
});

test('CheckPool makes one probe for all who ask the same, whenever they join', async () => {
  const world = new PoolWorld();
  const members = Array.from({ length: 100 }, (_, i) => world.join({ ...check('10.0.0.1'), retry: i % 5 }));
  await world.run(2500);
  const late = world.join(check('10.0.0.1'), 0.9);
  await world.run(4500);
  assert.deepEqual(world.begun, { '10.0.0.1': [1000, 2000, 3000, 4000] });
  assert.deepEqual(
    members.map(({ heard }) => heard),
    members.map(() => 4),
  );
  assert.equal(late.heard, 2);
});

test('CheckPool goes on for those who stay, and makes no probe for nobody', async () => {
  const world = new PoolWorld();
  const [one, other] = [world.join(check('10.0.0.1')), world.join(check('10.0.0.1'))];
  await world.run(1500);
  one.leave();
  await world.run(2500);
  other.leave();
  await world.run(9000);
  assert.deepEqual([one.heard, other.heard], [1, 2]);
  world.join(check('10.0.0.1'), 0.5);
  await world.run(11_000);
  assert.deepEqual(world.begun, { '10.0.0.1': [1000, 2000, 10_500] });
});

test('CheckPool tells nobody who has left what a probe under way finds', async () => {
  const world = new PoolWorld();
  world.latency['10.0.0.1'] = 300;
  const [one, other] = [world.join(check('10.0.0.1')), world.join(check('10.0.0.1'))];
  await world.run(1100);
  one.leave();
  await world.run(2000);
  assert.deepEqual([one.heard, other.heard], [0, 1]);
});

test('CheckPool keeps to the distance of who counts failures', async () => {
  const world = new PoolWorld();
  const pauses = [200, 200, 1000, 1000].map(millis);
  world.join(check('10.0.0.1'), 0, () => pauses.shift() ?? millis(1000));
  world.join(check('10.0.0.1'));
  await world.run(3500);
  assert.deepEqual(world.begun['10.0.0.1'], [1000, 1200, 1400, 2400, 3400]);
});

test('CheckPool lets a slow server delay itself only', async () => {
  const world = new PoolWorld();
  world.latency['10.0.0.1'] = 1500;
  world.join(check('10.0.0.1'));
  world.join(check('10.0.0.2'), 0.25);
  await world.run(6400);
  assert.deepEqual(world.begun, {
    '10.0.0.1': [1000, 3500, 6000],
    '10.0.0.2': [1250, 2250, 3250, 4250, 5250, 6250],
  });
});

test('CheckPool keeps its distances where answers come soon', async () => {
  const world = new PoolWorld();
  const addresses = Array.from({ length: 10 }, (_, i) => `10.0.0.${i}`);
  for (const [i, address] of addresses.entries()) {
    // Read all at one time.
    world.latency[address] = 90 - 9 * i;
    world.join(check(address), (9 * i) / 1000);
  }
  await world.run(6500);
  const last = Object.values(world.begun).map((times) => times.at(-1));
  assert.deepEqual(
    last,
    addresses.map((_, i) => 6000 + 9 * i),
  );
});

test('CheckPool counts the pause of a command from its start, however soon that ends', async () => {
  const world = new PoolWorld();
  world.latency['10.0.0.1'] = 50;
  world.join({
    ...check('10.0.0.1'),
    type: 'misc',
    command: { argv: ['/bin/true'], user: null, group: null },
    isDynamic: false,
  });
  await world.run(4500);
  assert.deepEqual(world.begun, { '10.0.0.1': [1000, 2000, 3000, 4000] });
});

test('CheckPool keeps checks apart that a stall has brought together', async () => {
  const world = new PoolWorld();
  for (let i = 0; i < 10; i++) world.join(check(`10.0.0.${i}`), i / 10);
  await world.run(1000);
  // From 1.0 s to 1.45 s nothing runs.
  world.now = 1450;
  await world.run(3950);
  const last = Object.values(world.begun).map((times) => times.at(-1));
  assert.deepEqual(last, [3000, 3100, 3200, 3300, 3400, 3500, 3600, 3700, 3800, 3900]);
  world.now = 60_000;
  await world.run(61_450);
  assert.deepEqual(
    Object.values(world.begun).map((times) => times.slice(3)),
    [61_000, 61_100, 61_200, 61_300, 61_400, 60_500, 60_600, 60_700, 60_800, 60_900].map((at) => [
      60_000,
      at,
    ]),
  );
});

test('Check makes one probe for a server that many services have, and believes it for each in its own way', async () => {
  const services = [0, 1, 2].map((retry) => {
    const service = serviceConfig(`10.0.1.${retry}`, ['10.0.0.1', '10.0.0.2']);
    const servers = service.servers.map((server) => ({
      ...server,
      checks: server.checks.map((check) => ({ ...check, retry })),
    }));
    return { ...service, servers };
  });
  const world = new CheckWorld();
  await world.desire(1, services);
  await world.run(3.5);
  assert.deepEqual(world.probed, ['10.0.0.1', '10.0.0.2']);
  world.sicken('10.0.0.1');
  const tables: string[] = [];
  for (let second = 0; second < 4; second++) {
    await world.run(1);
    tables.push(
      Object.values(world.table())
        .map((servers) => servers.length)
        .join(' '),
    );
  }
  assert.deepEqual(tables, ['1 2 2', '1 1 2', '1 1 1', '1 1 1']);
  assert.deepEqual(
    new Set(world.healths()),
    new Set(['10.0.0.1:80 down refused', '10.0.0.2:80 up connected']),
  );
  assert.equal(world.probed.filter((address) => address === '10.0.0.1').length, 4);
});
