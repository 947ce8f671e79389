import { ipFamily } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type ControlReply, type ControlRoutes, refusal } from '../ipc/control.ts';
import { systemClock } from '../kernel/clock.ts';
import type { DestKey, Protocol } from '../model/services.ts';
import { TRACE_FLAGS, type TraceQuestion } from '../model/trace.ts';
import { showTrace, showTraceJson } from '../view/trace.ts';
import type { Core } from './core.ts';
import { parseServer } from './server-name.ts';

const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'sctp'];

/**
 * `GET /v1/trace?source=ADDRESS:PORT&destination=ADDRESS:PORT[&protocol=tcp|udp|sctp][&flags=syn|ack|fin|rst][&interface=DEV]`:
 * where XDP would send this packet, and why; JSON, or text for `Accept: text/plain`. 409 where another data plane forwards.
 */
export function traceRoutes(core: Pick<Core, 'checkNow' | 'trace'>): ControlRoutes {
  return {
    '/v1/trace': {
      GET: async ({ query, wantsText }) => {
        const question = questionOf(query);
        if (!question.ok) return refusal(400, 'bad_request', question.error);
        const answer = await core.trace(question.value);
        if (!answer.ok) return refusal(409, 'refused', answer.error);
        const check = await core.checkNow();
        const shown = {
          question: question.value,
          answer: answer.value,
          check: check.available ? check.value : null,
          now: systemClock.wall(),
        };
        return wantsText
          ? text(
              showTrace(shown)
                .map((line) => `${line}\n`)
                .join(''),
            )
          : json(showTraceJson(shown));
      },
    },
  };
}

function questionOf(query: URLSearchParams): Result<TraceQuestion, string> {
  const source = endOf(query, 'source');
  if (!source.ok) return source;
  const destination = endOf(query, 'destination');
  if (!destination.ok) return destination;
  if (ipFamily(source.value.address) !== ipFamily(destination.value.address))
    return err('a packet has addresses of one family: both IPv4, or both IPv6');
  const protocol = PROTOCOLS.find((each) => each === (query.get('protocol') ?? 'tcp'));
  if (protocol === undefined) return err(`the protocol is one of ${PROTOCOLS.join(', ')}`);
  const flag = TRACE_FLAGS.find((each) => each === (query.get('flags') ?? 'syn'));
  if (flag === undefined) return err(`the flag is one of ${TRACE_FLAGS.join(', ')}`);
  if (protocol !== 'tcp' && query.has('flags')) return err(`${protocol} has no flags: they are of tcp`);
  const ends = { source: source.value, destination: destination.value };
  return ok({ protocol, ...ends, flag, interface: query.get('interface') });
}

function endOf(query: URLSearchParams, name: 'source' | 'destination'): Result<DestKey, string> {
  const word = query.get(name) ?? '';
  const end = parseServer(word);
  if (end === null || end.port === null || end.port < 1 || end.port > 65_535)
    return err(`${JSON.stringify(word)} is no ${name}: ADDRESS:PORT, or [ADDRESS]:PORT of IPv6`);
  return ok({ address: end.address, port: end.port });
}

const text = (body: string): ControlReply => ({ status: 200, type: 'text/plain', body });
const json = (body: string): ControlReply => ({ status: 200, type: 'application/json', body });
