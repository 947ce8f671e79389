import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micros } from '../../../src/base/units.ts';
import { acceptBfd } from '../../../src/vrrp/bfd-accept.ts';
import { BFD_MULTIHOP_PORT, BFD_PORT, type BfdPacket, encodeBfd } from '../../../src/wire/bfd.ts';
import type { Datagram } from '../../../src/wire/datagram.ts';
import { BfdEnd, BfdWire, bfdConfig } from '../../support/bfd.ts';
import { ip } from '../../support/instances.ts';

const MS = 1000;
const SECOND = 1000 * MS;

const wireOf = (a = bfdConfig(), b = bfdConfig()) => new BfdWire(new BfdEnd(a, 11), new BfdEnd(b, 22));

/** A wire whose session is up and has settled its terms. */
function upWire(a = bfdConfig(), b = bfdConfig()): BfdWire {
  const wire = wireOf(a, b);
  wire.run(5 * SECOND);
  assert.equal(wire.states, 'Up Up');
  return wire;
}

const packet = (over: Partial<BfdPacket> = {}): BfdPacket => ({
  diagnostic: 0,
  state: 'Down',
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  multipoint: false,
  multiplier: 3,
  myDiscriminator: 22,
  yourDiscriminator: 11,
  desiredMinTx: micros(100_000),
  requiredMinRx: micros(100_000),
  requiredMinEchoRx: micros(0),
  authentication: null,
  ...over,
});

/** An end in Up whose neighbor is played by `packet()`. */
function upEnd(config = bfdConfig()): BfdEnd {
  const end = new BfdEnd(config, 11);
  end.hear(packet({ state: 'Down' }), 0);
  end.hear(packet({ state: 'Up' }), 0);
  end.hear(packet({ state: 'Up', final: true }), 0);
  assert.equal(end.session.state, 'Up');
  assert.equal(end.session.terms.polling, false);
  return end;
}

const gaps = (end: BfdEnd, from: number) => {
  const times = end.sent.map(({ at }) => at).filter((at) => at >= from);
  return times.slice(1).map((at, i) => at - (times[i] ?? 0));
};

test('stepBfd takes two ends up, polls for the fast intervals, and settles', () => {
  const wire = wireOf();
  wire.run(20 * MS, () => wire.states === 'Up Up');
  assert.equal(wire.states, 'Up Up', 'each change is sent at once');
  wire.run(SECOND);
  for (const { session, sent } of wire.ends) {
    assert.equal(session.health, 'good');
    assert.equal(session.terms.polling, false);
    assert.ok(sent.some(({ packet: one }) => one.poll) && sent.some(({ packet: one }) => one.final));
    assert.ok(sent.every(({ packet: one }) => !(one.poll && one.final)));
    assert.equal((session.expiresAt ?? 0) - session.receivedAt, 300 * MS);
  }
});

test('stepBfd takes a session down a detection time after the last packet, and up again', () => {
  const wire = upWire();
  const [a, b] = wire.ends;
  wire.passes = [true, false];
  const { receivedAt } = a.session;
  wire.run(400 * MS, () => a.session.state === 'Down');
  assert.ok(
    wire.now - receivedAt >= 300 * MS && wire.now - receivedAt <= 302 * MS,
    `${wire.now - receivedAt}`,
  );
  assert.deepEqual([a.session.health, a.session.diagnostic], ['bad', 1]);
  assert.match(a.session.because, /no packet for 30\d ms/);
  assert.equal(a.sent.at(-1)?.packet.yourDiscriminator, 0);
  wire.run(5 * MS);
  assert.deepEqual([b.session.state, b.session.health, b.session.diagnostic], ['Down', 'bad', 3]);
  assert.equal(a.sent.at(-1)?.packet.desiredMinTx, SECOND, 'slow while it is down');
  wire.passes = [true, true];
  wire.run(2 * SECOND);
  assert.equal(wire.states, 'Up Up');
  assert.equal(a.session.diagnostic, 0);
});

test('stepBfd moves between states as the table of RFC 5880 §6.8.6 says', () => {
  const heard = ['AdminDown', 'Down', 'Init', 'Up'] as const;
  const rows = { Down: 'Down Init Up Down', Init: 'Down Init Up Up', Up: 'Down Down Up Up' } as const;
  for (const [state, expected] of Object.entries(rows)) {
    const after = heard.map((remote) => {
      const end = new BfdEnd(bfdConfig(), 11);
      if (state !== 'Down') end.hear(packet({ state: 'Down' }), 0);
      if (state === 'Up') end.hear(packet({ state: 'Init' }), 0);
      assert.equal(end.session.state, state);
      end.hear(packet({ state: remote }), 1);
      return end.session.state;
    });
    assert.equal(after.join(' '), expected, state);
  }
});

