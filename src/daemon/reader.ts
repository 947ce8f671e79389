import { Worker } from 'node:worker_threads';
import { err, type Result } from '../base/result.ts';
import type { FileBundle } from '../ipc/file-bundle.ts';
import type { Loaded } from './core.ts';
import type { Refused } from './main-config.ts';
import { programFile } from './program-file.ts';
import { collectGarbage } from './reader-garbage.ts';

export interface ReadRequest {
  readonly file: string;
  /** What `@ID` lines of a keepalived.conf are compared with; null for the host name. */
  readonly configId: string | null;
  /** What is read in the place of files; null for the files. */
  readonly bundle: FileBundle | null;
}

/** What the thread is asked, and answers. */
export interface NumberedRequest extends ReadRequest {
  readonly id: number;
}
export interface NumberedAnswer {
  readonly id: number;
  readonly read: Result<Loaded, Refused>;
}

/** Reads one configuration. May be asked again before it has answered. */
export type Reader = (request: ReadRequest) => Promise<Result<Loaded, Refused>>;

/** To load it takes longer than most reloads, so those that come one after the other share it. Milliseconds. */
const IDLE = 5000;
/**
 * What was read and passed on is as much garbage then as all that core has besides. V8 keeps the room for it where there was much
 * to do in the last 5 s. Milliseconds.
 */
const QUIET = 7000;

/**
 * Begins to load what reads configurations, in a thread of its own that ends when it has nothing to do: schemas, and what is
 * left of reading, are more memory than all that core has besides, and a long file holds up nobody meanwhile.
 */
export function openReader(): Reader {
  let thread = new ReaderThread();
  return (request) => {
    if (thread.hasEnded) thread = new ReaderThread();
    return thread.read(request);
  };
}

interface Asked {
  readonly file: string;
  readonly answer: (read: Result<Loaded, Refused>) => void;
}

class ReaderThread {
  readonly #worker = new Worker(programFile('reader-main'));
  readonly #asked = new Map<number, Asked>();
  #next = 1;
  #idle: NodeJS.Timeout | null = null;
  #hasEnded = false;

  constructor() {
    // Until it is asked, it is no reason to go on.
    this.#worker.unref();
    this.#worker.on('message', ({ id, read }: NumberedAnswer) => this.#answer(id, read));
    this.#worker.once('error', (error: Error) => this.#end(error.stack ?? error.message));
    this.#worker.once('exit', () => this.#end('the thread that reads it has ended'));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  read(request: ReadRequest): Promise<Result<Loaded, Refused>> {
    return new Promise((answer) => {
      const id = this.#next++;
      if (this.#idle !== null) clearTimeout(this.#idle);
      this.#asked.set(id, { file: request.file, answer });
      this.#worker.ref();
      const numbered: NumberedRequest = { ...request, id };
      this.#worker.postMessage(numbered);
    });
  }

  #answer(id: number, read: Result<Loaded, Refused>): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    asked?.answer(read);
    if (this.#asked.size > 0) return;
    this.#worker.unref();
    this.#idle = setTimeout(() => {
      this.#hasEnded = true;
      void this.#worker.terminate();
      setTimeout(collectGarbage, QUIET).unref();
    }, IDLE).unref();
  }

  #end(because: string): void {
    this.#hasEnded = true;
    for (const { file, answer } of this.#asked.values()) {
      const text = `cannot read ${file}: ${because}`;
      answer(err({ lines: [text], text }));
    }
    this.#asked.clear();
  }
}
