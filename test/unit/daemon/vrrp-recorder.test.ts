import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { centis, seconds } from '../../../src/base/units.ts';
import { readYaml } from '../../../src/config/read-yaml.ts';
import { type JsonSchema, jsonSchema } from '../../../src/config/schema/json-schema.ts';
import { Vrrp } from '../../../src/daemon/vrrp.ts';
import { printLine, VrrpRecorder } from '../../../src/daemon/vrrp-recorder.ts';
import type { LbdEvent } from '../../../src/model/events.ts';
import { FakeLan, type FakeNode } from '../../fakes/lan.ts';
import { compareReplay, type Difference } from '../../replay/compare.ts';
import { parseRecording, type Recording } from '../../replay/recording.ts';
import { writeScenario } from '../../replay/scenario.ts';
import { type Input, Stage } from '../../scenario/stage.ts';
import { instanceConfig } from '../../support/instances.ts';

/** Has a node record from now on; gives the lines, in files of `most` characters. */
function record(node: FakeNode, most?: number): string[] {
  const lines: string[] = [];
  const recorder = new VrrpRecorder(node['ports'](), '1.0.0', (line) => lines.push(line) > 0, most);
  const machine = new Vrrp(recorder.recorded());
  node.vrrp = Object.assign(Object.create(machine), recorder.watch(machine));
  return lines;
}

/** A master of 10.0.0.1 that stops, comes back and loses its link, as its backup lives through it. */
async function life(): Promise<{ readonly backup: string[]; readonly master: string[] }> {
  const lan = new FakeLan();
  const [first, second] = [lan.node('10.0.0.1'), lan.node('10.0.0.2')];
  const [master, backup] = [record(first), record(second)];
  first.configure(1, [instanceConfig({ priority: 150 })]);
  second.configure(1, [instanceConfig({ priority: 100 })]);
  await lan.run(6);
  first.setLink(false);
  await lan.run(6);
  first.setLink(true);
  await lan.run(6);
  first.configure(2, [
    instanceConfig({ priority: 150, authentication: { type: 'pass', password: 'other' } }),
  ]);
  await lan.run(6);
  void second.vrrp.stop();
  await lan.run(6);
  return { master, backup };
}

/** As a machine leaves it that goes down within a line. */
const recordingOf = (lines: readonly string[]): Recording =>
  parseRecording(`${lines.map((line) => `${line}\n`).join('')}{"n":99,"out":["addr`);

async function replay(recording: Recording) {
  const events: LbdEvent[] = [];
  const difference: Difference | null = await compareReplay(recording, (_, event) => events.push(event));
  return { difference, events };
}

function equal(difference: Difference | null): void {
  if (difference === null) return;
  const { input, recorded, replayed } = difference;
  assert.deepEqual(replayed, recorded, `after input ${input.n}`);
}

test('VrrpRecorder records what a replay repeats, on both sides', async () => {
  const { master, backup } = await life();
  for (const lines of [master, backup]) {
    const { difference, events } = await replay(recordingOf(lines));
    equal(difference);
    const states = events.filter(({ event }) => event === 'vrrp_state').map(({ fields }) => fields['to']);
    assert.ok(states.includes('MASTER') && states.length > 4, states.join());
  }
});

test('VrrpRecorder writes no password, and a refused one is refused in the replay', async () => {
  const { backup } = await life();
  const text = backup.join('\n');
  const secrets = ['1111', 'other'].map((word) => Buffer.from(word).toString('hex'));
  for (const secret of [...secrets, '"1111"', '"other"']) assert.ok(!text.includes(secret), secret);
  const { events } = await replay(recordingOf(backup));
  assert.ok(
    events.some(({ event, fields }) => event === 'vrrp_advert_refused' && fields['refusal'] === 'auth'),
  );
});

/** What the schema knows of secrets in what vrrp is told, by where it stands, as a line of a file with one. */
const SECRETS: Readonly<
  Record<string, { readonly secret: string; readonly text: (secret: string) => string }>
> = {
  heartbeat_key: {
    secret: 'recognisable-key-of-a-second-path',
    text: (secret) => `heartbeat: [{ local: 10.9.0.1, peer: 10.9.0.2 }]\nheartbeat_key: ${secret}\n`,
  },
  'vrrp.*.authentication.password': {
    secret: 'sEcReT_1',
    text: (secret) => `${ROUTER}    authentication: { type: pass, password: ${secret} }\n`,
  },
  'vrrp.*.auth_hmac.keys': {
    secret: 'recognisable-key-that-signs-adverts',
    text: (secret) => `${ROUTER}    auth_hmac: { active_key: 1, keys: { 1: ${secret} } }\n`,
  },
};
const ROUTER = `vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    virtual_addresses: [10.0.0.100]
`;
/** Those hold a secret, or are the number of one. */
const NONE = ['vrrp.*.authentication', 'vrrp.*.auth_hmac', 'vrrp.*.auth_hmac.active_key'];
/** vrrp is not told these, or they are called so by accident. */
const ELSEWHERE = ['mail.auth', 'mail.auth.password_file', 'bfd.*.passive', 'xdp.key'];

/** Where keys stand in the schema that are called like a secret. */
function secretive(schema: JsonSchema, path: readonly string[] = []): readonly string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const at = [...path, key];
    const isOne = /pass|secret|key|token|auth|cred/i.test(key) ? [at.join('.')] : [];
    return [...isOne, ...secretive(inner, at)];
  });
  const { additionalProperties: others, items, anyOf = [] } = schema;
  const inner = [...(others ? [others] : []), ...(items === undefined ? [] : [items])];
  return [
    ...own,
    ...inner.flatMap((one) => secretive(one, [...path, '*'])),
    ...anyOf.flatMap((one) => secretive(one, path)),
  ];
}

