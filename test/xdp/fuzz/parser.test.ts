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
import { compileHost, ProgramOnHost } from './host.ts';
import { read } from './oracle.ts';
import { Packets } from './packets.ts';
import { fillTable } from './table.ts';

const PACKETS = Number(process.env['LBD_FUZZ_PACKETS'] ?? 1_000_000);
const SEED = Number(process.env['LBD_FUZZ_SEED'] ?? 20_261_122);
const TOGETHER = 20_000;
const THROUGH_KERNEL = 20_000;
/** A million packets last for a quarter of an hour, in which flows expire. */
const STEP_NS = 1_000_000;
const MOST_TOLD = 10;

let directory: string;
let program: string;
before(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lbd-fuzz-'));
  program = path.join(directory, 'xdp-host');
  compileHost(program);
});
after(() => rmSync(directory, { recursive: true }));

function withPlane<T>(flows: number, run: (plane: TestPlane) => Promise<T>): Promise<T> {
  const plane = new TestPlane(flows);
  fillTable(plane);
  return run(plane).finally(() => plane.close());
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test(`${PACKETS} packets are read as the RFCs say, go where they belong, and nothing beyond their ends is read`, async (context) => {
  context.diagnostic(`LBD_FUZZ_SEED=${SEED} LBD_FUZZ_PACKETS=${PACKETS}`);
  await withPlane(256, async (plane) => {
    const host = new ProgramOnHost(program, plane, path.join(directory, 'million'), STEP_NS);
    const packets = new Packets(new Random(SEED));
    const kinds: Record<string, number> = {};
    const wrong: string[] = [];
    for (let done = 0; done < PACKETS && wrong.length < MOST_TOLD; done += TOGETHER) {
      const some = Array.from({ length: Math.min(TOGETHER, PACKETS - done) }, () => packets.next().slice());
      await host.run(some, (answer, i) => {
        const frame = some[i] ?? new Uint8Array(0);
        const seen = read(frame);
        const is = `${answer.kind} ${answer.verdict}`;
        kinds[is] = (kinds[is] ?? 0) + 1;
        const otherwise = parsedOtherwise(seen, answer) ?? treatedOtherwise(frame, seen, answer);
        if (otherwise !== null && wrong.length < MOST_TOLD) wrong.push(`${otherwise}: ${hex(frame)}`);
      });
    }
    await host.end();
    context.diagnostic(JSON.stringify(kinds));
    assert.deepEqual(wrong, []);
    // All kinds came, and none of them by the dozen only.
    for (const is of [
      'whole tx',
      'whole redirect',
      'first tx',
      'later tx',
      'error tx',
      'malformed drop',
      'later drop',
    ])
      assert.ok((kinds[is] ?? 0) > PACKETS / 1000, `${is}: ${kinds[is]}`);
  });
});

test(`the kernel's program and the one on the host do the same with ${THROUGH_KERNEL} packets`, async () => {
  await withPlane(64, async (plane) => {
    const host = new ProgramOnHost(program, plane, path.join(directory, 'both'), 0);
    const packets = new Packets(new Random(SEED + 1));
    const frames: Uint8Array[] = [];
    while (frames.length < THROUGH_KERNEL) {
      const frame = packets.next();
      // The kernel runs programs on whole Ethernet headers only.
      if (frame.length >= 14) frames.push(frame.slice());
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
