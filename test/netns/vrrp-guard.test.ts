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
          payload: Uint8Array.of(0x31, vrid, 100, 0),
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
          await eventually('the last arrives', LIMIT, () => d2.heard.at(-1)?.payload[1] === 60, 5);
          assert.deepEqual(d2.heard, wanted);
        };
        const [first, second, low, strange, third, last] = sent;
        assert.deepEqual(d2.socket.guard(null), DONE, 'there is none yet');
        const sources = [source, '10.0.0.1' as Ip, 'fe80::1' as Ip];
        assert.deepEqual(d2.socket.guard({ vrids: [51, 53, 60], ttl: 255, sources }), DONE);
        await heardOf([first, third, last]);
        assert.deepEqual(d2.socket.guard({ vrids: [60, 51], ttl: null, sources: null }), DONE);
        await heardOf([first, low, strange, last]);
        assert.deepEqual(d2.socket.guard(null), DONE);
        await heardOf([first, second, low, strange, third, last]);
        await eventually('the other hears all', LIMIT, () => other.heard.length === 3 * sent.length);
      } finally {
        for (const { socket } of [other, d1, d2]) socket.close();
      }
      assert.deepEqual(d2.socket.guard(null), { ok: false, error: 'EBADF' });
    });
  }
});
