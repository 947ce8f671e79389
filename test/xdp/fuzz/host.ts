import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { concatBytes, dataView } from '../../../src/base/bytes.ts';
import { CONSTANTS } from '../../../src/wire/xdp/layout.ts';
import { root } from '../../support/root.ts';
import type { TestPlane } from '../plane.ts';

/** `native/bpf/host/main.c`, struct answer. */
const ANSWER = 56;
const KINDS = ['pass', 'malformed', 'whole', 'first', 'later', 'error'] as const;
const VERDICTS = ['aborted', 'drop', 'pass', 'tx', 'redirect'] as const;

export interface HostAnswer {
  readonly verdict: (typeof VERDICTS)[number];
  /** A bit for each of COUNTERS. */
  readonly counted: number;
  readonly kind: (typeof KINDS)[number];
  readonly family: number;
  readonly protocol: number;
  readonly tcpFlags: number;
  readonly trafficClass: number;
  readonly l2: number;
  readonly length: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly fragmentId: Uint8Array;
  /** 16 bytes, of which IPv4 has the first. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** What the packet is afterwards. */
  readonly packet: Uint8Array;
}

/** The program, compiled for this machine with sanitizers, at `file`. */
export function compileHost(file: string): void {
  const sanitized = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  // Headers of packets begin anywhere, and the processors that this is for read them all the same.
  const flags = ['-O1', '-g', '-Wall', '-Wextra', '-Werror', ...sanitized, '-fno-sanitize=alignment'];
  execFileSync('clang', [...flags, '-o', file, path.join(root, 'native/bpf/host/main.c')], {
    stdio: 'inherit',
  });
}

/** The compiled program at work, on maps like those of a plane when it was made. */
export class ProgramOnHost {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #directory: string;
  #heard: Buffer[] = [];
  #wake: () => void = () => undefined;
  #said = '';
  #ended: Promise<number | null>;

  /** `directory` is for its maps; `stepNs` of time go by between two packets. */
  constructor(file: string, { xdp: { maps } }: TestPlane, directory: string, stepNs: number) {
    this.#directory = directory;
    for (const [name, memory] of Object.entries(maps.memory))
      writeFileSync(path.join(directory, name), new Uint8Array(memory));
    const keys = maps
      .keys()
      .map(([key, value]) => concatBytes([key, new Uint8Array(Uint32Array.of(value).buffer)]));
    writeFileSync(path.join(directory, 'service_keys'), concatBytes(keys));
    const constants = new Uint8Array(CONSTANTS.size);
    dataView(constants).setUint32(CONSTANTS.at.flow_mask, maps.entries.flows - 1, true);
    dataView(constants).setUint32(CONSTANTS.at.servers, maps.entries.servers, true);
    writeFileSync(path.join(directory, 'constants'), constants);
    this.#child = spawn(file, [directory, String(maps.native.flowTick()), String(stepNs)]);
    this.#child.stdout.on('data', (bytes: Buffer) => {
      this.#heard.push(bytes);
      this.#wake();
    });
    this.#child.stderr.on('data', (bytes: Buffer) => {
      this.#said += bytes;
    });
    // What it says of its end is on the other channel.
    this.#child.stdin.on('error', () => undefined);
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
    void this.#ended.then(() => this.#wake());
  }

  /** The answers to packets, each given to `each` with its place; good as long as that runs. */
  async run(packets: readonly Uint8Array[], each: (answer: HostAnswer, at: number) => void): Promise<void> {
    const lengths = packets.map(({ length }) => new Uint8Array(Uint32Array.of(length).buffer));
    const pieces = packets.flatMap((packet, i) => [lengths[i] ?? packet, packet]);
    this.#child.stdin.write(concatBytes([...pieces, new Uint8Array(4)]));
    let left: Buffer = Buffer.alloc(0);
    for (let at = 0; at < packets.length; ) {
      while (this.#heard.length === 0) {
        if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error(this.#said);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      left = Buffer.concat([left, ...this.#heard]);
      this.#heard = [];
      let from = 0;
      while (left.length >= from + ANSWER) {
        const length = ANSWER + left.readUInt32LE(from);
        if (left.length < from + length) break;
        each(decode(left.subarray(from, from + length)), at++);
        from += length;
      }
      left = left.subarray(from);
    }
  }

  /** Ends it, and gives the map of a name as the packets left it. */
  async end(): Promise<(name: 'conns' | 'flows' | 'traffic' | 'counters') => Uint8Array> {
    this.#child.stdin.end();
    const code = await this.#ended;
    if (code !== 0) throw new Error(`ended with ${code}: ${this.#said}`);
    return (name) => new Uint8Array(readFileSync(path.join(this.#directory, name)));
  }

  /** Ends it, in whatever it is. */
  close(): void {
    this.#child.kill('SIGKILL');
  }
}

function decode(bytes: Buffer): HostAnswer {
  return {
    verdict: VERDICTS[bytes[4] ?? 0] ?? 'aborted',
    counted: bytes[5] ?? 0,
    kind: KINDS[bytes[6] ?? 0] ?? 'pass',
    family: bytes[7] ?? 0,
    protocol: bytes[8] ?? 0,
    tcpFlags: bytes[9] ?? 0,
    trafficClass: bytes[10] ?? 0,
    l2: bytes[11] ?? 0,
    length: bytes.readUInt16LE(12),
    sourcePort: bytes.readUInt16BE(14),
    destinationPort: bytes.readUInt16BE(16),
    fragmentId: bytes.subarray(20, 24),
    source: bytes.subarray(24, 40),
    destination: bytes.subarray(40, 56),
    packet: bytes.subarray(ANSWER),
  };
}
