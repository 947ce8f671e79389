import type { Ip } from '../base/ip.ts';
import type { CheckConfig, ProbeSource, TlsConfig } from '../model/check.ts';
import type { Config } from '../model/config.ts';
import { warning } from './diagnostic.ts';
import type { HostFacts, Lack, TlsFault, TlsFaults } from './host.ts';
import { nearest } from './nearest.ts';
import type { Path } from './path.ts';

/**
 * What checks of real servers need of this machine and do not find: such a check says nothing of its server, which stays as
 * it is. `made` are the interfaces that lbd itself makes.
 */
export function judgeChecks(
  config: Config,
  host: HostFacts,
  tlsFaults: TlsFaults,
  made: ReadonlyMap<string, string>,
): readonly Lack[] {
  const faultsOf = sparingly(tlsFaults);
  const own = ownAddresses(config, host);
  return config.services.flatMap(({ name, servers }) =>
    servers.flatMap(({ checks }, i) =>
      checks.flatMap((check, j) => {
        const path = ['services', name, 'servers', i, 'check', j];
        return [
          ...sourceLacks(path, sourceOf(check), own, host, made),
          ...(check.type === 'http' && check.tls !== null
            ? faultsOf(check.tls).map(({ key, text }) => ({
                path: [...path, key],
                problem: warning('host_file', text),
              }))
            : []),
        ];
      }),
    ),
  );
}

const sourceOf = (check: CheckConfig): ProbeSource | null => ('source' in check ? check.source : null);

function sourceLacks(
  path: Path,
  source: ProbeSource | null,
  own: ReadonlySet<Ip>,
  { interfaces }: HostFacts,
  made: ReadonlyMap<string, string>,
): readonly Lack[] {
  if (source === null) return [];
  const { address, interface: dev } = source;
  const absent = `no interface of this machine has ${address}: nothing can be checked from it`;
  const missing = `this machine has no interface ${dev}: nothing can be checked through it`;
  const names = [...interfaces.keys()];
  return [
    ...(address === null || own.has(address)
      ? []
      : [{ path: [...path, 'bind_ip'], problem: warning('host_interface', absent) }]),
    ...(dev === null || interfaces.has(dev) || made.has(dev)
      ? []
      : [
          {
            path: [...path, 'bind_if'],
            problem: warning('host_interface', missing, {
              suggestion: nearest(dev, names),
              allowed: names,
            }),
          },
        ]),
  ];
}

/** Those that are here, and those that lbd puts here. */
function ownAddresses({ instances, statics }: Config, { interfaces }: HostFacts): ReadonlySet<Ip> {
  return new Set([
    ...[...interfaces.values()].flat().map(({ address }) => address),
    ...instances.flatMap(({ virtualAddresses, excludedAddresses }) =>
      [...virtualAddresses, ...excludedAddresses].map(({ address }) => address),
    ),
    ...statics.addresses.map(({ address }) => address),
  ]);
}

/** The same files may be of thousands of servers. */
function sparingly(tlsFaults: TlsFaults): TlsFaults {
  const known = new Map<string, readonly TlsFault[]>();
  return (tls: TlsConfig) => {
    const files = JSON.stringify([tls.verify, tls.ca, tls.certificate, tls.key]);
    const found = known.get(files) ?? tlsFaults(tls);
    known.set(files, found);
    return found;
  };
}
