import { request } from 'node:http';
import path from 'node:path';
import { explain } from './client.ts';
import { EXIT, refusalOf, type Terminal } from './command.ts';

/** Prints the events of the daemon as they come. Ends when the daemon ends the answer; gives the exit code. */
export function followEvents(
  terminal: Terminal,
  runDir: string,
  accept: 'application/json' | 'text/plain',
): Promise<number> {
  const socketPath = path.join(runDir, 'control.sock');
  const options = { socketPath, path: '/v1/events?follow=1', headers: { accept }, agent: false };
  return new Promise((resolve) => {
    const end = (message: string, code: number) => {
      terminal.error(`lbctl: ${message}\n`);
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
        end('lbd has ended the answer: it stopped, or it was read too slowly', EXIT.unreachable),
      );
      response.on('end', () => {
        if (isAnswered) end('lbd has ended the answer', EXIT.unreachable);
        else end(refusalOf(refused) ?? `lbd answered ${response.statusCode}`, EXIT.refused);
      });
    });
    call.on('error', (error) => end(explain(error, socketPath).message, EXIT.unreachable));
    call.end();
  });
}
