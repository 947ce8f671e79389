import { centisToMicros, elapsed, type Instant, micros } from '../base/units.ts';
import type { Refusal } from '../model/counters.ts';
import type { Decision, Journal, JournalEntry, JournalFact, Moment } from '../model/journal.ts';
import { showSeconds } from './journal-entry.ts';
import { REFUSAL_HINTS } from './refusal-hints.ts';

export type CauseCode =
  | `refused_${Refusal}`
  | 'resigned'
  | 'vacant'
  | 'lower_priority'
  | 'higher_priority'
  | 'higher_address'
  | 'own_priority'
  | 'fault'
  | 'late'
  | 'still_answers'
  | 'claimed'
  | 'two_masters'
  | 'unsent'
  | 'silence';

/** A likely reason of a change, and what to look at or to do, as sentences. */
export interface Cause {
  readonly code: CauseCode;
  readonly sentence: string;
  readonly hints: readonly string[];
}

type Fact<Kind extends JournalFact['kind']> = Extract<JournalFact, { kind: Kind }>;
type Entry<Kind extends JournalFact['kind']> = JournalEntry & { readonly fact: Fact<Kind> };

/** What was seen longer ago than this is over. */
const PRESENT = 10_000_000;

/**
 * The likely causes of a change of state by the entries that led to it, the likeliest first; none where the decision
 * itself says all there is, such as a start. `dev` is the interface that commands are to name.
 */
export function explainCause(decision: Decision, dev: string): readonly Cause[] {
  const { from, to, evidence } = decision;
  if (to === 'FAULT')
    return of(evidence, 'fault')
      .slice(-1)
      .map(({ fact }) => faulty(fact));
  if (to === 'MASTER' && from === 'BACKUP') return explainTakeover(decision, dev);
  return to === 'BACKUP' && from === 'MASTER' ? explainYield(decision) : [];
}

/** What is wrong now with the adverts of others, for one that is no master. */
export const explainRefused = ({ since, takenAt }: Journal): readonly Cause[] =>
  refusals(present(since, takenAt), null);

/** What keeps the adverts of a master here; `unsent` is why the last one did not leave, null where it did. */
export const explainUnsent = (unsent: string | null): readonly Cause[] =>
  unsent === null
    ? []
    : [
        {
          code: 'unsent',
          sentence: `our own adverts do not leave: ${unsent}`,
          // What a packet filter drops in its output chain fails with EPERM.
          hints: /EPERM|not permitted/.test(unsent)
            ? ['a firewall on this machine (OUTPUT)? nft list ruleset, iptables-save']
            : [],
        },
      ];

/**
 * Signs of a second master, in what a master has noted since it became one. Where its own adverts do not leave, `unsent`
 * is why, and no other router is to blame.
 */
export function explainTwoMasters(
  { since, takenAt }: Journal,
  dev: string,
  unsent: string | null,
): readonly Cause[] {
  const entries = present(since, takenAt);
  const heard = of(entries, 'heard').filter(({ fact }) => fact.priority > 0);
  const claimed = claims(entries);
  return [
    ...refusals(entries, null, claimed.length > 0),
    ...heard.map(({ fact: { source, priority } }) => ({
      code: 'two_masters' as const,
      sentence: `${source} advertises too (priority ${priority}) and does not yield`,
      hints:
        unsent === null
          ? [
              `it does not hear us or refuses our adverts: ask it (lbctl why there, or its log), and see what reaches it: ${tcpdump(dev)}`,
            ]
          : ['it cannot hear us: our own adverts do not leave'],
    })),
    ...claimed,
  ];
}

const present = (entries: readonly JournalEntry[], { at }: Moment): JournalEntry[] =>
  entries.filter(({ last }) => elapsed(last.at, at) < PRESENT);

