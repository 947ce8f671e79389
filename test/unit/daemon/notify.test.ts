import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { millis } from '../../../src/base/units.ts';
import { createNotifier, type NotifierConfig } from '../../../src/daemon/notify/notifier.ts';
import { createQueue } from '../../../src/daemon/notify/queue.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import type { LbdEvent } from '../../../src/model/events.ts';
import {
  type FifoConfig,
  type MailConfig,
  NO_NOTIFY,
  NO_SINKS,
  type NoticeState,
  type NotifySinks,
  type RouterNotice,
} from '../../../src/model/notify.ts';
import type { ScriptCommand } from '../../../src/model/script.ts';
import { eventually } from '../../support/eventually.ts';
import { startSmtp } from '../../support/smtp.ts';
import { serviceConfig } from './check-world.ts';

const LIMIT = 5000;
const execute = promisify(execFile);
const me = userInfo().username;
const notice = (state: NoticeState, name = 'VI_1', priority = 100): RouterNotice => ({
  kind: 'INSTANCE',
  name,
  state,
  priority,
  because: 'a test says so',
});

function start() {
  const events: { event: string; message: string; fields: LbdEvent['fields'] }[] = [];
  const say = (_: string, event: string, message: string, fields: LbdEvent['fields']) =>
    void events.push({ event, message, fields });
  const retryDelays = [millis(20), millis(20)];
  return { events, notifier: createNotifier({ clock: systemClock, say, retryDelays }) };
}

