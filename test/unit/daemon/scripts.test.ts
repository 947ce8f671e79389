import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { millis } from '../../../src/base/units.ts';
import { parseAccounts } from '../../../src/daemon/scripts/accounts.ts';
import { identify } from '../../../src/daemon/scripts/identity.ts';
import { prepareScript } from '../../../src/daemon/scripts/prepare.ts';
import { type RunOptions, runScript, showOutcome } from '../../../src/daemon/scripts/run-script.ts';
import { spawnScript } from '../../../src/daemon/scripts/spawn.ts';
import { readProcess } from '../../../src/daemon/trackers/process-table.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import type { ScriptCommand } from '../../../src/model/script.ts';
import { eventually } from '../../support/eventually.ts';

const NOBODY = 65534;
const rootOnly =
  process.getuid?.() === 0 ? {} : { skip: `needs root, and the user id is ${process.getuid?.()}` };
const me = userInfo().username;

suite('scripts', { concurrency: 4 }, () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-scripts-'));
    chmodSync(directory, 0o755);
  });
  after(() => rmSync(directory, { recursive: true }));

  const write = (name: string, text: string, mode = 0o755): string => {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  };
  const command = (...argv: [string, ...string[]]): ScriptCommand => ({ argv, user: me, group: null });
  const asNobody = (...argv: [string, ...string[]]): ScriptCommand => ({ argv, user: 'nobody', group: null });
  const scripts = { user: null, group: null, security: true };
  const options: RunOptions = { clock: systemClock, scripts, timeout: millis(5000) };
  const isAlive = (pid: number) => readProcess(pid, false) !== null;

  test('runScript gives arguments as they are, and tells status and first complaint', async () => {
    const file = write('args', '#!/bin/sh\nprintf "%s|" "$@" >&2\necho >&2\necho second >&2\nexit 3\n');
    const outcome = await runScript(command(file, 'a b', '$HOME;x'), {
      ...options,
      args: ['INSTANCE', 'VI 1'],
    });
    assert.deepEqual(
      { ...outcome, took: 0 },
      { end: 'exited', status: 3, complaint: 'a b|$HOME;x|INSTANCE|VI 1|', took: 0 },
    );
    assert.equal(showOutcome(outcome), 'exited with status 3 (a b|$HOME;x|INSTANCE|VI 1|)');
  });

  test('runScript gives a small environment, no input, and a process group of its own', async () => {
    const file = write(
      'env',
      '#!/bin/sh\nset -- $(ps -o pgid= -p $$); echo "$PATH $1=$$ $(pwd) $(wc -c)" >&2\nenv | wc -l >&2\n',
    );
    const outcome = await runScript(command(file), options);
    assert.ok(outcome.end === 'exited');
    assert.match(outcome.complaint, /^\/usr\/local\/sbin:\S+ (\d+)=\1 \/ 0$/);
  });

  test('runScript ends the whole group at the timeout, and says so at that moment', async () => {
    const pidFile = path.join(directory, 'sleeper');
    const file = write('slow', `#!/bin/sh\nsleep 60 &\necho $! > ${pidFile}\nwait\n`);
    let timedOutAfter = Number.NaN;
    const startedAt = Date.now();
    const timedOut = () => {
      timedOutAfter = Date.now() - startedAt;
    };
    const outcome = await runScript(command(file), { ...options, timeout: millis(300), timedOut });
    assert.equal(outcome.end, 'timeout');
    assert.ok(timedOutAfter >= 299 && timedOutAfter < 1500, String(timedOutAfter));
    const sleeper = Number(readFileSync(pidFile, 'utf8'));
    await eventually('the child of the script is gone', 2000, () => !isAlive(sleeper), 10);
  });

  test('runScript kills what ignores SIGTERM', async () => {
    const file = write('deaf', '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 0.1; done\n');
    const outcome = await runScript(command(file), { ...options, timeout: millis(100) });
    assert.ok(
      outcome.end === 'timeout' && outcome.took >= 2000 && outcome.took < 4000,
      JSON.stringify(outcome),
    );
  });

  test('runScript ends when it is told to stop', async () => {
    const stop = new AbortController();
    const run = runScript(command('sleep', '60'), { ...options, stop: stop.signal });
    setTimeout(() => stop.abort(), 50);
    const outcome = await run;
    assert.ok(outcome.end === 'stopped' && outcome.took < 1000, JSON.stringify(outcome));
  });

  test('runScript leaves alone what a script left behind', async () => {
    const file = write('daemon', '#!/bin/sh\n(sleep 0.3; echo late >&2; exec sleep 60) &\necho $! >&2\n');
    const outcome = await runScript(command(file), options);
    assert.ok(outcome.end === 'exited');
    const left = Number(outcome.complaint);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.ok(isAlive(left), 'its write to stderr ended it');
    process.kill(left, 'SIGKILL');
  });

  test('runScript says of what cannot be run why', async () => {
    const rows: [ScriptCommand, RegExp][] = [
      [command(path.join(directory, 'missing', 'x')), /missing does not exist$/],
      [command(write('plain', '#!/bin/sh\n', 0o644)), /cannot execute .*plain$/],
      [command(directory), /is a directory$/],
      [command(path.join(write('afile', ''), 'x')), /afile is not a directory$/],
      [command('./relative'), /is not an absolute path$/],
      [command('no-such-program-anywhere'), /is not a program in \/usr\/local\/sbin/],
      [command(write('odd', '#!/no/such/interpreter\n')), /cannot be started: .*ENOENT/],
      [{ argv: ['true'], user: 'no-such-user', group: null }, /there is no user no-such-user/],
      [{ argv: ['true'], user: me, group: 'no-such-group' }, /there is no group no-such-group/],
    ];
    for (const [one, why] of rows) {
      const outcome = await runScript(one, options);
      assert.ok(outcome.end === 'unusable', JSON.stringify(outcome));
      assert.match(outcome.because, why);
    }
  });

  test('runScript asks whether something can be opened for a program </PATH', async () => {
    const file = write('readable', '');
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const open = async (target: string) => {
      const outcome = await runScript(command(`<${target}`), options);
      assert.ok(outcome.end === 'exited', JSON.stringify(outcome));
      return outcome.status === 0;
    };
    assert.equal(await open(file), true);
    assert.equal(await open(`${file}; true`), false);
    assert.equal(await open(`/dev/tcp/127.0.0.1/${address.port}`), true);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await open(`/dev/tcp/127.0.0.1/${address.port}`), false);
  });

  test('script security sees every way to change what root would run', rootOnly, () => {
    const refused = (file: string) => {
      const prepared = prepareScript(command(file), scripts);
      return prepared.ok ? null : prepared.error;
    };
    const good = write('safe/check', '#!/bin/sh\n');
    assert.equal(refused(good), null);

    const owned = write('owned', '#!/bin/sh\n');
    chownSync(owned, NOBODY, 0);
    assert.match(refused(owned) ?? '', /owned belongs to uid 65534 \(chown root/);

    assert.match(
      refused(write('open', '#!/bin/sh\n', 0o757)) ?? '',
      /everybody can write to .*open \(mode 0757; chmod go-w/,
    );

    const inGroup = write('team/check', '#!/bin/sh\n');
    chmodSync(path.dirname(inGroup), 0o775);
    assert.equal(refused(inGroup), null, "root's group is root");
    chownSync(path.dirname(inGroup), 0, NOBODY);
    assert.match(refused(inGroup) ?? '', /group 65534 can write to .*team \(mode 0775/);

    const link = path.join(directory, 'link');
    symlinkSync(good, link);
    assert.equal(refused(link), null);
    // The way leads through a directory of somebody else, though both ends are safe.
    const lane = path.join(directory, 'lane');
    mkdirSync(lane);
    symlinkSync(good, path.join(lane, 'way'));
    symlinkSync(path.join(lane, 'way'), path.join(directory, 'detour'));
    assert.equal(refused(path.join(directory, 'detour')), null);
    chownSync(lane, NOBODY, NOBODY);
    assert.match(refused(path.join(directory, 'detour')) ?? '', /lane belongs to uid 65534/);
    symlinkSync('loop', path.join(directory, 'loop'));
    assert.match(refused(path.join(directory, 'loop')) ?? '', /too many symbolic links/);

    const off = prepareScript(command(owned), { ...scripts, security: false });
    assert.match((off.ok && off.value.warning) || '', /owned belongs to uid 65534/);
    const harmless = prepareScript(asNobody(owned), scripts);
    assert.ok(harmless.ok && harmless.value.warning === null, 'who is nobody may run what is nobody’s');
    chmodSync(owned, 0o4755);
    chownSync(owned, 0, NOBODY);
    chmodSync(owned, 0o4777);
    assert.equal(prepareScript(asNobody(owned), scripts).ok, false, 'set-user-id root is as root');
  });

  test('a script runs as its user, with the groups of that user alone', rootOnly, async () => {
    const file = write('whoami', '#!/bin/sh\necho $(id -u) $(id -G) $HOME >&2\n');
    const plain = await runScript(asNobody(file), options);
    assert.ok(plain.end === 'exited');
    assert.match(plain.complaint, /^65534 65534 /);

    const prepared = prepareScript(asNobody(file), scripts);
    assert.ok(prepared.ok);
    const identity = { ...prepared.value.identity, groups: [7, 4] };
    const spawned = await spawnScript({ ...prepared.value, identity }, []);
    assert.ok(spawned.ok);
    assert.match((await spawned.value.exited).complaint, /^65534 65534 4 7 /);

    const hidden = write('hidden/check', '#!/bin/sh\n');
    chmodSync(path.dirname(hidden), 0o700);
    assert.match(showOutcome(await runScript(asNobody(hidden), options)), /nobody cannot enter .*hidden$/);
    const unreadable = await runScript(asNobody(write('unreadable', '#!/bin/sh\n', 0o711)), options);
    assert.match(showOutcome(unreadable), /nobody cannot read .*unreadable$/);
  });
});

test('identify takes the user of the command, of the configuration, keepalived_script, or our own', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:33::/var/www:/bin/false\nbroken\n';
  const group = 'root:x:0:\nweb:x:33:\nadm:x:4:syslog,web\nssl:x:110:web\nweb2:x:33:web\n';
  const accounts = parseAccounts(passwd, group);
  const none = { user: null, group: null };
  const of = (command: { user: string | null; group: string | null }, user: string | null, uid = 0) => {
    const found = identify(command, { user, group: null, security: true }, accounts, uid);
    return found.ok ? [found.value.uid, found.value.gid, ...found.value.groups] : found.error;
  };
  assert.deepEqual(of({ user: 'web', group: null }, 'root'), [33, 33, 4, 110]);
  assert.deepEqual(of({ user: 'web', group: 'ssl' }, null), [33, 110, 4, 33]);
  assert.deepEqual(of(none, 'web'), [33, 33, 4, 110]);
  assert.deepEqual(of(none, null), [0, 0]);
  assert.deepEqual(of({ user: null, group: 'adm' }, null), [0, 4]);
  assert.equal(
    of({ user: 'root', group: null }, null, 33),
    'only root can run it as root, and lbd runs as uid 33',
  );
  assert.deepEqual(of(none, null, 33), [33, 33, 4, 110]);
  const withDefault = parseAccounts(`${passwd}keepalived_script:x:990:990::/:/bin/false\n`, group);
  const found = identify(none, { ...none, security: true }, withDefault, 0);
  assert.ok(found.ok && found.value.uid === 990);
});
