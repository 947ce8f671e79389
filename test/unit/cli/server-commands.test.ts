import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { err, ok, type Result } from '../../../src/base/result.ts';
import { millis, wallTime } from '../../../src/base/units.ts';
import { runLbctl } from '../../../src/cli/lbctl.ts';
import { drainServer } from '../../../src/cli/server-commands.ts';
import type { Ordered, OrderRefusal, Stand } from '../../../src/daemon/core-server-orders.ts';
import { serverRoutes } from '../../../src/daemon/core-server-routes.ts';
import type { OrderWish } from '../../../src/daemon/order-wish.ts';
import { openControl } from '../../../src/ipc/control.ts';
import type { DrainEnd } from '../../../src/model/orders.ts';
import type { OrderStatus } from '../../../src/model/status.ts';
import type { Standing } from '../../../src/view/server-orders.ts';
import { observedDest } from '../../fakes/ipvs.ts';
import { PLAIN_STATUS } from '../../support/services.ts';
import { serverConfig, serviceConfig } from '../daemon/check-world.ts';

const { key, attrs } = serverConfig('10.0.0.1');
const START = 1_795_000_000_000;

/** The server with this order, in the table with so many connections, or not in it. */
function standing(order: OrderStatus | null, conns: number | null): Standing {
  const since = wallTime(START);
  const isDrained = order?.kind === 'drain' && conns !== null;
  const server = {
    ...{ key, forward: attrs.forward, configuredWeight: 1, health: 'up' as const, since },
    effectiveWeight: order?.kind === 'weight' ? order.weight.count : 1,
    ...{ lastCheck: null, checks: [], order, slowStart: null, byHand: null },
    draining: isDrained ? { since, until: wallTime(START + 300_000), activeConns: conns } : null,
  };
  const weight = isDrained ? 0 : order?.kind === 'weight' ? order.weight.count : 1;
  const dest =
    conns === null ? null : { ...observedDest({ key, attrs: { ...attrs, weight } }), activeConns: conns };
  const service = {
    ...PLAIN_STATUS,
    name: 'web',
    key: serviceConfig('10.0.0.100', []).key,
    servers: [server],
  };
  return { service, server, dest, isRead: true };
}

const drain = (ended: DrainEnd | null): OrderStatus => ({
  ...{ kind: 'drain', since: wallTime(START), limit: millis(300_000), ended },
});

/** A daemon that answers an order with `first`, and then looks with what follows. */
async function serve(t: TestContext, first: Standing | 'unseen', ...looks: readonly Standing[]) {
  const dir = mkdtempSync(path.join(tmpdir(), 'lbd-servers-'));
  const asked: [string, OrderWish][] = [];
  const left = [...looks];
  let seconds = 0;
  const at = () => wallTime(START + 1000 * seconds++);
  const control = await openControl(
    dir,
    serverRoutes({
      serverOrders: {
        async give(name, wish): Promise<Result<Ordered, OrderRefusal>> {
          asked.push([name, wish]);
          if (name !== '10.0.0.1')
            return err({ code: 'unknown_server', message: `no service has a server ${name}` });
          const standings = first === 'unseen' ? [] : [first];
          const isConfirmed = standings.some(({ isRead }) => isRead);
          return ok({ at: at(), standings, isConfirmed, before: [2], losses: [], notes: ['mind the gap'] });
        },
        async look(): Promise<Result<Stand, OrderRefusal>> {
          const next = left.shift();
          if (next === undefined) return err({ code: 'check_unavailable', message: 'check does not answer' });
          return ok({ at: at(), standings: [next] });
        },
      },
    }),
  );
  if (!control.ok) throw new Error(control.error.message);
  t.after(async () => {
    await control.value.close();
    rmSync(dir, { recursive: true });
  });
  let [out, error] = ['', ''];
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    error: (text: string) => {
      error += text;
    },
  };
  return {
    asked,
    async lbctl(...words: string[]) {
      const code = await runLbctl(['--run-dir', dir, ...words], terminal);
      return { code, out, error };
    },
    async wait(output: 'text' | 'json' = 'text') {
      const order = { runDir: dir, target: '/v1/drain?name=10.0.0.1', output };
      const code = await drainServer(terminal, order, '10.0.0.1', millis(1));
      return { code, out, error };
    },
  };
}

test('lbctl maint, ready and weight order it and say what came of it', async (t) => {
  const since = wallTime(START);
  const maint = await serve(t, standing({ kind: 'maint', since, ended: null }, null));
  assert.deepEqual(await maint.lbctl('maint', '10.0.0.1'), {
    code: 0,
    out: '10.0.0.1:80 of web is out of the table until lbctl ready 10.0.0.1:80@web; 2 active connections ended with it\n',
    error: 'note: mind the gap\nnote: web has no server left that takes new connections\n',
  });
  const weight = { count: 50, isPercent: true };
  const half = await serve(t, standing({ kind: 'weight', since, weight, ended: null }, 3));
  assert.match(
    (await half.lbctl('weight', '10.0.0.1', '50%')).out,
    /^10\.0\.0\.1:80 of web weighs 50% by order: weight 50$/m,
  );
  assert.deepEqual(half.asked, [['10.0.0.1', { kind: 'weight', weight }]]);
  const ready = await serve(t, standing(null, 0));
  const { code, out } = await ready.lbctl('ready', '10.0.0.1', '-o', 'json');
  const [server] = JSON.parse(out).servers;
  assert.deepEqual([code, server.server, server.order, server.weight], [0, '10.0.0.1:80', null, 1]);
});

