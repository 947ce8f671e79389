import { concatBytes, dataView } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Micros, micros } from '../base/units.ts';
import type { BfdRefusal } from '../model/counters.ts';
import type { BfdStatus } from '../model/status.ts';

export type BfdState = BfdStatus['state'];

/** UDP destination ports: RFC 5881 §4, RFC 5883 §5. */
export const BFD_PORT = 3784;
export const BFD_MULTIHOP_PORT = 4784;

/** Those that an asynchronous session without echo or authentication gives (RFC 5880 §4.1). */
export const BFD_DIAGNOSTICS = { none: 0, expired: 1, neighborDown: 3, adminDown: 7 } as const;

/**
 * A BFD control packet (RFC 5880 §4.1).
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-----+---------+---+-+-+-+-+-+-+---------------+---------------+
 * |Vers | Diag    |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
 * +-----+---------+---+-+-+-+-+-+-+---------------+---------------+
 * |                       My Discriminator                        |
 * |                      Your Discriminator                       |
 * |                Desired Min TX Interval, microseconds          |
 * |               Required Min RX Interval, microseconds          |
 * |             Required Min Echo RX Interval, microseconds       |
 * +---------------------------------------------------------------+
 * |                 Authentication, where A is set                |
 * +---------------------------------------------------------------+
 * ```
 */
export interface BfdPacket {
  /** 0–31, as it came; 9 and above are reserved. */
  readonly diagnostic: number;
  readonly state: BfdState;
  readonly poll: boolean;
  readonly final: boolean;
  readonly controlPlaneIndependent: boolean;
  readonly demand: boolean;
  readonly multipoint: boolean;
  readonly multiplier: number;
  /** Of the sender; 0 is not valid. */
  readonly myDiscriminator: number;
  /** Of the receiver as far as the sender knows; 0 for not at all. */
  readonly yourDiscriminator: number;
  readonly desiredMinTx: Micros;
  readonly requiredMinRx: Micros;
  readonly requiredMinEchoRx: Micros;
  /** From its type octet on, unread; null for a packet without it. */
  readonly authentication: Uint8Array | null;
}

/** `length`: the packet's own length is less than a control packet has. `truncated`: there is less than that. */
export type BfdWireError = Extract<BfdRefusal, 'version' | 'length' | 'truncated'>;

const VERSION = 1;
const HEADER = 24;
/** Type and length of the authentication section. */
const AUTHENTICATION_MIN = 2;
const STATES = ['AdminDown', 'Down', 'Init', 'Up'] as const;
const FLAGS = {
  poll: 0x20,
  final: 0x10,
  controlPlaneIndependent: 0x08,
  authentication: 0x04,
  demand: 0x02,
  multipoint: 0x01,
} as const;

/** The first three checks of RFC 5880 §6.8.6. What follows the packet's own length is ignored. */
export function decodeBfd(bytes: Uint8Array): Result<BfdPacket, BfdWireError> {
  if (bytes.length < HEADER) return err('truncated');
  const view = dataView(bytes);
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  const length = view.getUint8(3);
  const has = (flag: keyof typeof FLAGS) => (second & FLAGS[flag]) !== 0;
  const authenticated = has('authentication');
  if (first >> 5 !== VERSION) return err('version');
  if (length < HEADER + (authenticated ? AUTHENTICATION_MIN : 0)) return err('length');
  if (length > bytes.length) return err('truncated');
  return ok({
    diagnostic: first & 0x1f,
    state: STATES[second >> 6] ?? 'AdminDown',
    poll: has('poll'),
    final: has('final'),
    controlPlaneIndependent: has('controlPlaneIndependent'),
    demand: has('demand'),
    multipoint: has('multipoint'),
    multiplier: view.getUint8(2),
    myDiscriminator: view.getUint32(4),
    yourDiscriminator: view.getUint32(8),
    desiredMinTx: micros(view.getUint32(12)),
    requiredMinRx: micros(view.getUint32(16)),
    requiredMinEchoRx: micros(view.getUint32(20)),
    authentication: authenticated ? bytes.slice(HEADER, length) : null,
  });
}

export function encodeBfd(packet: BfdPacket): Uint8Array {
  const { authentication } = packet;
  const bytes = new Uint8Array(HEADER);
  const view = dataView(bytes);
  const flag = (name: keyof typeof FLAGS, set: boolean) => (set ? FLAGS[name] : 0);
  view.setUint8(0, (VERSION << 5) | packet.diagnostic);
  view.setUint8(
    1,
    (STATES.indexOf(packet.state) << 6) |
      flag('poll', packet.poll) |
      flag('final', packet.final) |
      flag('controlPlaneIndependent', packet.controlPlaneIndependent) |
      flag('authentication', authentication !== null) |
      flag('demand', packet.demand) |
      flag('multipoint', packet.multipoint),
  );
  view.setUint8(2, packet.multiplier);
  view.setUint8(3, HEADER + (authentication?.length ?? 0));
  view.setUint32(4, packet.myDiscriminator);
  view.setUint32(8, packet.yourDiscriminator);
  view.setUint32(12, packet.desiredMinTx);
  view.setUint32(16, packet.requiredMinRx);
  view.setUint32(20, packet.requiredMinEchoRx);
  return authentication === null ? bytes : concatBytes([bytes, authentication]);
}
