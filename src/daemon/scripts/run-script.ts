import type { Clock } from '../../base/clock.ts';
import { elapsed, type Millis, microsToMillis } from '../../base/units.ts';
import type { ScriptCommand } from '../../model/script.ts';
import type { ScriptRules } from './identity.ts';
import { prepareScript } from './prepare.ts';
import { type ScriptExit, spawnScript } from './spawn.ts';

/** What came of one run. */
export type Outcome =
  | { readonly end: 'exited'; readonly status: number; readonly complaint: string; readonly took: Millis }
  | { readonly end: 'signal'; readonly signal: string; readonly complaint: string; readonly took: Millis }
  | { readonly end: 'timeout'; readonly complaint: string; readonly took: Millis }
  /** We were told to give up. */
  | { readonly end: 'stopped'; readonly took: Millis }
  /** It could not be run at all. */
  | { readonly end: 'unusable'; readonly because: string }
  /** This machine lacked something, which says nothing about the script. */
  | { readonly end: 'shortage'; readonly because: string };

export interface RunOptions {
  readonly clock: Clock;
  readonly scripts: ScriptRules;
  readonly timeout: Millis;
  /** Arguments after the command's own. */
  readonly args?: readonly string[];
  /** Ends the run. */
  readonly stop?: AbortSignal;
  /** Called at the timeout; the run itself ends when the script is gone, up to two seconds later. */
  readonly timedOut?: () => void;
  /** Called with what script security would have refused, were it on. */
  readonly warned?: (warning: string) => void;
}

/** Runs a command to its end. Beyond `timeout` its process group gets SIGTERM, and SIGKILL two seconds later. */
export async function runScript(command: ScriptCommand, options: RunOptions): Promise<Outcome> {
  const { clock, stop } = options;
  const prepared = prepareScript(command, options.scripts);
  if (!prepared.ok) return { end: 'unusable', because: prepared.error };
  if (prepared.value.warning !== null) options.warned?.(prepared.value.warning);
  const startedAt = clock.now();
  const took = () => microsToMillis(elapsed(startedAt, clock.now()));
  if (stop?.aborted) return { end: 'stopped', took: took() };
  const spawned = await spawnScript(prepared.value, options.args ?? []);
  if (!spawned.ok) return { end: spawned.error.code, because: spawned.error.message };
  const running = spawned.value;

  let cut: 'timeout' | 'stopped' | null = null;
  const ended = new Promise<void>((resolve) => {
    const end = (why: 'timeout' | 'stopped') => {
      if (cut !== null) return;
      cut = why;
      if (why === 'timeout') options.timedOut?.();
      resolve(running.end());
    };
    const giveUp = () => end('stopped');
    const timer = setTimeout(() => end('timeout'), options.timeout);
    stop?.addEventListener('abort', giveUp, { once: true });
    if (stop?.aborted) giveUp();
    running.exited.then(() => {
      clearTimeout(timer);
      stop?.removeEventListener('abort', giveUp);
      if (cut === null) resolve();
    });
  });
  await ended;
  return outcomeOf(cut, await running.exited, took());
}

function outcomeOf(cut: 'timeout' | 'stopped' | null, exit: ScriptExit, took: Millis): Outcome {
  const { status, signal, complaint } = exit;
  if (cut === 'stopped') return { end: 'stopped', took };
  if (cut === 'timeout') return { end: 'timeout', complaint, took };
  if (status !== null) return { end: 'exited', status, complaint, took };
  return { end: 'signal', signal: signal ?? 'an unknown signal', complaint, took };
}

/** The outcome as the end of a sentence about the script: `exited with status 1 (no such file)`. */
export function showOutcome(outcome: Outcome): string {
  const complaint = 'complaint' in outcome && outcome.complaint !== '' ? ` (${outcome.complaint})` : '';
  switch (outcome.end) {
    case 'exited':
      return `exited with status ${outcome.status}${complaint}`;
    case 'signal':
      return `was ended by ${outcome.signal}${complaint}`;
    case 'timeout':
      return `took too long and was ended after ${outcome.took} ms${complaint}`;
    case 'stopped':
      return `was ended after ${outcome.took} ms`;
    case 'unusable':
    case 'shortage':
      return `could not be run: ${outcome.because}`;
  }
}
