import { request } from 'node:http';
import path from 'node:path';
import { explain } from './client.ts';
import { EXIT, refusalOf, type Terminal } from './command.ts';

/** A question whose answer may be long. */
export interface LongQuestion {
  readonly target: string;
  readonly accept: 'application/json' | 'text/plain';
}

/** Prints what the daemon answers to a question while it comes; gives the exit code. */
export function pour(terminal: Terminal, runDir: string, { target, accept }: LongQuestion): Promise<number> {
  const socketPath = path.join(runDir, 'control.sock');
  return new Promise((resolve) => {
    const end = (message: string, code: number) => {
      terminal.error(`lbctl: ${message}\n`);
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
      response.on('error', () => end('lbd has cut its answer off', EXIT.unreachable));
      response.on('end', () => {
        if (isAnswered) resolve(EXIT.ok);
        else end(refusalOf(refused) ?? `lbd answered ${response.statusCode}`, EXIT.refused);
      });
    });
    call.on('error', (error) => end(explain(error, socketPath).message, EXIT.unreachable));
    call.end();
  });
}
