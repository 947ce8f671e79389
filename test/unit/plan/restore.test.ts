import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import type { RestoreRequest } from '../../../src/model/restore.ts';
import type { DesiredService, Dest, DestAttrs, ServiceKey } from '../../../src/model/services.ts';
import { type ConfiguredService, planRestore } from '../../../src/plan/restore.ts';
import { FakeIpvs, observedService } from '../../fakes/ipvs.ts';

const at = (address: string): ServiceKey => ({
  kind: 'address',
  protocol: 'tcp',
  address: address as Ip,
  port: 80,
});
const dest = (address: string, more: Partial<DestAttrs> = {}): Dest => ({
  key: { address: address as Ip, port: 80 },
  attrs: { weight: 1, forward: 'nat', upperThreshold: 0, lowerThreshold: 0, tunnel: null, ...more },
});
const service = (address: string, ...dests: readonly Dest[]): DesiredService => ({
  key: at(address),
  attrs: { scheduler: 'wlc', schedulerFlags: [], persistence: null, onePacket: false },
  dests,
});

/** The kernel has a service of the configuration and two of others; of one of those a client uses a server. */
function kernel(): FakeIpvs {
  const services = [
    service('10.0.0.1', dest('10.1.0.1', { weight: 5 })),
    service('10.0.0.2', dest('10.1.0.1'), dest('10.1.0.2')),
    service('10.0.0.3', dest('10.1.0.1')),
  ];
  const ipvs = new FakeIpvs(services.map((each) => observedService(each, each.dests)));
  ipvs.connect(at('10.0.0.2'), dest('10.1.0.2').key, 3);
  return ipvs;
}

/** It has two servers of weight 3, of which a check has made the one 5; the other is down. */
const OURS: readonly ConfiguredService[] = [
  {
    key: at('10.0.0.1'),
    name: 'web',
    whole: service('10.0.0.1', dest('10.1.0.1', { weight: 3 }), dest('10.1.0.2', { weight: 3 })),
    now: service('10.0.0.1', dest('10.1.0.1', { weight: 5 })),
  },
];

const plan = (ipvs: FakeIpvs, services: readonly DesiredService[], prune = false) =>
  planRestore(ipvs.table, OURS, { services, prune, dryRun: false } satisfies RestoreRequest);

test('planRestore changes what differs in the services of others, and tells whom that cuts', () => {
  const ipvs = kernel();
  const saved = [
    service('10.0.0.2', dest('10.1.0.1', { weight: 2 })),
    service('10.0.0.4', dest('10.1.0.9', { upperThreshold: 10 })),
  ];
  const planned = plan(ipvs, saved);
  assert.ok(planned.ok);
  const { ops, changes, configured, kept } = planned.value;
  assert.deepEqual(
    ops.map(({ op }) => op),
    ['setDest', 'delDest', 'newService', 'newDest'],
  );
  assert.deepEqual(
    changes.map(({ change, key, servers }) => [
      change,
      key,
      servers.map(({ change, server, cuts, drift }) => [change, server, cuts, drift]),
    ]),
    [
      [
        ' ',
        'tcp 10.0.0.2:80',
        [
          ['~', '10.1.0.1:80', 0, false],
          ['-', '10.1.0.2:80', 3, false],
        ],
      ],
      ['+', 'tcp 10.0.0.4:80', [['+', '10.1.0.9:80', 0, false]]],
    ],
  );
  assert.deepEqual([configured, kept], [[], 1]);
  for (const op of ops) assert.ok(ipvs.apply(op).ok);
  const again = plan(ipvs, saved);
  assert.deepEqual(again.ok && [again.value.ops, again.value.changes], [[], []]);
});

test('planRestore removes services of others only where it is to prune', () => {
  const planned = plan(kernel(), [], true);
  assert.ok(planned.ok);
  assert.deepEqual(planned.value.ops, [
    { op: 'delService', key: at('10.0.0.2') },
    { op: 'delService', key: at('10.0.0.3') },
  ]);
  assert.equal(planned.value.kept, 0);
});

test('planRestore leaves a service of the configuration alone in every health that it may be in', () => {
  for (const dests of [
    [dest('10.1.0.1', { weight: 5 })],
    [dest('10.1.0.1', { weight: 3 }), dest('10.1.0.2', { weight: 0 })],
    [],
  ]) {
    const planned = plan(kernel(), [service('10.0.0.1', ...dests)]);
    assert.deepEqual(planned.ok && [planned.value.ops, planned.value.configured], [[], ['web']]);
  }
});

test('planRestore names all in which a service of the configuration is another', () => {
  const saved = service(
    '10.0.0.1',
    dest('10.1.0.1', { weight: 7 }),
    dest('10.1.0.2', { weight: 3, upperThreshold: 9 }),
    dest('10.1.0.3'),
  );
  const planned = plan(kernel(), [
    { ...saved, attrs: { ...saved.attrs, scheduler: 'rr' } },
    service('10.0.0.9'),
  ]);
  assert.deepEqual(planned, {
    ok: false,
    error: [
      'web (tcp 10.0.0.1:80): scheduler rr instead of wlc',
      'server 10.1.0.1:80 of web (tcp 10.0.0.1:80): weight 7 instead of 3',
      'server 10.1.0.2:80 of web (tcp 10.0.0.1:80): upper_threshold 9 instead of none',
      'server 10.1.0.3:80 of web (tcp 10.0.0.1:80): the configuration does not have it, or it is ordered out',
    ],
  });
});