test('stepBfd leaves the health as it was when the neighbor goes AdminDown, and then falls silent', () => {
  const wire = upWire();
  const [a, b] = wire.ends;
  wire.launch(1, b.step({ on: 'stop' }, wire.now));
  wire.run(10 * SECOND);
  assert.equal(wire.states, 'Down AdminDown');
  assert.deepEqual([a.session.health, a.session.remote], ['good', null]);
  assert.equal(b.sent.at(-1)?.packet.diagnostic, 7);
  assert.equal(b.deadline, Number.POSITIVE_INFINITY);
});

test('stepBfd in the passive role is silent until it hears, and after it has lost, the neighbor', () => {
  const passive = new BfdEnd(bfdConfig({ passive: true }), 11);
  assert.equal(passive.deadline, Number.POSITIVE_INFINITY);
  assert.equal(passive.step({ on: 'stop' }, 0), null);
  const wire = upWire(bfdConfig({ passive: true }));
  wire.passes = [true, false];
  const count = wire.ends[0].sent.length;
  wire.run(10 * SECOND);
  assert.equal(wire.ends[0].session.state, 'Down');
  assert.ok(wire.ends[0].sent.length - count <= 4, 'only what came before the loss');
  const silent = wireOf(bfdConfig({ passive: true }), bfdConfig({ passive: true }));
  silent.run(10 * SECOND);
  assert.deepEqual([silent.states, silent.ends[0].sent.length], ['Down Down', 0]);
});

test('stepBfd sends at the slower of both ends, 75 to 100 % of it, and 75 to 90 % with multiplier 1', () => {
  for (const [multiplier, random, gap] of [
    [3, 0, 150],
    [3, 1, 200],
    [1, 0, 150],
    [1, 1, 180],
  ] as const) {
    const a = new BfdEnd(bfdConfig({ multiplier }), 11, 0, () => random);
    const b = new BfdEnd(bfdConfig({ minRx: micros(200 * MS), multiplier: 5 }), 22);
    const wire = new BfdWire(a, b);
    wire.run(3 * SECOND);
    assert.equal(wire.states, 'Up Up');
    assert.deepEqual([...new Set(gaps(a, 2 * SECOND))], [gap * MS]);
  }
});

test('stepBfd answers a Poll at once with a Final, beside the packets that are due', () => {
  const end = upEnd();
  const { deadline } = end;
  const answer = end.hear(packet({ state: 'Up', poll: true }), 10 * MS);
  assert.deepEqual([answer?.final, answer?.poll, answer?.state], [true, false, 'Up']);
  assert.equal(end.deadline, deadline);
});

test('stepBfd hurries the next packet when the neighbor can receive faster, as its Final says', () => {
  const end = upEnd();
  end.hear(packet({ state: 'Up', requiredMinRx: micros(10 * SECOND), desiredMinTx: micros(90 * SECOND) }), 0);
  end.step({ on: 'tick' }, 100 * MS);
  assert.ok(end.deadline > 9 * SECOND);
  end.hear(packet({ state: 'Up', final: true }), SECOND);
  assert.ok(end.deadline <= SECOND + 100 * MS);
});

test('stepBfd uses a slower rate only after the neighbor has confirmed it, and a faster one at once', () => {
  const wire = upWire(bfdConfig(), bfdConfig({ minTx: micros(20 * MS) }));
  const [a] = wire.ends;
  wire.passes = [true, false];
  a.config = bfdConfig({ minTx: micros(400 * MS), minRx: micros(50 * MS) });
  const from = wire.now;
  a.step({ on: 'reconfigure' }, wire.now);
  wire.run(190 * MS);
  assert.equal(a.session.state, 'Up', 'the shorter detection time waits too');
  assert.equal(a.sent.at(-1)?.packet.poll, true);
  assert.equal(a.sent.at(-1)?.packet.desiredMinTx, 400 * MS);
  assert.ok(gaps(a, from).every((gap) => gap <= 100 * MS));
  wire.passes = [true, true];
  wire.run(2 * SECOND);
  assert.equal(wire.states, 'Up Up');
  assert.deepEqual(a.session.terms, {
    offered: { minTx: 400 * MS, minRx: 50 * MS },
    used: { minTx: 400 * MS, minRx: 50 * MS },
    polling: false,
  });
  assert.ok(gaps(a, from + SECOND).every((gap) => gap > 300 * MS));
  a.config = bfdConfig({ minTx: micros(20 * MS) });
  a.step({ on: 'reconfigure' }, wire.now);
  assert.ok(a.deadline <= wire.now + 100 * MS, 'at once');
});

