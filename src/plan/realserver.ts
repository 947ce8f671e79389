import type { Family, Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { hostPrefix, labelOf, type RealServerChange, type RealServerStep } from './realserver-change.ts';
import { type HeldAddress, inForce, type Need, needsOf } from './realserver-needs.ts';
import type { RealServerRecord, Undo } from './realserver-record.ts';

/** What a real server has, as far as being one depends on it. */
export interface RealServerFacts {
  readonly addresses: readonly PlacedAddress[];
  readonly links: ReadonlyMap<string, LinkFacts>;
  readonly gue: readonly { readonly port: number; readonly family: Family }[];
  /** The value of a sysctl by its name with dots, or null where the kernel has none of that name. */
  sysctl(name: string): string | null;
  module(name: string): ModuleState;
}

/** `installed`: it can be loaded. `unknown`: nothing of the running kernel can be seen, as in a container. */
export type ModuleState = 'loaded' | 'installed' | 'missing' | 'unknown';

export interface PlacedAddress {
  readonly address: Ip;
  readonly prefix: number;
  readonly dev: string;
  readonly label: string | null;
}

export interface LinkFacts {
  readonly isUp: boolean;
  /** Who asks on its segment gets an answer for its addresses. */
  readonly answersArp: boolean;
}

/**
 * What makes a machine a real server of these addresses; what is so already is told as such. Sysctls come before
 * addresses, so that the segment never hears of them. An error has all the reasons, each a sentence.
 */
export function planUp(
  wanted: readonly HeldAddress[],
  facts: RealServerFacts,
): Result<readonly RealServerStep[], readonly string[]> {
  const reasons = wanted.flatMap((each) => refusalsOf(each, facts));
  if (reasons.length > 0) return err(reasons);
  const needs = distinct(wanted.flatMap(needsOf));
  return ok([
    ...needs.map((need) => stepFor(need, facts)),
    ...wanted.map(({ address, dev }) =>
      stepOf({ kind: 'address', address, dev, present: true }, has(facts, address, dev)),
    ),
  ]);
}

/**
 * What takes these addresses away again, and with the last of them what was changed for them. Nothing is undone that
 * somebody else has done, or has changed since, or that an address which stays still needs.
 */
export function planDown(
  addresses: readonly Ip[],
  facts: RealServerFacts,
  record: Result<RealServerRecord, string>,
): readonly RealServerStep[] {
  const removals = addresses.flatMap((address) => removalsOf(address, facts, record));
  const goes = (one: PlacedAddress) =>
    removals.some(
      ({ verdict, change }) =>
        verdict === 'do' &&
        change.kind === 'address' &&
        change.address === one.address &&
        change.dev === one.dev,
    );
  const places = new Set([LOOPBACK, ...(record.ok ? record.value.held.map(({ dev }) => dev) : [])]);
  const rest = facts.addresses.filter((one) => places.has(one.dev) && isHostAddress(one) && !goes(one));
  return [
    ...removals,
    ...(record.ok ? undoing(record.value, rest, facts) : forgotten(removals, record.error)),
  ];
}

/** Where virtual addresses are with direct routing, also those that were put there by hand. */
const LOOPBACK = 'lo';

function refusalsOf(held: HeldAddress, facts: RealServerFacts): readonly string[] {
  const { address, dev, tunnel } = held;
  const { addresses, links } = facts;
  const link = links.get(dev);
  if (tunnel !== null) {
    const lacking = lackOf(held, facts);
    if (lacking !== null) return [lacking];
  }
  if (link === undefined && tunnel === null) {
    return [`this machine has no interface ${dev}, only ${[...links.keys()].join(', ')}`];
  }
  const elsewhere = addresses.find((one) => one.address === address && one.dev !== dev);
  if (elsewhere !== undefined) return [foundElsewhere(elsewhere, links.get(elsewhere.dev))];
  const wide = addresses.find((one) => one.address === address && one.prefix !== hostPrefix(address));
  if (wide !== undefined) {
    const text = `${address}/${wide.prefix}`;
    return [
      `${dev} has ${text}, with which this machine takes the whole subnet for its own: ip addr del ${text} dev ${dev}, then again`,
    ];
  }
  if (link?.answersArp) {
    return [
      `${dev} answers ARP for its addresses, which only the director may: leave --dev out, or name a dummy`,
    ];
  }
  return [];
}

/** Why no tunnel of this kind can end here, whatever is done; null where one can. */
function lackOf(held: HeldAddress, { links, module }: RealServerFacts): string | null {
  const { address, dev } = held;
  const modules = needsOf(held).flatMap((need) => (need.kind === 'module' ? [need.name] : []));
  const missing = modules.filter((name) => module(name) === 'missing');
  if (missing.length > 0) {
    return `this kernel has no module ${missing.join(', ')}: ${address} cannot be reached here by this kind of tunnel`;
  }
  // With net.core.fb_tunnels_only_for_init_net the module brings it to the first network namespace alone.
  return modules.every((name) => module(name) === 'loaded') && !links.has(dev)
    ? `this network namespace has no ${dev}, in which such tunnels end (net.core.fb_tunnels_only_for_init_net keeps it out)`
    : null;
}

function foundElsewhere({ address, prefix, dev }: PlacedAddress, link: LinkFacts | undefined): string {
  const found = `${address}/${prefix} is on ${dev} of this machine`;
  return link?.answersArp
    ? `${found}: it is the director that has it now, or another owner; a real server has it where nobody asks`
    : `${found} already: lbctl realserver down ${address} first`;
}

function isMet(need: Need, facts: RealServerFacts): boolean {
  switch (need.kind) {
    case 'module':
      return facts.module(need.name) === 'loaded';
    case 'sysctl': {
      const value = inForce(need.name, facts.sysctl);
      return value !== null && need.fits.includes(value);
    }
    case 'link':
      return facts.links.get(need.dev)?.isUp === true;
    case 'gue':
      return facts.gue.some(({ port, family }) => port === need.port && family === need.family);
  }
}

function stepFor(need: Need, facts: RealServerFacts): RealServerStep {
  const change = changeFor(need);
  if (!isMet(need, facts)) return { verdict: 'do', change };
  const value = need.kind === 'sysctl' ? inForce(need.name, facts.sysctl) : null;
  if (need.kind !== 'sysctl' || value === need.value) return { verdict: 'so', change };
  return { verdict: 'so', change, because: `${value} does that too` };
}

function changeFor(need: Need): RealServerChange {
  switch (need.kind) {
    case 'module':
      return need;
    case 'sysctl':
      return { kind: 'sysctl', name: need.name, value: need.value };
    case 'link':
      return { ...need, up: true };
    case 'gue':
      return { ...need, present: true };
  }
}

function removalsOf(
  address: Ip,
  facts: RealServerFacts,
  record: Result<RealServerRecord, string>,
): readonly RealServerStep[] {
  const ours = record.ok ? record.value.held.find((one) => one.address === address) : undefined;
  const found = facts.addresses.filter(
    (one) => one.address === address && one.prefix === hostPrefix(address),
  );
  const removal = (dev: string) => ({ kind: 'address', address, dev, present: false }) as const;
  if (found.length === 0) return [stepOf(removal(ours?.dev ?? LOOPBACK), true)];
  return found.map((one) => {
    // The label tells of itself where the record is lost.
    const isOurs = ours?.dev === one.dev || (one.label !== null && one.label === labelOf(address, one.dev));
    const because = 'it was not lbctl realserver up that put it there';
    return isOurs ? stepOf(removal(one.dev), false) : { verdict: 'leave', change: removal(one.dev), because };
  });
}

function undoing(
  { changed, held }: RealServerRecord,
  rest: readonly PlacedAddress[],
  facts: RealServerFacts,
): readonly RealServerStep[] {
  return changed.toReversed().map((undo) => {
    const needy = rest.find((one) => {
      const known = held.find(({ address, dev }) => address === one.address && dev === one.dev);
      return needsOf(known ?? { ...one, tunnel: null }).some((need) => concerns(need, undo));
    });
    const change = undone(undo);
    if (needy !== undefined) {
      return { verdict: 'leave', change, because: `${needy.address} on ${needy.dev} still needs it` };
    }
    return undoStep(undo, change, facts);
  });
}

function undoStep(undo: Undo, change: RealServerChange, facts: RealServerFacts): RealServerStep {
  switch (undo.kind) {
    case 'sysctl': {
      const now = facts.sysctl(undo.name);
      if (now === undo.before || now === null) return stepOf(change, true);
      if (now === undo.value) return stepOf(change, false);
      return { verdict: 'leave', change, because: `somebody has set it to ${now} since` };
    }
    case 'link':
      return stepOf(change, facts.links.get(undo.dev)?.isUp !== true);
    case 'gue':
      return stepOf(change, !isMet(undo, facts));
  }
}

/** Without a record nobody knows what the settings were: who takes the address away is told what stays. */
function forgotten(removals: readonly RealServerStep[], reason: string): readonly RealServerStep[] {
  const gone = removals.flatMap(({ verdict, change }) =>
    verdict === 'do' && change.kind === 'address' ? [{ ...change, tunnel: null }] : [],
  );
  const settings = distinct(gone.flatMap(needsOf)).filter((need) => need.kind === 'sysctl');
  const because = `${reason}, so nobody knows whether it was so before`;
  return settings.map(({ name }) => ({
    verdict: 'leave',
    change: { kind: 'sysctl', name, value: '0' },
    because,
  }));
}

function undone(undo: Undo): RealServerChange {
  switch (undo.kind) {
    case 'sysctl':
      return { kind: 'sysctl', name: undo.name, value: undo.before };
    case 'link':
      return { kind: 'link', dev: undo.dev, up: false };
    case 'gue':
      return { ...undo, present: false };
  }
}

function concerns(need: Need, undo: Undo): boolean {
  if (need.kind === 'sysctl') return undo.kind === 'sysctl' && undo.name === need.name;
  if (need.kind === 'link') return undo.kind === 'link' && undo.dev === need.dev;
  if (need.kind === 'gue')
    return undo.kind === 'gue' && undo.port === need.port && undo.family === need.family;
  return false;
}

/** As on a real server, and not as the machine's own: 127.0.0.1/8 is none, nor ::1. */
const isHostAddress = ({ address, prefix }: PlacedAddress): boolean =>
  prefix === hostPrefix(address) && address !== '::1';

const has = ({ addresses }: RealServerFacts, address: Ip, dev: string): boolean =>
  addresses.some((one) => one.address === address && one.dev === dev);

const stepOf = (change: RealServerChange, isSo: boolean): RealServerStep => ({
  verdict: isSo ? 'so' : 'do',
  change,
});

function distinct(needs: readonly Need[]): readonly Need[] {
  const seen = new Map(needs.map((need) => [JSON.stringify(need), need]));
  return [...seen.values()];
}
