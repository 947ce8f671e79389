import { type FileHandle, open } from 'node:fs/promises';
import { err, ok, type Result } from '../base/result.ts';
import type { Connection } from '../model/connections.ts';
import { parseConnection } from '../wire/ipvs/connection.ts';

/** Of this process's network namespace. */
const CONNECTIONS = '/proc/net/ip_vs_conn';
/** The kernel gives a page at a time, whatever is asked for (seq_read_iter). */
const PIECE = 4096;

/**
 * The kernel's connection table, some fifty entries at a time and as slowly as they are taken: it may have millions. The
 * kernel goes through it from its beginning for every piece, and shows entries that come or go meanwhile or does not. A
 * line that is no connection is passed over. The error says why there is no table, as a sentence.
 */
export async function openConnections(
  file: string = CONNECTIONS,
): Promise<Result<AsyncIterable<readonly Connection[]>, string>> {
  try {
    return ok(read(await open(file, 'r')));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return err(code === 'ENOENT' ? `this kernel has no IPVS: there is no ${file}` : message);
  }
}

async function* read(handle: FileHandle): AsyncGenerator<readonly Connection[]> {
  try {
    const buffer = new Uint8Array(PIECE);
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, PIECE);
      if (bytesRead === 0) return;
      const lines = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield lines.flatMap((line) => parseConnection(line) ?? []);
    }
  } finally {
    await handle.close();
  }
}
