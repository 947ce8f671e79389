import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLosses } from '../../../src/daemon/core-drill.ts';

const parsed = (query: string) => parseLosses(new URLSearchParams(query));

test('parseLosses reads every kind of loss', () => {
  assert.deepEqual(
    parsed(
      'stop=1&peer-loss=VI_1&link=eth0&server=10.0.0.1:80&server=2001:db8::1&tracker=script:a:b&tracker=file:load=-3',
    ),
    {
      ok: true,
      value: [
        { kind: 'stop' },
        { kind: 'peer', name: 'VI_1' },
        { kind: 'link', interface: 'eth0' },
        { kind: 'server', address: '10.0.0.1', port: 80 },
        { kind: 'server', address: '2001:db8::1', port: null },
        { kind: 'tracker', tracker: 'script', name: 'a:b' },
        { kind: 'file', name: 'load', value: -3 },
      ],
    },
  );
});

test('parseLosses refuses nothing at all, no address, and a tracker of no kind', () => {
  for (const query of ['', 'server=web1', 'tracker=file:x', 'tracker=script']) {
    assert.equal(parsed(query).ok, false, query);
  }
});