suite('createNotifier', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-notify-'));
    chmodSync(directory, 0o755);
  });
  after(() => rmSync(directory, { recursive: true }));

  const at = (name: string) => path.join(directory, name);
  const script = (name: string, text: string, ...args: string[]): ScriptCommand => {
    writeFileSync(at(name), `#!/bin/sh\n${text}\n`);
    chmodSync(at(name), 0o755);
    return { argv: [at(name), ...args], user: null, group: null };
  };
  const config = (notify: Partial<typeof NO_NOTIFY>, sinks: Partial<NotifySinks> = {}): NotifierConfig => ({
    instances: [
      { name: 'VI_1', notify: { ...NO_NOTIFY, ...notify } },
      { name: 'VI_2', notify: { ...NO_NOTIFY, ...notify } },
    ],
    syncGroups: [{ name: 'G1', notify: { ...NO_NOTIFY, ...notify } }],
    notify: { ...NO_SINKS, ...sinks },
    scripts: { user: me, group: null, security: true },
    routerId: 'lb01',
    services: [],
  });
  const lines = (file: string) =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];

  test('runs scripts one after the other, the own one before the one for all', async () => {
    const { notifier, events } = start();
    const out = at('order');
    const slowly = script('slowly', `sleep 0.1; echo "$@" >> ${out}`, 'mine', 'a b');
    const all = script(
      'all',
      `echo "$@" >> ${out}; [ "$4" != FAULT ] || { echo broken >&2; exit 4; }`,
      'all',
    );
    notifier.apply(config({ master: slowly, all, lowerPriority: all, priorityChanges: true }));
    notifier.tell(notice('MASTER'));
    notifier.tell(notice('MASTER', 'VI_2', 50));
    notifier.tell({ ...notice('MASTER', 'G1'), kind: 'GROUP' });
    notifier.tell(notice('MASTER_RX_LOWER_PRI'));
    notifier.tell(notice('MASTER_PRIORITY', 'VI_1', 90));
    notifier.tell(notice('FAULT'));
    await notifier.stop(millis(LIMIT));
    assert.deepEqual(lines(out), [
      'mine a b',
      'all INSTANCE VI_1 MASTER 100',
      'mine a b',
      'all INSTANCE VI_2 MASTER 50',
      'mine a b',
      'all GROUP G1 MASTER 0',
      'all',
      'all INSTANCE VI_1 FAULT 100',
    ]);
    assert.equal(events.length, 8);
    const { event, message, fields } = events.at(-1) ?? assert.fail();
    assert.equal(event, 'notify_failed');
    assert.equal(message, `script ${at('all')} about VI_1 FAULT exited with status 4 (broken)`);
    assert.deepEqual(
      [fields['name'], fields['state'], fields['sink'], fields['status']],
      ['VI_1', 'FAULT', 'script', 4],
    );
    assert.ok(Number(events[0]?.fields['duration_ms']) >= 100);
  });

  test('ends at the bound of a stop what still runs, and counts what was not told', async () => {
    const { notifier, events } = start();
    const stop = script('hang', 'sleep 60');
    notifier.apply(config({ stop }));
    for (const name of ['VI_1', 'VI_2']) notifier.tell(notice('STOP', name));
    const startedAt = Date.now();
    await notifier.stop(millis(100));
    assert.ok(Date.now() - startedAt < 3000);
    assert.deepEqual(
      events.map(({ event, fields }) => [event, fields['end'] ?? fields['count']]),
      [
        ['notify_failed', 'stopped'],
        ['notify_failed', 1],
      ],
    );
  });

  test('says at once that a script cannot be run, and tells what a reload took away', async () => {
    const { notifier, events } = start();
    const out = at('deleted');
    const missing: ScriptCommand = { argv: [at('missing')], user: null, group: null };
    const deleted = script('gone', `echo gone >> ${out}`);
    notifier.apply(config({ master: missing, deleted }));
    assert.deepEqual(
      events.map(({ message }) => message),
      [`a notify script cannot be run: ${at('missing')} does not exist`],
    );
    notifier.apply({ ...config({}), instances: [] });
    notifier.tell(notice('DELETED'));
    await notifier.stop(millis(LIMIT));
    assert.deepEqual(lines(out), ['gone']);
  });

  const fifo = (name: string, more: Partial<FifoConfig> = {}): FifoConfig => ({
    path: at(name),
    of: 'all',
    user: null,
    group: null,
    script: null,
    ...more,
  });

  test("writes keepalived's lines into pipes that only their owner may read", async () => {
    const { notifier, events } = start();
    const fifos = [fifo('fifo.all'), fifo('fifo.lvs', { of: 'lvs' })];
    const asked = config({ priorityChanges: true }, { fifos, statesOnReload: true });
    notifier.apply(asked);
    assert.equal(statSync(at('fifo.all')).mode & 0o7777, 0o600);
    const reader = openSync(at('fifo.all'), constants.O_RDONLY | constants.O_NONBLOCK);
    const read = () => {
      const bytes = new Uint8Array(8192);
      return new TextDecoder().decode(bytes.subarray(0, readSync(reader, bytes)));
    };
    notifier.tell(notice('MASTER'));
    notifier.tell({ ...notice('BACKUP', 'G1'), kind: 'GROUP' });
    notifier.tell(notice('BACKUP_PRIORITY', 'VI_1', 90));
    assert.equal(
      read(),
      'INSTANCE "VI_1" MASTER 100\nGROUP "G1" BACKUP 0\nINSTANCE "VI_1" BACKUP_PRIORITY 90\n',
    );
    const states = [notice('MASTER', 'VI_2', 7)];
    notifier.apply({ ...asked, routerId: 'lb02' });
    notifier.statesAfterReload(states);
    assert.equal(read(), 'INSTANCE "VI_2" MASTER 7\n', 'the pipe stays open over a reload');
    notifier.apply(config({}, { fifos }));
    notifier.statesAfterReload(states);
    notifier.tell(notice('BACKUP_PRIORITY'));

    for (let i = 0; i < 4000; i++) notifier.tell(notice('MASTER'));
    assert.match(events.at(-1)?.message ?? '', /fifo\.all is full, nobody reads it/);
    assert.equal(events.length, 1, 'said once');
    const whole = read();
    assert.equal(whole.length % 27, whole.length === 8192 ? 8192 % 27 : 0);
    notifier.tell(notice('MASTER'));
    assert.match(events.at(-1)?.message ?? '', /fifo\.all: \d+ notices were dropped/);
    closeSync(reader);
    await notifier.stop(millis(LIMIT));
    assert.deepEqual([existsSync(at('fifo.all')), existsSync(at('fifo.lvs'))], [false, false]);
  });

  test('leaves a pipe that was there, and refuses what is none', async () => {
    const { notifier, events } = start();
    execFileSync('mkfifo', ['-m', '644', at('theirs')]);
    writeFileSync(at('nopipe'), '');
    notifier.apply(config({}, { fifos: [fifo('theirs'), fifo('nopipe')] }));
    assert.match(events[0]?.message ?? '', /nopipe is not a named pipe$/);
    notifier.tell(notice('MASTER'));
    await notifier.stop(millis(LIMIT));
    assert.equal(events.length, 1);
    assert.equal(statSync(at('theirs')).mode & 0o7777, 0o600);
  });

  test('runs the script of a pipe, which reads to the end of it', async () => {
    const { notifier, events } = start();
    const out = at('read');
    const reader = script(
      'reader',
      `shift; while read line; do echo "$line" >> ${out}; done < "$1"; exec sleep 60`,
      'x',
    );
    notifier.apply(config({}, { fifos: [fifo('read.fifo', { script: reader })] }));
    notifier.tell(notice('MASTER'));
    await eventually('it reads', LIMIT, () => lines(out).length === 1, 10);
    notifier.tell(notice('STOP'));
    await notifier.stop(millis(LIMIT));
    assert.deepEqual(lines(out), ['INSTANCE "VI_1" MASTER 100', 'INSTANCE "VI_1" STOP 100']);
    assert.deepEqual(events, []);
  });

  const mail = (port: number, more: Partial<MailConfig> = {}): MailConfig => ({
    host: '127.0.0.1',
    port,
    security: 'none',
    auth: null,
    helo: 'lb01.example',
    from: 'lb@example.com',
    to: ['ops@example.com', 'dev@example.com'],
    timeout: millis(2000),
    noFaults: false,
    ...more,
  });

  test("sends mail under keepalived's subject, about the states that it mails", async () => {
    const smtp = await startSmtp({});
    const { notifier, events } = start();
    notifier.apply(config({ mail: true }, { mail: mail(smtp.port, { noFaults: true }) }));
    for (const state of ['BACKUP', 'MASTER', 'FAULT', 'STOP', 'MASTER_RX_LOWER_PRI'] as const)
      notifier.tell(notice(state));
    notifier.tell({ ...notice('BACKUP', 'G1'), kind: 'GROUP' });
    await notifier.stop(millis(LIMIT));
    await smtp.close();
    assert.deepEqual(
      smtp.mails.map(({ data }) => /^Subject: (.*)$/m.exec(data)?.[1]),
      [
        '[lb01] VRRP Instance VI_1 - Entering BACKUP state',
        '[lb01] VRRP Instance VI_1 - Entering MASTER state',
        '[lb01] VRRP Group G1 - Entering BACKUP state',
      ],
    );
    const [first] = smtp.mails;
    assert.deepEqual(first?.to, ['ops@example.com', 'dev@example.com']);
    assert.equal(first?.from, 'lb@example.com');
    assert.equal(first?.helo, 'lb01.example');
    assert.match(first?.data ?? '', /^Because: {2}a test says so$/m);
    assert.deepEqual(new Set(events.map(({ event }) => event)), new Set(['notify_done']));
  });

  test('mails about services and servers that ask for it, and of servers only changes', async () => {
    const smtp = await startSmtp({});
    const { notifier, events } = start();
    const plain = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);
    const [first, second] = plain.servers;
    assert.ok(first !== undefined && second !== undefined);
    const service = { ...plain, mail: true, servers: [first, { ...second, mail: false }] };
    const quiet = serviceConfig('10.0.0.200', []);
    const asked = { ...config({}, { mail: mail(smtp.port) }), services: [service, quiet] };
    notifier.apply(asked);
    const about = ({ name, key }: typeof plain) => ({
      name,
      service: key,
      because: 'a test',
      isFirst: false,
    });
    const vs = { ...about(service), kind: 'VS', server: null } as const;
    const rs = { ...about(service), kind: 'RS', server: first.key } as const;
    notifier.tell({ ...vs, state: 'UP', isFirst: true });
    notifier.tell({ ...rs, state: 'UP', isFirst: true });
    notifier.tell({ ...rs, server: second.key, state: 'DOWN' });
    notifier.tell({ ...vs, ...about(quiet), state: 'DOWN' });
    notifier.tell({ ...rs, state: 'DOWN' });
    notifier.apply({ ...asked, services: [] });
    const mark = { kind: 'fwmark', family: 'inet', fwmark: 7 } as const;
    notifier.tell({ ...rs, service: mark, state: 'DOWN' });
    await notifier.stop(millis(LIMIT));
    await smtp.close();
    assert.deepEqual(
      smtp.mails.map(({ data }) => /^Subject: (.*(?:\n .*)*)$/m.exec(data)?.[1]?.replaceAll('\n', '')),
      [
        '[lb01] Virtualserver [10.0.0.100]:tcp:80 - UP',
        '[lb01] Realserver [10.0.0.1]:tcp:80 of virtual server [10.0.0.100]:tcp:80 - DOWN',
        '[lb01] Realserver [10.0.0.1]:none:80 of virtual server FWM 7 - DOWN',
      ],
    );
    const body = smtp.mails[1]?.data.split('\n\n')[1] ?? '';
    assert.match(
      body,
      /^Router: {3}lb01\nService: {2}service-10\.0\.0\.100\nServer: {3}10\.0\.0\.1:80\nState: {4}DOWN\nSince: {4}\S+Z\nBecause: {2}a test\n$/,
    );
    assert.equal(events.length, 3);
  });

  test('takes any certificate where encryption is only an offer, and none but a good one where it is asked for', async () => {
    writeFileSync(at('password'), 'secret\n');
    const auth = { user: 'lb', passwordFile: at('password') };
    const secure = await startSmtp({ security: 'starttls', password: 'secret' });
    const plain = await startSmtp({});
    const { notifier, events } = start();
    for (const [port, more] of [
      [secure.port, { auth }],
      [secure.port, { auth, security: 'starttls' }],
      [plain.port, { security: 'starttls' }],
    ] as const) {
      notifier.apply(config({ mail: true }, { mail: mail(port, more) }));
      notifier.tell(notice('MASTER'));
    }
    await notifier.stop(millis(LIMIT));
    await Promise.all([secure.close(), plain.close()]);
    assert.deepEqual(
      secure.mails.map(({ user, encrypted }) => [user, encrypted]),
      [['lb', true]],
    );
    assert.equal(plain.mails.length, 0);
    const said = events.map(({ event, message }) => `${event}: ${message}`);
    assert.match(said[0] ?? '', /^notify_done: mail about VI_1 MASTER was sent to 127/);
    assert.match(said[1] ?? '', /^notify_failed: .* was not sent to 127.0.0.1: self-signed certificate$/);
    assert.match(said[2] ?? '', /^notify_failed: .* was not sent to 127.0.0.1: .*STARTTLS/);
    assert.doesNotMatch(said.join('\n'), /secret/);
  });

  for (const security of ['starttls', 'tls'] as const) {
    test(`logs in by ${security} at a server whose certificate is good`, async () => {
      writeFileSync(at('word'), 'secret\n');
      const smtp = await startSmtp({ security, password: 'secret' });
      writeFileSync(at(`${security}.pem`), smtp.certificate);
      const asked = mail(smtp.port, { security, auth: { user: 'lb', passwordFile: at('word') } });
      const module = new URL('../../../src/daemon/notify/mail.js', import.meta.url).href;
      // Trust is given to a process at its start.
      const code = `import { sendMail } from '${module}';
        console.log(JSON.stringify(await sendMail(${JSON.stringify(asked)}, { subject: 's', body: 'b' }, 0)));`;
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: at(`${security}.pem`) };
      const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', code], { env });
      await smtp.close();
      assert.deepEqual(JSON.parse(stdout), { ok: true, value: '' });
      assert.deepEqual(
        smtp.mails.map(({ user, encrypted }) => [user, encrypted]),
        [['lb', true]],
      );
    });
  }

  test('sends mail again after a refusal that may pass, not after one that stays', async () => {
    const smtp = await startSmtp({ refusals: ['451 later', '421 busy', '', '550 never'] });
    const { notifier, events } = start();
    notifier.apply(config({ mail: true }, { mail: mail(smtp.port) }));
    notifier.tell(notice('MASTER'));
    notifier.tell(notice('BACKUP'));
    await notifier.stop(millis(LIMIT));
    await smtp.close();
    assert.equal(smtp.mails.length, 1);
    assert.deepEqual(
      events.map(({ event, fields }) => [event, fields['state']]),
      [
        ['notify_done', 'MASTER'],
        ['notify_failed', 'BACKUP'],
      ],
    );
    assert.match(events[1]?.message ?? '', /550 never/);
  });

  test('posts notices to webhooks, tries again, and delays no script meanwhile', async () => {
    const bodies: string[] = [];
    const answers = [503, 200, 404, 302];
    const server = createHttpServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        if (request.url === '/hang?token=hidden') return;
        bodies.push(`${request.method} ${request.headers['content-type']} ${body}`);
        response.writeHead(answers.shift() ?? 500, { location: '/hang?token=hidden' }).end('thanks');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const out = at('beside');
    const { notifier, events } = start();
    const webhooks = [
      { url: `${origin}/hang?token=hidden`, timeout: millis(100) },
      { url: `${origin}/ok`, timeout: millis(2000) },
    ];
    notifier.apply(config({ all: script('beside', `echo $3 >> ${out}`) }, { webhooks }));
    for (const state of ['MASTER', 'BACKUP', 'FAULT'] as const) notifier.tell(notice(state));
    await eventually('scripts ran', LIMIT, () => lines(out).length === 3, 5);
    await notifier.stop(millis(LIMIT));
    server.closeAllConnections();
    server.close();
    const { at: when, ...first } = JSON.parse(bodies[0]?.replace('POST application/json ', '') ?? '');
    assert.deepEqual(first, {
      router_id: 'lb01',
      kind: 'INSTANCE',
      name: 'VI_1',
      state: 'MASTER',
      priority: 100,
      because: 'a test says so',
    });
    assert.ok(Math.abs(Date.parse(when) - Date.now()) < 60_000);
    assert.equal(bodies[1], bodies[0]);
    const told = events.filter(({ fields }) => fields['sink'] === 'webhook').map(({ message }) => message);
    const hung = told.filter((message) => message.endsWith(': no answer within 100 ms'));
    const answered = told.filter((message) => !hung.includes(message));
    assert.equal(hung.length, 3);
    assert.deepEqual(answered, [
      `webhook about VI_1 MASTER was sent to ${origin}`,
      `webhook about VI_1 BACKUP was not sent to ${origin}: the answer was 404 Not Found`,
      `webhook about VI_1 FAULT was not sent to ${origin}: the answer was 302 Found`,
    ]);
  });

  test('tells of services and servers: their commands in order, the FIFOs for them, webhooks of changes', async () => {
    const { notifier } = start();
    const out = at('services');
    const tell = (name: string) => script(`service-${name}`, `echo ${name} >> ${out}`);
    const plain = serviceConfig('10.0.0.100', ['10.0.0.1', '10.0.0.2']);
    const [first, ...others] = plain.servers;
    assert.ok(first !== undefined);
    const service = {
      ...plain,
      quorum: { ...plain.quorum, up: tell('quorum-up'), down: tell('quorum-down') },
      servers: [{ ...first, notifyUp: tell('up'), notifyDown: tell('down') }, ...others],
    };
    const posted: { kind: string; server: string | null; state: string }[] = [];
    const server = createHttpServer((request, response) => {
      request.setEncoding('utf8').once('data', (text: string) => posted.push(JSON.parse(text)));
      request.once('end', () => response.end());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const fifos = (['all', 'vrrp', 'lvs'] as const).map((of) => ({
      ...{ path: at(`services.fifo.${of}`), of, user: null, group: null, script: null },
    }));
    const webhooks = [{ url: `http://127.0.0.1:${port}/`, timeout: millis(LIMIT) }];
    const asked = { ...config({}, { fifos, webhooks }), services: [service] };
    notifier.apply(asked);
    const readers = fifos.map((fifo) => openSync(fifo.path, constants.O_RDONLY | constants.O_NONBLOCK));
    const about = { name: service.name, service: service.key, because: 'a test', isFirst: false };
    const vs = { ...about, kind: 'VS', server: null } as const;
    const rs = { ...about, kind: 'RS', server: first.key } as const;
    notifier.tell({ ...vs, state: 'UP', isFirst: true });
    notifier.tell({ ...rs, state: 'DOWN' });
    notifier.tell({ ...rs, server: { ...first.key, port: 81 }, state: 'DOWN' });
    notifier.apply({ ...asked, services: [] });
    notifier.tell({ ...vs, state: 'DOWN' });
    const bytes = new Uint8Array(8192);
    const read = (reader: number) => new TextDecoder().decode(bytes.subarray(0, readSync(reader, bytes)));
    const [all, vrrp, lvs] = readers;
    assert.ok(all !== undefined && vrrp !== undefined && lvs !== undefined);
    const lines = [
      'VS [10.0.0.100]:tcp:80 UP',
      'RS [10.0.0.1]:tcp:80 [10.0.0.100]:tcp:80 DOWN',
      'RS [10.0.0.1]:tcp:81 [10.0.0.100]:tcp:80 DOWN',
      'VS [10.0.0.100]:tcp:80 DOWN',
      '',
    ].join('\n');
    assert.deepEqual([read(all), read(lvs)], [lines, lines]);
    assert.throws(() => read(vrrp), /EAGAIN/);
    for (const reader of readers) closeSync(reader);
    await notifier.stop(millis(LIMIT));
    server.close();
    assert.equal(readFileSync(out, 'utf8'), 'quorum-up\ndown\nquorum-down\n');
    assert.deepEqual(
      posted.map(({ kind, server, state }) => [kind, server, state]),
      [
        ['RS', '10.0.0.1:80', 'DOWN'],
        ['RS', '10.0.0.1:81', 'DOWN'],
        ['VS', null, 'DOWN'],
      ],
    );
  });
});

test('a queue keeps the newest thousand, and counts the others', async () => {
  const performed: number[] = [];
  const dropped: number[] = [];
  const opened = new AbortController();
  const gate = once(opened.signal, 'abort');
  const queue = createQueue<number>(
    async (item) => {
      await gate;
      performed.push(item);
    },
    (count) => dropped.push(count),
  );
  for (let i = 0; i < 1100; i++) queue.add(i);
  opened.abort();
  await queue.stop(millis(LIMIT));
  assert.deepEqual(dropped, [99]);
  assert.deepEqual([performed.length, performed[0], performed[1], performed.at(-1)], [1001, 0, 100, 1099]);
});
