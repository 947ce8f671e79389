import type { ChildProcess } from 'node:child_process';
import type { Host } from './host.ts';

/** What a client saw of a load that it put on a site. */
export interface LoadResult {
  readonly requests: number;
  /** Requests without their answer: refused, cut, timed out, or answered by another status than 200. */
  readonly failed: number;
  /** Connections that were reset, and those that could not be made, as the client's kernel counts them. */
  readonly resets: number;
  /** Lines of wrk on requests without their answer. */
  readonly complaints: readonly string[];
}

/** wrk: connections that are kept open, or a new one for each request. */
export type LoadKind = 'keep-alive' | 'short';

const CONNECTIONS: Readonly<Record<LoadKind, number>> = { 'keep-alive': 6, short: 2 };
/** Far above what a page takes under emulation: a request that waits longer was lost. */
const TIMEOUT = '15s';

/** Puts a load on a site until it is stopped. */
export class Load {
  private readonly host: Host;
  private readonly children: readonly ChildProcess[];
  private readonly printed: string[] = [];
  private readonly resetsBefore: number;

  private constructor(host: Host, children: readonly ChildProcess[], resetsBefore: number) {
    this.host = host;
    this.children = children;
    this.resetsBefore = resetsBefore;
    for (const child of children) child.stdout?.on('data', (piece) => this.printed.push(String(piece)));
  }

  static async start(host: Host, url: string, kinds: readonly LoadKind[]): Promise<Load> {
    const before = await resetsOf(host);
    const children = kinds.map((kind) => {
      const close = kind === 'short' ? ['-H', 'Connection: close'] : [];
      const size = ['-t1', `-c${CONNECTIONS[kind]}`, '-d', '3600s', '--timeout', TIMEOUT];
      return host.spawn('wrk', [...size, ...close, url]);
    });
    return new Load(host, children, before);
  }

  async stop(): Promise<LoadResult> {
    // wrk resets what is open when it ends.
    const resets = (await resetsOf(this.host)) - this.resetsBefore;
    await Promise.all(
      this.children.map(async (child) => {
        if (child.exitCode !== null) throw new Error(`wrk ended by itself: ${this.printed.join('')}`);
        child.kill('SIGINT');
        await new Promise((resolve) => child.once('close', resolve));
      }),
    );
    const text = this.printed.join('');
    const numbers = (pattern: RegExp) =>
      [...text.matchAll(pattern)].flatMap((found) => found.slice(1).map(Number));
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const requests = numbers(/(\d+) requests in/g);
    if (requests.length !== this.children.length) throw new Error(`wrk said: ${text}`);
    return {
      requests: sum(requests),
      failed:
        sum(numbers(/Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/g)) +
        sum(numbers(/Non-2xx or 3xx responses: (\d+)/g)),
      resets,
      complaints: text.match(/.*(Socket errors|Non-2xx).*/g) ?? [],
    };
  }
}

/** AttemptFails and EstabResets of RFC 4022: connections that ended other than by a FIN, of either side. */
async function resetsOf(host: Host): Promise<number> {
  const { stdout } = await host.exec('cat', ['/proc/net/snmp']);
  const [names = [], values = []] = stdout
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  const value = (name: string) => Number(values[names.indexOf(name)] ?? Number.NaN);
  return value('AttemptFails') + value('EstabResets');
}
