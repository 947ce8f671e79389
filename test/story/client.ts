import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Host } from '../lab/host.ts';

/** One thing that the client tried. Times are wall-clock milliseconds. */
interface Try {
  readonly at: number;
  readonly ok: boolean;
  readonly text: string;
}

export interface Seen {
  /** Longest time between two answers, beyond the pace of asking. Milliseconds. */
  readonly outage: number;
  readonly failed: number;
  /** What the failures said, each once. */
  readonly failures: string;
  readonly answered: number;
  /** Answers by what they said. */
  readonly counts: ReadonlyMap<string, number>;
}

/** What a client of the virtual address sees, written down while the acts go on. */
export class Client {
  private readonly pings: Try[] = [];
  private readonly pages: Try[] = [];
  private readonly children: ChildProcess[] = [];
  private readonly host: Host;
  private readonly vip: string;

  constructor(host: Host, vip: string) {
    this.host = host;
    this.vip = vip;
  }

  static readonly PING_MS = 10;
  static readonly PAGE_MS = 50;

  start(): void {
    const ping = this.host.spawn('ping', ['-n', '-D', '-i', String(Client.PING_MS / 1000), this.vip]);
    this.listen(ping, (line) => {
      const reply = /^\[(\d+\.\d+)\] \d+ bytes from/.exec(line);
      if (reply?.[1] !== undefined) this.pings.push({ at: Number(reply[1]) * 1000, ok: true, text: 'reply' });
    });
    const script = fileURLToPath(new URL('./pages.js', import.meta.url));
    const pages = this.host.spawn(process.execPath, [script, this.vip, '80', String(Client.PAGE_MS)]);
    this.listen(pages, (line) => this.pages.push(JSON.parse(line) as Try));
  }

  stop(): void {
    for (const child of this.children) child.kill('SIGTERM');
  }

  pingsSince(from: number): Seen {
    return summarize(this.pings, from, Client.PING_MS);
  }

  pagesSince(from: number): Seen {
    return summarize(this.pages, from, Client.PAGE_MS);
  }

  private listen(child: ChildProcess, onLine: (line: string) => void): void {
    this.children.push(child);
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', onLine);
  }
}

function summarize(tries: readonly Try[], from: number, pace: number): Seen {
  const window = tries.filter(({ at }) => at >= from);
  const answers = window.filter(({ ok }) => ok);
  const counts = new Map<string, number>();
  let longest = 0;
  let last = from;
  for (const { at, text } of answers) {
    longest = Math.max(longest, at - last);
    last = at;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  longest = Math.max(longest, Date.now() - last);
  return {
    outage: Math.max(0, Math.round(longest - pace)),
    failed: window.length - answers.length,
    failures: [...new Set(window.filter(({ ok }) => !ok).map(({ text }) => text))].join(', '),
    answered: answers.length,
    counts,
  };
}
