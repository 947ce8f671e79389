import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServiceConfig } from '../../../src/model/config.ts';
import { configOf, said } from './read.ts';

const service = (keys: string, servers = '[10.0.1.1, { address: 10.0.1.2, weight: 2 }]'): string =>
  `services:
  web:
    { address: 10.0.0.1, port: 80, protocol: tcp, ${keys}, servers: ${servers} }
`;

function read(keys: string, servers?: string): ServiceConfig {
  const [found] = configOf(service(keys, servers)).services;
  if (found === undefined) throw new Error('no service');
  return found;
}

describe('readYaml, of quorums and sorry servers', () => {
  test('reads when a service is up, who serves otherwise, and whom to tell', () => {
    const { quorum, sorry, omega, haSuspend, servers } = read(
      `forward: dr, quorum: 3, hysteresis: 2, quorum_up: /bin/up now, quorum_down: { command: [down], user: me },
      sorry_server: { address: 10.0.2.1, port: 81, forward: nat }, sorry_server_inhibit: true, omega: true, ha_suspend: true,
      inhibit_on_failure: true`,
      '[10.0.1.1, { address: 10.0.1.2, weight: 2, inhibit_on_failure: false, notify_up: /bin/a, notify_down: b }]',
    );
    const as = (user: string | null, ...argv: string[]) => ({ argv, user, group: null });
    assert.deepEqual(quorum, {
      quorum: 3,
      hysteresis: 2,
      up: as(null, '/bin/up', 'now'),
      down: as('me', 'down'),
    });
    assert.deepEqual(
      [sorry?.key, sorry?.attrs.forward, sorry?.attrs.weight, sorry?.inhibit],
      [{ address: '10.0.2.1', port: 81 }, 'nat', 1, true],
    );
    assert.deepEqual([omega, haSuspend], [true, true]);
    assert.deepEqual(
      servers.map(({ inhibitOnFailure, notifyUp, notifyDown }) => [
        inhibitOnFailure,
        notifyUp?.argv,
        notifyDown?.argv,
      ]),
      [
        [true, undefined, undefined],
        [false, ['/bin/a'], ['b']],
      ],
    );
  });

  test('gives a sorry server what its service has', () => {
    const { sorry } = read('forward: tun, tunnel: { type: gue, port: 6080 }, sorry_server: "10.0.2.1"');
    assert.deepEqual([sorry?.key.port, sorry?.attrs.forward, sorry?.attrs.tunnel?.type], [80, 'tun', 'gue']);
    assert.equal(read('sorry_server: "10.0.2.1:81"').sorry?.key.port, 81);
    assert.equal(read('quorum: 1').sorry, null);
  });

  for (const [keys, expected] of [
    [
      'quorum: 4',
      'warning quorum_too_high: the servers weigh 3 together: the quorum is 3, not 4, as with keepalived',
    ],
    [
      'quorum: 2, hysteresis: 2',
      'warning quorum_too_high: this is not below the quorum of 2: the hysteresis is 1, as with keepalived',
    ],
    [
      'quorum: 3, hysteresis: 1',
      'warning quorum_too_high: the quorum is gained at a weight of 4, and the servers weigh 3 together',
    ],
    ['quorum: 0', 'error out_of_range: 0 is out of range: at least 1'],
    ['sorry_server_inhibit: true', 'error conflicting_keys: this needs a "sorry_server"'],
    [
      'forward: dr, sorry_server: "10.0.2.1:81"',
      'error port_mismatch: dr does not change the port: it must be 80, as the service has it',
    ],
    [
      'sorry_server: "2001:db8::1"',
      'error mixed_families: only forwarding by tun takes IPv4 to IPv6 servers',
    ],
    ['sory_server: x', 'error unknown_key: unknown key "sory_server" → sorry_server'],
  ] as const) {
    test(`says what is wrong with { ${keys} }`, () => {
      assert.deepEqual(
        said(service(keys)).map((line) => line.replace(/^\d+:\d+ /, '')),
        [expected],
      );
    });
  }

  test('suspends no service of a mark', () => {
    const text = 'services:\n  web: { fwmark: 7, ha_suspend: true, servers: [10.0.1.1] }\n';
    assert.match(said(text).join(), /^2:33 warning value_replaced: a service of a fwmark has no address/);
    assert.equal(configOf(text).services[0]?.haSuspend, false);
  });
});
