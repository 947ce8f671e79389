import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallTime } from '../../../src/base/units.ts';
import type { DestAttrs, DestKey } from '../../../src/model/services.ts';
import type { ServerStatus } from '../../../src/model/status.ts';
import { withAdopted } from '../../../src/plan/adopted.ts';
import { desiredServices } from '../../../src/plan/desired.ts';
import { ALL_UP, PLAIN_STATUS } from '../../support/services.ts';
import { ip, serviceConfig } from '../daemon/check-world.ts';

const byHand = (key: DestKey, attrs: DestAttrs | null): ServerStatus => ({
  key,
  forward: 'dr',
  configuredWeight: 1,
  effectiveWeight: 1,
  health: 'up',
  since: wallTime(0),
  lastCheck: null,
  checks: [],
  draining: null,
  order: null,
  slowStart: null,
  byHand: { policy: 'adopt', attrs, configured: attrs, difference: '' },
});

test('withAdopted keeps what was changed by hand, unless the next configuration changes that very thing', () => {
  const running = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  const [first, second, third] = running.servers;
  assert.ok(first && second && third);
  const reweighted = { ...second, attrs: { ...second.attrs, weight: 9 } };
  const next = { ...running, servers: [first, reweighted, third] };
  const added = { address: ip('10.0.0.9'), port: 80 };
  const servers = [
    byHand(first.key, { ...first.attrs, weight: 0 }),
    byHand(second.key, { ...second.attrs, weight: 0 }),
    byHand(third.key, null),
    byHand(added, first.attrs),
  ];
  const status = [{ name: running.name, key: running.key, servers, ...PLAIN_STATUS }];
  const adopted = withAdopted(desiredServices([next], ALL_UP), [running], [next], status);
  assert.deepEqual(
    adopted[0]?.dests.map(({ key, attrs }) => `${key.address} ${attrs.weight}`),
    ['10.0.0.1 0', '10.0.0.2 9', `10.0.0.9 ${first.attrs.weight}`],
  );
});
