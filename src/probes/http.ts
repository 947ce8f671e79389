import type { Socket } from 'node:net';
import { type Pattern, parsePattern } from '../base/pattern/pattern.ts';
import { ok, type Result } from '../base/result.ts';
import type { Millis } from '../base/units.ts';
import type { BodyMatch, HttpProbe, HttpRequest, TlsConfig } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import { destKey } from '../model/services.ts';
import { HTTP_LIMITS, type HttpProgress, HttpReader, type HttpRefusal } from '../wire/http.ts';
import { HttpJudge } from '../wire/http-judge.ts';
import { encodeHttpRequest } from '../wire/http-request.ts';
import { type Conversation, converse, type OpenStream } from './connect.ts';
import { judgeCertificate, loadSecureContext, startTls } from './tls.ts';

const REFUSALS: Readonly<Record<HttpRefusal, string>> = {
  status_line: 'its answer is not HTTP',
  status_line_long: `its status line is longer than ${HTTP_LIMITS.statusLine} bytes`,
  header: 'a header of its answer is not HTTP',
  headers_long: `its headers are longer than ${HTTP_LIMITS.headers} bytes`,
  length: 'its Content-Length is no length',
  transfer_encoding: 'its Transfer-Encoding was not asked for',
  chunk: 'a chunk of its body is not HTTP',
  body_long: `its body is longer than ${HTTP_LIMITS.body} bytes`,
  interim: `more than ${HTTP_LIMITS.interim} interim answers`,
  cut_off: 'it closed the connection before the end of its answer',
};

/** Patterns are quicker with every use, and live as long as the configuration they are of. */
const patterns = new WeakMap<BodyMatch, Result<Pattern, string>>();

/**
 * One request of an HTTP_GET or SSL_GET, on a connection of its own: whether the whole answer came within `timeout`,
 * counted from the first packet, and is as expected. The detail names the request where there are several. Never
 * rejects; leaves no descriptor.
 */
export function probeHttp(
  config: HttpProbe,
  request: HttpRequest,
  timeout: Millis,
  openStream: OpenStream,
): Promise<ProbeOutcome> {
  return converse(config, timeout, openStream, (conversation) => {
    const { socket, decide, end } = conversation;
    const bytes = encodeHttpRequest({
      ...request,
      version: config.version,
      host: request.host ?? destKey(config.target),
    });
    const pattern = patternOf(request.expect.body);
    if (!bytes.ok) return void decide('unknown', 'error', `no request can have this ${bytes.error}`);
    if (!pattern.ok) return void decide('unknown', 'error', `its pattern cannot be read: ${pattern.error}`);
    const ask = (stream: Socket, warning: string | null) => {
      conversation.await(`complete answer to ${request.method} ${request.path}`, 7);
      const judge = new HttpJudge({ expect: request.expect, pattern: pattern.value });
      listen(stream, request.method, judge, (verdict, result, detail, code) => {
        const which = config.requests.length > 1 ? `${request.path}: ` : '';
        const besides = warning === null ? '' : `; ${warning}`;
        decide(verdict, result, `${which}${detail}${besides}`, code);
        end();
      });
      stream.write(bytes.value);
    };
    socket.on('connect', () => {
      if (config.tls === null) ask(socket, null);
      else void secure(conversation, config, config.tls, ask);
    });
  });
}

function listen(stream: Socket, method: string, judge: HttpJudge, conclude: Conversation['decide']): void {
  const reader = new HttpReader(method, (body) => judge.receive(body));
  const follow = (progress: HttpProgress) => {
    const verdict = verdictOn(progress, reader.status, judge);
    if (verdict === null) return;
    stream.off('data', receive);
    stream.off('end', finish);
    conclude(...verdict);
  };
  const receive = (bytes: Uint8Array) => follow(reader.receive(bytes));
  const finish = () => follow(reader.end());
  stream.on('data', receive);
  stream.on('end', finish);
}

/** Null while that depends on what is still to come. */
function verdictOn(
  progress: HttpProgress,
  status: number | null,
  judge: HttpJudge,
): Parameters<Conversation['decide']> | null {
  if (status !== null) {
    const wrong = judge.status(status);
    if (wrong !== null) return ['fail', 'mismatch', wrong, status];
  }
  if (progress.at === 'refused') return ['fail', 'protocol', REFUSALS[progress.because], status];
  if (progress.at === 'reading' || status === null) return null;
  const wrong = judge.end();
  return wrong === null ? ['pass', 'ok', `status ${status}`, status] : ['fail', 'mismatch', wrong, status];
}

async function secure(
  conversation: Conversation,
  config: HttpProbe,
  tls: TlsConfig,
  ask: (stream: Socket, warning: string | null) => void,
): Promise<void> {
  const { socket, decide, decideError, end } = conversation;
  conversation.await('TLS handshake', 6);
  const context = await loadSecureContext(tls);
  if (conversation.isDecided || socket.destroyed) return;
  if (!context.ok) {
    decide('unknown', 'error', context.error);
    return end();
  }
  const stream = startTls(socket, context.value, tls, config.target.address);
  stream.on('error', (error: NodeJS.ErrnoException & { readonly reason?: string }) => {
    // OpenSSL's message has its source files and lines, too.
    if (error.reason === undefined) decideError(error, 'tls');
    else decide('fail', 'tls', `TLS: ${error.reason}`);
    end();
  });
  stream.on('secureConnect', () => {
    const { problem, warning } = judgeCertificate(stream, tls, config.target.address, Date.now());
    if (problem === null) return ask(stream, warning);
    decide('fail', 'tls', problem);
    end();
  });
}

function patternOf(body: BodyMatch | null): Result<Pattern | null, string> {
  if (body === null) return ok(null);
  const known = patterns.get(body) ?? parsePattern(body.pattern, body.flags);
  patterns.set(body, known);
  return known;
}