test('lbctl drain waits until the server has left, and says how many connections are left when that changes', async (t) => {
  const ended = { how: 'idle', cut: 0, at: wallTime(START + 22_000) } as const;
  const counts = [3, 3, 3, 1, 1].map((count) => standing(drain(null), count));
  const { wait } = await serve(t, standing(drain(null), 3), ...counts, standing(drain(ended), null));
  const { code, out, error } = await wait();
  assert.equal(code, 0);
  assert.deepEqual(out.split('\n'), [
    '10.0.0.1:80 of web is drained: 3 active connections; for 0s, at most 5m 0s more',
    '10.0.0.1:80 of web is drained: 1 active connection; for 4s, at most 4m 56s more',
    '10.0.0.1:80 of web has left the table: no connection was left after 22s',
    '',
  ]);
  assert.match(error, /^note: mind the gap$/m);
});

test('lbctl drain exits with 4 where connections were cut, and with 1 where somebody orders otherwise', async (t) => {
  const cut = { how: 'timeout', cut: 2, at: wallTime(START + 300_000) } as const;
  const late = await serve(t, standing(drain(null), 2), standing(drain(cut), null));
  const { code, out } = await late.wait();
  assert.deepEqual(
    [code, out.split('\n').at(-2)],
    [4, '10.0.0.1:80 of web was taken out of the table after 5m 0s: 2 active connections ended with it'],
  );
  const undone = await serve(t, standing(drain(null), 2), standing(null, 2));
  const answer = await undone.wait('json');
  assert.deepEqual([answer.code, answer.error], [1, 'lbctl: somebody has ordered otherwise\n']);
  assert.equal(JSON.parse(answer.out).servers[0].order, null);
});

test('lbctl drain gives up after a while where nobody answers any more, and says that the drain goes on', async (t) => {
  const { wait } = await serve(t, standing(drain(null), 2));
  const { code, error } = await wait();
  assert.deepEqual([code, error.split('\n').at(-2)], [4, 'lbctl: check does not answer; the drain goes on']);
  const json = await (await serve(t, standing(drain(null), 2))).wait('json');
  assert.equal(JSON.parse(json.out).error.code, 'check_unavailable');
});

test('lbctl drain, maint and weight exit with 4 at once where lbd keeps the order and cannot see what comes of it', async (t) => {
  for (const words of [
    ['maint', '10.0.0.1'],
    ['weight', '10.0.0.1', '5'],
    ['drain', '10.0.0.1', '--timeout', '3s'],
  ]) {
    const hung = await serve(t, 'unseen');
    const { code, out, error } = await hung.lbctl(...words);
    assert.deepEqual([code, out, error], [4, '', 'note: mind the gap\n'], words.join(' '));
  }
  const blind = await serve(t, { ...standing(drain(null), null), isRead: false });
  const { code, out } = await blind.lbctl('drain', '10.0.0.1');
  assert.deepEqual([code, out], [4, '10.0.0.1:80 of web is drained; its connections cannot be seen\n']);
  const json = JSON.parse((await blind.lbctl('drain', '10.0.0.1', '-o', 'json')).out.slice(out.length));
  assert.deepEqual([json.done, json.confirmed, json.servers[0].is_in_table], [false, false, null]);
});

test('lbctl drain passes its limit on, and does not wait where it is told so', async (t) => {
  const { lbctl, asked } = await serve(t, standing(drain(null), 2));
  const { code, out } = await lbctl('drain', '10.0.0.1', '--no-wait', '--timeout', '90s', '-o', 'json');
  const [{ order, active_conns: conns, until }] = JSON.parse(out).servers;
  assert.deepEqual([code, order.kind, order.limit_ms, conns], [0, 'drain', 300_000, 2]);
  assert.equal(until, new Date(START + 300_000).toISOString());
  assert.deepEqual(asked, [['10.0.0.1', { kind: 'drain', timeout: 90_000 }]]);
  assert.equal((await lbctl('drain', '10.0.0.9')).code, 1);
  for (const words of [
    ['drain'],
    ['drain', '10.0.0.1', '--timeout', 'soon'],
    ['weight', '10.0.0.1', 'half'],
  ]) {
    assert.equal((await lbctl(...words)).code, 2, words.join(' '));
  }
  assert.match((await lbctl('weight', '10.0.0.1', '99999999999')).error, /a whole number up to 2147483647/);
});
