import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ip, parseIp } from '../../../../src/base/ip.ts';
import { ok } from '../../../../src/base/result.ts';
import { diagnoseRealServer } from '../../../../src/plan/doctor/realserver.ts';

const ip = (text: string): Ip => parseIp(text) ?? assert.fail(text);

/** What is to be done about 10.0.0.11 on eth0, which has these addresses. */
function fixFor(...addresses: readonly string[]): string {
  const { findings } = diagnoseRealServer([ip('10.0.0.11')], {
    facts: {
      addresses: addresses.map((text) => ({ address: ip(text), prefix: 24, dev: 'eth0', label: null })),
      links: new Map([['eth0', { isUp: true, answersArp: true }]]),
      ...{ gue: [], sysctl: () => '2', module: () => 'loaded' },
    },
    ...{ proxied: ok([]), tunnel: null, hasUnit: () => true },
  });
  return findings.find(({ code }) => code === 'vip_on_segment')?.fix ?? assert.fail('nothing was found');
}

test('diagnoseRealServer warns before it takes an address away that the machine may be reached by', () => {
  const command = 'ip addr del 10.0.0.11/24 dev eth0; lbctl realserver up 10.0.0.11';
  assert.equal(
    fixFor('10.0.0.11', 'fe80::1'),
    `${command}  # not so fast: eth0 has no other address, and without it this machine may be cut off; is 10.0.0.11 the virtual one?`,
  );
  assert.equal(
    fixFor('10.0.0.11', '10.0.0.12'),
    `${command}  # only if 10.0.0.11 is the virtual address, and none that this machine itself is reached by`,
  );
});
