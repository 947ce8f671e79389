import { type ServiceKey, serviceKey } from '../model/services.ts';
import { parseServer } from './server-name.ts';

/**
 * The services that a word means: a name of the configuration, `tcp 10.0.0.1:80`, `fwmark 7`, `10.0.0.1:80` of every
 * protocol, or `10.0.0.1` of every port.
 */
export function findServices<T extends { readonly name: string | null; readonly key: ServiceKey }>(
  services: readonly T[],
  word: string,
): readonly T[] {
  const named = services.filter(({ name, key }) => name === word || serviceKey(key) === word);
  if (named.length > 0) return named;
  const [, protocol = null, rest = word] = /^(tcp|udp|sctp) +(.+)$/.exec(word) ?? [];
  const end = parseServer(rest);
  if (end === null) return [];
  return services.filter(
    ({ key }) =>
      key.kind === 'address' &&
      key.address === end.address &&
      (end.port === null || key.port === end.port) &&
      (protocol === null || key.protocol === protocol),
  );
}
