import { internetChecksum } from '../../../src/base/checksum.ts';
import { ipBytes } from '../../../src/base/ip.ts';
import { macBytes } from '../../../src/base/mac.ts';
import { COUNTERS } from '../../../src/wire/xdp/layout.ts';
import { macOf, OUR_MAC } from '../plane.ts';
import type { HostAnswer } from './host.ts';
import type { Seen } from './oracle.ts';
import { type FuzzService, isHeld, serviceOf, TUNNEL_MTU, TUNNELS } from './table.ts';

/** In which word the program and the oracle differ about a frame; null where they do not. */
export function parsedOtherwise(seen: Seen | null, answer: HostAnswer): string | null {
  if (seen === null) return answer.kind === 'pass' ? null : `kind pass, not ${answer.kind}`;
  if (seen.kind !== answer.kind) return `kind ${seen.kind}, not ${answer.kind}`;
  const words: (keyof Seen & keyof HostAnswer)[] = ['family', 'l2'];
  if (seen.kind !== 'malformed') {
    words.push('length', 'protocol');
    if (seen.kind !== 'later') words.push('sourcePort', 'destinationPort', 'tcpFlags');
    if (seen.kind !== 'error') words.push('trafficClass');
    if (!startsWith(answer.source, seen.source)) return 'source';
    if (!startsWith(answer.fragmentId, seen.fragmentId) && seen.kind !== 'error') return 'fragmentId';
  }
  if (!startsWith(answer.destination, seen.destination)) return 'destination';
  const other = words.find((word) => seen[word] !== answer[word]);
  return other === undefined ? null : `${other} ${seen[other]}, not ${answer[other]}`;
}

/** What is wrong with what the program did to a frame; null for nothing. */
export function treatedOtherwise(frame: Uint8Array, seen: Seen | null, answer: HostAnswer): string | null {
  const wrong = (what: string) => `${answer.verdict}, counted ${answer.counted}: ${what}`;
  const isUntouched = Buffer.compare(frame, answer.packet) === 0;
  if (answer.verdict === 'pass')
    return mayPass(frame, seen) && isUntouched && answer.counted === 0 ? null : wrong('it passes');
  if (seen === null || !isForUs(frame)) return wrong('it is not for this program');
  if (answer.verdict === 'drop') {
    const reasons = reasonsToDrop(seen);
    return reasons.some((reason) => (answer.counted & ~NOT_STORED) === 1 << COUNTERS[reason])
      ? null
      : wrong(`not ${reasons}`);
  }
  if (seen.kind === 'malformed') return wrong('it is malformed');
  const possible = seen.kind === 'later' ? null : serviceFor(seen);
  if (possible === null && seen.kind !== 'later') return wrong('it is of no service');
  return wentWell(frame, seen, answer, possible)
    ? null
    : wrong('it left for nobody, or otherwise than it should');
}

const serviceFor = (seen: Seen): FuzzService | null => {
  const service = serviceOf(seen.destination, seen.protocol, seen.destinationPort);
  return service?.fate === 'away' ? null : service;
};

const isForUs = (frame: Uint8Array): boolean => startsWith(frame, OURS);

function mayPass(frame: Uint8Array, seen: Seen | null): boolean {
  if (seen === null || !isForUs(frame)) return true;
  if (seen.kind === 'malformed' || seen.kind === 'later') return !isHeld(seen.destination);
  const service = serviceFor(seen);
  // Without a flow, only a hash tells where an error belongs.
  return (
    service === null ||
    (seen.kind === 'error' && !(service.attrs.scheduler === 'mh' && service.ring.length > 0))
  );
}

function reasonsToDrop(seen: Seen): readonly (keyof typeof COUNTERS)[] {
  if (seen.kind === 'malformed') return isHeld(seen.destination) ? ['malformed'] : [];
  if (seen.kind === 'later')
    return isHeld(seen.destination) ? ['fragment_unknown', 'too_big', 'server_unreachable'] : [];
  const service = serviceFor(seen);
  if (service?.fate === 'no server') return ['no_server'];
  if (service?.fate === 'unreachable') return ['server_unreachable'];
  return service?.fate === 'tunnel' && (seen.kind === 'error' || seen.length < 128) ? ['too_big'] : [];
}

