import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ip, parseIp } from '../../../src/base/ip.ts';
import { millis, wallTime } from '../../../src/base/units.ts';
import type { LastCheck, ServerCheck, ServerStatus, ServiceStatus } from '../../../src/model/status.ts';
import { showChecks } from '../../../src/view/checks.ts';
import { joinServices } from '../../../src/view/joined-services.ts';
import { showServers } from '../../../src/view/servers.ts';
import { showServices } from '../../../src/view/services.ts';
import { showWhyServer } from '../../../src/view/why-server.ts';
import { PLAIN_STATUS } from '../../support/services.ts';

const NOW = wallTime(1_795_000_000_000);
const address = (text: string): Ip => parseIp(text) ?? assert.fail(text);

const found = (over: Partial<LastCheck>): LastCheck => ({
  ...{ at: wallTime(NOW - 2000), verdict: 'unknown', latency: millis(0), result: 'error' },
  ...{ detail: 'no TLS: /nope.pem has no certificate in PEM', code: null, layer: 6, ...over },
});
const server = (
  last: number,
  check: Partial<ServerCheck>,
  health: ServerStatus['health'] = 'up',
): ServerStatus => ({
  key: { address: address(`10.0.0.${last}`), port: 443 },
  ...{ forward: 'dr', configuredWeight: 1, effectiveWeight: 1, health, since: wallTime(NOW - 65_000) },
  ...{ lastCheck: null, draining: null, order: null, slowStart: null, byHand: null },
  checks: [
    {
      ...{ type: 'http', of: `https://10.0.0.${last}:443`, health: 'up', last: found({}), nextAt: null },
      ...{ failures: 0, retry: 0, successes: 0, rise: 1, ...check },
    },
  ],
});
const service: ServiceStatus = {
  ...{ name: 'web', key: { kind: 'address', protocol: 'tcp', address: address('10.0.0.100'), port: 443 } },
  ...PLAIN_STATUS,
  quorum: { has: true, since: NOW, live: 2, quorum: 1, hysteresis: 0 },
  servers: [
    server(1, {}),
    server(2, { type: 'misc', of: '/no/check.sh', last: found({ layer: null }) }),
    server(3, {
      failures: 1,
      retry: 2,
      last: found({ verdict: 'fail', result: 'tls', detail: 'certificate: it has ended' }),
    }),
  ],
};

test('showChecks and its like tell a server up whose check cannot be made from one that is well', () => {
  const checks = service.servers.flatMap((one) =>
    one.checks.map((check) => ({ service, server: one, check })),
  );
  assert.equal(
    showChecks(checks, NOW),
    `Service  Server        Check              State           Result   Latency  Age  Next  Fails  Rises
web      10.0.0.1:443  https              up, unverified  SOCKERR     0 ms   2s     -      -      -
web      10.0.0.2:443  misc /no/check.sh  up, unverified  PROCERR     0 ms   2s     -      -      -
web      10.0.0.3:443  https              up              L6RSP       0 ms   2s     -    1/3      -
`,
  );
  const joined = joinServices({ table: { available: false, reason: 'none' }, services: [service] });
  assert.match(showServices(joined), / 3\/3 .*, 2 unverified$/m);
  assert.deepEqual(
    showServers(joined, NOW).match(/up 1m 5s.*$/gm),
    ['up 1m 5s, unverified (SOCKERR)', 'up 1m 5s, unverified (PROCERR)', 'up 1m 5s'].map(
      (state) => `${state}, not in the kernel`,
    ),
  );
});

test('showWhyServer says of a check that cannot be made that it says nothing', () => {
  const [first, , third] = service.servers;
  assert.ok(first !== undefined && third !== undefined);
  const [head, line] = showWhyServer([{ service, server: first }], NOW);
  assert.match(head ?? '', /^10\.0\.0\.1:443 of web \(tcp 10\.0\.0\.100:443\) is up, unverified, since /);
  assert.equal(
    line,
    '  check by http of https://10.0.0.1:443 cannot be made: error, 2s ago (no TLS: /nope.pem has no certificate in PEM); it says nothing of the server, which stays as it is until that is put right here',
  );
  assert.match(
    showWhyServer([{ service, server: third }], NOW).join('\n'),
    /is up since .*\n.*, which is not enough yet to change that \(certificate: it has ended\)/,
  );
});

test('a server that is down by a check that can no longer be made is unverified too', () => {
  const down = server(4, { health: 'down' }, 'down');
  const [fails] = server(4, { health: 'down', last: found({ verdict: 'fail', result: 'refused' }) }).checks;
  assert.ok(fails !== undefined);
  const state = (one: ServerStatus) =>
    showServers(
      joinServices({
        table: { available: false, reason: 'none' },
        services: [{ ...service, servers: [one] }],
      }),
      NOW,
    ).match(/down 1m 5s.*/)?.[0];
  assert.equal(state(down), 'down 1m 5s, unverified (SOCKERR)');
  assert.equal(state({ ...down, checks: [fails, ...down.checks] }), 'down 1m 5s (L4CON)');
});
