// Checks in the network: what they find in real servers, commands, files and sessions shows in lbctl.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

const LIMIT = 60_000;

interface Shown {
  readonly health: string;
  readonly effective_weight: number;
  readonly checks: readonly { readonly type: string; readonly last: { readonly detail: string } | null }[];
}

suite('checks in the network', () => {
  let lab: Lab;
  let directory: string;
  let d1: Director;

  before(async () => {
    lab = await createLab({ directors: 1, servers: 2, web: true });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-checks-'));
    d1 = new Director(lab.host('d1'), path.join(directory, 'd1'));
  });
  after(async () => {
    await d1.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  test('HTTP, a command, a file and a session each take their server out, and change its weight', {
    timeout: LIMIT,
  }, async () => {
    const [s1, s2] = [lab.host('rs1').address, lab.host('rs2').address];
    const load = path.join(directory, 'load');
    const pace = 'interval: 500ms, warmup: 0s, retry: 0, timeout: 2s';
    writeFileSync(load, '0\n');
    d1.configure(`track_files: { load: { file: ${load}, weight: 2 } }
bfd: { gone: { neighbor_ip: ${s2} } }
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    forward: nat
    check: { type: http, match: ^rs1$, match_flags: m, ${pace} }
    servers:
      - ${s1}
      - ${s2}
      - address: ${s1}
        port: 81
        check: [{ type: file, tracker: load }, { type: misc, command: [sh, -c, "exit 5"], dynamic: true, ${pace} }]
      - { address: ${s2}, port: 81, check: { type: bfd, session: gone } }
      - { address: ${s1}, port: 82, check: [{ type: ping, ${pace} }, { type: misc, command: [sh, -c, "exit 1"], ${pace} }] }
`);
    d1.start();
    const shown = async (): Promise<readonly Shown[]> => {
      const { stdout } = await d1.lbctl('status', '-o', 'json');
      return JSON.parse(stdout).check?.value?.services[0]?.servers ?? [];
    };
    const become = async (...expected: readonly string[]) => {
      let told: readonly string[] = [];
      await eventually(`the servers are ${expected.join(', ')}`, LIMIT, async () => {
        told = (await shown().catch(() => [])).map((each) => `${each.health} ${each.effective_weight}`);
        return told.join() === expected.join();
      }).catch((error: unknown) => {
        throw new Error(`${String(error)}; they are ${told.join(', ')}`);
      });
    };
    await become('up 1', 'down 1', 'up 3', 'down 1', 'down 1');
    writeFileSync(load, '4\n');
    await become('up 1', 'down 1', 'up 11', 'down 1', 'down 1');
    const servers = await shown();
    assert.match(servers[1]?.checks[0]?.last?.detail ?? '', /^the body does not match/);
    assert.match(servers[3]?.checks[0]?.last?.detail ?? '', /^BFD session gone is down$/);
    assert.deepEqual(
      servers[4]?.checks.map(({ last }) => last?.detail.replace(/ \(.*/, '')),
      ['echo reply', 'sh exited with status 1'],
    );
    const why = (await d1.lbctl('why', s2)).stdout;
    assert.match(why, /check by http of .*:80 is down: mismatch/);
  });
});
