import type { Ip } from '../../src/base/ip.ts';
import type { Result } from '../../src/base/result.ts';
import { centis, micros, seconds, type WallTime } from '../../src/base/units.ts';
import type { HmacConfig, InstanceConfig } from '../../src/model/config.ts';
import type { Refusal } from '../../src/model/counters.ts';
import { type AcceptedAdvert, acceptAdvert, type ReceivedAdvert, readAdvert } from '../../src/vrrp/accept.ts';
import { encodeAdvertPayload } from '../../src/vrrp/advert.ts';
import { type SeenSenders, type Sequence, verifySignature } from '../../src/vrrp/signature.ts';
import { VRRP_GROUP4, VRRP_GROUP6, VRRP_TTL } from '../../src/wire/vrrp.ts';
import { instanceConfig, ip, virtualAddress } from '../support/instances.ts';
import type { GateSetup, RouterSetup, Settings } from './world.ts';

/** Where a packet comes from: a node of the simulation, or nobody who knows the key. */
export type Origin = 'node' | 'replayed' | 'outsider';

/** A datagram on its way. */
export interface Packet {
  readonly router: number;
  /** The node that first sent it; −1 for an outsider. */
  readonly from: number;
  readonly origin: Origin;
  /** Counts the packets of the simulation. */
  readonly serial: number;
  readonly source: Ip;
  readonly payload: Uint8Array;
  readonly isCorrupt: boolean;
  /** What any receiver reads in it. */
  readonly read: ReturnType<typeof readAdvert>;
}

const HMAC: HmacConfig = {
  keys: [{ id: 1, secret: { kind: 'bytes', bytes: Uint8Array.from({ length: 32 }, (_, i) => i) } }],
  activeKey: 1,
  antiReplay: 'time',
  window: seconds(5),
  mode: 'enforce',
};

export function configOf(
  router: number,
  setup: RouterSetup,
  settings: Settings,
  gate: GateSetup | null,
): InstanceConfig {
  const isOld = setup.family === 'inet';
  return instanceConfig({
    name: `VI_${router + 1}`,
    family: setup.family,
    version: setup.version,
    vrid: router + 1,
    priority: settings.priority,
    preempt: settings.preempt,
    preemptDelay: micros(settings.preemptDelay),
    advertInterval: centis(settings.interval),
    authentication: setup.version === 2 ? { type: 'pass', password: '1111' } : null,
    hmac: setup.isSigned ? HMAC : null,
    sourceAddress: null,
    transport: { kind: 'multicast', group: isOld ? VRRP_GROUP4 : VRRP_GROUP6 },
    checksum: 'rfc5798',
    downTimerAdverts: settings.downTimerAdverts,
    lease: settings.lease,
    takeover: takeoverOf(gate, isOld),
    virtualAddresses: [virtualAddress(isOld ? `10.0.0.${100 + router}` : `fe80::100:${router}`)],
    answersLower: settings.answersLower,
    advertisesOnYield: settings.advertisesOnYield,
    ownerIgnoresAdverts: false,
    garp: {
      delay: micros(settings.garpDelay),
      repeat: 5,
      refresh: micros(settings.refresh),
      refreshRepeat: 1,
      lowerDelay: micros(settings.lowerDelay),
      lowerRepeat: 5,
      extraInterface: seconds(0),
    },
  });
}

function takeoverOf(gate: GateSetup | null, isOld: boolean): InstanceConfig['takeover'] {
  if (gate === null) return null;
  if (!gate.gateway && gate.suspectHold === null && gate.witnesses === null) return null;
  const { suspectHold } = gate;
  return {
    gateway: gate.gateway ? ip(isOld ? '10.0.0.254' : 'fe80::fe') : null,
    suspectHold: suspectHold === null ? null : micros(suspectHold),
    witness: gate.witnesses?.policy ?? null,
  };
}

export const addressOf = ({ family }: RouterSetup, node: number): Ip =>
  ip(family === 'inet' ? `10.0.0.${node + 1}` : `fe80::${(node + 1).toString(16)}`);

const groupOf = (source: Ip): Ip => (source.includes(':') ? VRRP_GROUP6 : VRRP_GROUP4);

export function encodePayload(
  config: InstanceConfig,
  source: Ip,
  priority: number,
  sequence: Sequence | null,
): Uint8Array {
  return encodeAdvertPayload(config, { source, destination: groupOf(source), priority, sequence });
}

export const readPayload = (source: Ip, payload: Uint8Array): Packet['read'] =>
  readAdvert({ source, destination: groupOf(source), ttl: VRRP_TTL, payload });

/** What the receiver makes of a message for one of its virtual routers. */
export function accept(
  config: InstanceConfig,
  localAddress: Ip,
  received: ReceivedAdvert,
  seen: SeenSenders,
  wall: WallTime,
): { readonly outcome: Result<AcceptedAdvert, Refusal>; readonly seen: SeenSenders } {
  const outcome = acceptAdvert(config, localAddress, received);
  if (!outcome.ok || config.hmac === null) return { outcome, seen };
  const verified = verifySignature(config.hmac, received, seen, wall, null);
  return { outcome: verified.outcome.ok ? outcome : verified.outcome, seen: verified.seen };
}
