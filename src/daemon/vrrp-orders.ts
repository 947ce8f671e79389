import { err, ok, type Result } from '../base/result.ts';
import { PRIORITY_OWNER } from '../wire/vrrp.ts';
import type { VrrpInstance } from './vrrp-instance.ts';
import type { VrrpRoster } from './vrrp-roster.ts';

/** Lets another be master in the place of this instance or sync group, and stands back from then on. */
export function orderHandover(roster: VrrpRoster, name: string): Result<void, string> {
  const found = find(roster, name);
  if (!found.ok) return found;
  const { state, priority } = found.value.show();
  if (state !== 'MASTER') return err(`${name} is ${state}: only a master can hand over`);
  if (priority === PRIORITY_OWNER) return err(`${name} owns its addresses (priority 255)`);
  roster.step(found.value, { on: 'handover', because: 'handed over on request' });
  return ok(undefined);
}

/** The end of standing back. */
export function orderFailback(roster: VrrpRoster, name: string): Result<void, string> {
  const found = find(roster, name);
  if (!found.ok) return found;
  if (!found.value.show().standsBack) return err(`${name} does not stand back`);
  roster.step(found.value, { on: 'failback' });
  return ok(undefined);
}

function find(roster: VrrpRoster, name: string): Result<VrrpInstance, string> {
  const instance = roster.named(name);
  if (instance !== undefined) return ok(instance);
  const names = roster.names().join(', ');
  return err(`there is no instance or sync group ${name}: ${names === '' ? 'there is none at all' : names}`);
}
