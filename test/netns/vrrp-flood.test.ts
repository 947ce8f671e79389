// Junk with our own VRID from sources that nobody knows, faster than it could be read: who is known is heard, and who
// is new comes to be.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Family, Ip } from '../../src/base/ip.ts';
import { VRRP_TTL } from '../../src/wire/vrrp.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { FAMILIES, GROUP, KernelHosts } from '../support/kernel-hosts.ts';

const LIMIT = 60_000;
const VIPS: Readonly<Record<Family, string>> = { inet: '172.25.1.100/24', inet6: '2001:db8::100/64' };
/** 5000 a second. */
const BATCH = 25;
const PACE = 5;

const stranger: Readonly<Record<Family, () => string>> = {
  inet: () => `172.25.${randomInt(2, 256)}.${randomInt(1, 255)}`,
  inet6: () => `fe80::${randomInt(1, 0xffff).toString(16)}:${randomInt(1, 0xffff).toString(16)}`,
};

suite('a flood of junk', () => {
  let hosts: KernelHosts;
  let directory: string;
  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-flood-'));
    hosts = await KernelHosts.open(() => undefined);
  });
  after(async () => {
    await hosts.close();
    rmSync(directory, { recursive: true });
  });

  for (const family of FAMILIES) {
    test(`hides neither a master over ${family} nor a router that comes`, { timeout: LIMIT }, async () => {
      const [d1, d2] = (['d1', 'd2'] as const).map(
        (name) => new Director(hosts.lab.host(name), path.join(directory, family, name)),
      );
      assert.ok(d1 && d2);
      const configure = (director: Director, priority: number) =>
        director.configure(`vrrp:
  VI_1:
    interface: eth0
    version: 3
    virtual_router_id: 51
    priority: ${priority}
    advert_int: 100ms
    virtual_addresses: [${VIPS[family]}]
`);
      configure(d1, 100);
      configure(d2, 200);
      const { socket } = await hosts.openSocket('client', 'eth0', family);
      const junk = () => {
        // Whole, of the right version and of the lowest priority, but for its checksum.
        const payload = new Uint8Array(8 + (family === 'inet' ? 4 : 16));
        payload.set([0x31, 51, 1, 1, 0, 10, 0x5a, 0x5a]);
        const ends = { source: stranger[family]() as Ip, destination: GROUP[family] };
        socket.send({ ...ends, ttl: VRRP_TTL, payload });
      };
      const flood = setInterval(() => {
        for (let i = 0; i < BATCH; i++) junk();
      }, PACE);
      try {
        d1.start();
        await d1.becomes('MASTER', LIMIT);
        const log = async (director: Director) => (await director.lbctl('events')).stdout;
        await eventually('d1 tells of the flood', LIMIT, async () =>
          (await log(d1)).includes('dropped unseen'),
        );
        d2.start();
        await d2.becomes('MASTER', LIMIT);
        await d1.becomes('BACKUP', LIMIT);
        const look = async () => {
          const [instance] = (await d1.status()).vrrp.value?.instances ?? [];
          assert.ok(instance);
          const { state, counters } = instance;
          return { state, took: counters.became_master, refused: counters.refused['checksum'] ?? 0 };
        };
        const first = await look();
        // Eight times as long as a backup waits for adverts.
        await sleep(3000);
        const last = await look();
        assert.deepEqual([last.state, last.took], ['BACKUP', first.took]);
        assert.ok(last.refused > first.refused, 'junk goes on being counted');
      } finally {
        clearInterval(flood);
        socket.close();
        await Promise.all([d1.stop(), d2.stop()]);
      }
    });
  }
});
