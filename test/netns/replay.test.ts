// What lbd records beside a keepalived, replayed; and what lbctl simulate foretells of it.
import assert from 'node:assert/strict';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { compareReplay } from '../replay/compare.ts';
import { parseRecording, type Recording } from '../replay/recording.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { Keepalived, keepalivedConf } from '../support/keepalived.ts';

const LIMIT = 60_000;

suite('a recorded failover', () => {
  let lab: Lab;
  let directory: string;
  let record: string;
  let lbd: Director;
  let keepalived: Keepalived;

  before(async () => {
    lab = await createLab({ directors: 2, servers: 0, web: false });
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-replay-'));
    record = path.join(directory, 'record');
    lbd = new Director(lab.host('d1'), path.join(directory, 'd1'));
    keepalived = new Keepalived(lab.host('d2'), path.join(directory, 'd2'));
  });
  after(async () => {
    await lbd.stop();
    await keepalived.stop();
    await lab.close();
    rmSync(directory, { recursive: true });
  });

  /** The programs of this very build. */
  const program = (name: string) => path.join(import.meta.dirname, '../../src', name);
  const start = () => {
    const directories = ['--run-dir', lbd.runDir, '--state-dir', lbd.stateDir, '--record', record];
    const config = ['--config', path.join(lbd.directory, 'lbd.yaml')];
    const child = lbd.host.spawn(process.execPath, [program('daemon/main.js'), ...config, ...directories]);
    child.stdout?.pipe(createWriteStream(lbd.logFile));
    child.stderr?.resume();
    lbd['child'] = child;
  };
  const simulate = (...words: readonly string[]) =>
    lbd.host.exec(process.execPath, [program('cli/main.js'), '--run-dir', lbd.runDir, 'simulate', ...words]);

  const files = () => readdirSync(record).sort();

  test('lbd --record writes what a replay repeats', { timeout: LIMIT }, async () => {
    lbd.configure(`vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: 100
    authentication: { type: pass, password: "s3cr3t" }
    virtual_addresses: [${lab.vip}/24]
`);
    start();
    await lbd.becomes('MASTER', LIMIT);
    const peer = {
      state: 'MASTER',
      vrid: 51,
      priority: 150,
      password: 's3cr3t',
      addresses: [`${lab.vip}/24`],
    } as const;
    keepalived.start(keepalivedConf(peer), '-P');
    await lbd.becomes('BACKUP', LIMIT);
    await eventually('keepalived is heard', LIMIT, async () => {
      const { vrrp } = await lbd.status();
      return vrrp.value?.instances[0]?.master?.priority === 150;
    });
    const foretold = await simulate('--peer-loss', 'VI_1', '-o', 'json');
    assert.equal(foretold.code, 2, foretold.stderr);
    const [step] = JSON.parse(foretold.stdout).steps;
    assert.deepEqual([step.from, step.to], ['BACKUP', 'MASTER']);
    assert.ok(step.after_micros > 2_600_000 && step.after_micros < 3_610_000, String(step.after_micros));
    assert.equal((await simulate('--peer-loss', 'VI_2')).code, 1);
    await keepalived.stop();
    await lbd.becomes('MASTER', LIMIT);
    assert.equal((await simulate('--peer-loss', 'all')).code, 0);
    await lbd.stop();

    const [file, ...others] = files();
    assert.deepEqual([file, others], ['vrrp-000001.jsonl', []]);
    const name = path.join(record, file ?? '');
    assert.equal(statSync(name).mode & 0o777, 0o600);
    const recorded = readFileSync(name, 'utf8');
    assert.ok(!recorded.includes('s3cr3t') && !recorded.includes(Buffer.from('s3cr3t').toString('hex')));
    const recording = parseRecording(recorded);
    const decisions: string[] = [];
    const difference = await compareReplay(recording, (_, { event, fields }) => {
      if (event === 'vrrp_state') decisions.push(`${fields['from']} → ${fields['to']}`);
    });
    assert.equal(difference, null, JSON.stringify(difference));
    assert.deepEqual(decisions, [
      'INIT → BACKUP',
      'BACKUP → MASTER',
      'MASTER → BACKUP',
      'BACKUP → MASTER',
      'MASTER → INIT',
    ]);
    assert.notEqual(await compareReplay(withOtherTimer(recording), () => undefined), null);
  });
});

/** The same with one more advert that may be missed. */
function withOtherTimer(recording: Recording): Recording {
  return {
    ...recording,
    turns: recording.turns.map((turn) => {
      const { in: input } = turn.input;
      if (input.on !== 'message' || input.message.message !== 'desired') return turn;
      const { desired } = input.message;
      const instances = desired.instances.map((one) => ({ ...one, downTimerAdverts: 4 }));
      const message = { ...input.message, desired: { ...desired, instances } };
      return { ...turn, input: { ...turn.input, in: { ...input, message } } };
    }),
  };
}
