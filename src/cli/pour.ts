import { request } from 'node:http';
import path from 'node:path';
import { explain } from './client.ts';
import { EXIT, type Refusal, refusalOf, refuse, type Terminal } from './command.ts';

/** A question whose answer may be long. */
export interface LongQuestion {
  readonly target: string;
  readonly accept: 'application/json' | 'text/plain';
}

const CUT_OFF: Refusal = { code: 'no_answer', message: 'lbd has cut its answer off' };

/** Prints what the daemon answers to a question while it comes; gives the exit code. */
export function pour(terminal: Terminal, runDir: string, { target, accept }: LongQuestion): Promise<number> {
  const socketPath = path.join(runDir, 'control.sock');
  return new Promise((resolve) => {
    const end = (because: Refusal, code: number) => {
      refuse(terminal, accept === 'application/json' ? 'json' : 'text', because);
      resolve(code);
    };
    const call = request({ socketPath, path: target, headers: { accept }, agent: false }, (response) => {
      const isAnswered = response.statusCode === 200;
      let refused = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        if (isAnswered) terminal.out(piece);
        else refused += piece;
      });
      response.on('error', () => end(CUT_OFF, EXIT.unreachable));
      response.on('end', () => {
        if (isAnswered) resolve(EXIT.ok);
        else end(refusalOf({ status: response.statusCode ?? 0, body: refused }), EXIT.refused);
      });
    });
    call.on('error', (error) => end(explain(error, socketPath), EXIT.unreachable));
    call.end();
  });
}
