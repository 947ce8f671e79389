import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, ok } from '../../../src/base/result.ts';
import { type Instant, instant, micros, wallTime } from '../../../src/base/units.ts';
import { VrrpBfd } from '../../../src/daemon/vrrp-bfd.ts';
import type { BfdSocket } from '../../../src/daemon/vrrp-ports.ts';
import { encodeBfd } from '../../../src/wire/bfd.ts';
import type { Datagram } from '../../../src/wire/datagram.ts';
import { BfdEnd, bfdConfig } from '../../support/bfd.ts';
import { ip } from '../../support/instances.ts';

const MS = 1000;

/** A router with VrrpBfd at 10.9.0.1, and a neighbor at 10.9.0.2 that is a bare machine. */
class Stage {
  now = 0;
  readonly neighbor = new BfdEnd(bfdConfig(), 22);
  readonly told: string[] = [];
  readonly open: string[] = [];
  hastened = 0;
  private drawn = 0;
  /** Packets to us that are in the socket and have not been read. */
  waiting: Datagram[] = [];
  refusal: string | null = null;
  deaf = false;
  readonly bfd: VrrpBfd;
  private deliver: (datagram: Datagram) => void = () => undefined;

  constructor() {
    const clock = { now: () => instant(this.now), wall: () => wallTime(this.now / 1000) };
    this.bfd = new VrrpBfd(
      {
        clock,
        openBfdSocket: ({ family, port, onPacket }) => {
          if (this.refusal !== null) return err(this.refusal);
          const name = `${family} ${port}`;
          this.open.push(name);
          if (name === 'inet 3784') this.deliver = onPacket;
          return ok(this.socket(name));
        },
      },
      () => (++this.drawn % 10) / 10,
      (name) => this.told.push(`${name} ${this.bfd.health(name)}`),
      () => this.hastened++,
    );
  }

  get shown() {
    const [status] = this.bfd.show();
    assert.ok(status);
    return status;
  }

  /** Until `end`, where each side acts at its deadlines and packets take no time. */
  run(milliseconds: number): void {
    const end = this.now + milliseconds * MS;
    for (;;) {
      this.bfd.drain();
      const next = Math.min(this.bfd.deadline ?? end + 1, this.neighbor.deadline);
      if (next > end) break;
      this.now = Math.max(this.now, next);
      if (this.neighbor.deadline <= this.now) this.say(this.neighbor.step({ on: 'tick' }, this.now));
      this.bfd.drain();
      this.bfd.tick(this.now as Instant);
    }
    this.now = end;
  }

  say(packet: ReturnType<BfdEnd['hear']>, ttl = 255): void {
    if (packet === null || this.deaf) return;
    const ends = { source: ip('10.9.0.2'), destination: ip('10.9.0.1') };
    this.waiting.push({ ...ends, ttl, payload: encodeBfd(packet) });
  }

  private socket(name: string): BfdSocket {
    return {
      send: (to, _from, ttl, payload) => {
        assert.deepEqual([to, ttl, payload.length], ['10.9.0.2', 255, 24]);
        const [first = 0, second = 0] = payload;
        assert.equal(first >> 5, 1);
        const said = { poll: (second & 0x20) !== 0, final: (second & 0x10) !== 0 };
        const state = (['AdminDown', 'Down', 'Init', 'Up'] as const)[second >> 6] ?? 'Down';
        const view = new DataView(payload.buffer);
        const word = (at: number) => view.getUint32(at);
        const answer = this.neighbor.hear(
          {
            ...said,
            state,
            diagnostic: first & 0x1f,
            controlPlaneIndependent: false,
            demand: false,
            multipoint: false,
            multiplier: payload[2] ?? 0,
            myDiscriminator: word(4),
            yourDiscriminator: word(8),
            desiredMinTx: micros(word(12)),
            requiredMinRx: micros(word(16)),
            requiredMinEchoRx: micros(0),
            authentication: null,
          },
          this.now,
        );
        this.say(answer);
        return ok(undefined);
      },
      drain: () => {
        for (const datagram of this.waiting.splice(0)) this.deliver(datagram);
      },
      close: () => void this.open.splice(this.open.indexOf(name), 1),
    };
  }
}

function upStage(config = bfdConfig()): Stage {
  const stage = new Stage();
  stage.bfd.apply([config]);
  assert.equal(stage.bfd.health('B1'), 'bad', 'until it is first up, as in keepalived');
  stage.run(3000);
  assert.deepEqual([stage.shown.state, stage.told], ['Up', ['B1 good']]);
  return stage;
}

