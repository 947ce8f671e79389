// Fetches a page every 50 ms on a connection of its own and prints what came of it, one JSON line each.
import http from 'node:http';

const [address = '', port = '80', everyMs = '50'] = process.argv.slice(2);
/** Long enough for an emulated machine that other work has stalled. */
const LIMIT_MS = 5000;

function fetchPage(): void {
  const startedAt = Date.now();
  const say = (outcome: { readonly ok: boolean; readonly text: string }) =>
    process.stdout.write(`${JSON.stringify({ startedAt, at: Date.now(), ...outcome })}\n`);
  const request = http.get({ host: address, port, agent: false, timeout: LIMIT_MS }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => say({ ok: response.statusCode === 200, text: text.trim() }));
    response.on('error', (error) => say({ ok: false, text: error.message }));
  });
  const tooLong = setTimeout(() => request.destroy(new Error('timeout')), LIMIT_MS);
  request.on('close', () => clearTimeout(tooLong));
  request.on('error', (error) => say({ ok: false, text: error.message }));
}

setInterval(fetchPage, Number(everyMs));
process.on('SIGTERM', () => process.exit(0));
