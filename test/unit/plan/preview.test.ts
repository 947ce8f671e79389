import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import { millis } from '../../../src/base/units.ts';
import type { ServiceConfig } from '../../../src/model/config.ts';
import type { DesiredService, Dest, ServiceKey } from '../../../src/model/services.ts';
import { previewServices } from '../../../src/plan/preview.ts';
import { observedService } from '../../fakes/ipvs.ts';
import { PLAIN_SERVICE } from '../../support/services.ts';

const key = (port: number): ServiceKey => ({
  kind: 'address',
  protocol: 'tcp',
  address: '192.0.2.1' as Ip,
  port,
});
const attrs = { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false };
const dest = (n: number, weight = 1): Dest => ({
  key: { address: `10.0.0.${n}` as Ip, port: 80 },
  attrs: { weight, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null },
});
const desired = (port: number, ...dests: readonly Dest[]): DesiredService => ({
  key: key(port),
  attrs,
  dests,
});
const observed = ({ key, attrs, dests }: DesiredService) => observedService({ key, attrs }, dests);
const config = (port: number): ServiceConfig => ({
  ...desired(port),
  name: `web${port}`,
  drainTimeout: millis(60_000),
  ...PLAIN_SERVICE,
  servers: [],
});

/** `~ web80: + 10.0.0.1:80, ~ 10.0.0.2:80 drift` */
function preview(kernel: DesiredService[], running: DesiredService[], next: DesiredService[]): string[] {
  const configs = [...running, ...next].map(({ key }) => config(key.kind === 'address' ? key.port : 0));
  return previewServices({ observed: kernel.map(observed), running, next, configs }).map(
    ({ change, name, servers, drift, fields }) => {
      const told = servers.map((server) =>
        [
          server.change,
          server.server,
          ...server.fields.map((field) => `${field.field} ${field.before}>${field.after}`),
          ...(server.drains === null ? [] : ['drained']),
          ...(server.drift ? ['drift'] : []),
        ].join(' '),
      );
      const own = fields.map((field) => ` ${field.field} ${field.before}>${field.after}`).join('');
      return `${change} ${name}${own}${drift ? ' drift' : ''}: ${told.join(', ')}`;
    },
  );
}

test('previewServices has nothing to tell where kernel, running and next agree', () => {
  const same = [desired(80, dest(1), dest(2))];
  assert.deepEqual(preview(same, same, same), []);
});

test('previewServices tells additions, changes and removals, and that removed servers are drained', () => {
  const before = [desired(80, dest(1), dest(2)), desired(81, dest(1))];
  const wrr = { ...desired(80, dest(1, 2), dest(3)), attrs: { ...attrs, scheduler: 'wrr' } };
  assert.deepEqual(preview(before, before, [wrr, desired(82)]), [
    '~ web80 scheduler rr>wrr: ~ 10.0.0.1:80 weight 1>2, + 10.0.0.3:80 weight >1 forward >dr, - 10.0.0.2:80 drained',
    '+ web82: ',
    '- web81: - 10.0.0.1:80 drained',
  ]);
});

test('previewServices calls drift what the running configuration would undo as well', () => {
  const same = [desired(80, dest(1), dest(2)), desired(81)];
  const kernel = [{ ...desired(80, dest(1, 7), dest(9)), attrs: { ...attrs, scheduler: 'lc' } }];
  assert.deepEqual(preview(kernel, same, same), [
    '~ web80 scheduler lc>rr drift: ~ 10.0.0.1:80 weight 7>1 drift, + 10.0.0.2:80 weight >1 forward >dr drift, - 10.0.0.9:80 drained drift',
    '+ web81 drift: ',
  ]);
});

test('previewServices leaves out what is on its way out already', () => {
  const running = [desired(80, dest(1))];
  assert.deepEqual(preview([desired(80, dest(1), dest(2, 0))], running, running), []);
});
