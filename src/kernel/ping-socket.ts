import { randomBytes, randomInt } from 'node:crypto';
import { closeSync } from 'node:fs';
import { type Family, type Ip, ipFamily } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { ProbeSource } from '../model/check.ts';
import type { Datagram } from '../wire/datagram.ts';
import { decodeIcmpAnswer, encodeEchoRequest, ICMP_PROTOCOL, type IcmpAnswer } from '../wire/icmp.ts';
import { encodeIcmpFilter } from '../wire/icmp-filter.ts';
import { decodeIpv4 } from '../wire/ipv4.ts';
import { openDatagramSocket } from './datagram-socket.ts';
import { type IpSocket, openIpSocket } from './ip-socket.ts';
import { openGuarded } from './socket-guard.ts';

/** Sends echo requests, all of them through one raw socket for each family and interface. Needs CAP_NET_RAW. */
export interface Pinger {
  /**
   * Sends one echo request; of `source` address and interface count. `heard` is called once, when the answer comes or it
   * is said that the request could not get there. What is given back ends the wait. The error is the name of the
   * system's errno; `ENOBUFS` also where all sequence numbers wait.
   */
  ping(to: Ip, source: ProbeSource, heard: (answer: IcmpAnswer) => void): Result<() => void, string>;
  close(): void;
}

interface Waiting {
  readonly to: Ip;
  readonly data: Uint8Array;
  readonly heard: (answer: IcmpAnswer) => void;
}

/** One socket, and what waits for an answer on it. */
interface Line {
  readonly socket: IpSocket;
  /** By sequence number. */
  readonly waiting: Map<number, Waiting>;
  next: number;
  /** Since the last ping. */
  readonly idle: NodeJS.Timeout;
}

const TTL = 64;
const SEQUENCES = 0x10000;
/** Bytes that nobody who does not see the request can guess. */
const COOKIE = 16;
/** A socket that nobody needs is closed after this: opening one takes a look through all descriptors. */
const IDLE_MS = 60_000;

export function createPinger(): Pinger {
  const identifier = randomInt(0x10000);
  const lines = new Map<string, Line>();

  const shut = (key: string, line: Line) => {
    clearTimeout(line.idle);
    lines.delete(key);
    line.socket.close();
  };

  const lineOf = (key: string, family: Family, device: string | null): Result<Line, string> => {
    const found = lines.get(key);
    if (found !== undefined) return ok(found);
    const waiting: Line['waiting'] = new Map();
    const opened = openGuardedSocket(family, device, identifier, waiting);
    if (!opened.ok) return opened;
    const rest = () => (waiting.size === 0 ? shut(key, line) : line.idle.refresh());
    const idle = setTimeout(rest, IDLE_MS).unref();
    const line = { socket: opened.value, waiting, next: randomInt(SEQUENCES), idle };
    lines.set(key, line);
    return ok(line);
  };

  return {
    ping(to, source, heard) {
      const { address, interface: device } = source;
      const family = ipFamily(to);
      const usable = address === null ? ok(undefined) : tryAddress(family, source);
      if (!usable.ok) return usable;
      const key = `${family} ${device ?? ''}`;
      const opened = lineOf(key, family, device);
      if (!opened.ok) return opened;
      const line = opened.value;
      const sequence = freeSequence(line);
      if (sequence === null) return err('ENOBUFS');
      const entry: Waiting = { to, data: new Uint8Array(randomBytes(COOKIE)), heard };
      const payload = encodeEchoRequest(family, { identifier, sequence, data: entry.data });
      const packet = { destination: to, port: 0, source: address, ifindex: 0, ttl: TTL, tos: 0, payload };
      // Some 250 answers fill the socket: many pings at once must not keep us from reading them.
      line.socket.drain();
      const sent = line.socket.send(packet);
      // An interface that went away and came back is another one to the kernel: the next ping opens a socket on that.
      if (!sent.ok && line.waiting.size === 0) shut(key, line);
      if (!sent.ok) return sent;
      line.idle.refresh();
      line.waiting.set(sequence, entry);
      return ok(() => {
        // Once it was answered, its number may be another's.
        if (line.waiting.get(sequence) === entry) line.waiting.delete(sequence);
      });
    },
    close() {
      for (const [key, line] of lines) shut(key, line);
    },
  };
}

function openGuardedSocket(
  family: Family,
  device: string | null,
  identifier: number,
  waiting: Line['waiting'],
): Result<IpSocket, string> {
  const onDatagram = ({ source, payload }: Datagram) => {
    const answer = readAnswer(family, payload);
    if (answer === null || answer.identifier !== identifier) return;
    const entry = waiting.get(answer.sequence);
    if (entry === undefined || !isFor(entry, source, answer)) return;
    waiting.delete(answer.sequence);
    entry.heard(answer);
  };
  // What a receive reports here is of no ping in particular: those that wait come to their timeouts.
  const onError = () => undefined;
  const protocol = ICMP_PROTOCOL[family];
  const open = () => openIpSocket({ family, protocol, port: 0, device, onDatagram, onError });
  const opened = openGuarded(family, protocol, open);
  if (!opened.ok) return opened;
  // It spares us what is not ours; where it cannot be had, that is read and dropped.
  opened.value.guard(encodeIcmpFilter(family, identifier));
  return ok(opened.value.socket);
}

function readAnswer(family: Family, payload: Uint8Array): IcmpAnswer | null {
  // A raw socket of IPv4 shows the header too (raw(7)), one of IPv6 does not.
  const message = family === 'inet' ? decodeIpv4(payload) : ok({ payload });
  if (!message.ok) return null;
  const answer = decodeIcmpAnswer(family, message.value.payload);
  return answer.ok ? answer.value : null;
}

const isFor = ({ to, data }: Waiting, source: Ip, answer: IcmpAnswer): boolean =>
  answer.kind === 'reply'
    ? source === to && answer.data.length === data.length && answer.data.every((byte, i) => byte === data[i])
    : answer.destination === to;

function freeSequence(line: Line): number | null {
  for (let tried = 0; tried < SEQUENCES; tried++) {
    const sequence = line.next;
    line.next = (sequence + 1) % SEQUENCES;
    if (!line.waiting.has(sequence)) return sequence;
  }
  return null;
}

/** IpSocket may use addresses that are not here (IPV6_FREEBIND), and no answer would ever come. */
function tryAddress(family: Family, source: ProbeSource): Result<void, string> {
  const opened = openDatagramSocket(family, { ...source, port: null, fwmark: null });
  if (!opened.ok) return opened;
  closeSync(opened.value);
  return ok(undefined);
}
