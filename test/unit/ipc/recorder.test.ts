import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RecordBatch, RecordStream } from '../../../src/ipc/recorder.ts';

/** What core has, when it leaves out what it has already. */
function written(batches: readonly RecordBatch[]): readonly string[] {
  const lines: string[] = [];
  for (const { from, lines: some } of batches) lines.push(...some.slice(Math.max(0, lines.length - from)));
  return lines;
}

test('RecordStream sends one batch at a time, and what has come meanwhile as the next', () => {
  const batches: RecordBatch[] = [];
  const stream = new RecordStream((batch) => batches.push(batch));
  for (const line of ['a', 'b', 'c']) stream.put(line);
  assert.deepEqual(batches, [{ from: 0, lines: ['a'] }]);
  stream.written(1);
  assert.deepEqual(batches.at(-1), { from: 1, lines: ['b', 'c'] });
  stream.written(1);
  assert.equal(batches.length, 2);
});

test('RecordStream flushes what waits with what may not have left yet', () => {
  const batches: RecordBatch[] = [];
  const stream = new RecordStream((batch) => batches.push(batch));
  for (const line of ['a', 'b']) stream.put(line);
  stream.written(1);
  for (const line of ['c', 'd']) stream.put(line);
  stream.flush();
  assert.deepEqual(written(batches), ['a', 'b', 'c', 'd']);
  // The one under way was never sent: the same.
  assert.deepEqual(written([...batches.slice(0, 1), ...batches.slice(2)]), ['a', 'b', 'c', 'd']);
});

test('RecordStream loses lines that core does not take, and never those that it has room for', () => {
  const batches: RecordBatch[] = [];
  const stream = new RecordStream((batch) => batches.push(batch));
  const line = 'x'.repeat(1024 * 1024);
  const kept = Array.from({ length: 10 }, () => stream.put(line)).filter((isKept) => isKept).length;
  assert.ok(kept >= 4 && kept <= 6, `${kept}`);
  for (let upTo = 1; upTo <= kept; upTo++) stream.written(upTo);
  assert.equal(written(batches).length, kept);
  assert.ok(stream.put(line));
});
