import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seconds } from '../../../src/base/units.ts';
import type { HmacConfig, InstanceConfig } from '../../../src/model/config.ts';
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

test('previewInstances() tells of other keys without showing them, and of a master that will need witnesses', () => {
  const hmac = (byte: number): HmacConfig => ({
    keys: [{ id: 1, secret: { kind: 'bytes', bytes: new Uint8Array(32).fill(byte) } }],
    ...{ activeKey: 1, antiReplay: 'time', window: seconds(1), mode: 'enforce' },
  });
  const takeover = { gateway: null, suspectHold: null, witness: 'required' } as const;
  const [before, keyed, bound] = [
    instanceConfig({ hmac: hmac(1) }),
    instanceConfig({ hmac: hmac(2) }),
    instanceConfig({ hmac: hmac(1), takeover }),
  ];
  const state = (name: 'MASTER' | 'BACKUP') => new Map([[before.name, name]]);
  const changed = (after: InstanceConfig, at: 'MASTER' | 'BACKUP') =>
    previewInstances([before], [after], state(at), WORDS)[0];
  assert.deepEqual(changed(keyed, 'MASTER')?.fields, [
    { field: 'auth_hmac keys', before: '…', after: 'others' },
  ]);
  assert.equal(previewInstances([before], [instanceConfig({ hmac: hmac(1) })], new Map(), WORDS).length, 0);
  assert.match(changed(bound, 'MASTER')?.cuts ?? '', /leave this master unless a majority of its witnesses/);
  assert.equal(changed(bound, 'BACKUP')?.cuts, null);
});