test('VrrpBfd tells of a session that comes up, is lost, and comes up again, once each', () => {
  const stage = upStage();
  stage.deaf = true;
  stage.run(290);
  stage.run(110);
  assert.deepEqual(stage.told, ['B1 good', 'B1 bad']);
  assert.match(stage.shown.because, /^no packet for 30\d ms$/);
  stage.deaf = false;
  stage.run(3000);
  assert.deepEqual(stage.told, ['B1 good', 'B1 bad', 'B1 good']);
  assert.ok(stage.shown.counters.received > 20 && stage.shown.counters.sent > 20);
});

test('VrrpBfd does not lose a session over its own stall: the packet that waits is looked at first', () => {
  // The neighbor waits a second for us, we wait 300 ms for it.
  const stage = upStage(bfdConfig({ multiplier: 10 }));
  stage.run(50);
  stage.now += 290 * MS;
  stage.say(stage.neighbor.step({ on: 'tick' }, stage.now));
  stage.now += 200 * MS;
  const { deadline } = stage.bfd;
  assert.ok(deadline !== null && deadline < stage.now - 100 * MS);
  stage.bfd.drain();
  stage.bfd.tick(instant(stage.now));
  assert.deepEqual(stage.told, ['B1 good']);
});

test('VrrpBfd.apply keeps the state of a session whose intervals change, and restarts one with another end', () => {
  const stage = upStage();
  stage.bfd.apply([bfdConfig({ minTx: micros(50 * MS), multiplier: 5 })]);
  stage.run(1000);
  assert.equal(stage.shown.state, 'Up');
  assert.equal(stage.neighbor.session.remote?.minTx, 50 * MS);
  assert.equal(stage.neighbor.session.remote?.multiplier, 5);
  stage.bfd.apply([bfdConfig({ source: ip('10.9.0.1') })]);
  assert.deepEqual([stage.shown.state, stage.bfd.health('B1')], ['Down', 'bad']);
  assert.equal(stage.neighbor.session.because, 'the neighbor is administratively down');
  assert.deepEqual(stage.told, ['B1 good'], 'who applies looks by itself');
});

test('VrrpBfd opens the sockets that its sessions need, and closes them with the last', () => {
  const stage = new Stage();
  const configs = [
    bfdConfig({ name: 'A', neighbor: ip('fe80::2'), passive: true }),
    bfdConfig({ name: 'B', multihop: true, passive: true }),
    bfdConfig({ name: 'C', passive: true }),
    bfdConfig({ name: 'D', neighbor: ip('10.9.0.3'), passive: true }),
  ];
  stage.bfd.apply(configs);
  assert.deepEqual([...stage.open].sort(), ['inet 3784', 'inet 4784', 'inet6 3784']);
  assert.equal(stage.bfd.deadline, null);
  stage.bfd.apply(configs.slice(3));
  assert.deepEqual(stage.open, ['inet 3784']);
  assert.equal(stage.bfd.health('A'), 'unusable');
  stage.bfd.stop();
  assert.deepEqual(stage.open, []);
});

test('VrrpBfd says why it has no socket and tries again every second', () => {
  const stage = new Stage();
  stage.refusal = 'EADDRINUSE';
  stage.bfd.apply([bfdConfig()]);
  stage.run(500);
  assert.deepEqual(
    [stage.shown.state, stage.shown.because],
    ['Down', 'cannot open UDP port 3784: EADDRINUSE'],
  );
  stage.refusal = null;
  stage.run(5000);
  assert.equal(stage.shown.state, 'Up');
});

test('VrrpBfd counts what it refuses under the session of that neighbor, and nothing else changes', () => {
  const stage = new Stage();
  stage.bfd.apply([bfdConfig({ passive: true })]);
  stage.say(stage.neighbor.step({ on: 'tick' }, 0), 254);
  stage.bfd.drain();
  assert.deepEqual([stage.shown.state, stage.shown.counters.refused.ttl], ['Down', 1]);
  assert.deepEqual([stage.shown.counters.received, stage.hastened], [0, 0]);
  stage.run(1100);
  assert.ok(stage.hastened > 0, 'a passive session has a deadline only once it is spoken to');
});

test('VrrpBfd.stop tells the neighbor that this is no failure', () => {
  const stage = upStage();
  stage.bfd.stop();
  assert.equal(stage.shown.state, 'AdminDown');
  assert.deepEqual([stage.neighbor.session.state, stage.neighbor.session.health], ['Down', 'good']);
  assert.deepEqual(stage.told, ['B1 good']);
});
