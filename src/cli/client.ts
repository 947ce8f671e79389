import { request } from 'node:http';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.ts';

export interface Answer {
  /** HTTP status: 200, or a refusal. */
  readonly status: number;
  readonly body: string;
}

/** Why there is no answer, as a sentence that says what to do. */
export interface Unreachable {
  readonly code: 'unreachable' | 'no_permission' | 'no_answer';
  readonly message: string;
}

/** The daemon answers a question within ten seconds and a reload within twenty, whatever its processes do. */
const ANSWER_MILLIS = 30_000;

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly target: string;
  readonly accept: 'application/json' | 'text/plain';
  /** Sent with a POST. */
  readonly body?: string;
}

/** One request to the daemon of a run directory. */
export function ask(
  runDir: string,
  { method, target, accept, body: sent }: Question,
): Promise<Result<Answer, Unreachable>> {
  const socketPath = path.join(runDir, 'control.sock');
  return new Promise((resolve) => {
    const options = { socketPath, method, path: target, headers: { accept }, agent: false };
    const call = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
      });
      response.on('error', fail);
      response.on('end', () => resolve(ok({ status: response.statusCode ?? 0, body })));
    });
    const fail = (error: NodeJS.ErrnoException) => resolve(err(explain(error, socketPath)));
    call.on('error', fail);
    call.setTimeout(ANSWER_MILLIS, () =>
      call.destroy(new Error(`no answer within ${ANSWER_MILLIS / 1000} s`)),
    );
    call.end(sent);
  });
}

/** Why a request to this socket failed. */
export function explain(error: NodeJS.ErrnoException, socketPath: string): Unreachable {
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return {
        code: 'unreachable',
        message: `cannot reach lbd at ${socketPath}: is it running? (systemctl status lbd; another place: --run-dir DIR)`,
      };
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'no_permission',
        message: `no permission to use ${socketPath}: run lbctl as root or as a member of the socket's group`,
      };
    default:
      return { code: 'no_answer', message: `lbd at ${socketPath} does not answer: ${error.message}` };
  }
}
