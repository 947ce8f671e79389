import type { InstanceConfig } from '../../model/config.ts';
import type { DataplaneConfig } from '../../model/dataplane.ts';
import { usualInterfaces } from '../compose/dataplane.ts';
import { DATAPLANE_KEYS } from '../schema/dataplane.ts';
import { someOf, unless } from './common.ts';
import { keyText } from './key-text.ts';

const USUAL = DATAPLANE_KEYS.xdp.parse({ sync: { local: '192.0.2.1', peers: ['192.0.2.2'] } }).sync;

/** The keys of what forwards packets. */
export const writeDataplane = (
  { use, interfaces, key, sync }: DataplaneConfig,
  instances: readonly InstanceConfig[],
) => ({
  dataplane: unless('ipvs', use),
  xdp: someOf({
    interfaces: interfaces.join() === usualInterfaces(instances).join() ? undefined : [...interfaces],
    key: key === null ? undefined : keyText(key),
    sync:
      sync === null
        ? undefined
        : { local: sync.local, peers: [...sync.peers], port: unless(USUAL?.port, sync.port) },
  }),
});