function explainTakeover(decision: Decision, dev: string): Cause[] {
  const { evidence, priority, at } = decision;
  const last = of(evidence, 'heard').at(-1) ?? null;
  const limit = limitOf(evidence, last);
  const told = of(evidence, 'probed').find(({ fact }) => fact.found === decision.because);
  if (told !== undefined) {
    const hints = ['its own log or lbctl why on it tells what happened there'];
    return [{ code: 'vacant', sentence: told.fact.found, hints }];
  }
  if (last?.fact.priority === 0) {
    const { source } = last.fact;
    const sentence = `${source} resigned: it was stopped, handed over or found a fault of its own`;
    return [{ code: 'resigned', sentence, hints: [`its own log or lbctl why on ${source} tells which`] }];
  }
  const isFresh = last !== null && elapsed(last.last.at, at.at) < limit;
  if (isFresh && last.fact.priority < priority) return preempting(last, evidence, priority);
  const since = last?.last.at ?? null;
  const window = evidence.filter((entry) => since === null || entry.last.at >= since);
  const late = lateness(window, since, limit);
  const isLong = late !== null && late.fact.by * 2 >= limit;
  const loop = late === null ? [] : [heldUp(late)];
  const answers = answering(window, last);
  const isRefused = of(window, 'refused').some(({ fact }) => fact.source === last?.fact.source);
  return [
    ...(isLong ? loop : []),
    ...refusals(window, last, last === null),
    ...answers,
    ...(isRefused || answers.length > 0 ? [] : [silence(last, dev)]),
    ...(isLong ? [] : loop),
  ];
}

function explainYield({ evidence, priority, at }: Decision): Cause[] {
  const last = of(evidence, 'heard').at(-1);
  const fell = of(evidence, 'priority').filter(({ fact }) => fact.to < fact.from);
  const own = fell.slice(-1).map(
    ({ fact }): Cause => ({
      code: 'own_priority',
      sentence: `our priority fell from ${fact.from} to ${fact.to}: ${fact.because}`,
      hints: [],
    }),
  );
  const held = of(evidence, 'late').filter((one) => elapsed(one.last.at, at.at) < one.fact.by);
  const ours = [...own, ...held.slice(-1).map(heldUp)];
  if (last === undefined || last.fact.priority < priority) return ours;
  const { source } = last.fact;
  const isTie = last.fact.priority === priority;
  const hints = isTie
    ? ['give the two different priorities, so that it does not depend on their addresses']
    : [];
  const by = isTie
    ? `${source} has the same priority (${priority}) and the higher address`
    : `${source} advertises a higher priority (${last.fact.priority}, ours ${priority})`;
  return [...ours, { code: isTie ? 'higher_address' : 'higher_priority', sentence: by, hints }];
}

function preempting(last: Entry<'heard'>, evidence: readonly JournalEntry[], priority: number): Cause[] {
  const rose = of(evidence, 'priority').filter(({ fact }) => fact.to > fact.from);
  const { source } = last.fact;
  return [
    {
      code: 'lower_priority',
      sentence: `${source} was master with a lower priority (${last.fact.priority}, ours ${priority})`,
      hints: rose.length === 0 ? ['nopreempt would have left it in its place'] : [],
    },
    ...rose.slice(-1).map(({ fact }) => ({
      code: 'own_priority' as const,
      sentence: `our priority rose from ${fact.from} to ${fact.to}: ${fact.because}`,
      hints: [],
    })),
  ];
}

/**
 * By reason, the former master's first, then the most frequent. An advert for another VRID says something only where the
 * peer itself sends it, or nobody knows the peer: other virtual routers on the link are nothing unusual.
 */
function refusals(entries: readonly JournalEntry[], last: Entry<'heard'> | null, withVrid = false): Cause[] {
  const telling = of(entries, 'refused').filter(({ fact: { refusal, source } }) => {
    if (refusal === 'vrid') return withVrid || source === last?.fact.source;
    return refusal !== 'self';
  });
  const isMaster = (entry: Entry<'refused'>) => last !== null && entry.fact.source === last.fact.source;
  const ordered = telling.sort((a, b) => Number(isMaster(b)) - Number(isMaster(a)) || b.count - a.count);
  const reasons = [...new Set(ordered.map(({ fact }) => fact.refusal))];
  return reasons.map((refusal) => {
    const ones = ordered.filter(({ fact }) => fact.refusal === refusal);
    const count = ones.reduce((sum, one) => sum + one.count, 0);
    const sources = [...new Set(ones.map(({ fact }) => fact.source ?? 'an unreadable source'))];
    const others = sources.length > 3 ? ` and ${sources.length - 3} others` : '';
    const told = ones[0]?.fact.told ?? null;
    const what = `${refusal}${told === null ? '' : ` (${told})`}`;
    const adverts = count === 1 ? '1 advert was' : `${count} adverts were`;
    return {
      code: `refused_${refusal}`,
      sentence: `${adverts} refused from ${sources.slice(0, 3).join(', ')}${others}: ${what}`,
      hints: [REFUSAL_HINTS[refusal]],
    };
  });
}

