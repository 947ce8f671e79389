import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallTime } from '../../../src/base/units.ts';
import type { DestAttrs } from '../../../src/model/services.ts';
import type { ByHand, ServerStatus } from '../../../src/model/status.ts';
import { joinServices } from '../../../src/view/joined-services.ts';
import { showServices, showServicesJson } from '../../../src/view/services.ts';
import { observedService } from '../../fakes/ipvs.ts';
import { PLAIN_STATUS } from '../../support/services.ts';
import { ip, serverConfig, serviceConfig } from '../daemon/check-world.ts';

const web = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);
const attrs = serverConfig('10.0.0.1').attrs;
const at = (address: string) => ({ address: ip(address), port: 80 });
const dest = (address: string) => ({ key: at(address), attrs });

const server = (address: string, byHand: ByHand<DestAttrs> | null): ServerStatus => ({
  ...{
    key: at(address),
    forward: 'dr',
    configuredWeight: 1,
    effectiveWeight: 1,
    health: 'up',
    since: wallTime(0),
  },
  ...{ lastCheck: null, checks: [], draining: null, order: null, slowStart: null, byHand },
});
const removed = { policy: 'report', attrs: null, configured: attrs, difference: 'removed' } as const;
const added = { policy: 'report', attrs, configured: null, difference: 'added' } as const;

/** The service with these servers, of which the kernel has these. */
const joined = (servers: readonly ServerStatus[], inKernel: readonly string[]) => {
  const quorum = { has: true, since: wallTime(0), live: 2, quorum: 1, hysteresis: 0 };
  const table = {
    ...{ version: '1.2.1', connectionTableSize: 4096 },
    services: [observedService({ key: web.key, attrs: web.attrs }, inKernel.map(dest))],
  };
  return joinServices({
    table: { available: true, takenAt: wallTime(0), value: table },
    services: [{ ...PLAIN_STATUS, name: 'web', key: web.key, quorum, servers }],
  });
};
const row = (...of: Parameters<typeof joined>): string | undefined =>
  showServices(joined(...of))
    .split('\n')[1]
    ?.replace(/ {2,}/g, ' ');

test('showServices counts the configured servers that the kernel has, and says what was done by hand', () => {
  const servers = [server('10.0.0.1', null), server('10.0.0.2', removed), server('10.0.0.9', added)];
  const inKernel = ['10.0.0.1', '10.0.0.9'];
  assert.equal(
    row(servers, inKernel),
    'web tcp 10.0.0.100:80 rr 1/2 0 0 serves, 1 removed by hand, 1 added by hand',
  );
  const [shown] = JSON.parse(showServicesJson(joined(servers, inKernel), wallTime(0))).services;
  assert.deepEqual([shown.up, shown.servers, shown.removed_by_hand, shown.added_by_hand], [1, 2, 1, 1]);
});

test('showServices does not say that a service serves of which the kernel has no server', () => {
  const servers = [server('10.0.0.1', removed), server('10.0.0.2', removed)];
  assert.equal(
    row(servers, []),
    'web tcp 10.0.0.100:80 rr 0/2 0 0 no server in the kernel, 2 removed by hand',
  );
});
