import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { err, ok } from '../../../src/base/result.ts';
import { type RealServerDoor, setRealServer } from '../../../src/cli/realserver.ts';
import { performSteps } from '../../../src/cli/realserver-perform.ts';
import { hasUnit, removeUnits, type UnitDoor, writeUnits } from '../../../src/cli/realserver-persist.ts';
import { openRealServerState } from '../../../src/cli/realserver-state.ts';
import type { Run } from '../../../src/cli/run.ts';
import type { RealServerStep } from '../../../src/plan/realserver-change.ts';
import type { HeldAddress } from '../../../src/plan/realserver-needs.ts';
import { EMPTY_RECORD, type RealServerRecord } from '../../../src/plan/realserver-record.ts';
import { ip } from '../../support/instances.ts';

const VIP: HeldAddress = { address: ip('10.0.0.100'), dev: 'lo', tunnel: null };

function temporary(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-realserver-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('writeUnits writes and enables once, tells systemd where it runs, and removeUnits takes both back', async (t) => {
  const directory = path.join(temporary(t), 'etc/systemd/system');
  const ran: string[][] = [];
  const door: UnitDoor = {
    ...{ directory, lbctl: ['/usr/bin/node', '/opt/lbd/main.js'], systemdRuns: true, isDryRun: false },
    run: async (argv) => {
      ran.push([...argv]);
      return ok('');
    },
  };
  const outcomes = async (told: ReturnType<typeof writeUnits>) => (await told).map(({ outcome }) => outcome);
  assert.deepEqual(await outcomes(writeUnits([VIP], { ...door, isDryRun: true }, [])), [
    'planned',
    'planned',
    'planned',
  ]);
  assert.ok(!existsSync(directory));
  assert.deepEqual(await outcomes(writeUnits([VIP], door, [])), ['done', 'done', 'done']);
  assert.deepEqual(await outcomes(writeUnits([VIP], door, [])), ['already', 'already']);
  const unit = path.join(directory, 'lbd-realserver@10.0.0.100.service');
  assert.match(
    readFileSync(unit, 'utf8'),
    /^ExecStart=\/usr\/bin\/node \/opt\/lbd\/main\.js realserver up 10\.0\.0\.100$/m,
  );
  const link = path.join(directory, 'multi-user.target.wants', path.basename(unit));
  assert.equal(path.resolve(path.dirname(link), readlinkSync(link)), unit);
  assert.ok(hasUnit(directory, VIP.address));

  assert.deepEqual(await outcomes(removeUnits([VIP.address], { ...door, systemdRuns: false })), [
    'done',
    'done',
    'left',
  ]);
  assert.ok(!existsSync(unit) && !existsSync(link));
  assert.deepEqual(await outcomes(removeUnits([VIP.address], door)), ['already', 'already']);
  assert.deepEqual(ran, [['systemctl', 'daemon-reload']]);
});

test('openRealServerState gives what was saved in this boot and namespace, and nothing else', async (t) => {
  const directory = path.join(temporary(t), 'state');
  const file = path.join(directory, 'realserver.json');
  const first = await openRealServerState(directory);
  assert.ok(!first.record.ok && first.obstacle === null && !existsSync(directory));
  const record: RealServerRecord = {
    held: [VIP, { address: ip('2001:db8::1'), dev: 'ip6tnl0', tunnel: { type: 'gue', port: 6080 } }],
    changed: [
      { kind: 'sysctl', name: 'net.ipv4.conf.all.arp_ignore', before: '0', value: '1' },
      { kind: 'link', dev: 'tunl0' },
      { kind: 'gue', port: 6080, family: 'inet6' },
    ],
  };
  assert.ok((await first.save(record)).ok);
  assert.deepEqual((await openRealServerState(directory)).record, ok(record));

  const saved: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'));
  const reopened = async (change: object) => {
    writeFileSync(file, JSON.stringify({ ...saved, ...change }), { mode: 0o600 });
    const { record, obstacle } = await openRealServerState(directory);
    return { isKnown: record.ok, isUsable: obstacle === null };
  };
  assert.deepEqual(await reopened({ bootId: 'another' }), { isKnown: false, isUsable: true });
  assert.deepEqual(await reopened({ netns: 'net:[1]' }), { isKnown: false, isUsable: true });
  // Root writes to what this names.
  const evil = [{ kind: 'sysctl', name: 'kernel.core_pattern', before: '|/bin/sh', value: '1' }];
  assert.deepEqual(await reopened({ changed: evil }), { isKnown: false, isUsable: false });
  writeFileSync(file, '{');
  assert.equal((await openRealServerState(directory)).record.ok, false);
});

test('performSteps stops at the first failure, and remembers what was done until then alone', async () => {
  const saved: RealServerRecord[] = [];
  const state = {
    ...{ record: ok(EMPTY_RECORD), obstacle: null },
    save: async (record: RealServerRecord) => {
      saved.push(record);
      return ok(undefined);
    },
  };
  const steps: readonly RealServerStep[] = [
    { verdict: 'do', change: { kind: 'link', dev: 'lo', up: true } },
    { verdict: 'do', change: { kind: 'address', address: VIP.address, dev: 'lo', present: true } },
    { verdict: 'do', change: { kind: 'link', dev: 'eth0', up: true } },
  ];
  const run: Run = async (argv) =>
    argv[1] === 'addr' ? err({ code: 'failed', because: 'no memory', stdout: '' }) : ok('');
  const told = await performSteps(steps, [VIP], state, run);
  assert.deepEqual(
    told.map(({ outcome, because }) => [outcome, because]),
    [
      ['done', null],
      ['failed', 'no memory'],
    ],
  );
  const link: RealServerRecord = { held: [], changed: [{ kind: 'link', dev: 'lo' }] };
  assert.deepEqual(saved, [link, { ...link, held: [VIP] }, link]);
});

const LO = { ifname: 'lo', flags: ['LOOPBACK', 'UP'], mtu: 65_536, link_type: 'loopback', addr_info: [] };
const door = (over: Partial<RealServerDoor> = {}): RealServerDoor => ({
  run: async ([, ...words]) => ok(words.join(' ') === '-j -d addr show' ? JSON.stringify([LO]) : ''),
  ...{ unitDirectory: '/nonexistent', lbctl: ['lbctl'], systemdRuns: false, isRoot: true },
  ...over,
});
async function said(order: 'up' | 'down', words: readonly string[], options: object, through = door()) {
  const terminal = { printed: '', complained: '' };
  const code = await setRealServer(
    { out: (text) => (terminal.printed += text), error: (text) => (terminal.complained += text) },
    order,
    words,
    { stateDir: '/nonexistent/state', output: 'text', ...options },
    through,
  );
  return { ...terminal, code };
}

test('setRealServer tells with --dry-run what it would do, and needs root for more', async () => {
  const dry = await said(
    'up',
    ['10.0.0.100', '10.0.0.100'],
    { dryRun: true, persist: true },
    door({ isRoot: false }),
  );
  assert.equal(dry.code, 0);
  assert.match(dry.printed, /^\+ ip addr add 10\.0\.0\.100\/32 dev lo label lo:lbd$/m);
  assert.equal(dry.printed.match(/ip addr add/g)?.length, 1);
  assert.match(dry.printed, /^\+ write \/nonexistent\/lbd-realserver@10\.0\.0\.100\.service$/m);
  assert.match(dry.printed, /Nothing was changed\.\n$/);
  const json = JSON.parse((await said('up', ['10.0.0.100'], { dryRun: true, output: 'json' })).printed);
  assert.deepEqual([json.schema_version, json.dry_run, json.failed], [1, true, false]);
  const refused = await said('up', ['10.0.0.100'], {}, door({ isRoot: false }));
  assert.equal(refused.code, 1);
  assert.match(refused.complained, /run it as root/);
});

test('setRealServer refuses every word that is no address, and gue without its port', async () => {
  const refused = await said('up', ['10.0.0.1/24', 'web'], {});
  assert.equal(refused.code, 1);
  assert.match(refused.complained, /did you mean "10\.0\.0\.1"\?\n"web" is no IP address\n/);
  assert.equal((await said('up', ['10.0.0.1'], { tunnel: 'gue' })).code, 2);
});

test('setRealServer up says whether there is anything to take back after a failure', async (t) => {
  const failing = (program: string) =>
    door({
      run: async ([first, ...words]) => {
        if (words.join(' ') === '-j -d addr show')
          return ok(JSON.stringify([{ ...LO, flags: ['LOOPBACK'] }]));
        return `${first} ${words[0]}` === program
          ? err({ code: 'failed', because: 'no', stdout: '' })
          : ok('');
      },
    });
  const up = (through: RealServerDoor) =>
    said('up', ['2001:db8::100'], { stateDir: path.join(temporary(t), 'state') }, through);
  assert.match((await up(failing('ip link'))).complained, /^lbctl: stopped there, and nothing was changed$/m);
  assert.match(
    (await up(failing('ip addr'))).complained,
    /^lbctl: stopped there; lbctl realserver down takes/m,
  );
});

test('setRealServer down tells of a unit that brings the address back', async (t) => {
  const unitDirectory = temporary(t);
  mkdirSync(unitDirectory, { recursive: true });
  writeFileSync(path.join(unitDirectory, 'lbd-realserver@10.0.0.100.service'), '');
  const { printed, code } = await said('down', ['10.0.0.100'], {}, door({ unitDirectory }));
  assert.equal(code, 0);
  assert.match(printed, /^! lbctl realserver down --persist 10\.0\.0\.100: not done: a unit sets/m);
});
