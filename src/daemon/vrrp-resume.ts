import { centisToMicros } from '../base/units.ts';
import type { ResumeRole } from '../ipc/messages.ts';
import type { InstanceConfig } from '../model/config.ts';
import { addressesOf } from '../vrrp/instances.ts';
import type { VrrpPorts } from './vrrp-ports.ts';

/** Whether an instance may go on as the master that a former process was: no peer can have missed its adverts yet. */
export function mayResume(
  config: InstanceConfig,
  role: ResumeRole | undefined,
  { leaseAge }: Pick<VrrpPorts['interfaces'], 'leaseAge'>,
): boolean {
  if (role?.role !== 'MASTER') return false;
  if (role.evidence === 'supervised') return true;
  const ages = addressesOf(config).map((address) => leaseAge(address));
  // RFC 3768 §6.1: Master_Down_Interval, taken without its skew time.
  const bound = 3 * centisToMicros(config.advertInterval);
  return ages.length > 0 && ages.every((age) => age !== null && age < bound);
}
