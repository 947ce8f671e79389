#!/usr/bin/env node
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { err } from '../base/result.ts';
import { instant } from '../base/units.ts';
import { VERSION } from '../base/version.ts';
import { regularFiles } from '../ipc/config-files.ts';
import { openControl } from '../ipc/control.ts';
import { type FileBundle, replayFiles } from '../ipc/file-bundle.ts';
import { systemClock } from '../kernel/clock.ts';
import { openLog } from '../kernel/log.ts';
import { enterNetworkNamespace } from '../kernel/namespace.ts';
import { createCore } from './core.ts';
import { openRecording } from './core-recorder.ts';
import { controlRoutes } from './core-routes.ts';
import { loadConfig } from './main-config.ts';
import { openHands } from './main-hands.ts';
import { readSecrets } from './main-secrets.ts';
import { openState } from './main-state.ts';
import { EXIT, type Options, parseOptions } from './options.ts';

/** Bits of CAP_NET_ADMIN and CAP_NET_RAW (linux/capability.h). */
const NEEDED_CAPABILITIES = (1n << 12n) | (1n << 13n);

const VRRP = fileURLToPath(new URL('./vrrp-main.js', import.meta.url));
const CHECK = fileURLToPath(new URL('./check-main.js', import.meta.url));

function exit(code: number, message: string): never {
  process.stderr.write(`lbd: ${message}\n`);
  process.exit(code);
}

function mayRun(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${effective}`) & NEEDED_CAPABILITIES) === NEEDED_CAPABILITIES;
}

/** Only the main thread of vrrp has real-time priority: it must not wait for V8's helpers, which have none. */
const VRRP_FLAGS = ['--single-threaded-gc'];

const forkChild = (file: string, words: readonly string[] = [], flags: string[] = []) =>
  fork(file, words, {
    serialization: 'advanced',
    execArgv: flags,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });

async function run({ config: file, runDir, stateDir, record, configId }: Options): Promise<void> {
  process.umask(0o077);
  const journal = process.env['JOURNAL_STREAM'] !== undefined;
  if (!mayRun()) exit(EXIT.noPermission, 'CAP_NET_ADMIN and CAP_NET_RAW are needed: run lbd as root');
  const first = loadConfig(file, configId, regularFiles);
  if (!first.ok) {
    const { lines, text } = first.error;
    exit(EXIT.badConfig, `not started, the configuration is refused:\n${journal ? lines.join('\n') : text}`);
  }

  const { netNamespace } = first.value.config;
  if (netNamespace !== null) {
    const entered = enterNetworkNamespace(netNamespace);
    if (!entered.ok) exit(EXIT.cannotRun, entered.error);
  }
  const log = openLog(1, journal);
  const read = (bundle: FileBundle | null) => {
    const files = bundle === null ? regularFiles : replayFiles(bundle);
    const result = loadConfig(bundle?.main ?? file, configId, files);
    // With the keys a plan tells of another one, and refuses what a reload would.
    return result.ok ? readSecrets(result.value) : err(result.error.lines);
  };
  const withSecrets = readSecrets(first.value);
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
      forkVrrp: () => forkChild(VRRP, recording === null ? [] : ['--record'], VRRP_FLAGS),
      forkCheck: () => forkChild(CHECK),
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

const options = parseOptions(process.argv.slice(2));
if ('exit' in options) process.exitCode = options.exit;
else await run(options);
