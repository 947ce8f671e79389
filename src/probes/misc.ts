import { performance } from 'node:perf_hooks';
import { type Millis, millis } from '../base/units.ts';
import type { MiscProbe } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import type { ScriptCommand } from '../model/script.ts';
import type { Judgement } from './socket-error.ts';

/** How a command ended, or did not begin: it cannot be run, or this machine lacked something. */
export type CommandEnd = {
  /** What to say of it, as the end of a sentence that begins with the command. */
  readonly words: string;
} & (
  | { readonly end: 'exited'; readonly status: number }
  | { readonly end: 'signal' | 'timeout' | 'stopped' | 'unusable' | 'shortage' }
);

/**
 * Runs a command to its end, and ends it and all that it started at the timeout. Resolves when it is gone; never rejects.
 */
export type RunCommand = (command: ScriptCommand, timeout: Millis) => Promise<CommandEnd>;

/** The exit status of a dynamic check that means the server is out, and what is taken off those above it for a weight. */
const OUT = 1;
const WEIGHT_OFFSET = 2;

/**
 * A MISC_CHECK: whether a command exits with 0. A dynamic one may also exit with 2–255, which sets the weight to so much
 * less 2; 0 leaves the weight alone. Being ended, by the timeout or by anybody, is a failure; it answers when the command
 * is gone, up to two seconds after the timeout. Control characters are `?` in the detail, which has what the command said.
 *
 * A command that cannot be run says nothing of the server. keepalived has it so too, at the start, where it drops such a
 * check, and in the end, where a program that cannot be executed counts as well.
 */
export async function probeMisc(config: MiscProbe, timeout: Millis, run: RunCommand): Promise<ProbeOutcome> {
  const startedAt = performance.now();
  const ended = await run(config.command, timeout);
  const latency = millis(performance.now() - startedAt);
  const detail = `${config.command.argv[0]} ${ended.words}`.replace(/\p{Cc}/gu, '?');
  return { ...judge(config.isDynamic, ended), latency, detail };
}

function judge(isDynamic: boolean, ended: CommandEnd): Omit<Judgement, 'detail'> {
  switch (ended.end) {
    case 'exited':
      return judgeStatus(isDynamic, ended.status);
    case 'signal':
      return { verdict: 'fail', result: 'error' };
    case 'timeout':
      return { verdict: 'fail', result: 'timeout' };
    case 'stopped':
    case 'unusable':
    case 'shortage':
      return { verdict: 'unknown', result: 'error' };
  }
}

function judgeStatus(isDynamic: boolean, code: number): Omit<Judgement, 'detail'> {
  if (code === 0) return { verdict: 'pass', result: 'ok', code };
  if (!isDynamic || code === OUT) return { verdict: 'fail', result: 'mismatch', code };
  return { verdict: 'pass', result: 'ok', code, weight: code - WEIGHT_OFFSET };
}