test('VrrpRecorder writes none of the secrets that the schema has', async () => {
  const known = [...Object.keys(SECRETS), ...NONE, ...ELSEWHERE];
  const unknown = secretive(jsonSchema()).filter(
    (path) => !known.includes(path) && !/^services\./.test(path),
  );
  assert.deepEqual(unknown, [], 'say whether these are secrets, and mask them if so');
  for (const [path, { secret, text }] of Object.entries(SECRETS)) {
    assert.ok(secretive(jsonSchema()).includes(path), path);
    const read = readYaml(text(secret), 'f.yaml', { hostname: 'host1' });
    assert.ok(read.ok, JSON.stringify(read));
    const { instances, heartbeat } = read.value.config;
    const lan = new FakeLan();
    const node = lan.node('10.0.0.1');
    const lines = record(node);
    const forms = [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')];
    const hasSecret = (line: string) => forms.some((form) => line.includes(form));
    assert.ok(hasSecret(printLine({ instances, heartbeat })), `${path} is in what vrrp is told`);
    node.configure(1, instances, [], { heartbeat });
    await lan.run(6);
    assert.ok(lines.length > 5);
    assert.deepEqual(lines.filter(hasSecret), [], path);
  }
});

test('VrrpRecorder signs anew what was signed, with keys that are none', async () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);
  const hmac = {
    keys: [{ id: 3, secret: { kind: 'bytes', bytes } }],
    activeKey: 3,
    antiReplay: 'time',
    window: seconds(5),
    mode: 'enforce',
  } as const;
  const lan = new FakeLan();
  const [first, second] = [lan.node('10.0.0.1'), lan.node('10.0.0.2')];
  const backup = record(second);
  const config = instanceConfig({ version: 3, authentication: null, hmac });
  first.configure(1, [{ ...config, priority: 150 }]);
  second.configure(1, [config]);
  await lan.run(8);
  first.setLink(false);
  await lan.run(8);
  assert.ok(!backup.join('\n').includes(Buffer.from(bytes).toString('hex')));
  const { difference, events } = await replay(recordingOf(backup));
  equal(difference);
  const told = events.filter(({ event }) => event === 'vrrp_state').map(({ fields }) => fields['because']);
  assert.match(String(told.at(-1)), /^no advert from 10\.0\.0\.1/);
});

test('VrrpRecorder tells of inputs that come before the promises of the one before', async () => {
  const lan = new FakeLan();
  const node = lan.node('10.0.0.1');
  const lines = record(node);
  node.configure(1, [instanceConfig()]);
  await lan.run(6.8);
  node.setLink(false);
  node.setLink(true);
  node.setLink(false);
  await lan.run(6);
  assert.ok(lines.some((line) => line.includes('"interrupted":true')));
  equal((await replay(recordingOf(lines))).difference);
});

test('compareReplay finds a timer that is another one than the recorded', async () => {
  const recording = recordingOf((await life()).backup);
  const slower: Recording = {
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
  const { difference } = await replay(slower);
  assert.deepEqual(difference?.recorded?.out, ['wakeIn', 3610]);
  assert.deepEqual(difference?.replayed?.out, ['wakeIn', 4610]);
});

test('VrrpRecorder begins files that can be replayed by themselves', async () => {
  const lan = new FakeLan();
  const [first, second] = [lan.node('10.0.0.1'), lan.node('10.0.0.2')];
  const recordings = [record(first, 10_000), record(second, 10_000)];
  first.configure(1, [instanceConfig({ version: 3, advertInterval: centis(50), priority: 150 })]);
  second.configure(1, [instanceConfig({ version: 3, advertInterval: centis(50), priority: 100 })]);
  for (const up of [false, true, false, true]) {
    await lan.run(20);
    first.setLink(up);
  }
  for (const lines of recordings) {
    const begins = lines.flatMap((line, i) => (line.startsWith('{"file":') ? [i] : []));
    assert.ok(begins.length > 3, `${begins.length} files`);
    for (const [i, begin] of begins.entries()) {
      equal((await replay(recordingOf(lines.slice(begin, begins[i + 1])))).difference);
    }
  }
});

test('VrrpRecorder begins a new file after a line that was lost, and counts it', async () => {
  const lan = new FakeLan();
  const node = lan.node('10.0.0.1');
  const lines: string[] = [];
  let isFull = false;
  const recorder = new VrrpRecorder(node['ports'](), '1.0.0', (line) => !isFull && lines.push(line) > 0);
  const machine = new Vrrp(recorder.recorded());
  node.vrrp = Object.assign(Object.create(machine), recorder.watch(machine));
  node.configure(1, [instanceConfig()]);
  await lan.run(10);
  isFull = true;
  await lan.run(2);
  isFull = false;
  await lan.run(3);
  const begins = lines.flatMap((line, i) => (line.startsWith('{"file":') ? [i] : []));
  assert.equal(begins.length, 2);
  const last = recordingOf(lines.slice(begins.at(-1)));
  assert.ok(last.begin.lost > 0);
  equal((await replay(last)).difference);
});

test('writeScenario writes what the scenario test plays to the same end', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-scenario-'));
  try {
    await writeScenario(directory, recordingOf((await life()).backup));
    const lines = (name: string) => readFileSync(path.join(directory, name), 'utf8').trimEnd().split('\n');
    const stage = new Stage();
    for (const line of lines('01-in.jsonl')) await stage.play(JSON.parse(line) as Input);
    const outputs = stage.takeOutputs().map((output) => JSON.stringify(output));
    assert.deepEqual(outputs, lines('01-out.jsonl'));
    assert.ok(lines('about.md').some((line) => line.includes('BACKUP → MASTER')));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
