import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ip } from '../../../src/base/ip.ts';
import type { DesiredService, Dest, DestAttrs } from '../../../src/model/services.ts';
import { printIpvsRules } from '../../../src/view/ipvsadm-rules.ts';

// What ipvsadm -Sn prints is compared with ipvsadm itself (test/guest). Here is what it leaves out.

const dest = (address: string, more: Partial<DestAttrs>): Dest => ({
  key: { address: address as Ip, port: 80 },
  attrs: { weight: 1, forward: 'dr', upperThreshold: 0, lowerThreshold: 0, tunnel: null, ...more },
});
const TABLE: readonly DesiredService[] = [
  {
    key: { kind: 'fwmark', fwmark: 4_294_967_295, family: 'inet6' },
    attrs: {
      ...{ scheduler: 'sh', schedulerFlags: [2, 3], onePacket: true },
      persistence: { timeout: 300, prefix: 64, engine: 'sip' },
    },
    dests: [
      dest('2001:db8::2', { upperThreshold: 20, lowerThreshold: 10 }),
      dest('10.0.0.1', {
        ...{ forward: 'tun', tunnel: { type: 'gue', port: 6080, checksum: 'csum' }, upperThreshold: 5 },
      }),
    ],
  },
];

test('printIpvsRules tells thresholds and the third flag of sh only where nothing is to be lost', () => {
  assert.equal(
    printIpvsRules(TABLE, 'as_ipvsadm'),
    `-A -f -1 -6 -s sh -p 300 -M 64 --pe sip -o -b sh-port
-a -f -1 -6 -r 10.0.0.1:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-a -f -1 -6 -r [2001:db8::2]:80 -g -w 1
`,
  );
  assert.equal(
    printIpvsRules(TABLE, 'lossless'),
    `-A -f -1 -6 -s sh -p 300 -M 64 --pe sip -o -b sh-port,flag-3
-a -f -1 -6 -r 10.0.0.1:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum -x 5
-a -f -1 -6 -r [2001:db8::2]:80 -g -w 1 -x 20 -y 10
`,
  );
});

test('printIpvsRules has one order for a table in whatever order the kernel has it, where nothing is to be lost', () => {
  const services = ['10.0.0.1', '192.0.2.1', '128.0.0.9', '1.1.1.1'].map(
    (address): DesiredService => ({
      key: { kind: 'address', protocol: 'tcp', address: address as Ip, port: 80 },
      attrs: { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false },
      dests: [],
    }),
  );
  const lines = (of: readonly DesiredService[]) => printIpvsRules(of, 'lossless').match(/[\d.]+:80/g);
  assert.deepEqual(lines(services), ['1.1.1.1:80', '10.0.0.1:80', '128.0.0.9:80', '192.0.2.1:80']);
  assert.deepEqual(lines(services.toReversed()), lines(services));
});
