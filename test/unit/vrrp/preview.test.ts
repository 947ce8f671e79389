import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteConfig } from '../../../src/model/routes.ts';
import { previewInstances } from '../../../src/vrrp/preview.ts';
import { instanceConfig } from '../../support/instances.ts';

const WORDS = { route: ({ table }: RouteConfig) => `in ${table}`, rule: () => 'a rule' };

test('previewInstances() tells of a route that changes: the old one goes and the new one comes', () => {
  const through = (table: number) => instanceConfig({ routes: [{ table } as RouteConfig] });
  const changed = (before: number, after: number) =>
    previewInstances([through(before)], [through(after)], new Map(), WORDS).map(({ routes }) => routes);
  assert.deepEqual(changed(1, 1), []);
  assert.deepEqual(changed(1, 2), [
    [
      { change: '-', route: 'route in 1' },
      { change: '+', route: 'route in 2' },
    ],
  ]);
});
