import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import type { SharedFlow } from '../../../src/model/flow-sync.ts';
import type { Protocol, ServiceAttrs } from '../../../src/model/services.ts';
import type { XdpService, XdpTable } from '../../../src/model/xdp.ts';
import { indexForSync, syncScope, takeFlows } from '../../../src/plan/flow-sync.ts';

const VIP = '10.0.0.1' as Ip;
const OTHER = '10.0.0.2' as Ip;
const [A, B] = ['10.0.1.1' as Ip, '10.0.1.2' as Ip];
const attrs: ServiceAttrs = { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false };
const dest = { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null } as const;

const service = (
  slot: number,
  address: Ip,
  more: Partial<ServiceAttrs>,
  hosts: readonly Ip[],
): XdpService => ({
  slot,
  key: { kind: 'address', protocol: 'tcp', address, port: 80 },
  attrs: { ...attrs, ...more },
  isOwned: true,
  ring: { offset: 0, size: 0 },
  ringOf: 0,
  servers: hosts.map((host, i) => ({
    slot: 10 * slot + i,
    state: i === 0 ? 'in' : 'out',
    key: { address: host, port: 80 },
    attrs: dest,
    configuredWeight: 1,
  })),
});

const sticky = { persistence: { timeout: 300, prefix: 32, engine: null } };
const table: XdpTable = {
  room: { services: 8, servers: 64, words: 64 },
  services: [
    service(1, VIP, {}, [A, B]),
    service(2, OTHER, sticky, [A]),
    service(3, '10.0.0.3' as Ip, {}, [A]),
  ],
  open: new Set([1, 2]),
  retired: [],
  addresses: new Map(),
  counts: { unowned: 0, anyPort: 0 },
};

test('flows of others are taken where their service and server are here, and never for long', () => {
  const key = (address: Ip, protocol: Protocol = 'tcp') =>
    ({ kind: 'address', protocol, address, port: 80 }) as const;
  const at = (service: number, address: Ip, port = 80) => ({ service, key: { address, port } });
  const flow = (
    n: number,
    server: number,
    state: SharedFlow['state'] = 'established',
    left = 1000,
  ): SharedFlow => ({
    tag: BigInt(n),
    server,
    state,
    left,
  });
  const taken = takeFlows(
    {
      services: [key(VIP), key(OTHER), key('10.0.0.3' as Ip), key(VIP, 'udp')],
      servers: [at(0, B), at(1, A), at(1, B), at(2, A), at(3, A), at(0, A, 81)],
      flows: [
        flow(1, 0),
        flow(2, 1, 'fin', 50),
        flow(3, 1, 'persist', 500),
        ...[flow(4, 2), flow(5, 3), flow(6, 4, 'udp'), flow(7, 5)],
        ...[flow(8, 0, 'persist'), flow(9, 0, 'udp')],
      ],
    },
    indexForSync(table),
    ({ key: { address } }) => address === VIP,
    (state) => (state === 'persist' ? 280 : 839),
  );
  assert.deepEqual(taken, {
    added: [flow(1, 11, 'established', 839)],
    followed: [flow(2, 20, 'fin', 50), flow(3, 20, 'persist', 280)],
    unknown: 6,
  });
});

test('a service is told of where it is held, as far as others could not choose alike', () => {
  const scope = (more: Partial<ServiceAttrs>) => syncScope({ attrs: { ...attrs, ...more } }, true);
  assert.equal(scope({}), 'all');
  assert.equal(scope({ scheduler: 'mh', schedulerFlags: [2] }), 'off_the_ring');
  assert.equal(scope({ scheduler: 'sh' }), 'all', 'the hash of the client is not known');
  assert.equal(scope({ scheduler: 'mh', schedulerFlags: [2], ...sticky }), 'all');
  assert.equal(scope({ onePacket: true }), 'none');
  assert.equal(syncScope({ attrs }, false), 'none');
});
