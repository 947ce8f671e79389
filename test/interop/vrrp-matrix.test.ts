import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { Keepalived } from '../support/keepalived.ts';
import { CELLS, type Cell, conf, printMatrix, type Side, vipOf } from './matrix.ts';

const LIMIT = 25_000;
const GLOBAL6 = 'fd00:9::/64';

/**
 * Every way of speaking VRRP that both programs know, side by side in one pair of machines: each cell is a virtual
 * router of its own, and both programs read the same text, but for priorities and addresses.
 */
suite('VRRP with keepalived 2.2.7, in every combination', () => {
  let lab: Lab;
  let directory: string;
  let lbd: Director;
  let peer: Keepalived;
  const seen = new Map<string, string[]>();

  before(async () => {
    lab = await createLab({ directors: 2, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-matrix-'));
    for (const [i, name] of ['d1', 'd2'].entries()) {
      const address = GLOBAL6.replace('::/', `::${i + 1}/`);
      await lab.host(name).exec('ip', ['-6', 'addr', 'add', address, 'dev', 'eth0', 'nodad']);
    }
    lbd = new Director(lab.host('d1'), path.join(directory, 'd1'));
    peer = new Keepalived(lab.host('d2'), path.join(directory, 'd2'));
    lbd.configure(conf(side('d1', 'd2', 'lbd')), 'keepalived.conf');
  });
  after(async () => {
    await peer.stop();
    await lbd.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
    console.log(printMatrix(CELLS, seen));
  });

  const side = (own: string, other: string, who: Side['who']): Side => ({
    who,
    own4: lab.host(own).address,
    peer4: lab.host(other).address,
    own6: own === 'd1' ? 'fd00:9::1' : 'fd00:9::2',
    peer6: own === 'd1' ? 'fd00:9::2' : 'fd00:9::1',
  });

  const held = async (name: string): Promise<ReadonlySet<string>> => {
    const { stdout } = await lab.host(name).exec('ip', ['-o', 'addr']);
    return new Set([...stdout.matchAll(/ inet6? ([^ /]+)/g)].map(([, address]) => address ?? ''));
  };

  /** Waits until each cell's address is where `holder` says, and only there; names those that never are. */
  async function settles(phase: string, holder: (cell: Cell) => 'd1' | 'd2'): Promise<void> {
    let wrong: readonly string[] = [];
    try {
      await eventually(phase, LIMIT, async () => {
        const at = { d1: await held('d1'), d2: await held('d2') };
        wrong = CELLS.filter((cell) => {
          const here = holder(cell);
          const there = here === 'd1' ? 'd2' : 'd1';
          return !at[here].has(vipOf(cell)) || at[there].has(vipOf(cell));
        }).map(({ name }) => name);
        return wrong.length === 0;
      });
    } finally {
      for (const { name } of CELLS) {
        seen.set(name, [...(seen.get(name) ?? []), wrong.includes(name) ? 'FAILED' : 'ok']);
      }
    }
    assert.deepEqual(wrong, []);
  }

  const high = (cell: Cell) => (cell.lbd === 'master' ? 'd1' : 'd2');

  test('the higher priority becomes master', async () => {
    peer.start(conf(side('d2', 'd1', 'keepalived')), '-P');
    await eventually('keepalived has everything', LIMIT, async () => {
      const at = await held('d2');
      return CELLS.every((cell) => at.has(vipOf(cell)));
    });
    lbd.start();
    await settles('the election', (cell) => (cell.nopreempt ? 'd2' : high(cell)));
  });

  test('keepalived takes over when lbd resigns, and lbd takes back what it is to have', async () => {
    lbd.signal('SIGTERM');
    assert.equal(await lbd.exited(), 0);
    await settles('keepalived has everything', () => 'd2');
    assert.match(peer.log, /received priority 0/);
    lbd.start();
    await settles('lbd is back', (cell) => (cell.nopreempt ? 'd2' : high(cell)));
  });

  test('lbd takes over when keepalived resigns, and yields what is not its own', async () => {
    await peer.stop();
    await settles('lbd has everything', () => 'd1');
    peer.start(conf(side('d2', 'd1', 'keepalived')), '-P');
    await settles('keepalived is back', (cell) => (cell.nopreempt ? 'd1' : high(cell)));
  });

  test('neither has refused an advert of the other', async () => {
    const { vrrp } = await lbd.status();
    const refused = (vrrp.value?.instances ?? []).flatMap(({ name, counters }) =>
      Object.entries(counters.refused)
        .filter(([, count]) => count > 0)
        .map(([reason, count]) => `${name}: ${reason} ${count}`),
    );
    assert.deepEqual(refused, []);
    assert.doesNotMatch(peer.log, /bogus|mismatch|invalid|checksum|wrong|unknown/i);
  });
});
