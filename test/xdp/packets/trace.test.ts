import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { XdpTrace } from '../../../src/daemon/xdp-trace.ts';
import { recordWords } from '../../../src/kernel/xdp-records.ts';
import type { Protocol, ServiceAttrs } from '../../../src/model/services.ts';
import type { TraceAnswer, TraceFlag, TraceQuestion } from '../../../src/model/trace.ts';
import type { XdpServer } from '../../../src/model/xdp.ts';
import { makeRing, ringRecipe } from '../../../src/plan/xdp-ring.ts';
import { nameServers } from '../../../src/plan/xdp-servers.ts';
import { encodeClientFrame } from '../../../src/wire/xdp/client-frame.ts';
import { INTERFACE } from '../../../src/wire/xdp/layout.ts';
import { CLIENT_MAC, clientOf, LOOPBACK, macOf, OUR_MAC, TestPlane } from '../plane.ts';

const VIP = '10.0.0.1' as Ip;
const VIP6 = '2001:db8::1' as Ip;

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

/** Each service has servers of its own. */
const ownSlot = (service: number, server: number): number => 10 * service + server;

/** A plane with services of both families, and what is asked of it. */
class Traced extends TestPlane {
  readonly trace = new XdpTrace(this.xdp.maps, {
    ifindex: (name) => ({ lo: LOOPBACK })[name] ?? null,
    mac: () => OUR_MAC,
    nameOf: () => 'lo',
  });

  constructor(attrs: Partial<ServiceAttrs>, ring: readonly number[], flows?: number) {
    super(flows);
    closing.push(() => {
      this.trace.close();
      this.close();
    });
    const services = [
      { slot: 0, address: VIP, attrs, ring },
      { slot: 1, address: VIP, protocol: 'udp', attrs, ring },
      { slot: 2, address: VIP6, attrs, ring },
      { slot: 3, address: VIP, protocol: 'sctp', ring: [1] },
    ] as const;
    for (const service of services) {
      const own = service.ring.map((server) => ownSlot(service.slot, server));
      for (const slot of own) this.server({ slot }, service.slot);
      this.service({ ...service, ring: own });
    }
  }

  ask(question: TraceQuestion): TraceAnswer {
    const before = this.#state();
    const answer = this.trace.ask(question, ['lo']);
    assert.ok(answer.ok, answer.ok ? '' : answer.error);
    assert.ok(this.#state().equals(before), 'it leaves no trace');
    return answer.value;
  }

  /** The slot of the server that the packet really goes to, or its verdict. */
  send(question: TraceQuestion): number | string {
    return this.goesTo(encodeClientFrame({ ...question, destinationMac: OUR_MAC, sourceMac: CLIENT_MAC }));
  }

  /** All that is in all maps, bit for bit. */
  #state(): Buffer {
    const { maps } = this.xdp;
    const keys = Buffer.from(maps.keys().map(String).sort().join());
    return Buffer.concat([...Object.values(maps.memory).map((array) => Buffer.from(array)), keys]);
  }
}

interface Asked {
  readonly n?: number;
  readonly port?: number;
  readonly vip?: Ip;
  readonly to?: number;
  readonly protocol?: Protocol;
}

const packet = (
  flag: TraceFlag,
  { n = 1, port = 40_000, vip = VIP, to = 80, protocol = 'tcp' }: Asked = {},
) => ({
  ...{ protocol, flag, interface: null },
  source: { address: clientOf(vip, n), port },
  destination: { address: vip, port: to },
});

const serverOf = ({ server, verdict }: TraceAnswer): number | string =>
  verdict.kind === 'forwarded' ? Number(server?.address.split('.').at(-1)) : verdict.kind;

const serverIn = (slot: number): XdpServer => ({
  slot,
  state: 'in',
  configuredWeight: 1,
  key: { address: `10.0.1.${slot}` as Ip, port: 80 },
  attrs: { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null },
});