/** A later fragment goes where its first one went, to a server of any service. */
function wentWell(frame: Uint8Array, seen: Seen, answer: HostAnswer, service: FuzzService | null): boolean {
  const { packet, verdict } = answer;
  const slot = packet[5] ?? 0;
  const macs = Buffer.concat([macBytes(macOf(slot)), OURS]);
  if (isTold(answer)) return service?.fate === 'tunnel' && verdict === 'tx' && isAnswer(frame, seen, packet);
  if (!startsWith(packet, macs) || (service !== null && !service.ring.includes(slot))) return false;
  const isElsewhere = service === null ? slot === 15 : service.fate === 'redirected';
  if ((verdict === 'redirect') !== isElsewhere) return false;
  const tunnel = TUNNELS.find(([own]) => own === slot);
  if (tunnel === undefined) return Buffer.compare(frame.subarray(12), packet.subarray(12)) === 0;
  return isTunnelled(frame, seen, packet, tunnel);
}

const isTold = ({ counted }: HostAnswer): boolean => (counted & (1 << COUNTERS.too_big_told)) !== 0;

/** The packet as it was, behind an outer header to its server. */
function isTunnelled(
  frame: Uint8Array,
  { l2, length }: Seen,
  packet: Uint8Array,
  tunnel: (typeof TUNNELS)[number],
): boolean {
  const [, address, type, source] = tunnel;
  const is4 = ipBytes(address).length === 4;
  const outer = (is4 ? 20 : 40) + (type === 'gue' ? 12 : 0);
  const bytes = packet.subarray(l2);
  const told = ((bytes[is4 ? 2 : 4] ?? 0) << 8) | (bytes[is4 ? 3 : 5] ?? 0);
  return (
    length + outer <= TUNNEL_MTU &&
    Buffer.compare(frame.subarray(12, l2 - 2), packet.subarray(12, l2 - 2)) === 0 &&
    told + (is4 ? 0 : 40) === length + outer &&
    (!is4 || internetChecksum(bytes.subarray(0, 20)) === 0) &&
    startsWith(bytes.subarray(is4 ? 12 : 8), Buffer.concat([ipBytes(source), ipBytes(address)])) &&
    Buffer.compare(frame.subarray(l2), bytes.subarray(outer)) === 0
  );
}

/** Tells the sender, with the beginning of its packet and sums that are right. */
function isAnswer(frame: Uint8Array, seen: Seen, packet: Uint8Array): boolean {
  const { l2, family, source, destination } = seen;
  const header = family === 4 ? 20 : 40;
  const bytes = packet.subarray(l2);
  const message = bytes.subarray(header);
  const pseudo = Buffer.concat([destination, source, Uint8Array.of(0, 0, 0, 136, 0, 0, 0, 58)]);
  const sum = family === 4 ? internetChecksum(message) : internetChecksum(pseudo, message);
  return (
    startsWith(
      packet,
      Buffer.concat([frame.subarray(6, 12), frame.subarray(0, 6), frame.subarray(12, l2)]),
    ) &&
    startsWith(bytes.subarray(family === 4 ? 12 : 8), Buffer.concat([destination, source])) &&
    message[0] === (family === 4 ? 3 : 2) &&
    sum === 0 &&
    Buffer.compare(message.subarray(8), frame.subarray(l2, l2 + 128)) === 0
  );
}

const startsWith = (bytes: Uint8Array, beginning: Uint8Array): boolean =>
  beginning.every((byte, i) => byte === bytes[i]);

/** Of the flow, whatever becomes of the packet. */
const NOT_STORED = 1 << COUNTERS.not_stored;

const OURS = macBytes(OUR_MAC);
