import { never } from '../base/never.ts';
import type { InstanceConfig } from '../model/config.ts';
import { PRIORITY_RESIGN } from '../wire/vrrp.ts';
import { belongingsOf } from './instances.ts';
import type { VrrpEffect } from './state.ts';

/** An instance may have hundreds of addresses. */
const MOST_NAMED = 5;

/** What these effects do, as ends of a sentence; `decides`: they belong to a change of state. Routine is left out. */
export function showDoings(
  config: InstanceConfig,
  effects: readonly VrrpEffect[],
  decides: boolean,
): readonly string[] {
  return effects.flatMap((effect) => showDoing(config, effect, decides) ?? []);
}

function showDoing(config: InstanceConfig, effect: VrrpEffect, decides: boolean): string | null {
  switch (effect.effect) {
    case 'advertise':
      if (effect.priority === PRIORITY_RESIGN) return 'advertises priority 0, its resignation';
      return decides ? `advertises priority ${effect.priority}` : null;
    case 'claim':
      return `advertises priority ${effect.priority} once that is announced`;
    case 'addAddresses':
      return `adds ${showBelongings(config)}`;
    case 'quietAddresses':
      return `answers no longer for ${showBelongings(config)}`;
    case 'removeAddresses':
      return `removes ${showBelongings(config)}`;
    case 'announce':
      return `announces ${effect.rounds} ${NOUNS[config.family]} for each address`;
    case 'announceOnBase':
      return decides ? `announces them on ${config.interface} too` : null;
    case 'defend':
      return `announces its addresses again: ${effect.against}`;
    case 'inquire':
      return 'asks the network whether it may take over';
    case 'withheld':
      return `takes nothing over: ${effect.because}`;
    case 'heardLower':
    case 'report':
      return null;
    default:
      return never(effect);
  }
}

const NOUNS = { inet: 'gratuitous ARP', inet6: 'unsolicited neighbour advertisements' } as const;

function showBelongings(config: InstanceConfig): string {
  const { addresses, routes, rules } = belongingsOf(config);
  const named = addresses
    .slice(0, MOST_NAMED)
    .map(({ address, prefix, dev }) => `${address}/${prefix} on ${dev}`);
  const more = addresses.length > MOST_NAMED ? [`${addresses.length - MOST_NAMED} more addresses`] : [];
  const counted = [...count(routes.length, 'route'), ...count(rules.length, 'rule')];
  return [...named, ...more, ...counted].join(', ') || 'nothing';
}

const count = (n: number, noun: string): readonly string[] =>
  n === 0 ? [] : [`${n} ${noun}${n === 1 ? '' : 's'}`];