const PERSISTENCE = { timeout: 60, prefix: 24, engine: null };
const SETTINGS: readonly Partial<ServiceAttrs>[] = [
  { scheduler: 'rr' },
  { scheduler: 'rr', onePacket: true },
  { scheduler: 'rr', persistence: PERSISTENCE },
  { scheduler: 'mh', schedulerFlags: [2], persistence: PERSISTENCE },
  { scheduler: 'lc' },
  { scheduler: 'wlc' },
  { scheduler: 'mh', schedulerFlags: [2] },
  { scheduler: 'mh' },
  { scheduler: 'sh' },
];

for (const attrs of SETTINGS) {
  const name = `${attrs.scheduler}${attrs.schedulerFlags ? ' by ports' : ''}${attrs.onePacket ? ' ops' : ''}${attrs.persistence ? ' persistent' : ''}`;
  // With two buckets, many packets find no room.
  for (const flows of [2, 256])
    test(`what is told before is what happens then, and leaves no trace: ${name}, ${flows} buckets`, () => {
      const plane = new Traced(attrs, [1, 2, 3, 4], flows);
      const ring = [1, 2, 3, 4];
      const packets = (['syn', 'ack', 'syn', 'fin', 'syn', 'rst'] as const).flatMap((flag) =>
        [1, 2, 300, 5, 6, 7].flatMap((n) => [
          packet(flag, { n }),
          packet(flag, { n, port: 1000 + n }),
          packet(flag, { n, vip: VIP6 }),
          packet('syn', { n, protocol: 'udp' }),
          packet('syn', { n, protocol: 'sctp' }),
        ]),
      );
      const serviceOf = ({ protocol, destination }: TraceQuestion) =>
        protocol === 'udp' ? 1 : protocol === 'sctp' ? 3 : destination.address === VIP6 ? 2 : 0;
      const kinds = new Set<string>();
      for (const each of packets) {
        const answer = plane.ask(each);
        const told = serverOf(answer);
        assert.equal(plane.send(each), told, JSON.stringify({ each, answer }));
        const { choice } = answer;
        assert.ok(choice !== null);
        kinds.add(choice.kind);
        // The reason is of the same server.
        if (each.protocol !== 'sctp' && (choice.kind === 'turn' || choice.kind === 'hash'))
          assert.equal(
            ownSlot(serviceOf(each), ring[choice.kind === 'turn' ? choice.turn : choice.slot] ?? 0),
            told,
          );
        if (choice.kind === 'load') assert.deepEqual(choice.least.server, answer.server);
      }
      if (!attrs.onePacket) assert.ok(kinds.has('flow'));
    });
}

test('a flow is told with its state, and with why it does not count', () => {
  const plane = new Traced({ scheduler: 'rr' }, [1, 2]);
  const first = plane.ask(packet('syn'));
  assert.deepEqual(first.choice, { kind: 'turn', turn: 0, of: 2 });
  assert.deepEqual(first.verdict, {
    ...{ kind: 'forwarded', method: 'dr', interface: 'lo', outer: null },
    ...{ sourceMac: OUR_MAC, destinationMac: macOf(1) },
  });
  plane.send(packet('syn'));
  plane.send(packet('ack'));
  const { choice } = plane.ask(packet('ack'));
  assert.ok(choice?.kind === 'flow' && choice.state === 'established');
  assert.ok(choice.secondsLeft >= 898 && choice.secondsLeft <= 901, `${choice.secondsLeft}`);
  assert.equal(plane.ask(packet('ack', { n: 2 })).choice?.kind, 'hash');
  plane.send(packet('fin'));
  assert.equal(plane.ask(packet('syn')).passedOver, 'closing');
  assert.equal(plane.ask(packet('ack')).passedOver, null);
  plane.write({ op: 'retireServer', slot: 1 });
  assert.equal(plane.ask(packet('ack')).passedOver, 'server_gone');
});

test('persistence is told by its template', () => {
  const plane = new Traced({ scheduler: 'rr', persistence: PERSISTENCE }, [1, 2]);
  assert.equal(plane.ask(packet('syn')).choice?.kind, 'turn');
  plane.send(packet('syn'));
  const { choice, server } = plane.ask(packet('syn', { n: 77 }));
  assert.ok(choice?.kind === 'template' && choice.prefix === 24 && choice.secondsLeft >= 58);
  assert.equal(server?.address, '10.0.1.1');
});