test('stepBfd polls again for what was changed during a Poll Sequence', () => {
  const end = upEnd();
  end.config = bfdConfig({ minTx: micros(200 * MS) });
  end.step({ on: 'reconfigure' }, 1);
  end.config = bfdConfig({ minTx: micros(300 * MS) });
  end.step({ on: 'reconfigure' }, 2);
  assert.equal(end.session.terms.offered.minTx, 200 * MS);
  end.hear(packet({ state: 'Up', final: true }), 3);
  assert.deepEqual([end.session.terms.offered.minTx, end.session.terms.polling], [300 * MS, true]);
  end.hear(packet({ state: 'Up', final: true }), 4);
  assert.deepEqual([end.session.terms.used.minTx, end.session.terms.polling], [300 * MS, false]);
});

test('stepBfd stops its packets for a neighbor that demands it or receives none, and still answers a Poll', () => {
  for (const quiet of [{ demand: true }, { requiredMinRx: micros(0) }]) {
    const end = upEnd();
    end.hear(packet({ state: 'Up', ...quiet }), 10 * MS);
    assert.equal(end.session.transmitAt, null);
    const answer = end.hear(packet({ state: 'Up', poll: true, ...quiet }), 20 * MS);
    assert.equal(answer?.final, true);
    end.hear(packet({ state: 'Up' }), 30 * MS);
    assert.notEqual(end.session.transmitAt, null);
  }
});

test('acceptBfd refuses in the order of RFC 5880 §6.8.6, by discriminator before address', () => {
  const ours = [
    { config: bfdConfig(), session: { discriminator: 11 } },
    { config: bfdConfig({ neighbor: ip('10.9.0.3'), maxHops: 2 }), session: { discriminator: 12 } },
    { config: bfdConfig({ neighbor: ip('10.9.0.3'), multihop: true }), session: { discriminator: 13 } },
    {
      config: bfdConfig({ neighbor: ip('10.9.0.4'), source: ip('10.9.0.9') }),
      session: { discriminator: 14 },
    },
  ];
  const datagram = (over: Partial<BfdPacket>, from: string, ttl: number): Datagram => ({
    source: ip(from),
    destination: ip('10.9.0.1'),
    ttl,
    payload: encodeBfd(packet(over)),
  });
  const outcome = (over: Partial<BfdPacket>, from = '10.9.0.2', ttl = 255, port = BFD_PORT) => {
    const accepted = acceptBfd(ours, port, datagram(over, from, ttl));
    return accepted.ok ? accepted.value.addressee.session.discriminator : accepted.error;
  };
  const unknown = { yourDiscriminator: 0 };
  const authentication = Uint8Array.of(1, 4, 1, 97);
  const bad = {
    multiplier: 0,
    multipoint: true,
    myDiscriminator: 0,
    ...unknown,
    state: 'Up',
    authentication,
  } as const;
  assert.equal(outcome(bad), 'multiplier');
  assert.equal(outcome({ ...bad, multiplier: 1 }), 'multipoint');
  assert.equal(outcome({ ...bad, multiplier: 1, multipoint: false }), 'my_discriminator');
  assert.equal(outcome({ ...unknown, state: 'Up', authentication }), 'your_discriminator');
  assert.equal(outcome({ ...unknown, state: 'Init' }), 'your_discriminator');
  assert.equal(outcome({ ...unknown, authentication }, '10.9.0.7'), 'session');
  assert.equal(outcome({ yourDiscriminator: 99 }), 'session');
  assert.equal(outcome({ authentication }, '10.9.0.2', 254), 'ttl');
  assert.equal(outcome({ authentication }), 'authentication');
  assert.equal(outcome({}), 11);
  assert.equal(outcome({}, '10.9.0.77'), 11, 'the discriminator alone');
  assert.equal(outcome(unknown), 11);
  assert.equal(outcome({ ...unknown, state: 'AdminDown' }), 11);
  assert.equal(outcome(unknown, '10.9.0.3', 253), 12);
  assert.equal(outcome(unknown, '10.9.0.3', 252), 'ttl');
  assert.equal(outcome(unknown, '10.9.0.3', 255, BFD_MULTIHOP_PORT), 13);
  assert.equal(outcome({ yourDiscriminator: 13 }), 'session', 'its port is another one');
  assert.equal(outcome(unknown, '10.9.0.4'), 'session', 'it is for another address of ours');
});
