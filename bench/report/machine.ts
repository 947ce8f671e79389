import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { root } from '../../test/support/root.ts';
import type { Machine } from './report.ts';

/** Packages of programs that figures are compared with. */
const PEERS = ['keepalived', 'ipvsadm', 'haproxy', 'nginx', 'wrk'];

/** The machine that this process runs on. */
export function lookAtMachine(): Machine {
  return {
    processor: os.cpus()[0]?.model.trim() ?? process.arch,
    processors: os.availableParallelism(),
    memory: Math.round(os.totalmem() / 1e6),
    kernel: `${os.type()} ${os.release()}`,
    node: process.version,
    peers: installed(),
  };
}

/** Versions by the names of packages: not every program tells its own where the kernel has no IPVS. */
function installed(): Readonly<Record<string, string>> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills them in.
  const format = '${Package} ${Version}\n';
  const { error, stdout } = spawnSync('dpkg-query', ['-W', '-f', format, ...PEERS], {
    encoding: 'utf8',
  });
  if (error !== undefined) return {};
  // Debian's epoch before the version, and its revision behind it, are left out.
  return Object.fromEntries(
    [...stdout.matchAll(/^(\S+) (?:\d+:)?([^-+\s]+)/gm)].map(([, name, version]) => [name, version]),
  );
}

/** The mean of the last minute. */
export const loadNow = (): number => Math.round((os.loadavg()[0] ?? 0) * 100) / 100;

/** The git revision of this checkout, with a + where files differ from it; null where there is none. */
export function revisionNow(): string | null {
  const git = (...words: readonly string[]) =>
    spawnSync('git', ['-C', root, '-c', `safe.directory=${root}`, ...words], { encoding: 'utf8' });
  const head = git('rev-parse', '--short=12', 'HEAD');
  if (head.error !== undefined || head.status !== 0) return null;
  const differs = git('status', '--porcelain', '--untracked-files=no').stdout.trim() !== '';
  return `${head.stdout.trim()}${differs ? '+' : ''}`;
}

/** In a line: `2 × Intel Xeon, 8 GB, Linux 6.18.44, Node v20.20.2, keepalived 2.2.7`. */
export function printMachine({ processor, processors, memory, kernel, node, peers }: Machine): string {
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  return [
    `${processors} × ${processor}`,
    `${(memory / 1000).toFixed(1)} GB`,
    kernel,
    `Node ${node}`,
    ...versions,
  ].join(', ');
}
