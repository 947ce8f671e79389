import { nearest } from '../config/nearest.ts';
import { type ServiceKey, serviceKey } from '../model/services.ts';
import { parseServer } from './server-name.ts';

interface Found {
  /** Null for a service that is none of ours. */
  readonly name: string | null;
  readonly key: ServiceKey;
}

/** Names that a refusal lists. */
const LISTED = 20;

/**
 * The services that a word means: a name of the configuration, `tcp 10.0.0.1:80`, `fwmark 7`, `10.0.0.1:80` of every
 * protocol, or `10.0.0.1` of every port. What is the name of one and the address of another means both.
 */
export function findServices<T extends Found>(services: readonly T[], word: string): readonly T[] {
  const [, protocol = null, rest = word] = /^(tcp|udp|sctp) +(.+)$/.exec(word) ?? [];
  const end = parseServer(rest);
  return services.filter(
    ({ name, key }) =>
      name === word ||
      serviceKey(key) === word ||
      (end !== null &&
        key.kind === 'address' &&
        key.address === end.address &&
        (end.port === null || key.port === end.port) &&
        (protocol === null || key.protocol === protocol)),
  );
}

/** That a word means no service, as a sentence with what was probably meant and what there is. */
export function noSuchService(services: readonly Found[], word: string): string {
  const names = services.map(({ name, key }) => name ?? serviceKey(key));
  const meant = nearest(word, [...names, ...services.map(({ key }) => serviceKey(key))]);
  return `there is no service ${JSON.stringify(word)}${hint(meant)}; there are ${list(names)}`;
}

/** Empty, or `: did you mean web?`. */
export const hint = (meant: string | null): string => (meant === null ? '' : `: did you mean ${meant}?`);

/** The first of these names, each once, and how many more there are. */
export function list(names: Iterable<string>): string {
  const all = [...new Set(names)];
  if (all.length === 0) return 'none at all';
  return all.slice(0, LISTED).join(', ') + (all.length > LISTED ? ` and ${all.length - LISTED} more` : '');
}
