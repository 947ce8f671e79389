import type { Machine } from '../model/drill.ts';
import type { VrrpInstance } from './vrrp-instance.ts';

/** An instance as its machine is now. */
export function machineOf(instance: VrrpInstance): Machine {
  const member = instance.member();
  return { name: member.name, tracks: instance.show().tracks, member, witnesses: instance.witnesses() };
}
