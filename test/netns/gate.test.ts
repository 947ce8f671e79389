// What a backup asks before it takes over, on a kernel: a second path to the peer, the gateway, and who answers ARP.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLab, type Lab } from '../lab/lab.ts';
import { shell } from '../lab/shell.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

const LIMIT = 30_000;
/** By the receiver's own firewall, behind which a raw socket sits. */
const DEAF = 'add table inet deaf; add chain inet deaf in { type filter hook input priority 0; }; ';
const NO_ADVERTS = `${DEAF} add rule inet deaf in meta l4proto 112 drop`;

suite('the takeover gate in the network', () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;
  let d2: Director;
  let tests = 0;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-gate-'));
    const [one, two] = [lab.host('d1').netns, lab.host('d2').netns];
    await shell(`ip -n ${one} link add hb0 type veth peer name hb0 netns ${two}`);
    for (const [i, netns] of [one, two].entries()) {
      await shell(`ip -n ${netns} addr add 10.9.0.${i + 1}/30 dev hb0`);
      await shell(`ip -n ${netns} link set hb0 up`);
    }
  });
  after(async () => {
    await lab.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => {
    tests++;
    d1 = new Director(lab.host('d1'), path.join(directory, String(tests), 'd1'));
    d2 = new Director(lab.host('d2'), path.join(directory, String(tests), 'd2'));
  });
  afterEach(async () => {
    for (const director of [d1, d2]) await director.host.exec('nft', ['flush', 'ruleset']);
    await lab.restoreLink('d1');
    await d1.stop();
    await d2.stop();
  });

  const text = (node: 1 | 2, takeover: string, hasPath: boolean) => `router_id: lb0${node}
${hasPath ? `heartbeat: [{ local: 10.9.0.${node}, peer: 10.9.0.${3 - node} }]\nheartbeat_key: ${'k'.repeat(32)}\n` : ''}vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: ${200 - 50 * node}
    virtual_addresses: [${lab.vip}/24]
    ${takeover}
`;
  /** d1 is master, and d2 knows it. */
  const begin = async (takeover: string, hasPath: boolean) => {
    d1.configure(text(1, takeover, hasPath));
    d2.configure(text(2, takeover, hasPath));
    d1.start();
    await d1.becomes('MASTER', LIMIT);
    d2.start();
    await eventually('d2 hears d1', LIMIT, async () => (await first(d2)).master?.address === d1.host.address);
    if (hasPath) await eventually('the path is up', LIMIT, () => told(d2, 'heartbeat_up').length > 0);
  };
  const first = async (director: Director) => {
    const [instance] = (await director.status()).vrrp.value?.instances ?? [];
    assert.ok(instance);
    return instance;
  };
  const told = (director: Director, event: string): readonly Record<string, unknown>[] =>
    readFileSync(director.logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"${event}"`))
      .map((line) => JSON.parse(line));
  const drop = (director: Director, rules: string) => director.host.exec('nft', [rules]);
  const addresses = async (director: Director) =>
    (await director.host.exec('ip', ['-o', 'address', 'show', 'dev', 'eth0'])).stdout;
  const why = async (director: Director) => (await director.lbctl('why', 'VI_1')).stdout;

  for (const [what, deaf] of [
    ['to the backup', () => [d2]],
    ['in both directions', () => [d1, d2]],
  ] as const) {
    test(`a firewall that drops adverts ${what} makes no second master while the peer is heard on another path`, async () => {
      await begin('', true);
      for (const director of deaf()) await drop(director, NO_ADVERTS);
      await eventually(
        'd2 says that the path of adverts is broken',
        LIMIT,
        () => told(d2, 'advert_path_broken').length > 0,
      );
      await sleep(3000);
      const status = (await d2.lbctl('status')).stdout;
      assert.match(
        status,
        /does not take over: lb01 lives and serves, as it says on the path to 10\.9\.0\.1/,
      );
      assert.match(status, /^heartbeat 10\.9\.0\.2 to 10\.9\.0\.1 \(lb01\): heard for /m);
      assert.match(
        await why(d2),
        /lb01 on the path to 10\.9\.0\.1: says MASTER, priority 150, holds the addresses/,
      );
      assert.deepEqual([(await first(d1)).state, (await first(d2)).counters.became_master], ['MASTER', 0]);
      assert.equal(told(d2, 'advert_path_broken').length, 1, 'it is said once');
      for (const director of deaf()) await director.host.exec('nft', ['flush', 'ruleset']);
      await eventually(
        'nothing is withheld any more',
        LIMIT,
        async () => !(await d2.lbctl('status')).stdout.includes('does not take over'),
      );
    });
  }

  test('a backup takes over from a director that is dead on both paths, and says what it found', async () => {
    await begin('', true);
    await d1.killAll();
    await d2.becomes('MASTER', LIMIT);
    assert.match(await why(d2), /who has [\d.]+: (nobody answers|[\da-f:]{17} answers for )/);
    await eventually('the path is lost', LIMIT, () => told(d2, 'heartbeat_lost').length === 1);
    assert.deepEqual(told(d2, 'takeover_withheld'), []);
  });

  test('a backup that its gateway does not answer never takes over', async () => {
    await begin(`takeover: { gateway: ${lab.host('client').address} }`, false);
    await drop(
      d2,
      'add table netdev cut; add chain netdev cut in { type filter hook ingress device eth0 priority 0; policy drop; }',
    );
    await eventually('d2 says that it is cut off', LIMIT, () => told(d2, 'takeover_withheld').length > 0);
    await sleep(2500);
    assert.equal((await first(d2)).counters.became_master, 0);
    assert.match(await why(d2), /gateway [\d.]+: does not answer/);
    await d1.killAll();
    await d2.host.exec('nft', ['flush', 'ruleset']);
    await d2.becomes('MASTER', LIMIT);
  });

  test('a master that is cut off from its gateway hands over, and takes the address back when it answers again', async (t) => {
    const client = lab.host('client');
    await begin(`takeover: { gateway: ${client.address} }`, true);
    const cutAt = Date.now();
    const chain = 'chain netdev cut in { type filter hook ingress device eth0 priority 0; }';
    await drop(
      d1,
      `add table netdev cut; add ${chain}; add rule netdev cut in arp saddr ip ${client.address} drop`,
    );
    await d2.becomes('MASTER', LIMIT);
    t.diagnostic(`d2 is master after ${Date.now() - cutAt} ms`);
    await eventually('d1 has let go', LIMIT, async () => !(await addresses(d1)).includes(lab.vip));
    assert.match((await first(d1)).because, /^this machine is cut off: its gateway [\d.]+ does not answer/);
    assert.match(await why(d1), /gateway [\d.]+: does not answer/);
    assert.equal(told(d1, 'gateway_lost').length, 1);
    await d1.host.exec('nft', ['flush', 'ruleset']);
    await d1.becomes('MASTER', LIMIT);
  });

  test('a gateway that is down itself moves nothing while the peers hear each other on the second path', async () => {
    const client = lab.host('client');
    await begin(`takeover: { gateway: ${client.address} }`, true);
    await client.exec('ip', ['link', 'set', client.device, 'down']);
    try {
      await eventually('d1 says so', LIMIT, () => told(d1, 'gateway_lost').length > 0);
      await sleep(4000);
      assert.match(String(told(d1, 'gateway_lost')[0]?.['message']), /stays master/);
      assert.equal((await first(d1)).state, 'MASTER');
      assert.equal((await first(d2)).counters.became_master, 0);
    } finally {
      await client.exec('ip', ['link', 'set', client.device, 'up']);
    }
    await eventually('it answers again', LIMIT, () => told(d1, 'gateway_regained').length === 1);
  });

  test('a silent master that answers ARP is left in its place for suspect_hold', async () => {
    await begin('takeover: { suspect_hold: 3s }', false);
    await drop(d2, NO_ADVERTS);
    await eventually('d2 says that somebody answers', LIMIT, () => told(d2, 'takeover_withheld').length > 0);
    assert.match(String(told(d2, 'takeover_withheld')[0]?.['message']), /[\da-f:]{17} still answers for /);
    assert.equal((await first(d2)).state, 'BACKUP');
    await d2.becomes('MASTER', LIMIT);
    assert.equal(told(d2, 'takeover_withheld').length, 1);
  });

  for (const hasPath of [true, false]) {
    test(`the cable of the master is pulled, ${hasPath ? 'with' : 'without'} a second path`, async (t) => {
      await begin('', hasPath);
      const pulled = Date.now();
      await lab.cutLink('d1');
      await d2.becomes('MASTER', LIMIT);
      const [to] = told(d2, 'vrrp_state').filter(({ to }) => to === 'MASTER');
      t.diagnostic(`d2 is master after ${Date.parse(String(to?.['time'])) - pulled} ms`);
      const because = (await first(d2)).because;
      if (hasPath)
        assert.match(
          because,
          /^lb01 says on the path to 10\.9\.0\.1 that it has a fault and is master no more/,
        );
      else assert.match(because, /^no advert from /);
      assert.match(await why(d2), hasPath ? /^Likely cause:\n {2}lb01 says on the path/m : /fell silent/);
    });
  }
});
