import { readFileSync } from 'node:fs';
import { err } from '../base/result.ts';
import { instant } from '../base/units.ts';
import { VERSION } from '../base/version.ts';
import { openControl } from '../ipc/control.ts';
import type { FileBundle } from '../ipc/file-bundle.ts';
import { systemClock } from '../kernel/clock.ts';
import { openLog } from '../kernel/log.ts';
import { enterNetworkNamespace } from '../kernel/namespace.ts';
import { createCore } from './core.ts';
import { openRecording } from './core-recorder.ts';
import { controlRoutes } from './core-routes.ts';
import type { FirstChild } from './first-child.ts';
import { forkCheck, forkVrrp } from './fork.ts';
import { openHands } from './main-hands.ts';
import { readSecrets } from './main-secrets.ts';
import { openState } from './main-state.ts';
import { EXIT, type Options, parseOptions } from './options.ts';
import type { Reader } from './reader.ts';

/** Bits of CAP_NET_ADMIN and CAP_NET_RAW (linux/capability.h). */
const NEEDED_CAPABILITIES = (1n << 12n) | (1n << 13n);

function exit(code: number, message: string): never {
  process.stderr.write(`lbd: ${message}\n`);
  process.exit(code);
}

function mayRun(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${effective}`) & NEEDED_CAPABILITIES) === NEEDED_CAPABILITIES;
}

async function run(
  { config: file, runDir, stateDir, record, configId }: Options,
  first: FirstChild,
  reader: Reader,
): Promise<void> {
  const journal = process.env['JOURNAL_STREAM'] !== undefined;
  if (!mayRun()) exit(EXIT.noPermission, 'CAP_NET_ADMIN and CAP_NET_RAW are needed: run lbd as root');
  const loaded = await reader({ file, configId, bundle: null });
  if (!loaded.ok) {
    const { lines, text } = loaded.error;
    exit(EXIT.badConfig, `not started, the configuration is refused:\n${journal ? lines.join('\n') : text}`);
  }

  const { netNamespace } = loaded.value.config;
  if (netNamespace !== null) {
    first.drop();
    const entered = enterNetworkNamespace(netNamespace);
    if (!entered.ok) exit(EXIT.cannotRun, entered.error);
  }
  const log = openLog(1, journal);
  const read = async (bundle: FileBundle | null) => {
    const result = await reader({ file, configId, bundle });
    // With the keys a plan tells of another one, and refuses what a reload would.
    return result.ok ? readSecrets(result.value) : err(result.error.lines);
  };
  const withSecrets = readSecrets(loaded.value);
  if (!withSecrets.ok) exit(EXIT.badConfig, `not started, ${withSecrets.error.join('\n')}`);
  const state = await openState(stateDir, systemClock);
  const recording =
    record === null
      ? null
      : await openRecording(record, (because) => {
          const at = systemClock.wall();
          log.write({ at, level: 'warn', event: 'recording_failed', message: because, fields: {} }, 'core');
        });
  if (recording?.ok === false) exit(EXIT.cannotRun, recording.error);
  const core = createCore(
    {
      clock: systemClock,
      log,
      forkVrrp: () => first.take() ?? forkVrrp(recording === null ? [] : ['--record']),
      forkCheck,
      record: async (lines) => recording?.value.write(lines),
      readConfig: () => read(null),
      hands: (say, changed) => ({ ...openHands(systemClock, say, changed), ...state }),
      // CLOCK_MONOTONIC counts from the start of the machine (clock_gettime(2)).
      bootedAt: instant(0),
      configFile: file,
      version: VERSION,
      pid: process.pid,
    },
    withSecrets.value,
  );
  const control = await openControl(runDir, controlRoutes(core, read));
  if (!control.ok) exit(EXIT.cannotRun, control.error.message);

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await core.stop();
    await recording?.value.close();
    await control.value.close();
    await log.flush();
    process.exit(EXIT.stopped);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => void core.reload());
  // Habits from keepalived, whose signals these are: without a listener the first has Node open a debugger port and
  // the second ends the process.
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => undefined);
  core.start();
}

// Its children see the channel close and stop as on a clean stop.
process.on('uncaughtException', (error) => exit(EXIT.internal, `internal error: ${error.stack}`));

/** Runs lbd by its command line; `first` is a vrrp process that is on its way already, as is `reader`. */
export async function runCore(words: readonly string[], first: FirstChild, reader: Reader): Promise<void> {
  const options = parseOptions(words);
  if (!('exit' in options)) return run(options, first, reader);
  first.drop();
  // The thread that is to read waits for questions.
  process.exit(options.exit);
}
