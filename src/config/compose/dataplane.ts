import type { InstanceConfig, ServiceConfig } from '../../model/config.ts';
import type { DataplaneConfig } from '../../model/dataplane.ts';
import { groupsOf } from '../../model/group.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import type { Path } from '../path.ts';
import type { WrittenFile } from '../schema/file.ts';
import { composeFlowSync } from './flow-sync.ts';
import { secretOf } from './hmac.ts';
import { once, type Say } from './say.ts';

/** Schedulers of the XDP program. */
const XDP_SCHEDULERS: readonly string[] = ['rr', 'wrr', 'lc', 'wlc', 'mh', 'sh'];

/**
 * What forwards packets. Says what it cannot do of what the services ask: an error, or only a warning where IPVS may be
 * there to do it.
 */
export function composeDataplane(
  written: WrittenFile,
  instances: readonly InstanceConfig[],
  services: readonly ServiceConfig[],
  say: Say,
): DataplaneConfig {
  const { dataplane: use, xdp } = written;
  const interfaces = [...new Set(xdp.interfaces ?? usualInterfaces(instances))];
  if (use !== 'ipvs' && services.length > 0) {
    const sayOnce = once(say);
    const lacks = (path: Path, text: string) => sayOnce(path, lacking(use, text));
    for (const { leader, members } of groupsOf(services)) {
      for (const each of members) sayKey(each, lacks);
      sayAttrs(leader, lacks);
      sayServers(leader, lacks);
    }
    if (written.ipvs.sync_daemon !== undefined) {
      lacks(
        ['ipvs', 'sync_daemon'],
        'XDP does not speak to sync daemons of IPVS: take this out, and write xdp: { key: …, sync: { local: …, peers: […] } }',
      );
    }
    if (interfaces.length === 0) {
      lacks(['dataplane'], 'XDP has to know where packets arrive: write xdp: { interfaces: [eth0] }');
    }
  }
  return {
    use,
    interfaces,
    ...ofInstances(instances),
    key: xdp.key === undefined ? null : secretOf(xdp.key),
    sync: composeFlowSync(xdp, say),
  };
}

/** Those of the instances. An interface with a virtual MAC hears through the one that it lies over. */
export const usualInterfaces = (instances: readonly InstanceConfig[]): readonly string[] => [
  ...new Set(instances.map((instance) => instance.interface)),
];

/** What XDP has to know of the instances. */
export const ofInstances = (
  instances: readonly InstanceConfig[],
): Pick<DataplaneConfig, 'takesVirtualMacs' | 'virtualAddresses'> => ({
  takesVirtualMacs: instances.some(({ vmac, addressVmacs }) => vmac !== null || addressVmacs.length > 0),
  virtualAddresses: instances.flatMap(({ virtualAddresses, excludedAddresses }) =>
    [...virtualAddresses, ...excludedAddresses].map(({ address }) => address),
  ),
});

const lacking = (use: 'xdp' | 'auto', text: string): Problem =>
  use === 'xdp'
    ? mistake('not_supported', text)
    : warning('not_supported', `where the kernel has no IPVS, this service fails: ${text}`);

type Lacks = (path: Path, text: string) => void;

function sayKey({ name, key }: ServiceConfig, lacks: Lacks): void {
  if (key.kind === 'address') return;
  lacks(
    ['services', name, 'fwmark'],
    'XDP sees no marks: give the service an address, a port and a protocol',
  );
}

function sayAttrs({ name, attrs: { scheduler, persistence } }: ServiceConfig, lacks: Lacks): void {
  const at: Path = ['services', name];
  if (!XDP_SCHEDULERS.includes(scheduler)) {
    const last = XDP_SCHEDULERS.at(-1);
    const all = `${XDP_SCHEDULERS.slice(0, -1).join(', ')} or ${last}`;
    lacks([...at, 'scheduler'], `XDP has no scheduler ${scheduler}: take ${all}`);
  }
  if (persistence?.engine) {
    lacks(
      [...at, 'persistence_engine'],
      `XDP has no persistence engine ${persistence.engine}: without it clients stay together by address`,
    );
  }
}

function sayServers({ name, servers, sorry }: ServiceConfig, lacks: Lacks): void {
  const at: Path = ['services', name];
  const all = [
    ...servers.map((server, i) => ({ ...server, path: [...at, 'servers', i] })),
    ...(sorry === null ? [] : [{ ...sorry, path: [...at, 'sorry_server'] }]),
  ];
  // What the service says for its servers is told once.
  const nat = all.filter(({ attrs }) => attrs.forward === 'nat');
  if (nat.length > 0) {
    const text = 'XDP cannot forward by nat, which is the default: write forward: dr or tun';
    for (const { path } of nat.length === all.length ? [{ path: at }] : nat)
      lacks([...path, 'forward'], text);
  }
  for (const { attrs, path } of all) {
    const { tunnel, upperThreshold, lowerThreshold } = attrs;
    if (upperThreshold > 0 || lowerThreshold > 0) {
      const key = upperThreshold > 0 ? 'upper_threshold' : 'lower_threshold';
      lacks(
        [...path, key],
        'XDP has no thresholds of connections: take this out, scheduler wlc evens them out',
      );
    }
    if (tunnel?.type === 'gre') lacks([...path, 'tunnel'], 'XDP has no tunnel gre: take ipip or gue');
    else if (tunnel !== null && tunnel.checksum !== 'none') {
      lacks([...path, 'tunnel'], 'XDP sends gue without checksums: write checksum: none');
    }
  }
}
