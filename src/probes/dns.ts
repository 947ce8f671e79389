import { randomInt } from 'node:crypto';
import { type Millis, millis } from '../base/units.ts';
import type { DnsProbe } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { decodeDnsAnswer, encodeDnsQuestion, printRcode } from '../wire/dns.ts';
import { askByDatagram, type OpenDatagram } from './datagram.ts';
import type { Judgement } from './socket-error.ts';

const IDS = 0x10000;

/**
 * A DNS_CHECK: whether the question is answered without an error (response code 0) within `timeout`. What the answer says
 * is not looked at, as with keepalived. Datagrams that are no answer to the question are passed over.
 */
export function probeDns(config: DnsProbe, timeout: Millis, open: OpenDatagram): Promise<ProbeOutcome> {
  const { question: type, name } = config;
  const asked = `${name} ${type}`;
  const payload = encodeDnsQuestion({ id: randomInt(IDS), type, name });
  if (!payload.ok) {
    const detail = `${name} is no name to ask for`;
    return Promise.resolve({ verdict: 'unknown', result: 'error', latency: millis(0), detail });
  }
  const answered = (bytes: Uint8Array): Judgement | null => {
    const rcode = decodeDnsAnswer(payload.value, bytes);
    if (!rcode.ok) return null;
    const detail = `${printRcode(rcode.value)} for ${asked}`;
    return rcode.value === 0
      ? { verdict: 'pass', result: 'ok', detail, code: 0 }
      : { verdict: 'fail', result: 'mismatch', detail, code: rcode.value };
  };
  const silent: Judgement = {
    verdict: 'fail',
    result: 'timeout',
    detail: `no answer for ${asked} within ${timeout} ms`,
  };
  return askByDatagram({ ...config, payload: payload.value, timeout, answered, silent }, open);
}
