import type { InstanceConfig } from '../../model/config.ts';
import type { DataplaneConfig } from '../../model/dataplane.ts';
import { usualInterfaces } from '../compose/dataplane.ts';
import { someOf, unless } from './common.ts';
import { keyText } from './key-text.ts';

/** The keys of what forwards packets. */
export const writeDataplane = (
  { use, interfaces, key }: DataplaneConfig,
  instances: readonly InstanceConfig[],
) => ({
  dataplane: unless('ipvs', use),
  xdp: someOf({
    interfaces: interfaces.join() === usualInterfaces(instances).join() ? undefined : [...interfaces],
    key: key === null ? undefined : keyText(key),
  }),
});
