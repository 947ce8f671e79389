import type { Config } from '../../model/config.ts';
import type { Leave } from './keepalived-lines.ts';
import { quote, type Statement } from './keepalived-words.ts';

/**
 * The block of the one certificate that keepalived has for all checks by SSL_GET; without a text where they have none, or
 * several, which is said.
 */
export function tlsStatement({ services }: Config, leave: Leave): Statement {
  const all = services.flatMap(({ servers }) =>
    servers.flatMap(({ checks }) =>
      checks.flatMap((check) => (check.type === 'http' ? (check.tls ?? []) : [])),
    ),
  );
  const distinct = new Map(
    all.map(({ certificate, key }) => [JSON.stringify([certificate, key]), { certificate, key }]),
  );
  const [only, ...others] = distinct.values();
  if (only === undefined || (others.length === 0 && only.certificate === null)) return { text: null };
  const [certificate, key] = [only.certificate, only.key].map((file) => quote(file ?? ''));
  if (others.length > 0 || !certificate || !key) {
    const because = others.length > 0 ? 'has one certificate for all checks' : 'cannot quote a path';
    leave({ path: ['services'], text: `certificate: keepalived ${because}: they show none here` });
    return { text: null };
  }
  return { text: 'SSL', block: [{ text: `certificate ${certificate}` }, { text: `key ${key}` }] };
}
