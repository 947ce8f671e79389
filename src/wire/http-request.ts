import { err, ok, type Result } from '../base/result.ts';

/** A request without a body, as a check makes it. */
export interface HttpQuestion {
  readonly method: string;
  readonly path: string;
  /** `1.0C` is 1.0 with `Connection: close`. */
  readonly version: '1.0' | '1.0C' | '1.1';
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** RFC 9110 §5.6.2. */
export const HTTP_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const LINE = /^[\t\P{Cc}]*$/u;
/** These requests have a body, if an empty one (RFC 9110 §8.6). */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * RFC 9112 §3. Only one request is made on a connection, so 1.1 says `Connection: close` too. Headers of the question
 * stand in place of ours of the same name. The error names what would break out of its line.
 */
export function encodeHttpRequest(question: HttpQuestion): Result<Uint8Array, 'method' | 'path' | 'header'> {
  const { method, path, version, host, headers } = question;
  if (!HTTP_TOKEN.test(method)) return err('method');
  if (path === '' || path.includes(' ') || path.includes('\t') || !LINE.test(path)) return err('path');
  const ours: (readonly [string, string])[] = [
    ['Host', host],
    ['User-Agent', 'lbd'],
    ...(version === '1.0' ? [] : ([['Connection', 'close']] as const)),
    ...(WITH_BODY.has(method) ? ([['Content-Length', '0']] as const) : []),
  ];
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const all = [...ours.filter(([name]) => !given.has(name.toLowerCase())), ...headers];
  if (!all.every(([name, value]) => HTTP_TOKEN.test(name) && LINE.test(value))) return err('header');
  const lines = [
    `${method} ${path} HTTP/${version === '1.1' ? '1.1' : '1.0'}`,
    ...all.map(([name, value]) => `${name}: ${value}`),
  ];
  return ok(new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`));
}