test('a slot of mh whose server is out is told with its own server and the next choice', () => {
  const plane = new Traced({ scheduler: 'mh', schedulerFlags: [2] }, [1, 2, 3]);
  const out: XdpServer = { ...serverIn(2), state: 'out' };
  const ring = () => {
    const made = makeRing(ringRecipe('mh', nameServers([serverIn(1), serverIn(3), out])));
    assert.ok(made.ok);
    return made.value;
  };
  plane.write({ op: 'setServer', server: out });
  const region = { offset: 100, size: ring().length };
  plane.write({ op: 'writeRing', region, words: ring() });
  plane.write({ op: 'flip', service: 0, ring: region, ringOf: 2 });
  const whose = new Set<string>();
  for (let n = 1; n < 30; n++) {
    const answer = plane.ask(packet('syn', { n }));
    assert.ok(answer.choice?.kind === 'hash' && answer.choice.of === 65_537);
    assert.equal(plane.send(packet('syn', { n })), serverOf(answer));
    const { instead } = answer.choice;
    whose.add(instead === null ? 'own' : `${instead.of.address} ${instead.why}`);
  }
  assert.deepEqual([...whose].sort(), ['10.0.1.2 out', 'own']);
});

test('load is told with the counts of the least and of the next', () => {
  const plane = new Traced({ scheduler: 'lc' }, [1, 2, 3]);
  plane.send(packet('syn', { n: 1 }));
  const { choice } = plane.ask(packet('syn', { n: 2 }));
  assert.deepEqual(choice, {
    ...{ kind: 'load', of: 3 },
    least: { server: { address: '10.0.1.2', port: 80 }, active: 0, inactive: 0, weight: 1 },
    next: { server: { address: '10.0.1.3', port: 80 }, active: 0, inactive: 0, weight: 1 },
  });
});

test('what is dropped, and what is left to the kernel, is told with the reason', () => {
  const plane = new Traced({ scheduler: 'rr' }, [1]);
  const verdictOf = (asked: TraceQuestion) => plane.ask(asked).verdict;
  assert.deepEqual(verdictOf(packet('syn', { to: 81 })), { kind: 'passed', because: 'no_service' });

  plane.write({ op: 'own', service: 0, isOwned: false });
  plane.write({ op: 'setCounts', counts: { unowned: 1, anyPort: 0 } });
  assert.deepEqual(verdictOf(packet('syn')), { kind: 'passed', because: 'not_held' });
  plane.write({ op: 'own', service: 0, isOwned: true });

  const everyPort = { kind: 'address', protocol: 'tcp', address: VIP, port: 0 } as const;
  plane.server({ slot: 41 }, 4);
  plane.service({ slot: 4, address: VIP, port: 0, ring: [41] });
  plane.write({ op: 'setCounts', counts: { unowned: 0, anyPort: 1 } });
  assert.deepEqual(plane.ask(packet('syn', { to: 81 })).service, everyPort);

  plane.server({ slot: 1, attrs: { forward: 'tun', tunnel: { type: 'gue', port: 6080, checksum: 'none' } } });
  const tunnelled = plane.ask(packet('syn')).verdict;
  assert.ok(tunnelled.kind === 'forwarded' && tunnelled.method === 'gue');
  assert.equal(tunnelled.outer?.destination, '10.0.1.1');

  plane.write({ op: 'putServer', service: 0, server: serverIn(1) });
  const unreachable = plane.ask(packet('syn'));
  assert.deepEqual(unreachable.verdict, { kind: 'dropped', reason: 'server_unreachable' });
  assert.equal(unreachable.server?.address, '10.0.1.1');

  plane.ring(0, []);
  assert.deepEqual(verdictOf(packet('syn')), { kind: 'dropped', reason: 'no_server' });

  recordWords(plane.xdp.maps.memory.interfaces, INTERFACE.size, LOOPBACK)[1] = 0;
  assert.deepEqual(verdictOf(packet('syn')), { kind: 'passed', because: 'not_our_mac' });
  const elsewhere = plane.trace.ask({ ...packet('syn'), interface: 'eth9' }, ['lo']);
  assert.deepEqual(elsewhere, { ok: false, error: 'XDP takes no packets from eth9: it is on lo' });
});
