import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis, wallTime } from '../../../src/base/units.ts';
import type { OrderStatus, ServerStatus, ServiceStatus } from '../../../src/model/status.ts';
import { joinServices } from '../../../src/view/joined-services.ts';
import { isInForce, type Standing, showEach, showOrdered } from '../../../src/view/server-orders.ts';
import { showServers } from '../../../src/view/servers.ts';
import { observedDest } from '../../fakes/ipvs.ts';
import { PLAIN_STATUS } from '../../support/services.ts';
import { serverConfig, serviceConfig } from '../daemon/check-world.ts';

const NAME = '10.0.0.1:80 of web';
const NOW = wallTime(1_795_000_000_000);
const { key, attrs } = serverConfig('10.0.0.1');
const sorryServer = { key: serverConfig('10.0.0.9').key, forward: 'dr', serves: true } as const;
const drain: OrderStatus = { kind: 'drain', since: NOW, limit: millis(5000), ended: null };
const weightZero: OrderStatus = {
  ...{ kind: 'weight', since: NOW, weight: { count: 0, isPercent: false }, ended: null },
};

/** A server of `web` at this address with this order, in the table with this weight, or not in it. */
function standing(
  order: OrderStatus | null,
  weight: number | null,
  about: Partial<ServerStatus> = {},
  of: Partial<ServiceStatus> = {},
): Standing {
  const server: ServerStatus = {
    ...{ key, forward: attrs.forward, configuredWeight: 1, effectiveWeight: weight ?? 1, health: 'up' },
    ...{ since: NOW, lastCheck: null, checks: [], draining: null, order, slowStart: null, byHand: null },
    ...about,
  };
  const service: ServiceStatus = {
    ...PLAIN_STATUS,
    ...{ name: 'web', key: serviceConfig('10.0.0.100', []).key, servers: [server] },
    ...of,
  };
  const dest = weight === null ? null : observedDest({ key, attrs: { ...attrs, weight } });
  return { service, server, dest, isRead: true };
}

test('showOrdered says what is in force of a weight: without a quorum the server is out, whatever was ordered', () => {
  const still = standing(weightZero, 1, { effectiveWeight: 0 }, { sorryServer });
  assert.equal(isInForce(still, weightZero), false, 'the kernel still has its former weight');
  const out = standing(weightZero, null, { effectiveWeight: 0 }, { sorryServer });
  assert.equal(isInForce(out, weightZero), true);
  const line = (one: Standing) => showOrdered(one, NAME, 0, NOW);
  assert.equal(
    line(out),
    '10.0.0.1:80 of web weighs 0 by order, but is out of the table: web has no quorum, and sorry server 10.0.0.9:80 serves',
  );
  assert.equal(
    line(standing(weightZero, 1, { effectiveWeight: 0 })),
    '10.0.0.1:80 of web weighs 0 by order, but the table has weight 1',
  );
  assert.equal(line(standing(weightZero, 0)), '10.0.0.1:80 of web weighs 0 by order: weight 0');
});

test('showOrdered says of a drain that the server was not in the table, and not that it has left it', () => {
  const line = (one: Standing) => showOrdered(one, NAME, 0, NOW);
  const rest = ': there is nothing to drain, and it stays out until lbctl ready 10.0.0.1:80@web';
  assert.equal(line(standing(drain, null)), `10.0.0.1:80 of web was not in the table${rest}`);
  assert.equal(
    line(standing(drain, null, { health: 'down' })),
    `10.0.0.1:80 of web was not in the table, for it is down${rest}`,
  );
  const gone = { ...drain, ended: { how: 'idle', cut: 0, at: NOW } as const };
  assert.equal(
    line(standing(gone, null)),
    '10.0.0.1:80 of web has left the table: no connection was left after 0s',
  );
  const quiet = standing(drain, 0);
  assert.equal(isInForce(quiet, drain), false, 'it had weight 0 before, and its drain has not begun');
  assert.equal(line(quiet), '10.0.0.1:80 of web is drained, but still in the table');
});

test('showEach says once what is the same at all addresses of a service, and names the address of what is not', () => {
  const at = (address: string, weight: number | null) =>
    standing(weightZero, weight, { effectiveWeight: 0 }, { key: serviceConfig(address, []).key });
  const api = standing(weightZero, 0, {}, { name: 'api' });
  const show = (...all: Standing[]) => showEach(all, (one, name) => showOrdered(one, name, 0, NOW));
  assert.equal(
    show(at('10.0.0.100', 0), at('10.0.0.101', 0), api),
    '10.0.0.1:80 of web (at each of its 2 addresses) weighs 0 by order: weight 0\n10.0.0.1:80 of api weighs 0 by order: weight 0\n',
  );
  assert.equal(
    show(at('10.0.0.100', 0), at('10.0.0.101', null)),
    '10.0.0.1:80 of web (tcp 10.0.0.100:80) weighs 0 by order: weight 0\n10.0.0.1:80 of web (tcp 10.0.0.101:80) weighs 0 by order, but is not in the table\n',
  );
});

test('showServers names the address where a service has several', () => {
  const { service } = standing(null, null);
  const twice = { ...service, key: serviceConfig('10.0.0.101', []).key };
  const joined = joinServices({
    table: { available: false, reason: 'none' },
    services: [service, twice, { ...service, name: 'api' }],
  });
  const names = showServers(joined, NOW)
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(/ {2,}/)[0]);
  assert.deepEqual(names, ['web (tcp 10.0.0.100:80)', 'web (tcp 10.0.0.101:80)', 'api']);
});