/** Whose machine still answers for an address an interval after its last advert is not dead, and neither is its link. */
const answering = (entries: readonly JournalEntry[], heard: Entry<'heard'> | null): Cause[] =>
  of(entries, 'claimed')
    .filter(
      ({ last }) => heard === null || elapsed(heard.last.at, last.at) > centisToMicros(heard.fact.interval),
    )
    .slice(-1)
    .map(({ fact }) => ({
      code: 'still_answers',
      sentence: `${fact.mac} still answered for ${fact.address}: the machine of the former master lives, and its adverts do not arrive`,
      hints: [
        'something between the two drops VRRP only: a firewall, or a switch with IGMP snooping',
        'or its director died there and left the address behind: does it run?',
      ],
    }));

const claims = (entries: readonly JournalEntry[]): Cause[] =>
  of(entries, 'claimed').map(({ fact }) => ({
    code: 'claimed',
    sentence: `${fact.mac} says that ${fact.address} is its own`,
    hints: ['find it by this address in the table of the switch, or with ip neigh on a neighbor'],
  }));

function silence(last: Entry<'heard'> | null, dev: string): Cause {
  const look = [
    `see what arrives: ${tcpdump(dev)}`,
    'nothing: the peer is down, the link between the two is cut, or a switch with IGMP snooping keeps multicast back',
    'adverts: a packet filter drops IP protocol 112 here: nft list ruleset, iptables-save',
  ];
  if (last === null) {
    const sentence =
      'no advert from anyone was accepted: there was no other router, or its adverts did not arrive';
    return { code: 'silence', sentence, hints: look };
  }
  const { source } = last.fact;
  const sentence = `${source} fell silent: it or its link died, or its adverts ceased to arrive`;
  return { code: 'silence', sentence, hints: [`is it alive? ping ${source}`, ...look] };
}

const tcpdump = (dev: string): string => `tcpdump -ni ${dev} vrrp`;

/** The longest hold-up of the loop between the last advert and the decision, if it is worth a tenth of the limit. */
function lateness(
  entries: readonly JournalEntry[],
  since: Instant | null,
  limit: number,
): Entry<'late'> | null {
  const ones = of(entries, 'late').filter(
    ({ fact, last }) => (since === null || last.at >= since) && fact.by * 10 >= limit,
  );
  return ones.sort((a, b) => b.fact.by - a.fact.by)[0] ?? null;
}

const heldUp = ({ fact }: Entry<'late'>): Cause => ({
  code: 'late',
  sentence: `this machine held us up for ${showSeconds(fact.by)}: too busy, suspended, or its clock stood still`,
  hints: [
    'a peer on the same host may have been held up as well: compare steal time (vmstat 1) and the load',
  ],
});

const faulty = ({ because }: Fact<'fault'>): Cause => ({ code: 'fault', sentence: because, hints: [] });

function limitOf(evidence: readonly JournalEntry[], last: Entry<'heard'> | null): number {
  const down = of(evidence, 'deadline').filter(({ fact }) => fact.what === 'master_down');
  const made = down.at(-1)?.fact.made ?? null;
  if (made !== null) return micros(made.adverts * made.interval + made.skew);
  // RFC 9568 §6.1, with the longest skew time that there is.
  return last === null ? 0 : 4 * centisToMicros(last.fact.interval);
}

function of<Kind extends JournalFact['kind']>(entries: readonly JournalEntry[], kind: Kind): Entry<Kind>[] {
  return entries.filter((entry): entry is Entry<Kind> => entry.fact.kind === kind);
}
