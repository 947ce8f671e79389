import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import type { DesiredService, Dest, DestAttrs, ServiceKey } from '../../../src/model/services.ts';
import { ours, planIpvs } from '../../../src/plan/ipvs.ts';
import { observedService } from '../../fakes/ipvs.ts';

const key = (port: number): ServiceKey => ({
  kind: 'address',
  protocol: 'tcp',
  address: '192.0.2.1' as Ip,
  port,
});
const attrs = { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false };
const dest = (n: number, other: Partial<DestAttrs> = {}): Dest => ({
  key: { address: `10.0.0.${n}` as Ip, port: 80 },
  attrs: { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null, ...other },
});
const desired = (port: number, ...dests: readonly Dest[]): DesiredService => ({
  key: key(port),
  attrs,
  dests,
});
const observed = (port: number, ...dests: readonly Dest[]) =>
  observedService({ key: key(port), attrs }, dests);

test('planIpvs makes services before servers, adds servers before it deletes others, deletes services last', () => {
  const plan = planIpvs(
    [observed(443, dest(1)), observed(80, dest(1), dest(2))],
    [desired(80, dest(2), dest(3)), desired(8080, dest(1))],
  );
  assert.deepEqual(plan, [
    { op: 'newDest', of: key(80), dest: dest(3) },
    { op: 'delDest', of: key(80), key: dest(1).key },
    { op: 'newService', service: { key: key(8080), attrs } },
    { op: 'newDest', of: key(8080), dest: dest(1) },
    { op: 'delService', key: key(443) },
  ]);
});

test('planIpvs sets what exists under another scheduler, weight or forwarding method', () => {
  const service = { key: key(80), attrs: { ...attrs, scheduler: 'wrr' } };
  const dests = [dest(1, { weight: 0 }), dest(2, { forward: 'nat' }), dest(3)];
  assert.deepEqual(planIpvs([observed(80, dest(1), dest(2), dest(3))], [{ ...service, dests }]), [
    { op: 'setService', service },
    { op: 'setDest', of: key(80), dest: dest(1, { weight: 0 }) },
    { op: 'setDest', of: key(80), dest: dest(2, { forward: 'nat' }) },
  ]);
});

test('planIpvs gives a new service with many servers a scheduler that builds its table for each of them at the end', () => {
  const dests = Array.from({ length: 16 }, (_, i) => dest(i + 1));
  const hashed = { ...attrs, scheduler: 'mh', schedulerFlags: [1] } as const;
  const of = (plan: ReturnType<typeof planIpvs>) =>
    plan.map((op) => ('service' in op ? `${op.op} ${op.service.attrs.scheduler}` : op.op));
  const servers = dests.map(() => 'newDest');
  assert.deepEqual(of(planIpvs([], [{ key: key(80), attrs: hashed, dests }])), [
    ...['newService mh', 'setService rr'],
    ...servers,
    'setService mh',
  ]);
  assert.deepEqual(of(planIpvs([], [{ key: key(80), attrs, dests }])), ['newService rr', ...servers]);
  // Clients of a service that is there are spread by its table.
  const there = observedService({ key: key(80), attrs: hashed }, []);
  assert.deepEqual(of(planIpvs([there], [{ key: key(80), attrs: hashed, dests }])), servers);
});

test('planIpvs takes a tunnel without description for the IPIP that the kernel reports', () => {
  const tunnel = dest(1, { forward: 'tun' });
  assert.deepEqual(planIpvs([observed(80, tunnel)], [desired(80, tunnel)]), []);
  const gue = dest(1, { forward: 'tun', tunnel: { type: 'gue', port: 6080, checksum: 'none' } });
  assert.deepEqual(planIpvs([observed(80, gue)], [desired(80, tunnel)]), [
    { op: 'setDest', of: key(80), dest: tunnel },
  ]);
});

test('ours leaves out services of other programs', () => {
  const table = { version: '1.2.1', connectionTableSize: 4096, services: [observed(80), observed(443)] };
  assert.deepEqual(ours(table, [key(443), key(8080)]), [observed(443)]);
});
