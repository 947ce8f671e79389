import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok, type Result } from '../../base/result.ts';
import type { PreparedScript } from './prepare.ts';
import { SCRIPT_PATH } from './script-file.ts';

/** A script and the processes that it started: one process group. */
export interface RunningScript {
  readonly exited: Promise<ScriptExit>;
  /** SIGTERM to the group, two seconds later SIGKILL. Resolves when the script is gone. */
  end(): Promise<void>;
}

export interface ScriptExit {
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly signal: string | null;
  /** First line that it wrote to stderr, at most 200 characters; empty for none. */
  readonly complaint: string;
}

export interface SpawnError {
  /** `shortage`: this machine lacks processes, memory or descriptors, which says nothing about the script. */
  readonly code: 'unusable' | 'shortage';
  readonly message: string;
}

const GRACE_MS = 2000;
const LOOK_MS = 20;
const COMPLAINT_LIMIT = 200;
const SHORTAGES: readonly string[] = ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'];
const SETPRIV = '/usr/bin/setpriv';

/** Starts it without a shell, as its user, in `/`, with nothing to read and nothing but stderr to write to. */
export async function spawnScript(
  script: PreparedScript,
  moreArgs: readonly string[],
): Promise<Result<RunningScript, SpawnError>> {
  const { identity } = script;
  const args = [...script.args, ...moreArgs];
  const needsGroups = identity.groups.length > 0 && !isSelf(script);
  if (needsGroups && !existsSync(SETPRIV)) {
    const message = `${SETPRIV} is missing, which gives ${identity.name} its groups`;
    return err({ code: 'unusable', message });
  }
  const child = needsGroups
    ? spawn(SETPRIV, [...privileges(script), script.file, ...args], options(script))
    : spawn(script.file, args, {
        ...options(script),
        ...(isSelf(script) ? {} : { uid: identity.uid, gid: identity.gid }),
      });
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const code = SHORTAGES.includes(error.code ?? '') ? 'shortage' : 'unusable';
      resolve(err({ code, message: `${script.file} cannot be started: ${error.message}` }));
    });
    child.once('spawn', () => resolve(ok(follow(child))));
  });
}

const options = ({ identity }: PreparedScript) => ({
  cwd: '/',
  detached: true,
  stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'],
  env: { PATH: SCRIPT_PATH, HOME: identity.home, USER: identity.name, LOGNAME: identity.name },
});

const isSelf = ({ identity }: PreparedScript): boolean =>
  identity.uid === process.getuid?.() && identity.gid === process.getgid?.();

/** Node 20's own uid and gid (libuv 1.46) drop all supplementary groups, and there is no option for them. */
const privileges = ({ identity: { uid, gid, groups } }: PreparedScript): string[] => [
  `--reuid=${uid}`,
  `--regid=${gid}`,
  `--groups=${groups.join(',')}`,
  '--',
];

function follow(child: ChildProcess): RunningScript {
  const pid = child.pid;
  if (pid === undefined) throw new Error('a spawned process has no pid');
  let heard = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (text: string) => {
    if (heard.length < COMPLAINT_LIMIT) heard += text.slice(0, COMPLAINT_LIMIT);
  });
  let gone = false;
  const exited = new Promise<ScriptExit>((resolve) => {
    child.once('exit', (status, signal) => {
      gone = true;
      // What it wrote last may still wait in the pipe, which a daemon that it left behind keeps open: so it is
      // read on, without keeping our process alive, rather than closed in that daemon's face.
      setImmediate(() => {
        const line = heard.trimStart().split('\n', 1)[0] ?? '';
        resolve({ status, signal, complaint: line.trimEnd().slice(0, COMPLAINT_LIMIT) });
      });
      if (child.stderr !== null && 'unref' in child.stderr && typeof child.stderr.unref === 'function')
        child.stderr.unref();
    });
  });
  return {
    exited,
    async end() {
      signalGroup(pid, 'SIGTERM');
      for (let waited = 0; waited < GRACE_MS; waited += LOOK_MS) {
        if (gone && !signalGroup(pid, 0)) return;
        await sleep(LOOK_MS);
      }
      signalGroup(pid, 'SIGKILL');
      await exited;
    },
  };
}

/** False when the group has no members any more. One that we may not signal is still there. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      if (error.code === 'ESRCH') return false;
      if (error.code === 'EPERM') return true;
    }
    throw error;
  }
}
