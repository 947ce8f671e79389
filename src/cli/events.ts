import { request } from 'node:http';
import path from 'node:path';
import { explain } from './client.ts';
import { EXIT, type Refusal, refusalOf, refuse, type Terminal } from './command.ts';

/** Prints the events of the daemon as they come. Ends when the daemon ends the answer; gives the exit code. */
export function followEvents(
  terminal: Terminal,
  runDir: string,
  accept: 'application/json' | 'text/plain',
): Promise<number> {
  const socketPath = path.join(runDir, 'control.sock');
  const options = { socketPath, path: '/v1/events?follow=1', headers: { accept }, agent: false };
  return new Promise((resolve) => {
    const end = (because: Refusal, code: number) => {
      refuse(terminal, accept === 'application/json' ? 'json' : 'text', because);
      resolve(code);
    };
    const call = request(options, (response) => {
      const isAnswered = response.statusCode === 200;
      let refused = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        if (isAnswered) terminal.out(piece);
        else refused += piece;
      });
      response.on('error', () =>
        end(ended('lbd has ended the answer: it stopped, or it was read too slowly'), EXIT.unreachable),
      );
      response.on('end', () => {
        if (isAnswered) end(ended('lbd has ended the answer'), EXIT.unreachable);
        else end(refusalOf({ status: response.statusCode ?? 0, body: refused }), EXIT.refused);
      });
    });
    call.on('error', (error) => end(explain(error, socketPath), EXIT.unreachable));
    call.end();
  });
}

const ended = (message: string): Refusal => ({ code: 'no_answer', message });
