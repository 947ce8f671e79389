// Real connections through the program, on a director between a client and servers.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Ip } from '../../../src/base/ip.ts';
import type { Mac } from '../../../src/base/mac.ts';
import { BPFFS } from '../../../src/kernel/bpffs.ts';
import { removeXdp } from '../../../src/kernel/xdp.ts';
import { createLab, type Host, type Lab } from '../../lab/lab.ts';
import { LAB_STATE } from '../../lab/leftovers.ts';
import type { LoaderArguments, LoaderReport } from './loader-main.ts';

const LIMIT = 30_000;
const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The first line that a program says. */
async function firstLine(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout !== null && child.stderr !== null);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error(said);
}

suite('a director that balances by XDP', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;
  let common: Omit<LoaderArguments, 'ring' | 'scheduler'>;
  const loaders: ChildProcess[] = [];

  before(async () => {
    if (existsSync(BPFFS))
      for (const name of readdirSync(BPFFS))
        if (/^lbd-[0-9a-f]{4}$/.test(name) && !existsSync(`${LAB_STATE}/${name}`))
          removeXdp(`${BPFFS}/${name}`);
    lab = await createLab({ directors: 1, servers: 2, web: false });
    const d1 = lab.host('d1');
    directory = `${BPFFS}/${path.basename(lab.directory)}`;
    await lab.takeFromXdp(['d1']);
    execFileSync('ip', ['-n', d1.netns, 'addr', 'add', `${lab.vip}/32`, 'dev', 'eth0']);
    const servers = [lab.host('rs1'), lab.host('rs2')];
    for (const server of servers)
      assert.equal(
        await firstLine(server.spawn(process.execPath, [beside('server-main.js'), server.name])),
        'listening',
      );
    common = {
      netns: d1.netns,
      directory,
      ...(await linkOf(d1)),
      vip: lab.vip as Ip,
      servers: await Promise.all(
        servers.map(async (server) => ({ address: server.address as Ip, mac: (await linkOf(server)).mac })),
      ),
    };
  });
  after(async () => {
    for (const loader of loaders) loader.kill('SIGKILL');
    removeXdp(directory);
    await lab.close();
  });

  async function linkOf(host: Host): Promise<{ ifindex: number; mac: Mac }> {
    const { stdout } = await host.exec('ip', ['-j', 'link', 'show', 'eth0']);
    const [link] = JSON.parse(stdout) as { ifindex: number; address: Mac }[];
    assert.ok(link !== undefined);
    return { ifindex: link.ifindex, mac: link.address };
  }

  async function load(scheduler: string, ring: readonly number[]): Promise<[LoaderReport, ChildProcess]> {
    const args = JSON.stringify({ ...common, scheduler, ring });
    const loader = spawn(process.execPath, [beside('loader-main.js'), args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    loaders.push(loader);
    return [JSON.parse(await firstLine(loader)) as LoaderReport, loader];
  }

  const get = async (where = '/'): Promise<string[]> => {
    const { code, stdout } = await lab
      .host('client')
      .exec('curl', ['-s', '-m', '20', `http://${lab.vip}${where}`]);
    assert.equal(code, 0);
    return stdout.trim().split('\n');
  };
  const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));

  test('rr: connections alternate, and outlive the process that loaded the program', {
    timeout: LIMIT,
  }, async () => {
    const [first, loader] = await load('rr', [0, 1]);
    assert.deepEqual([first.isAdopted, first.mode, first.services], [false, 'driver', 1]);
    const answers: (string | undefined)[] = [];
    for (let i = 0; i < 10; i++) answers.push((await get())[0]);
    assert.equal(answers.filter((answer) => answer === 'rs1').length, 5);
    assert.ok(answers.every((answer, i) => answer !== answers[i - 1]));

    const download = get('/slow');
    await sleep(500);
    const gone = ended(loader);
    loader.kill('SIGKILL');
    await gone;
    assert.ok(['rs1', 'rs2'].includes((await get())[0] ?? ''), 'without any process');

    // The second loader finds the download in the table, and gives whatever is new to one server alone.
    const server = answers[0] === 'rs1' ? 0 : 1;
    const [second] = await load('rr', [1 - server]);
    assert.deepEqual([second.isAdopted, second.mode, second.services], [true, 'kept', 1]);
    assert.equal(second.active[server], 1, 'the download is under way');
    for (let i = 0; i < 4; i++) assert.deepEqual(await get(), [answers[1] ?? '']);
    assert.deepEqual(
      await download,
      Array.from({ length: 40 }, () => answers[0]),
    );
  });

  test('mh: connections are spread without being stored at their SYN', { timeout: LIMIT }, async () => {
    removeXdp(directory);
    const [report] = await load('mh', [0, 1]);
    assert.equal(report.isAdopted, false);
    const answers = new Set<string>();
    for (let i = 0; i < 16; i++) answers.add((await get())[0] ?? '');
    assert.deepEqual([...answers].sort(), ['rs1', 'rs2']);
  });
});
