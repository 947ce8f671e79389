// A million packets through the program, compiled for this machine with sanitizers, beside a parser of its own.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { COUNTERS } from '../../../src/wire/xdp/layout.ts';
import { Random } from '../../simulation/random.ts';
import { TestPlane } from '../plane.ts';
import { parsedOtherwise, treatedOtherwise } from './expect.ts';
import { compileHost, type HostAnswer, ProgramOnHost } from './host.ts';
import { read } from './oracle.ts';
import { Packets } from './packets.ts';
import { fillTable } from './table.ts';

/** LBD_FUZZ_PACKETS=100000000 for a long run, LBD_FUZZ_SEED=n for other packets. */
const PACKETS = Number(process.env['LBD_FUZZ_PACKETS'] ?? 1_000_000);
const SEED = Number(process.env['LBD_FUZZ_SEED'] ?? 20_261_122);
const TOGETHER = 20_000;
const THROUGH_KERNEL = 20_000;
/** A million packets last for a quarter of an hour, in which flows expire. */
const STEP_NS = 1_000_000;
const MOST_TOLD = 10;
const CUT = 500;
/** More than the longest headers have in nearly all packets. */
const HEADERS = 200;
const EXPECTED = [
  ...['whole tx', 'whole redirect', 'first tx', 'later tx', 'error tx', 'malformed drop', 'later drop'],
] as const;

let directory: string;
let program: string;
before(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lbd-fuzz-'));
  program = path.join(directory, 'xdp-host');
  compileHost(program);
});
after(() => rmSync(directory, { recursive: true }));

/** The program on the host, with maps like those of a plane. `stepNs` of time go by between two packets. */
async function withHost(
  { flows, stepNs, unowned }: { readonly flows: number; readonly stepNs: number; readonly unowned: number },
  run: (host: ProgramOnHost, plane: TestPlane) => Promise<void>,
): Promise<void> {
  const plane = new TestPlane(flows);
  fillTable(plane, unowned);
  const host = new ProgramOnHost(program, plane, mkdtempSync(path.join(directory, 'maps-')), stepNs);
  try {
    await run(host, plane);
  } finally {
    host.close();
    plane.close();
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test(`${PACKETS} packets are read as the RFCs say, go where they belong, and nothing beyond their ends is read`, async (context) => {
  context.diagnostic(`LBD_FUZZ_SEED=${SEED} LBD_FUZZ_PACKETS=${PACKETS}`);
  const packets = new Packets(new Random(SEED));
  await withHost({ flows: 256, stepNs: STEP_NS, unowned: 0 }, async (host) => {
    const kinds: Record<string, number> = {};
    for (let done = 0; done < PACKETS; done += TOGETHER) {
      const some = Array.from({ length: Math.min(TOGETHER, PACKETS - done) }, () => packets.next());
      await compare(host, some, ({ kind, verdict }) => {
        kinds[`${kind} ${verdict}`] = (kinds[`${kind} ${verdict}`] ?? 0) + 1;
      });
    }
    await host.end();
    context.diagnostic(JSON.stringify(kinds));
    // All kinds came, and none of them by the dozen only.
    for (const is of EXPECTED) assert.ok((kinds[is] ?? 0) > PACKETS / 1000, `${is}: ${kinds[is]}`);
  });
});

test(`${CUT} packets, cut off at every byte, are read no further`, async () => {
  const packets = new Packets(new Random(SEED + 2));
  await withHost({ flows: 256, stepNs: STEP_NS, unowned: 1 }, async (host) => {
    for (let i = 0; i < CUT; i++) {
      const whole = packets.good();
      const ends = Array.from({ length: Math.min(whole.length, HEADERS) }, (_, end) => end + 1);
      await compare(host, [...ends.map((end) => whole.subarray(0, end)), whole]);
    }
    await host.end();
  });
});

/** Has the program treat packets as the oracle says that they are to be treated. */
async function compare(
  host: ProgramOnHost,
  frames: readonly Uint8Array[],
  each: (answer: HostAnswer) => void = () => undefined,
): Promise<void> {
  const wrong: string[] = [];
  await host.run(frames, (answer, i) => {
    const frame = frames[i] ?? new Uint8Array(0);
    const seen = read(frame);
    const otherwise = parsedOtherwise(seen, answer) ?? treatedOtherwise(frame, seen, answer);
    if (otherwise !== null && wrong.length < MOST_TOLD) wrong.push(`${otherwise}: ${hex(frame)}`);
    each(answer);
  });
  assert.deepEqual(wrong, []);
}

test(`the kernel's program and the one on the host do the same with ${THROUGH_KERNEL} packets`, async () => {
  await withHost({ flows: 64, stepNs: 0, unowned: 1 }, async (host, plane) => {
    const packets = new Packets(new Random(SEED + 1));
    const frames: Uint8Array[] = [];
    while (frames.length < THROUGH_KERNEL) {
      const frame = packets.next();
      // The kernel runs programs on whole Ethernet headers only.
      if (frame.length >= 14) frames.push(frame);
    }
    const wrong: string[] = [];
    await host.run(frames, (answer, i) => {
      const frame = frames[i] ?? new Uint8Array(0);
      const { verdict, packet } = plane.run(frame);
      if (verdict === answer.verdict && Buffer.compare(packet, answer.packet) === 0) return;
      wrong.push(
        `kernel ${verdict} ${hex(packet)}, host ${answer.verdict} ${hex(answer.packet)}: ${hex(frame)}`,
      );
    });
    const left = await host.end();
    assert.deepEqual(wrong.slice(0, MOST_TOLD), []);
    const { maps } = plane.xdp;
    assert.deepEqual(flowsIn(left('flows')), flowsIn(new Uint8Array(maps.memory.flows)));
    assert.deepEqual(words(left('conns')), words(new Uint8Array(maps.memory.conns)));
    // On the host all of it is the first processor's.
    const counted = words(left('counters'));
    for (const event of Object.values(COUNTERS))
      assert.equal(counted[2 * event], Number(maps.counter(event)));
    const sent = words(left('traffic'));
    for (let server = 0; server < maps.entries.servers; server++)
      assert.deepEqual(
        [0, 2, 4].map((word) => sent[8 * server + word]),
        plane.traffic(server),
      );
  });
});

const words = (bytes: Uint8Array): number[] => [...new Uint32Array(bytes.slice().buffer)];

/** Without the time at which they expire, which went by meanwhile. */
const flowsIn = (bytes: Uint8Array): number[] => words(bytes).filter((_, i) => i % 4 !== 3);
