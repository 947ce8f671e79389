import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { parseIp } from '../../../src/base/ip.ts';
import { millis } from '../../../src/base/units.ts';
import { createTcpProber } from '../../../src/kernel/tcp-prober.ts';
import type { Reach } from '../../../src/model/check.ts';

/** The addon as JavaScript sees it: numbers of attempts are used again. */
class FakeAddon {
  readonly ready: number[] = [];
  readonly error: number;
  begun = 0;
  private readonly free: number[] = [];
  private readonly onReadable: () => void;

  constructor(onReadable: () => void, error = 0) {
    this.onReadable = onReadable;
    this.error = error;
  }

  connect(): number {
    return this.free.pop() ?? this.begun++;
  }

  take(into: Int32Array): number {
    const numbers = this.ready.splice(0, into.length / 3);
    for (const [i, number] of numbers.entries()) into.set([number, 0, 250], 3 * i);
    this.free.push(...numbers);
    return numbers.length;
  }

  settle(...numbers: number[]): void {
    this.ready.push(...numbers);
    while (this.ready.length > 0) this.onReadable();
  }

  close(): void {
    this.ready.length = 0;
  }
}

const address = parseIp('10.0.0.1') ?? assert.fail();
const reach: Reach = {
  target: { address, port: 80 },
  source: { address: null, port: null, interface: null, fwmark: null },
};

function proberOf(error = 0) {
  const opened: FakeAddon[] = [];
  class TcpProber extends FakeAddon {
    constructor(onReadable: () => void) {
      super(onReadable, error);
      opened.push(this);
    }
  }
  const prober = createTcpProber({ TcpProber });
  const settled: string[] = [];
  const connect = (name: string, after: () => void = () => undefined) =>
    prober.connect(reach, millis(1000), (failure, took) => {
      settled.push(`${name} ${failure} ${took}`);
      after();
    });
  return { opened, settled, connect };
}

test('createTcpProber looks for results while it begins many attempts', () => {
  const { opened, settled, connect } = proberOf();
  connect('0');
  opened[0]?.ready.push(0);
  for (let i = 1; i < 100; i++) connect(String(i));
  assert.deepEqual(settled, ['0 null 250']);
});

test('createTcpProber bounds what is under way, and has the others wait for their turn', () => {
  const { opened, settled, connect } = proberOf();
  for (let i = 0; i < 16_386; i++) connect(String(i));
  const [addon] = opened;
  assert.equal(addon?.begun, 16_384);
  addon?.settle(7);
  assert.deepEqual(settled, ['7 null 250']);
  addon?.settle(7);
  assert.deepEqual(settled, ['7 null 250', '16384 null 250']);
  addon?.settle(...Array.from({ length: 16_384 }, (_, i) => i));
  assert.equal(settled.length, 16_386);
  assert.equal(new Set(settled).size, 16_386);
});

test('createTcpProber tells whoever begins another attempt when one has ended', () => {
  const { opened, settled, connect } = proberOf();
  connect('first', () => connect('second'));
  opened[0]?.settle(0);
  opened[0]?.settle(0);
  assert.deepEqual(settled, ['first null 250', 'second null 250']);
});

test('createTcpProber tells why nothing can be opened, and tries again', () => {
  const { opened, settled, connect } = proberOf(-constants.errno.EMFILE);
  connect('first');
  connect('second');
  assert.deepEqual(settled, ['first EMFILE 0', 'second EMFILE 0']);
  assert.equal(opened.length, 2);
});
