import { Worker } from 'node:worker_threads';
import { err, type Result } from '../base/result.ts';
import type { FileBundle } from '../ipc/file-bundle.ts';
import type { Loaded } from './core.ts';
import type { Refused } from './main-config.ts';
import { programFile } from './program-file.ts';

export interface ReadRequest {
  readonly file: string;
  /** What `@ID` lines of a keepalived.conf are compared with; null for the host name. */
  readonly configId: string | null;
  /** What is read in the place of files; null for the files. */
  readonly bundle: FileBundle | null;
}

/** Reads one configuration, once. */
export type Reader = (request: ReadRequest) => Promise<Result<Loaded, Refused>>;

/**
 * Begins to load what reads configurations, in a thread of its own that ends with the answer: schemas, and what is left of
 * reading, are more memory than all that core has besides, and a long file holds up nobody meanwhile.
 */
export function openReader(): Reader {
  const thread = new Worker(programFile('reader-main'));
  // Until it is asked, it is no reason to go on.
  thread.unref();
  return (request) =>
    new Promise((resolve) => {
      const refuse = (because: string) => {
        const text = `cannot read ${request.file}: ${because}`;
        resolve(err({ lines: [text], text }));
      };
      thread.ref();
      thread.once('error', (error: Error) => refuse(error.stack ?? error.message));
      thread.once('exit', () => refuse('the thread that reads it has ended'));
      thread.once('message', (read: Result<Loaded, Refused>) => {
        resolve(read);
        void thread.terminate();
      });
      thread.postMessage(request);
    });
}
