import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { loadXdpAddon, type NativeXdp } from '../../src/kernel/xdp-native.ts';
import { root } from '../../test/support/root.ts';

/** A program of native/bpf/bench, loaded; maps by their names. */
export interface BenchProgram {
  readonly program: number;
  readonly maps: Readonly<Record<string, number>>;
}

/** Compiles the programs of native/bpf/bench, and run.c, which runs them. */
export class BenchPrograms {
  readonly native: NativeXdp;
  readonly #directory: string;

  constructor(directory: string) {
    const addon = loadXdpAddon();
    if (!addon.ok) throw new Error(addon.error);
    this.native = addon.value;
    this.#directory = directory;
    const source = path.join(root, 'bench/packets/run.c');
    execFileSync('cc', ['-O2', '-o', path.join(directory, 'run'), source, '-lbpf']);
  }

  /** `constants` is its struct of that name, which is all of 32 bits. */
  load(name: string, constants: readonly number[] = []): BenchProgram {
    const object = path.join(this.#directory, `${name}.o`);
    if (!existsSync(object)) compile(name, object);
    const bytes = new Uint8Array(Uint32Array.from(constants).buffer);
    const loaded = this.native.loadObject(object, { constants: bytes, maps: {}, entries: {} });
    if ('error' in loaded) throw new Error(`${name}: errno ${-loaded.error}\n${loaded.log}`);
    return loaded;
  }

  /**
   * Nanoseconds of one run of each program: of some rounds in which they take turns, and the best of them.
   */
  time(programs: readonly number[], frame: Uint8Array, rounds: number, repeat: number): readonly Timed[] {
    const lines = this.#run(['test', rounds, repeat], programs, frame);
    return programs.map((_, i) => {
      const values = lines.map((line) => line[i] ?? Number.NaN);
      return { best: Math.min(...values), rounds: values };
    });
  }

  /** Frames that arrived, and nanoseconds, of each round; `how` is explained in run.c. */
  live(
    source: number,
    totals: number,
    frame: Uint8Array,
    rounds: number,
    repeat: number,
    how: 'live' | 'patient' = 'live',
  ): readonly Arrived[] {
    const lines = this.#run([how, rounds, repeat], [source, totals], frame);
    return lines.map(([frames = 0, nanoseconds = 0]) => ({ frames, nanoseconds }));
  }

  #run(args: readonly (string | number)[], fds: readonly number[], frame: Uint8Array): number[][] {
    const { status, stdout } = spawnSync(
      path.join(this.#directory, 'run'),
      [...args.map(String), Buffer.from(frame).toString('hex'), String(fds.length)],
      { stdio: ['ignore', 'pipe', 'inherit', ...fds], encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`run ${args.join(' ')} ended with ${status}`);
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.trim().split(' ').map(Number));
  }
}

export interface Timed {
  readonly best: number;
  readonly rounds: readonly number[];
}

export interface Arrived {
  readonly frames: number;
  readonly nanoseconds: number;
}

function compile(name: string, object: string): void {
  execFileSync('clang', [
    ...['-target', 'bpf', '-mcpu=v3', '-O2', '-g', `-I/usr/include/${multiarch()}`],
    ...['-c', path.join(root, `native/bpf/bench/${name}.bpf.c`), '-o', object],
  ]);
}

const multiarch = (): string => `${{ x64: 'x86_64', arm64: 'aarch64' }[process.arch as string]}-linux-gnu`;
