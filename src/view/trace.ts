import { never } from '../base/never.ts';
import type { WallTime } from '../base/units.ts';
import { type DestKey, destKey, serviceKey } from '../model/services.ts';
import type { CheckStatus, ServerStatus } from '../model/status.ts';
import type { TraceAnswer, TraceChoice, TraceHash, TraceLoad, TraceQuestion } from '../model/trace.ts';
import { showMoment } from './journal-entry.ts';
import { showJson } from './status-json.ts';
import { showAge } from './time.ts';

/** Where a packet would go, with what is known of services and servers; null where nothing is. */
export interface ShownTrace {
  readonly question: TraceQuestion;
  readonly answer: TraceAnswer;
  readonly check: CheckStatus | null;
  readonly now: WallTime;
}

/** Where a packet would go and why. Lines without their line feeds; times are UTC. */
export function showTrace({ question, answer, check, now }: ShownTrace): string[] {
  const { protocol, source, destination, flag } = question;
  const what = protocol === 'tcp' ? `${protocol} ${flag.toUpperCase()}` : protocol;
  const { service, scheduler, server, choice, passedOver } = answer;
  const status = statusOf(answer, check);
  const name = nameOf(answer, check);
  return [
    `${what} ${destKey(source)} → ${destKey(destination)} on ${answer.interface} ${showOutcome(answer)}`,
    ...[
      ...(service === null
        ? []
        : [
            `service ${name === null ? serviceKey(service) : `${name} (${serviceKey(service)})`}${scheduler === null ? '' : `, scheduler ${scheduler}`}`,
          ]),
      ...(passedOver === null ? [] : [PASSED_OVER[passedOver]]),
      ...(choice === null ? [] : [showChoice(choice, answer)]),
      ...(answer.verdict.kind === 'forwarded' ? [showWay(answer.verdict)] : []),
      ...(server === null || status === null ? [] : [showHealth(server, status, now)]),
      'nothing was sent, kept or counted',
    ].map((line) => `  ${line}`),
  ];
}

/** The same as JSON text: `{question…, verdict, service: {name, key}, server: {name, health, …}, choice, passed_over}`. */
export function showTraceJson({ question, answer, check, now }: ShownTrace): string {
  const status = statusOf(answer, check);
  const { service, scheduler, server, choice, passedOver, verdict } = answer;
  return showJson({
    schemaVersion: 1,
    takenAt: now,
    protocol: question.protocol,
    flag: question.protocol === 'tcp' ? question.flag : null,
    source: destKey(question.source),
    destination: destKey(question.destination),
    interface: answer.interface,
    verdict,
    service: service === null ? null : { name: nameOf(answer, check), key: serviceKey(service), scheduler },
    server:
      server === null
        ? null
        : {
            name: destKey(server),
            health: status?.health ?? null,
            since: status?.since ?? null,
            weight: status?.effectiveWeight ?? null,
          },
    choice: choice === null ? null : named(choice),
    passedOver,
  });
}

const PASSED_OVER = {
  closing: 'the flow that is known of it is closing, so that a SYN is chosen for anew',
  server_gone: 'the flow that is known of it was of a server that is not in any more',
} as const;

const PASSES = {
  not_our_mac: 'the program knows the interface by another MAC address',
  no_service: 'no service has this address, port and protocol',
  not_held: 'this machine does not hold the address of the service now',
} as const;

const DROPS: Readonly<Record<string, string>> = {
  no_server: 'its service has no server that takes connections',
  server_unreachable: 'the MAC address of its server is not known',
  too_big: 'it does not fit into the tunnel',
};

function showOutcome({ verdict, server }: TraceAnswer): string {
  switch (verdict.kind) {
    case 'forwarded':
      return `goes to ${server === null ? 'a server' : destKey(server)}`;
    case 'dropped':
      return `is dropped (${verdict.reason})${DROPS[verdict.reason] === undefined ? '' : `: ${DROPS[verdict.reason]}`}`;
    case 'passed':
      return `is left to the kernel: ${PASSES[verdict.because]}`;
    default:
      return never(verdict);
  }
}

