import { type Ip, ipFamily, parseIp } from '../../base/ip.ts';
import { mistake } from '../diagnostic.ts';
import type { Word, WordReport } from './options.ts';

export interface Endpoint {
  readonly address: Ip;
  readonly host: Word;
  /** Null where none is given. */
  readonly port: Word | null;
  /** IPv6 without brackets: ipvsadm takes all of it for the address. */
  readonly bare: boolean;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`, or without a port. Null when it is none, which has then been reported. */
export function endpointOf(word: Word, report: WordReport): Endpoint | null {
  const whole = parseIp(word.text);
  if (whole !== null && ipFamily(whole) === 'inet6') {
    return { address: whole, host: word, port: null, bare: true };
  }
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/s.exec(word.text) ?? [];
  const from = word.start + (bracketed === undefined ? 0 : 1);
  const name = bracketed ?? plain ?? word.text;
  const host: Word = { text: name, start: from, end: from + name.length };
  const port = digits === undefined ? null : { text: digits, start: word.end - digits.length, end: word.end };
  const address = parseIp(name);
  if (address === null) {
    const text = /^[\d.]*$|:/.test(name)
      ? `"${name}" is not an IP address`
      : `"${name}" is a name; ${NUMERIC}`;
    report(host, mistake('bad_value', text));
  }
  if (port !== null && !/^\d+$/.test(port.text)) {
    const text = /^[a-z]/i.test(port.text)
      ? `"${port.text}" is a name; ${NUMERIC}`
      : `"${port.text}" is no port`;
    report(port, mistake('bad_value', text));
    return null;
  }
  return address === null ? null : { address, host, port, bare: false };
}

const NUMERIC = 'save with "ipvsadm -Sn", which writes numbers';
