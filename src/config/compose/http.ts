import { parseIp } from '../../base/ip.ts';
import { parsePattern } from '../../base/pattern/pattern.ts';
import { microsToMillis } from '../../base/units.ts';
import type { BodyMatch, HttpProbe, HttpRequest, Reach, TlsConfig } from '../../model/check.ts';
import { mistake } from '../diagnostic.ts';
import { REQUEST_WORDS, type WrittenCheck, type WrittenRequest } from '../schema/checks.ts';
import { type Say, under } from './say.ts';

export const USUAL_STATUS: HttpRequest['expect']['status'] = [[200, 299]];

/** What a check by http or https asks, but for where. */
export function composeHttp(written: WrittenCheck, say: Say): Omit<HttpProbe, keyof Reach> {
  const { urls } = written;
  if (urls !== undefined) {
    for (const word of REQUEST_WORDS) {
      if (written[word] === undefined) continue;
      say([word], mistake('conflicting_keys', `"${word}" belongs into the entries of "urls" here`));
    }
  }
  const requests =
    urls === undefined
      ? [composeRequest(written, say)]
      : urls.map((request, i) => composeRequest(request, under(say, 'urls', i)));
  return {
    type: 'http',
    tls: written.type === 'https' ? composeTls(written, requests, say) : null,
    version: written.version ?? '1.1',
    requests,
    fastRecovery: written.fast_recovery ?? false,
  };
}

function composeRequest(written: WrittenRequest, say: Say): HttpRequest {
  const { status, digest } = written;
  return {
    method: written.method ?? 'GET',
    path: written.path ?? '/',
    host: written.host ?? null,
    headers: Object.entries(written.headers ?? {}),
    expect: {
      status: status ?? USUAL_STATUS,
      digest: digest?.toLowerCase() ?? null,
      body: bodyOf(written, say),
    },
  };
}

function bodyOf(written: WrittenRequest, say: Say): BodyMatch | null {
  const { match, no_match: noMatch, match_flags: flags = '', match_from: from, match_to: to } = written;
  const pattern = match ?? noMatch;
  if (pattern === undefined) {
    for (const word of ['match_flags', 'match_from', 'match_to'] as const) {
      if (written[word] === undefined) continue;
      say([word], mistake('conflicting_keys', `"${word}" needs a "match" or "no_match"`));
    }
    return null;
  }
  const word = match === undefined ? 'no_match' : 'match';
  if (match !== undefined && noMatch !== undefined) {
    say(['no_match'], mistake('conflicting_keys', 'a request has a "match" or a "no_match", not both'));
  }
  const parsed = parsePattern(pattern, flags);
  if (!parsed.ok) say([word], mistake('bad_value', parsed.error));
  if (from !== undefined && to !== undefined && from > to) {
    say(['match_from'], mistake('out_of_range', `this is behind match_to, ${to}`));
  }
  return {
    pattern,
    flags: [...flags].sort().join(''),
    isNegated: match === undefined,
    from: from ?? null,
    to: to ?? null,
  };
}

function composeTls(written: WrittenCheck, requests: readonly HttpRequest[], say: Say): TlsConfig {
  const { sni, verify = false, ca, certificate, key, expiry_warning: warning } = written;
  if (ca !== undefined && !verify) {
    say(['ca'], mistake('conflicting_keys', '"ca" is for "verify: true": nothing is verified otherwise'));
  }
  if (certificate !== undefined && key === undefined) {
    say(['certificate'], mistake('missing_key', 'a "certificate" needs its "key" beside it'));
  }
  if (key !== undefined && certificate === undefined) {
    say(['key'], mistake('missing_key', 'a "key" needs its "certificate" beside it'));
  }
  return {
    serverName: sni === false ? null : (sni ?? nameOf(requests)),
    verify,
    ca: ca ?? null,
    certificate: certificate ?? null,
    key: key ?? null,
    expiryWarning: warning === undefined ? null : microsToMillis(warning),
  };
}

/** The first host that is asked for, where it is a name: TLS knows no addresses and no ports here (RFC 6066 §3). */
export function nameOf(requests: readonly HttpRequest[]): string | null {
  const [host] = requests.flatMap(({ host }) => host ?? []);
  if (host === undefined || host.startsWith('[')) return null;
  const name = host.replace(/:\d+$/, '');
  return name === '' || parseIp(host) !== null || parseIp(name) !== null ? null : name;
}
