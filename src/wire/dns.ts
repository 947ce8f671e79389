import { bigEndian, concatBytes, dataView } from '../base/bytes.ts';
import { dnsLabels } from '../base/dns-name.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { DnsType } from '../model/check.ts';

/** One question of class IN, as it is asked over UDP. */
export interface DnsQuestion {
  /** 0–65535; unpredictable, so that nobody who does not see the question can answer it. */
  readonly id: number;
  readonly type: DnsType;
  /** Labels with dots between them and, if you like, one at the end; `.` for the root. */
  readonly name: string;
}

/**
 * Why a datagram is no answer to a question: too short for a header, of another question by its id, itself a question,
 * or about something else.
 */
export type DnsStray = 'truncated' | 'id' | 'query' | 'question';

/** RFC 1035 §3.2.2, RFC 3596 §2.1, RFC 4034 §2 and §3. */
const TYPES: Readonly<Record<DnsType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  RRSIG: 46,
  DNSKEY: 48,
};
const CLASS_IN = 1;
const RESPONSE = 0x8000;
const RECURSION_DESIRED = 0x0100;
const RCODE = 0x000f;
const HEADER = 12;

/** RFC 1035 §4.1.1, RFC 2136 §2.2. */
const RCODES = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
] as const;

/** The name of a response code, 0–15: `SERVFAIL`. */
export const printRcode = (rcode: number): string => RCODES[rcode] ?? `response code ${rcode}`;

/**
 * A message with this question alone, which asks for recursion (RFC 1035 §4.1). The error is a name that dnsLabels does
 * not take.
 *
 * ```
 *  2 id   2 flags QR opcode AA TC RD RA Z rcode   2 questions   2 answers   2 authorities   2 additional
 *  name: 1 length, label, …, 1 zero   2 type   2 class
 * ```
 */
export function encodeDnsQuestion({ id, type, name }: DnsQuestion): Result<Uint8Array, 'name'> {
  const labels = dnsLabels(name);
  if (labels === null) return err('name');
  const written = labels.flatMap((label) => [Uint8Array.of(label.length), label]);
  const qname = concatBytes([...written, Uint8Array.of(0)]);
  const header = [id, RECURSION_DESIRED, 1, 0, 0, 0].map((field) => bigEndian(field, 2));
  return ok(concatBytes([...header, qname, bigEndian(TYPES[type], 2), bigEndian(CLASS_IN, 2)]));
}

/**
 * The response code, 0–15, in what came back for `asked`, a message of encodeDnsQuestion. An answer may leave the question
 * out, as some do with an error, but not bring another one. What follows the question is not looked at.
 */
export function decodeDnsAnswer(asked: Uint8Array, bytes: Uint8Array): Result<number, DnsStray> {
  if (bytes.length < HEADER) return err('truncated');
  const view = dataView(bytes);
  const flags = view.getUint16(2);
  if (view.getUint16(0) !== dataView(asked).getUint16(0)) return err('id');
  if ((flags & RESPONSE) === 0) return err('query');
  if (view.getUint16(4) !== 0 && !repeats(asked, bytes)) return err('question');
  return ok(flags & RCODE);
}

/** The first question cannot be compressed: there is nothing before it. Servers may change the case of letters. */
function repeats(asked: Uint8Array, bytes: Uint8Array): boolean {
  for (let i = HEADER; i < asked.length; i++) {
    if (lower(asked[i]) !== lower(bytes[i])) return false;
  }
  return true;
}

const lower = (byte: number | undefined): number | undefined =>
  byte !== undefined && byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
