import type { Instant } from '../base/units.ts';
import { takeover } from './becoming.ts';
import { stepVrrp } from './fsm.ts';
import type { MachineConfig, VrrpEffect, VrrpEvent, VrrpState } from './state.ts';

/** A virtual router that may move with others. One that is in no group is a group of its own. */
export interface Member {
  readonly name: string;
  readonly config: MachineConfig;
  readonly state: VrrpState;
}

export interface MemberStep {
  /** Position of the member. */
  readonly member: number;
  readonly state: VrrpState;
  readonly effects: readonly VrrpEffect[];
}

/**
 * One event in the life of a member, and what it does to the whole group (`name`): all become master together, and all
 * yield together. The steps are in the order in which they are to be performed; a member may be in several.
 *
 * Faults are not decided here: whoever knows that one member is in fault tells all of them (`groupFaults`).
 */
export function stepGroup(
  name: string,
  members: readonly Member[],
  member: number,
  event: VrrpEvent,
  now: Instant,
): readonly MemberStep[] {
  const states = members.map(({ state }) => state);
  const steps: MemberStep[] = [];
  const before = members[member];
  if (before === undefined) return steps;
  const step = (index: number, what: VrrpEvent): readonly VrrpEffect[] => {
    const one = members[index];
    const state = states[index];
    if (one === undefined || state === undefined) return [];
    const { state: next, effects } = stepVrrp(one.config, state, what, now);
    states[index] = next;
    steps.push({ member: index, state: next, effects });
    return effects;
  };
  step(member, event);
  if (members.length === 1) {
    promote(name, members, states, step, now);
    return steps;
  }
  const others = [...members.keys()].filter((index) => index !== member);
  const after = states[member];
  const hasLeft = before.state.at === 'master' && after?.at === 'backup';
  const forfeits = before.config.gate?.forfeits ?? null;
  if (hasLeft && forfeits !== null && (forfeits.atOnce || event.on === 'tick')) {
    const because = `${before.name} of sync group ${name}: ${forfeits.because}`;
    for (const other of others) step(other, { on: 'forfeit', because });
  } else if (hasLeft && event.on === 'advert') {
    const because = `${before.name} of sync group ${name} has yielded`;
    const until = after.holding?.until ?? now;
    for (const other of others) step(other, { on: 'demote', because, until });
  }
  if (event.on === 'handover' || event.on === 'failback') for (const other of others) step(other, event);
  const staysMaster = before.state.at === 'master' && after?.at === 'master';
  if (event.on === 'advert' && event.advert.priority > 0 && staysMaster) {
    for (const other of others) step(other, { on: 'reannounce' });
  }
  promote(name, members, states, step, now);
  return steps.filter(
    (one, i) => i === 0 || one.effects.length > 0 || one.state !== members[one.member]?.state,
  );
}

const isWilling = (state: VrrpState): boolean => state.at === 'backup' && state.willing;

/** Once every member is master or willing to be, the willing ones become it. */
function promote(
  name: string,
  members: readonly Member[],
  states: readonly VrrpState[],
  step: (index: number, event: VrrpEvent) => unknown,
  now: Instant,
): void {
  if (!states.some(isWilling)) return;
  const isFree = (member: number) => (members[member]?.config.gate?.withheld ?? null) === null;
  const isReady = (state: VrrpState, member: number) =>
    state.at === 'master' || (state.at === 'backup' && state.willing && isFree(member));
  if (!states.every(isReady)) return;
  for (const [index, state] of [...states].entries()) {
    const member = members[index];
    if (state.at !== 'backup' || member === undefined) continue;
    const because = `every member of sync group ${name} would be master; here ${why(member, state, now)}`;
    step(index, { on: 'promote', because });
  }
}

function why({ config, state }: Member, willing: Extract<VrrpState, { at: 'backup' }>, now: Instant): string {
  return takeover(config, state.at === 'backup' ? state : willing, now);
}

/** A member's own fault, or null. */
export type Fault = string | null;

/** What is wrong with each member when a fault of one is a fault of all: its own first, else that of the first other. */
export function groupFaults(
  name: string,
  members: readonly { readonly name: string; readonly fault: Fault }[],
): readonly Fault[] {
  const ill = members.find(({ fault }) => fault !== null);
  return members.map(
    ({ fault }) =>
      fault ?? (ill === undefined ? null : `${ill.name} of sync group ${name} is in fault: ${ill.fault}`),
  );
}
