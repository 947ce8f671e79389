// The state directory as the shipped program uses it. What vrrp makes of what is left there is tested with it.
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { LBD } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

const LIMIT = 30_000;

suite('the state directory', { concurrency: false }, () => {
  let lab: Lab;
  let directory: string;

  before(async () => {
    lab = await createLab({ directors: 1, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-state-'));
    writeFileSync(
      path.join(directory, 'lbd.yaml'),
      `vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, priority: 150, virtual_addresses: [${lab.vip}/24] }
`,
    );
  });
  after(async () => {
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  const start = (stateDir: string) => {
    const words = ['--config', path.join(directory, 'lbd.yaml'), '--run-dir', path.join(directory, 'run')];
    const child = lab.host('d1').spawn(process.execPath, [LBD, ...words, '--state-dir', stateDir]);
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (piece) => {
        text += piece;
      });
    }
    const events = (name: string) =>
      text
        .split('\n')
        .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
        .filter(({ event }) => event === name);
    return {
      events,
      becomesMaster: () =>
        eventually('it is master', LIMIT, () => events('vrrp_state').some(({ to }) => to === 'MASTER')),
      stop: () => {
        child.kill('SIGTERM');
        return exited;
      },
    };
  };

  test('holds the role while lbd is master, for its owner alone, and says that nobody is one after the stop', async () => {
    const stateDir = path.join(directory, 'state');
    const file = path.join(stateDir, 'roles.json');
    const role = () => JSON.parse(readFileSync(file, 'utf8')).roles[0]?.role;
    const lbd = start(stateDir);
    await lbd.becomesMaster();
    await eventually('the role is saved', LIMIT, () => role() === 'MASTER');
    assert.deepEqual([statSync(stateDir).mode & 0o7777, statSync(file).mode & 0o7777], [0o700, 0o600]);
    assert.equal(await lbd.stop(), 0);
    assert.equal(role(), 'other');
    assert.deepEqual(lbd.events('state_unavailable'), []);
  });

  test('is done without, and that is said once, where it cannot be trusted', async () => {
    const open = path.join(directory, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const link = path.join(directory, 'link');
    symlinkSync(directory, link);
    for (const [stateDir, reason] of [
      [open, `${open} may be written by others than its owner`],
      [link, `${link} is a symbolic link`],
    ] as const) {
      const lbd = start(stateDir);
      await lbd.becomesMaster();
      assert.equal(await lbd.stop(), 0);
      assert.deepEqual(
        lbd.events('state_unavailable').map((event) => event['reason']),
        [reason],
      );
    }
  });
});
