import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Ip } from '../../src/base/ip.ts';
import { eventually } from '../support/eventually.ts';
import { DONE, FAMILIES, GROUP, KernelHosts } from '../support/kernel-hosts.ts';

const LIMIT = 5000;

suite('the filter of the VRRP socket', () => {
  let hosts: KernelHosts;
  before(async () => {
    hosts = await KernelHosts.open(() => undefined);
  });
  after(() => hosts.close());

  for (const family of FAMILIES) {
    test(`guard() keeps from the socket what cannot be for us, over ${family}, until it is taken away`, async () => {
      // Of the same interface name and kind, opened by the same process.
      const other = await hosts.openSocket('client', 'eth0', family);
      const [d1, d2] = [
        await hosts.openSocket('d1', 'eth0', family),
        await hosts.openSocket('d2', 'eth0', family),
      ];
      try {
        const source = await hosts.primary('d1', family);
        const stranger = (family === 'inet' ? '172.25.1.77' : 'fe80::77') as Ip;
        const advert = (vrid: number, ttl = 255, from = source) => ({
          source: from,
          destination: GROUP[family],
          ttl,
          payload: Uint8Array.of(0x31, vrid, 100, 0, 0, 100, 0, 0),
        });
        const sent = [
          advert(51),
          advert(52),
          advert(51, 7),
          advert(51, 255, stranger),
          advert(53),
          advert(60),
        ];
        const heardOf = async (wanted: readonly (object | undefined)[]) => {
          d2.heard.length = 0;
          for (const one of sent) assert.deepEqual(d1.socket.send(one), DONE);
          const isThere = () => {
            // A guarded socket is read on demand.
            d2.socket.drain();
            return d2.heard.at(-1)?.payload[1] === 60;
          };
          await eventually('the last arrives', LIMIT, isThere, 5);
          assert.deepEqual(d2.heard, wanted);
        };
        const [first, second, low, strange, third, last] = sent;
        assert.deepEqual(d2.socket.guard(null), DONE, 'there is none yet');
        const sources = [source, '10.0.0.1' as Ip, 'fe80::1' as Ip];
        const versions = [3] as const;
        const only = { vrids: [51, 53, 60], versions, ttl: 255, sources, othersOneIn: null } as const;
        assert.deepEqual(d2.socket.guard(only), DONE);
        await heardOf([first, third, last]);
        const anybody = { vrids: [60, 51], versions, ttl: null, sources: [], othersOneIn: 1 };
        assert.deepEqual(d2.socket.guard(anybody), DONE);
        await heardOf([first, low, strange, last]);
        const share = { ...only, sources: [stranger], othersOneIn: 4 };
        assert.deepEqual(d2.socket.guard(share), DONE);
        d2.heard.length = 0;
        for (let i = 0; i < 40; i++) for (const one of [first, strange]) d1.socket.send(one ?? advert(51));
        const ofStranger = () => d2.heard.filter((one) => one.source === stranger).length;
        await eventually('all of the one', LIMIT, () => {
          d2.socket.drain();
          return ofStranger() === 40;
        });
        // Of 40 packets 0 or 40 pass with a chance of 1 to 100,000.
        const passed = d2.heard.length - ofStranger();
        assert.ok(passed > 0 && passed < 40, `${passed} of 40`);
        assert.deepEqual(d2.socket.guard(null), DONE);
        await heardOf([first, second, low, strange, third, last]);
        await eventually('the other hears all', LIMIT, () => other.heard.length === 3 * sent.length + 80);
      } finally {
        for (const { socket } of [other, d1, d2]) socket.close();
      }
      assert.deepEqual(d2.socket.guard(null), { ok: false, error: 'EBADF' });
    });
  }
});
