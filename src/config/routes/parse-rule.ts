import { type Family, ipFamily } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { RuleAction, RuleConfig, Subnet } from '../../model/routes.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { type Grammar, Line, type LineFault, type Parse, type Reader, readLine } from './line.ts';
import type { RouteNames } from './names.ts';
import type { WrittenRule } from './number-rules.ts';
import * as values from './values.ts';

interface RuleDraft {
  not: boolean;
  from: Subnet | null;
  to: Subnet | null;
  iif: string | null;
  oif: string | null;
  fwmark: RuleConfig['fwmark'];
  tos: number;
  action: { readonly name: RuleAction; readonly number: number } | null;
  preference: number | null;
  noTrack: boolean;
  readonly told: { readonly family: Family; readonly at: number }[];
}

/**
 * A routing rule in the words of ip-rule(8) and of virtual_rules:
 *
 * ```
 * [not] [inet6] [from A[/len]|all] [to A[/len]|all] [iif|dev IF] [oif IF] [fwmark M[/mask]] [tos N]
 * table|lookup T | goto PREFERENCE | blackhole | unreachable | prohibit  [preference|priority N] [no_track]
 * ```
 *
 * A rule for both families alike is one for IPv4, unless `inet6` says otherwise.
 */
export function parseRule(words: readonly string[], names: RouteNames): Result<WrittenRule, LineFault> {
  const draft: RuleDraft = {
    not: false,
    from: null,
    to: null,
    iif: null,
    oif: null,
    fwmark: null,
    tos: 0,
    action: null,
    preference: null,
    noTrack: false,
    told: [],
  };
  const fault = readLine(new Line(words), draft, grammarOf(names));
  return fault === null ? finishRule(draft, words.length - 1) : err(fault);
}

function finishRule(draft: RuleDraft, last: number): Result<WrittenRule, LineFault> {
  const { told, action, preference, ...rest } = draft;
  const refuse = (at: number, problem: Problem): Result<never, LineFault> => err({ at, problem });
  const family = told[0]?.family ?? 'inet';
  const other = told.find((each) => each.family !== family);
  if (other !== undefined) {
    return refuse(other.at, mistake('mixed_families', 'the addresses of a rule are of one family'));
  }
  if (action === null) {
    const allowed = ['table', 'goto', ...REFUSALS];
    return refuse(last, mistake('missing_value', 'a rule needs to say what to do', { allowed }));
  }
  const isGoto = action.name === 'goto';
  if (isGoto && (preference === null || preference >= action.number)) {
    const text = `"goto ${action.number}" leads forward: the rule needs a preference below ${action.number}`;
    return refuse(last, mistake('bad_value', text));
  }
  return ok({
    family,
    ...rest,
    from: narrow(rest.from),
    to: narrow(rest.to),
    action: action.name,
    table: action.name === 'lookup' ? action.number : 0,
    preference,
    target: isGoto ? action.number : null,
  });
}

/** A prefix of no length selects everything. */
const narrow = (subnet: Subnet | null): Subnet | null => (subnet?.prefix === 0 ? null : subnet);

const REFUSALS = ['blackhole', 'unreachable', 'prohibit'] as const;

/** Linux has rules of its own at 0, 32766 and 32767, but takes any number. */
const preference = values.number(0, 0xffff_ffff);

const alone =
  (say: (draft: RuleDraft, at: number) => void): Reader<RuleDraft> =>
  (line, draft) => {
    say(draft, line.at);
    return null;
  };

const selector =
  (key: 'from' | 'to'): Reader<RuleDraft> =>
  (line, draft) => {
    if (line.takeIf('all', 'any', 'default') !== null) return null;
    return line.value(values.prefix, (subnet, at) => {
      draft[key] = subnet;
      draft.told.push({ family: ipFamily(subnet.address), at });
    });
  };

const device =
  (key: 'iif' | 'oif'): Reader<RuleDraft> =>
  (line, draft) =>
    line.value(values.device, (dev) => {
      draft[key] = dev;
    });

const act =
  (name: RuleAction, parse: Parse<number> | null): Reader<RuleDraft> =>
  (line, draft) => {
    if (draft.action !== null) return line.fault(mistake('bad_value', 'a rule does one thing'));
    draft.action = { name, number: 0 };
    return parse === null
      ? null
      : line.value(parse, (number) => {
          draft.action = { name, number };
        });
  };

/** M or M/mask. */
const fwmark: Parse<NonNullable<RuleConfig['fwmark']>> = (text) => {
  const [written = '', bits = '0xffffffff', ...rest] = text.split('/');
  const mark = values.number(0, 0xffff_ffff)(written);
  const mask = values.number(0, 0xffff_ffff)(bits);
  if (!mark.ok) return mark;
  if (!mask.ok) return mask;
  return rest.length === 0
    ? ok({ mark: mark.value, mask: mask.value })
    : err(mistake('bad_value', `"${text.slice(0, 60)}" is no mark with a mask: M/mask`));
};

const READERS: Readonly<Record<string, Reader<RuleDraft>>> = {
  not: alone((draft) => {
    draft.not = true;
  }),
  inet: alone(({ told }, at) => told.push({ family: 'inet', at })),
  inet6: alone(({ told }, at) => told.push({ family: 'inet6', at })),
  from: selector('from'),
  to: selector('to'),
  iif: device('iif'),
  oif: device('oif'),
  fwmark: (line, draft) =>
    line.value(fwmark, (value) => {
      draft.fwmark = value;
    }),
  tos: (line, draft) =>
    line.value(values.tos, (value) => {
      draft.tos = value;
    }),
  preference: (line, draft) =>
    line.value(preference, (value) => {
      draft.preference = value;
    }),
  goto: act('goto', values.number(1, 0xffff_ffff)),
  ...Object.fromEntries(REFUSALS.map((name) => [name, act(name, null)])),
  no_track: alone((draft) => {
    draft.noTrack = true;
  }),
};

const grammarOf = (names: RouteNames): Grammar<RuleDraft> => ({
  what: 'rule',
  readers: { ...READERS, table: act('lookup', values.table(names)) },
  aliases: {
    lookup: 'table',
    dev: 'iif',
    priority: 'preference',
    order: 'preference',
    pref: 'preference',
    dsfield: 'tos',
  },
  unsupported: [
    'dport',
    'ip_proto',
    'ipproto',
    'l3mdev',
    'map-to',
    'nat',
    'nop',
    'proto',
    'protocol',
    'realm',
    'realms',
    'sport',
    'suppress_ifgroup',
    'suppress_prefixlength',
    'suppress_prefixlen',
    'sup_pl',
    'sup_group',
    'to-ip',
    'tun_id',
    'type',
    'uidrange',
  ],
  again: {},
  other: () => undefined,
});
