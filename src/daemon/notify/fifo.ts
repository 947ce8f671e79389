import { setTimeout as sleep } from 'node:timers/promises';
import type { FifoConfig } from '../../model/notify.ts';
import type { ScriptCommand } from '../../model/script.ts';
import { readAccounts } from '../scripts/accounts.ts';
import { identify, type ScriptRules } from '../scripts/identity.ts';
import { prepareScript } from '../scripts/prepare.ts';
import type { Say } from '../scripts/say.ts';
import { type RunningScript, spawnScript } from '../scripts/spawn.ts';
import { type FifoFile, openFifoFile } from './fifo-file.ts';

export interface Fifo {
  /** Writes the line, or drops it when the pipe is full or could not be made. */
  tell(line: string): void;
  /** Closes the pipe at once; resolves when its script is gone, which gets a second to read what is left. */
  stop(): Promise<void>;
}

const RESTART_MS = 5000;
const LAST_WORDS_MS = 1000;

/** Opens the pipe and keeps its script running. What fails is said, and tried again with the next line. */
export function openFifo(config: FifoConfig, scripts: ScriptRules, say: Say): Fifo {
  const { path } = config;
  const fields = { sink: 'fifo', path };
  const stopped = new AbortController();
  let file: FifoFile | null = null;
  let complaint = '';
  let dropped = 0;
  let reader: RunningScript | null = null;

  const openFile = () => {
    const owner = identify(config, scripts, readAccounts(), process.getuid?.() ?? 0);
    const opened = owner.ok ? openFifoFile(path, owner.value) : owner;
    if (opened.ok) {
      file = opened.value;
      complaint = '';
    } else if (opened.error !== complaint) {
      complaint = opened.error;
      say('error', 'notify_failed', `FIFO ${path} cannot be used: ${complaint}`, fields);
    }
  };

  /** Runs the script until we stop; one that ends by itself is started again after a pause. */
  const read = async (command: ScriptCommand) => {
    while (!stopped.signal.aborted) {
      const ended = await runReader(command);
      if (stopped.signal.aborted) return;
      say('error', 'notify_failed', `the script of FIFO ${path} ${ended}; it is started again`, fields);
      // Rejects when we stop meanwhile, which the loop looks at.
      await sleep(RESTART_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };

  const runReader = async (command: ScriptCommand): Promise<string> => {
    const prepared = prepareScript(command, scripts);
    if (!prepared.ok) return `cannot be run: ${prepared.error}`;
    const spawned = await spawnScript(prepared.value, [path]);
    if (!spawned.ok) return `cannot be run: ${spawned.error.message}`;
    reader = spawned.value;
    if (stopped.signal.aborted) await endReader(reader);
    const { status, signal, complaint: last } = await reader.exited;
    reader = null;
    return `ended (${status === null ? signal : `status ${status}`}${last === '' ? '' : `, ${last}`})`;
  };

  const endReader = async (script: RunningScript) => {
    const exit = await Promise.race([script.exited, sleep(LAST_WORDS_MS, null)]);
    if (exit === null) await script.end();
  };

  openFile();
  const reading = config.script === null ? null : read(config.script);

  return {
    tell(line) {
      if (file === null) openFile();
      if (file?.write(line)) {
        if (dropped > 0)
          say('warn', 'notify_failed', `FIFO ${path}: ${dropped} notices were dropped`, fields);
        dropped = 0;
        return;
      }
      if (dropped === 0 && file !== null)
        say('warn', 'notify_failed', `FIFO ${path} is full, nobody reads it: notices are dropped`, fields);
      dropped++;
    },
    async stop() {
      stopped.abort();
      file?.close();
      file = null;
      if (reader !== null) await endReader(reader);
      await reading;
    },
  };
}
