import { chmodSync, mkdirSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { err, ok, type Result } from '../base/result.ts';

/** The control socket within a run directory. */
export const controlSocket = (runDir: string): string => path.join(runDir, 'control.sock');

export interface ControlRequest {
  readonly query: URLSearchParams;
  /** True when the client asked for text/plain rather than JSON. */
  readonly wantsText: boolean;
  /** What was sent with the request; empty for nothing. */
  readonly body: string;
}

export interface ControlReply {
  readonly status: number;
  readonly type: 'application/json' | 'application/x-ndjson' | 'text/plain';
  readonly body: string;
}

/**
 * An answer without an end. `begin` is called once, with what takes a piece of it; it gives what is called once when
 * nobody listens any more. A client that leaves more than 1 MiB unread is cut off.
 */
export interface ControlStream {
  readonly type: 'application/x-ndjson' | 'text/plain';
  begin(write: (piece: string) => void): () => void;
}

/**
 * An answer that is made while it is sent: one that reads slowly slows it down. Whatever makes it is told to end when
 * nobody listens any more, and cuts the answer off where it throws.
 */
export interface ControlPieces {
  readonly type: ControlReply['type'];
  readonly pieces: AsyncIterable<string>;
}

/** What a route answers. */
export type ControlAnswer = ControlReply | ControlStream | ControlPieces;

/** By path, then by method. */
export type ControlRoutes = Readonly<
  Record<string, Readonly<Record<string, (request: ControlRequest) => Promise<ControlAnswer>>>>
>;

export interface Control {
  /** Stops listening, cuts every connection and removes the socket file. */
  close(): Promise<void>;
}

export type ControlError =
  | { readonly code: 'already_running'; readonly message: string }
  | { readonly code: 'cannot_listen'; readonly message: string };

/** `{"error":{"code":…,"message":…}}`, the shape of every refusal. */
export function refusal(status: number, code: string, message: string): ControlReply {
  return { status, type: 'application/json', body: `${JSON.stringify({ error: { code, message } })}\n` };
}

/** A client that connects and then says or reads nothing costs at most this long, and one of these connections. */
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 2000,
  requestTimeout: 5000,
  connectionsCheckingInterval: 1000,
};
/** sockaddr_un.sun_path of unix(7) with its ending zero. Node 20 cuts a longer path off and listens elsewhere. */
const SOCKET_PATH_MAX = 107;
/** Longer than any answer takes: a reload that is taken back waits twice for processes that hang, 10 s each. */
const IDLE_MILLIS = 25_000;
const CONNECTIONS = 64;
/** A configuration with all its includes. */
const MOST_BODY = 64 * 1024 * 1024;
/** Those without an end leave most connections to questions. */
const STREAMS = 16;
const MOST_UNREAD = 1 << 20;

/**
 * Serves HTTP/1.1 on RUNDIR/control.sock (directory 0750, socket 0660: who may connect may control). A socket file
 * that nobody answers on is replaced; one that somebody answers on is `already_running`.
 */
export async function openControl(
  runDir: string,
  routes: ControlRoutes,
): Promise<Result<Control, ControlError>> {
  const socket = controlSocket(runDir);
  if (Buffer.byteLength(socket) > SOCKET_PATH_MAX) {
    const message = `${socket} is too long for the path of a socket: ${SOCKET_PATH_MAX} bytes at most`;
    return err({ code: 'cannot_listen', message });
  }
  try {
    mkdirSync(runDir, { recursive: true, mode: 0o750 });
    if (await answers(socket)) {
      return err({ code: 'already_running', message: `another lbd answers on ${socket}` });
    }
    const server = await listen(socket, routes);
    chmodSync(runDir, 0o750);
    chmodSync(socket, 0o660);
    return ok({
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    });
  } catch (error) {
    return err({ code: 'cannot_listen', message: `cannot listen on ${socket}: ${messageOf(error)}` });
  }
}

/** True when a process accepts connections on the socket; a file that is left over from a dead one is removed. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const client = connect(socket);
    client.on('connect', () => {
      client.destroy();
      resolve(true);
    });
    client.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return resolve(false);
      if (error.code !== 'ECONNREFUSED') return reject(error);
      unlinkSync(socket);
      resolve(false);
    });
  });
}

function listen(socket: string, routes: ControlRoutes): Promise<Server> {
  return new Promise((resolve, reject) => {
    const streams = new Set<ServerResponse>();
    const server = createServer(LIMITS, (request, response) => {
      route(request, routes)
        .catch((error) => refusal(500, 'internal', messageOf(error)))
        .then((reply) => {
          if ('pieces' in reply) return pour(response, reply);
          return 'begin' in reply ? stream(streams, response, reply) : answer(response, reply);
        });
    });
    server.maxConnections = CONNECTIONS;
    server.timeout = IDLE_MILLIS;
    server.on('clientError', (_error, connection) => connection.destroy());
    server.on('error', reject);
    server.listen(socket, () => resolve(server));
  });
}

async function route(request: IncomingMessage, routes: ControlRoutes): Promise<ControlAnswer> {
  const target = request.url ?? '/';
  if (!URL.canParse(target, 'http://lbd'))
    return refusal(400, 'bad_request', 'the request target is not a URL');
  const url = new URL(target, 'http://lbd');
  const methods = Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : undefined;
  if (methods === undefined) return refusal(404, 'not_found', `there is no ${url.pathname}`);
  const method = request.method ?? '';
  const perform = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (perform === undefined) {
    return refusal(
      405,
      'method_not_allowed',
      `${url.pathname} takes ${Object.keys(methods).join(', ')}, not ${method}`,
    );
  }
  const wantsText = (request.headers.accept ?? '').includes('text/plain');
  const body = await bodyOf(request);
  if (body === null) return refusal(413, 'too_large', `a request has at most ${MOST_BODY} bytes`);
  return perform({ query: url.searchParams, wantsText, body });
}

/** Null for too much of it. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const pieces: Buffer[] = [];
  let total = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    total += piece.length;
    if (total > MOST_BODY) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces, total).toString('utf8');
}

function answer(response: ServerResponse, { status, type, body }: ControlReply): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}

async function pour(response: ServerResponse, { type, pieces }: ControlPieces): Promise<void> {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, connection: 'close' });
  // Its failures are the client's, who sees the answer cut off.
  await pipeline(Readable.from(pieces, { highWaterMark: 1 }), response).catch(() => response.destroy());
}

function stream(
  streams: Set<ServerResponse>,
  response: ServerResponse,
  { type, begin }: ControlStream,
): void {
  if (response.destroyed) return;
  if (streams.size >= STREAMS) {
    answer(response, refusal(503, 'busy', `${STREAMS} clients follow already`));
    return;
  }
  streams.add(response);
  // Silence is no reason to end an answer that has no end.
  response.setTimeout(0);
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, connection: 'close' });
  response.flushHeaders();
  const end = begin((piece) => {
    if (response.destroyed) return;
    response.write(piece);
    if (response.writableLength > MOST_UNREAD) response.destroy();
  });
  response.on('close', () => {
    streams.delete(response);
    end();
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