function showChoice(choice: TraceChoice, { server, service }: TraceAnswer): string {
  const to = server === null ? '' : destKey(server);
  switch (choice.kind) {
    case 'flow':
      return `by its flow, which is known: ${choice.state}, forgotten in ${choice.secondsLeft} s`;
    case 'template': {
      const whole = service?.kind === 'address' && service.address.includes(':') ? 128 : 32;
      const who = choice.prefix >= whole ? 'the client' : `the client's /${choice.prefix}`;
      return `by persistence: ${who} stays with ${to}, for ${choice.secondsLeft} s more`;
    }
    case 'turn':
      return `by its turn: connection ${choice.turn + 1} in a round of ${choice.of}`;
    case 'hash':
      return showHash(choice, to);
    case 'load': {
      const { least, next, of } = choice;
      const than = next === null ? '' : `, ${destKey(next.server)} ${showLoad(next)}`;
      return `by load, the least of ${of}: ${destKey(least.server)} ${showLoad(least)}${than}`;
    }
    default:
      return never(choice);
  }
}

function showHash({ by, because, slot, of, instead }: TraceHash, to: string): string {
  const what = by === 'client' ? "the client's address" : 'addresses and ports';
  const reason = {
    scheduler: '',
    opens_nothing: ', since no flow is known of it and it opens none',
    no_room: ', since its part of the flow table is full',
  }[because];
  const place = `by the hash of ${what}${reason}: slot ${slot} of ${of}`;
  if (instead === null) return `${place} is that of ${to}`;
  const why = instead.why === 'out' ? 'is out' : 'takes a part of its weight';
  return `${place} is that of ${destKey(instead.of)}, which ${why}; its next choice is ${to}`;
}

const showLoad = ({ active, inactive, weight }: TraceLoad): string =>
  `has ${active} active and ${inactive} inactive connections at weight ${weight}`;

const METHODS = { dr: 'direct routing', ipip: 'an IPIP tunnel', gue: 'a GUE tunnel' } as const;

type Forwarded = Extract<TraceAnswer['verdict'], { kind: 'forwarded' }>;

function showWay({ method, interface: dev, sourceMac, destinationMac, outer }: Forwarded): string {
  const tunnel = outer === null ? '' : ` from ${outer.source ?? 'no address'} to ${outer.destination}`;
  return `by ${METHODS[method]}${tunnel}, out of ${dev} from MAC ${sourceMac} to MAC ${destinationMac}`;
}

function showHealth(
  server: DestKey,
  { health, since, effectiveWeight }: ServerStatus,
  now: WallTime,
): string {
  const state = health === 'unchecked' ? 'has no check' : `is ${health}`;
  return `${destKey(server)} ${state} since ${showMoment(since)} (${showAge(since, now)}), weight ${effectiveWeight}`;
}

function serviceOf({ service }: TraceAnswer, check: CheckStatus | null) {
  const name = service === null ? null : serviceKey(service);
  return check?.services.find(({ key }) => serviceKey(key) === name) ?? null;
}

const nameOf = (answer: TraceAnswer, check: CheckStatus | null): string | null =>
  serviceOf(answer, check)?.name ?? null;

function statusOf(answer: TraceAnswer, check: CheckStatus | null): ServerStatus | null {
  const name = answer.server === null ? null : destKey(answer.server);
  return serviceOf(answer, check)?.servers.find(({ key }) => destKey(key) === name) ?? null;
}

/** With servers by their names. */
function named(choice: TraceChoice): unknown {
  if (choice.kind === 'hash' && choice.instead !== null)
    return { ...choice, instead: { ...choice.instead, of: destKey(choice.instead.of) } };
  if (choice.kind !== 'load') return choice;
  const load = (of: TraceLoad | null) => of && { ...of, server: destKey(of.server) };
  return { ...choice, least: load(choice.least), next: load(choice.next) };
}
