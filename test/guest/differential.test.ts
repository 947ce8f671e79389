// 200 random configurations, programmed by keepalived 2.2.7 and by lbd, on a kernel with IPVS.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { readKeepalived } from '../../src/config/read-keepalived.ts';
import { Check } from '../../src/daemon/check.ts';
import { machineFiles } from '../../src/ipc/config-files.ts';
import type { CheckDesired, FromCheck } from '../../src/ipc/messages.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { watchInterfaces } from '../../src/kernel/interfaces.ts';
import { openIpvs } from '../../src/kernel/ipvs.ts';
import { NOTHING_FOLLOWED } from '../../src/model/check.ts';
import type { Config } from '../../src/model/config.ts';
import { NO_SCRIPTS } from '../../src/model/script.ts';
import { NO_VERDICTS } from '../../src/model/verdicts.ts';
import { createLab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { randomServices } from './random-services.ts';

/** Everything but the timers themselves is slow under emulation. */
const LIMIT = 180_000;
const CONFIGURATIONS = 200;
/** The files of the daemon. */
const ROUNDS = [
  [1, 2, 3],
  [3, 4, 5],
];
/** So many are in one file: a start and a stop of keepalived take seconds here. */
const AT_ONCE = 40;

/** Stands last in each file: with it, all of the file is in the kernel. */
const LAST = `virtual_server fwmark 99999999 {
  lb_algo rr
  lb_kind NAT
  real_server 192.0.2.254 { weight 1 }
}
`;

const PRINT = 'ipvsadm -Sn; echo ==; ipvsadm -Ln --thresholds';

/** Starts keepalived, waits for the last server, prints the table in two ways, and takes all of it down. */
const BY_KEEPALIVED = `
keepalived -C -n -l -D -f "$1" -p "$2/pid" -c "$2/checkers.pid" >"$2/log" 2>&1 &
i=0
until ipvsadm -Sn | grep -q -- '-a -f 99999999 '; do
  i=$((i + 1)); [ $i -lt 300 ] || { cat "$2/log" >&2; kill $!; exit 1; }
  sleep 0.1
done
${PRINT}
kill -TERM $!; wait $!; ipvsadm -C
`;

/** Services by what they are, each with its servers in no special order, and the thresholds of these. */
function tableOf(printed: string): Map<string, string> {
  const [rules = '', thresholds = ''] = printed.split('==\n');
  const services = new Map<string, string[]>();
  for (const line of rules.split('\n')) {
    const [, key = ''] = /^-[Aa] (-\S+ \S+(?: -6)?)/.exec(line) ?? [];
    if (line !== '') services.set(key, [...(services.get(key) ?? []), line]);
  }
  let service = '';
  for (const line of thresholds.split('\n').slice(3)) {
    const [protocol = '', address = ''] = line.trimEnd().split(/ +/);
    if (line.startsWith('  ->')) {
      const [, , upper, lower] = line.trim().split(/ +/).slice(0, 4).map(String);
      services.get(service)?.push(`thresholds ${line.trim().split(/ +/)[1]} ${upper} ${lower}`);
    } else service = `${OPTIONS[protocol] ?? ''} ${address}${line.includes('IPv6') ? ' -6' : ''}`;
  }
  return new Map([...services].map(([key, lines]) => [key, lines.sort().join('\n')]));
}

const OPTIONS: Readonly<Record<string, string>> = { TCP: '-t', UDP: '-u', SCTP: '--sctp-service', FWM: '-f' };

/** How lbd differs from keepalived 2.2.7, and why. All of it has to be found. */
const DELIBERATE = {
  granularity: 'the persistence_granularity of a group counts; keepalived forgets it',
  port: 'a NAT server without a port in a group has that of each address; keepalived writes 0, which the kernel takes for the same',
  family: 'a fwmark has the family that is given; keepalived takes that of its servers',
} as const;
type Reason = keyof typeof DELIBERATE;

/** Why the tables differ in this service; null where that is not deliberate. */
function reasonsOf(
  key: string,
  theirs: ReadonlyMap<string, string>,
  ours: ReadonlyMap<string, string>,
): readonly Reason[] | null {
  const [wanted = '', found = ''] = [theirs.get(key), ours.get(key)];
  if (wanted === '' || found === '') {
    const mark = key.replace(/ -6$/, '');
    const same = theirs.get(`${mark} -6`)?.replaceAll(`-f ${mark.slice(3)} -6 `, `${mark} `);
    return same !== undefined && same === ours.get(mark) ? ['family'] : null;
  }
  const [, port] = /:(\d+)$/.exec(key) ?? [];
  const told = sorted(port === undefined ? wanted : wanted.replaceAll(/:0 /g, `:${port} `));
  const plain = wanted.includes(' -M ') ? found : found.replace(/ -M \S+/, '');
  if (told !== sorted(plain)) return null;
  return [
    ...(told === wanted ? [] : ['port' as const]),
    ...(plain === found ? [] : ['granularity' as const]),
  ];
}

const sorted = (text: string): string => text.split('\n').sort().join('\n');

/** The check process in this one: what it programs for a configuration, before any check has been made. */
async function byLbd(config: Config): Promise<string> {
  const sent: FromCheck[] = [];
  let settled: () => void = () => undefined;
  const applied = new Promise<void>((resolve) => {
    settled = resolve;
  });
  const check = new Check({
    clock: systemClock,
    after(delay, run) {
      const timer = setTimeout(run, delay);
      return () => clearTimeout(timer);
    },
    place: () => 0.9,
    probe: () => new Promise(() => undefined),
    watchAddresses: watchInterfaces,
    openIpvs,
    dataplane: {
      follow: () => false,
      leaveOther: async () => undefined,
      tellPeers: () => undefined,
      stop: () => undefined,
    },
    send(message) {
      sent.push(message);
      if (message.message === 'applied') settled();
    },
  });
  const desired: CheckDesired = {
    generation: 1,
    services: config.services,
    retired: [],
    drift: config.drift,
    ipvs: config.ipvs,
    dataplane: config.dataplane,
    followed: NOTHING_FOLLOWED,
    scripts: NO_SCRIPTS,
    serversAtFirst: false,
    orders: [],
    verdicts: NO_VERDICTS,
  };
  check.receive({ message: 'desired', desired });
  await applied;
  const printed = execFileSync('sh', ['-c', PRINT], {
    encoding: 'utf8',
  });
  await check.stop();
  const problems = sent.flatMap((message) => (message.message === 'applied' ? [message.problem] : []));
  assert.deepEqual(problems, [null]);
  return printed;
}

suite('services as keepalived programs them', { concurrency: false }, () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-differential-'));
  });
  after(() => {
    execFileSync('ipvsadm', ['-C']);
    rmSync(directory, { recursive: true });
  });

  const fileOf = (ids: readonly number[]) => `${ids.map(randomServices).join('')}${LAST}`;
  const byKeepalived = (file: string): string => {
    try {
      return execFileSync('sh', ['-c', BY_KEEPALIVED, 'sh', file, directory], { encoding: 'utf8' });
    } catch (error) {
      assert.fail(`keepalived: ${readFileSync(path.join(directory, 'log'), 'utf8')}: ${error}`);
    }
  };

  test(`lbd programs ${CONFIGURATIONS} random configurations as keepalived does`, async () => {
    const differing: string[] = [];
    const reasons = new Set<Reason>();
    let services = 0;
    for (let id = 0; id < CONFIGURATIONS; id += AT_ONCE) {
      const file = path.join(directory, 'keepalived.conf');
      const ids = Array.from({ length: AT_ONCE }, (_, i) => id + i);
      writeFileSync(file, fileOf(ids));
      const context = {
        files: machineFiles,
        hostname: 'lb',
        configId: 'me',
        env: () => undefined,
        random: () => 0,
      };
      const { config, diagnostics } = readKeepalived(file, context);
      assert.ok(config !== null, JSON.stringify(diagnostics.filter(({ severity }) => severity === 'error')));
      const [theirs, ours] = [tableOf(byKeepalived(file)), tableOf(await byLbd(config))];
      services += theirs.size;
      for (const key of new Set([...theirs.keys(), ...ours.keys()])) {
        const [wanted, found] = [theirs.get(key) ?? '(none)', ours.get(key) ?? '(none)'];
        if (wanted === found) continue;
        const because = reasonsOf(key, theirs, ours);
        for (const reason of because ?? []) reasons.add(reason);
        if (because === null) differing.push(`keepalived:\n${wanted}\nlbd:\n${found}\n`);
      }
    }
    assert.deepEqual(differing, []);
    assert.deepEqual([...reasons].sort(), Object.keys(DELIBERATE).sort());
    assert.ok(services > 2 * CONFIGURATIONS, `${services} services`);
  });

  test('the daemon programs such a file as keepalived does, and another one at a reload', async () => {
    const lab = await createLab({ directors: 1, servers: 0, web: false });
    const host = lab.host('d1');
    const director = new Director(host, path.join(directory, 'director'));
    const sh = async (script: string, ...args: string[]) => {
      const { code, stdout, stderr } = await host.exec('sh', ['-c', script, 'sh', ...args]);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    try {
      const file = path.join(directory, 'other.conf');
      const theirs: Map<string, string>[] = [];
      for (const ids of ROUNDS) {
        writeFileSync(file, fileOf(ids));
        theirs.push(tableOf(await sh(BY_KEEPALIVED, file, directory)));
      }
      for (const [i, ids] of ROUNDS.entries()) {
        director.configure(fileOf(ids), 'keepalived.conf');
        if (i === 0) director.start();
        else await director.reload();
        await eventually('the table is the same', LIMIT, async () => {
          assert.deepEqual(tableOf(await sh(PRINT)), theirs[i]);
          return true;
        });
      }
    } finally {
      await director.stop();
      await lab.close();
    }
  });
});
