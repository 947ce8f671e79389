import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceConfig } from '../../../src/model/config.ts';
import { desiredService, desiredServices, wholeService } from '../../../src/plan/desired.ts';
import { planIpvs } from '../../../src/plan/ipvs.ts';
import { observedService } from '../../fakes/ipvs.ts';
import { ALL_UP } from '../../support/services.ts';
import { serverConfig, serviceConfig } from '../daemon/check-world.ts';

const healths = {
  '10.0.0.1': 'up',
  '10.0.0.2': 'down',
  '10.0.0.3': 'unchecked',
  '10.0.0.4': 'down',
} as const;
const view = (has = true): typeof ALL_UP => ({
  ...ALL_UP,
  health: (_service, { key }) => healths[key.address as string as keyof typeof healths] ?? 'up',
  hasQuorum: () => has,
});

test('desiredServices leaves servers out that are down, and keeps the service of none', () => {
  const web = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  const lost = serviceConfig('10.0.0.101', ['10.0.0.4']);
  const desired = desiredServices([web, lost], view());
  assert.deepEqual(
    desired.map(({ key, attrs, dests }) => [key, attrs, dests.map((dest) => dest.key.address)]),
    [
      [web.key, web.attrs, ['10.0.0.1', '10.0.0.3']],
      [lost.key, lost.attrs, []],
    ],
  );
  assert.deepEqual(desired[0]?.dests[0]?.attrs, web.servers[0]?.attrs);
});

/** Three servers, of which the second is down, and a sorry server. */
function site(inhibits: boolean, sorryInhibit: boolean, sorryAddress = '10.0.0.9'): ServiceConfig {
  const { key, attrs } = serverConfig(sorryAddress);
  const web = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  const servers = web.servers.map((server) => ({ ...server, inhibitOnFailure: inhibits }));
  return { ...web, servers, sorry: { key, attrs, inhibit: sorryInhibit } };
}
const weights = (service: ServiceConfig, has: boolean): string[] =>
  desiredService(service, view(has)).dests.map(
    ({ key, attrs }) => `${key.address.slice(-1)}=${attrs.weight}`,
  );

test('desiredService puts the sorry server in place of all servers while there is no quorum', () => {
  for (const [inhibits, sorryInhibit, had, lost] of [
    [false, false, ['1=1', '3=1'], ['9=1']],
    [false, true, ['1=1', '3=1', '9=0'], ['9=1']],
    [true, false, ['1=1', '2=0', '3=1'], ['9=1', '1=0', '2=0', '3=0']],
    [true, true, ['1=1', '2=0', '3=1', '9=0'], ['9=1', '1=0', '2=0', '3=0']],
  ] as const) {
    const service = site(inhibits, sorryInhibit);
    assert.deepEqual([weights(service, true), weights(service, false)], [had, lost]);
  }
  const own = site(true, true, '10.0.0.1');
  assert.deepEqual(
    [weights(own, true), weights(own, false)],
    [
      ['1=1', '2=0', '3=1'],
      ['1=1', '2=0', '3=0'],
    ],
  );
});

test('desiredService and planIpvs never leave a service empty when its quorum comes or goes', () => {
  for (const inhibits of [false, true]) {
    for (const sorryInhibit of [false, true]) {
      const service = site(inhibits, sorryInhibit);
      for (const has of [true, false]) {
        const before = desiredService(service, view(!has));
        const serving = new Set(
          before.dests.flatMap(({ key, attrs }) => (attrs.weight > 0 ? [key.address] : [])),
        );
        for (const op of planIpvs(
          [observedService(before, before.dests)],
          [desiredService(service, view(has))],
        )) {
          if (op.op === 'delDest') serving.delete(op.key.address);
          else if (op.op === 'newDest' || op.op === 'setDest') {
            if (op.dest.attrs.weight > 0) serving.add(op.dest.key.address);
            else serving.delete(op.dest.key.address);
          }
          assert.ok(serving.size > 0, `after ${op.op}`);
        }
      }
    }
  }
});

test('wholeService has all servers as configured, and the sorry server unless it is one of them', () => {
  const all = (service: ServiceConfig) => wholeService(service).dests.map(({ key }) => key.address);
  assert.deepEqual(all(site(true, true)), ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.9']);
  assert.deepEqual(all(site(true, true, '10.0.0.1')), ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
});
