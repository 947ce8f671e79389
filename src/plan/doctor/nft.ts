import { fieldOf, holds, isObject, leftOf, matches, type Packet, type Truth } from './nft-match.ts';

/** An object of `nft -j list ruleset` (libnftables-json(5)), as far as it is read here. */
export interface NftItem {
  readonly chain?: NftChain;
  readonly rule?: NftRule;
}

interface NftChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly type?: string;
  readonly hook?: string;
  readonly prio?: number;
  readonly policy?: string;
}

interface NftRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  readonly expr: readonly unknown[];
}

/** What a firewall does with a packet; `unsure` where what would save it cannot be told from here. */
export interface Passage {
  readonly verdict: 'passes' | 'drops' | 'unsure';
  /** The rule or policy that drops it; null where it passes. */
  readonly by: string | null;
  /** Family, table and name of the chain that the packet enters first on its way there; null where it passes. */
  readonly chain: string | null;
}

type Verdict = 'accept' | 'drop' | 'return' | 'none';

interface Walk {
  readonly verdict: 'accept' | 'drop' | 'fall';
  readonly unsure: boolean;
  readonly by: string | null;
}

/** Chains may jump to each other; a circle is refused by the kernel, and what is deeper than its limit too. */
const DEEPEST = 16;

/**
 * Whether the filter chains of these hooks let a packet pass. A rule that may or may not match is taken not to, but one
 * that names the protocol of the packet: who wrote that one thought of it.
 */
export function passageOf(items: readonly NftItem[], hooks: readonly string[], packet: Packet): Passage {
  const ruleset = indexed(items);
  const bases = [...ruleset.chains.values()]
    .filter(({ type, hook, family }) => {
      return type === 'filter' && hooks.includes(hook ?? '') && isFor(family, packet);
    })
    .toSorted((a, b) => (a.prio ?? 0) - (b.prio ?? 0));
  for (const base of bases) {
    const walk = walkChain(ruleset, base, packet, DEEPEST);
    const drops = walk.verdict === 'drop' || (walk.verdict === 'fall' && base.policy === 'drop');
    if (!drops) continue;
    const chain = keyOf(base, base.name);
    return {
      verdict: walk.unsure ? 'unsure' : 'drops',
      by: walk.by ?? `policy drop of chain ${chain}`,
      chain,
    };
  }
  return { verdict: 'passes', by: null, chain: null };
}

const isFor = (family: string, packet: Packet): boolean => family === 'inet' || family === packet.family;

interface Ruleset {
  readonly chains: ReadonlyMap<string, NftChain>;
  /** In their order, by chain. */
  readonly rules: ReadonlyMap<string, readonly NftRule[]>;
}

function indexed(items: readonly NftItem[]): Ruleset {
  const chains = new Map<string, NftChain>();
  const rules = new Map<string, NftRule[]>();
  for (const { chain, rule } of items) {
    if (chain !== undefined) chains.set(keyOf(chain, chain.name), chain);
    if (rule === undefined) continue;
    const key = keyOf(rule, rule.chain);
    const those = rules.get(key) ?? [];
    those.push(rule);
    rules.set(key, those);
  }
  return { chains, rules };
}

const keyOf = ({ family, table }: Pick<NftChain, 'family' | 'table'>, name: string): string =>
  `${family} ${table} ${name}`;

function walkChain(ruleset: Ruleset, chain: NftChain, packet: Packet, depth: number): Walk {
  let unsure = false;
  for (const rule of ruleset.rules.get(keyOf(chain, chain.name)) ?? []) {
    const { truth, verdict, target, names } = readRule(rule, packet);
    if (truth === 'no') continue;
    const taken = truth === 'yes' || names;
    const next = target === null ? undefined : ruleset.chains.get(keyOf(chain, target));
    const inner = next === undefined || depth === 0 ? null : walkChain(ruleset, next, packet, depth - 1);
    const outcome = inner === null ? verdict : inner.verdict === 'fall' ? 'none' : inner.verdict;
    if (inner?.unsure) unsure = true;
    if (!taken) {
      if (outcome === 'accept') unsure = true;
      continue;
    }
    if (outcome === 'accept') return { verdict: 'accept', unsure, by: null };
    const by = inner?.by ?? `rule ${rule.handle} of chain ${rule.family} ${rule.table} ${rule.chain}`;
    if (outcome === 'drop') return { verdict: 'drop', unsure: unsure || truth === 'maybe', by };
    if (outcome === 'return' || leaves(rule)) return { verdict: 'fall', unsure, by: null };
  }
  return { verdict: 'fall', unsure, by: null };
}

/** After `goto` the rest of the chain is not seen. */
const leaves = ({ expr }: NftRule): boolean => expr.some((one) => isObject(one) && 'goto' in one);

interface ReadRule {
  readonly truth: Truth;
  readonly verdict: Verdict;
  readonly target: string | null;
  /** A match that holds for sure names the protocol. */
  readonly names: boolean;
}

function readRule({ expr }: NftRule, packet: Packet): ReadRule {
  let truth: Truth = 'yes';
  let names = false;
  for (const one of expr) {
    if (!isObject(one)) continue;
    if ('match' in one) {
      const found = matches(one['match'], packet);
      if (found === 'no') return { truth: 'no', verdict: 'none', target: null, names };
      if (found === 'maybe') truth = 'maybe';
      else if (fieldOf(leftOf(one['match'])) === 'protocol') names = true;
    } else if ('vmap' in one) {
      const mapped = verdictOfMap(one['vmap'], packet);
      if (mapped === null) return { truth: 'no', verdict: 'none', target: null, names };
      return { ...mapped, truth: truth === 'maybe' ? truth : mapped.truth, names };
    } else if (!INERT.some((key) => key in one)) {
      const said = verdictOf(one);
      if (said !== null) return { truth, ...said, names };
      // A limit, an extension of iptables, a set that is looked up: it may hold or not.
      truth = 'maybe';
    }
  }
  return { truth, verdict: 'none', target: null, names };
}

/** Statements that neither choose packets nor decide about them. */
const INERT = ['counter', 'log', 'mangle', 'notrack', 'comment', 'set', 'flow'];

function verdictOf(
  statement: Readonly<Record<string, unknown>>,
): Pick<ReadRule, 'verdict' | 'target'> | null {
  if ('accept' in statement) return { verdict: 'accept', target: null };
  if ('drop' in statement || 'reject' in statement) return { verdict: 'drop', target: null };
  if ('return' in statement) return { verdict: 'return', target: null };
  const jump = statement['jump'] ?? statement['goto'];
  if (isObject(jump) && typeof jump['target'] === 'string')
    return { verdict: 'none', target: jump['target'] };
  return null;
}

function verdictOfMap(vmap: unknown, packet: Packet): Omit<ReadRule, 'names'> | null {
  const { key, data } = isObject(vmap) ? vmap : {};
  const elements = isObject(data) && Array.isArray(data['set']) ? data['set'] : [];
  for (const element of elements) {
    if (!Array.isArray(element) || !isObject(element[1])) continue;
    const truth = holds(key, element[0], packet);
    const said = verdictOf(element[1]);
    if (truth !== 'no' && said !== null) return { truth, ...said };
  }
  return elements.length === 0 ? { truth: 'maybe', verdict: 'none', target: null } : null;
}
