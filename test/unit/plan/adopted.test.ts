import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallTime } from '../../../src/base/units.ts';
import { type DestAttrs, type DestKey, serviceKey } from '../../../src/model/services.ts';
import type { ServerStatus } from '../../../src/model/status.ts';
import { withAdopted } from '../../../src/plan/adopted.ts';
import { desiredServices } from '../../../src/plan/desired.ts';
import { ALL_UP, PLAIN_STATUS } from '../../support/services.ts';
import { ip, serviceConfig } from '../daemon/check-world.ts';

const byHand = (key: DestKey, attrs: DestAttrs | null, difference: string): ServerStatus => ({
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
  byHand: { policy: 'adopt', attrs, configured: attrs, difference },
});

test('withAdopted keeps what was changed by hand, unless the next configuration changes that very thing', () => {
  const running = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  const [first, second, third] = running.servers;
  assert.ok(first && second && third);
  const reweighted = { ...second, attrs: { ...second.attrs, weight: 9 } };
  const next = { ...running, servers: [first, reweighted, third] };
  const added = { address: ip('10.0.0.9'), port: 80 };
  const servers = [
    byHand(first.key, { ...first.attrs, weight: 0 }, 'weight 0 instead of 1'),
    byHand(second.key, { ...second.attrs, weight: 0 }, 'weight 0 instead of 1'),
    byHand(third.key, null, 'removed'),
    byHand(added, first.attrs, 'added'),
  ];
  const status = [{ name: running.name, key: running.key, servers, ...PLAIN_STATUS }];
  const { desired, kept } = withAdopted(desiredServices([next], ALL_UP), [running], [next], status);
  assert.deepEqual(
    desired[0]?.dests.map(({ key, attrs }) => `${key.address} ${attrs.weight}`),
    ['10.0.0.1 0', '10.0.0.2 9', `10.0.0.9 ${first.attrs.weight}`],
  );
  assert.deepEqual(
    kept.map(({ service, server, difference }) => `${service} ${server}: ${difference}`),
    [
      `${next.name} 10.0.0.1:80: weight 0 instead of 1`,
      `${next.name} 10.0.0.3:80: removed`,
      `${next.name} 10.0.0.9:80: added`,
    ],
  );
});

test('withAdopted tells of a service that was removed by hand, and not of a server that is down', () => {
  const web = serviceConfig('10.0.0.100', ['10.0.0.1']);
  const mail = serviceConfig('10.0.0.101', ['10.0.0.2']);
  const [one] = web.servers;
  assert.ok(one);
  const gone = { policy: 'adopt', attrs: null, configured: mail.attrs, difference: 'removed' } as const;
  const heavy = byHand(one.key, { ...one.attrs, weight: 7 }, 'weight 7 instead of 1');
  const { desired, kept } = withAdopted(
    desiredServices([web, mail], { ...ALL_UP, health: () => 'down' }),
    [web, mail],
    [web, mail],
    [
      { name: web.name, key: web.key, ...PLAIN_STATUS, servers: [heavy] },
      { name: mail.name, key: mail.key, servers: [], ...PLAIN_STATUS, byHand: gone },
    ],
  );
  assert.deepEqual(
    desired.map(({ key, dests }) => [key, dests]),
    [[web.key, []]],
  );
  assert.deepEqual(kept, [
    { service: mail.name, key: serviceKey(mail.key), server: null, difference: 'removed' },
  ]);
});
