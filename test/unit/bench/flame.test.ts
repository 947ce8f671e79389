import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawFlames } from '../../../bench/profile/flame.ts';
import { type CpuProfile, mergeStacks } from '../../../bench/profile/stacks.ts';
import { assertInside, readTags } from './xml.ts';

const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 9 });
const PARSE = 'parse (config/parse.js:10)';

/** main calls parse, which calls itself; samples are 1 ms apart. */
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('main', 'file:///lbd/dist/src/daemon/main.js'), children: [4] },
    { id: 4, callFrame: frame('parse', 'file:///lbd/dist/src/config/parse.js'), children: [5] },
    { id: 5, callFrame: frame('parse', 'file:///lbd/dist/src/config/parse.js') },
  ],
  samples: [3, 4, 5, 5, 2, 2, 3],
  timeDeltas: [500, 1000, 1000, 1000, 1000, 1000, 1000],
};

test('a sample lasts until the next one, and what a function takes within itself counts once', () => {
  const { root, functions, idle } = mergeStacks([PROFILE]);
  assert.equal(root.total, 4000);
  assert.equal(idle, 2000);
  assert.deepEqual(functions.get(PARSE), { self: 3000, total: 3000 });
  assert.deepEqual(functions.get('main (daemon/main.js:10)'), { self: 1000, total: 4000 });
});

test('the same calls of several processes are one frame', () => {
  const { root } = mergeStacks([PROFILE, PROFILE]);
  assert.equal(root.total, 8000);
  assert.equal(root.calls.size, 1);
});

test('a flame graph is well-formed, within its box, and tells self and total when pointed at', () => {
  const svg = drawFlames('core & <more>', mergeStacks([PROFILE]));
  assertInside(readTags(svg));
  assert.match(
    svg,
    /<title>main \(daemon\/main\.js:10\)\nhere: total 4 ms \(100\.0 %\), self 1 ms \(25\.0 %\)/,
  );
  assert.match(svg, /everywhere: total 3 ms \(75\.0 %\), self 3 ms \(75\.0 %\)/);
});

test('a process that did nothing has a graph too', () => {
  assertInside(readTags(drawFlames('idle', mergeStacks([{ nodes: [], samples: [], timeDeltas: [] }]))));
});
