import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Result } from '../../../src/base/result.ts';
import type { KernelError } from '../../../src/kernel/error.ts';
import { type NetlinkRequest, NetlinkSocket } from '../../../src/kernel/netlink-socket.ts';
import { type NetlinkMessage, NLM_F, NLMSG_DONE } from '../../../src/wire/netlink.ts';
import { type Delivery, data, FakeKernel, status } from '../../fakes/netlink.ts';

const REQUEST: NetlinkRequest = { type: 20, flags: NLM_F.CREATE, payload: new Uint8Array(8) };
const many = (count: number): readonly NetlinkRequest[] => Array.from({ length: count }, () => REQUEST);
const codes = (results: readonly Result<unknown, KernelError>[]): readonly string[] =>
  results.map((result) => (result.ok ? 'ok' : result.error.code));

/** Refuses the requests with these sequence numbers and acknowledges what asks for it. */
const refusing =
  (...refused: readonly number[]) =>
  (messages: readonly NetlinkMessage[]): readonly Delivery[] =>
    messages
      .filter((each) => refused.includes(each.seq) || (each.flags & NLM_F.ACK) !== 0)
      .map((each) => ({ messages: [status(each, refused.includes(each.seq) ? 17 : 0)] }));

test('perform sends the first datagram before it returns and asks for one acknowledgement', async () => {
  const kernel = new FakeKernel(refusing());
  const results = new NetlinkSocket(kernel.connect).perform(many(3));
  assert.deepEqual(
    kernel.sent.map((datagram) => datagram.map((message) => message.flags)),
    [[0x401, 0x401, 0x405]],
  );
  assert.deepEqual(codes(await results), ['ok', 'ok', 'ok']);
});

test('perform gives each request its own outcome, by sequence number', async () => {
  const kernel = new FakeKernel(refusing(2, 4));
  assert.deepEqual(codes(await new NetlinkSocket(kernel.connect).perform(many(4))), [
    'ok',
    'EEXIST',
    'ok',
    'EEXIST',
  ]);
});

test('perform keeps the answers of a datagram within half the receive buffer, one datagram in flight', async () => {
  let inFlight = 0;
  const kernel = new FakeKernel((messages) => {
    assert.equal(inFlight, 0);
    inFlight++;
    setImmediate(() => inFlight--);
    return refusing()(messages);
  }, 20 * 1024);
  assert.equal((await new NetlinkSocket(kernel.connect).perform(many(25))).length, 25);
  assert.deepEqual(
    kernel.sent.map((datagram) => datagram.length),
    [10, 10, 5],
  );
});

test('answers that can be collected are not waited for, and after eight datagrams others have their turn', async () => {
  const kernel = new FakeKernel(refusing(2, 42), 8 * 1024, true);
  const socket = new NetlinkSocket(kernel.connect);
  const results = socket.perform(many(80));
  assert.equal(kernel.sent.length, 8);
  const question = socket.ask(REQUEST);
  let turns = 0;
  const count = () => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  const outcomes = codes(await results);
  clearImmediate(timer);
  assert.deepEqual(
    outcomes.flatMap((code, i) => (code === 'ok' ? [] : [[i, code]])),
    [
      [1, 'EEXIST'],
      [41, 'EEXIST'],
    ],
  );
  assert.equal(turns, 1);
  socket.close();
  assert.deepEqual(codes([await question]), ['closed']);
});

test('perform goes on after a datagram whose answers an overrun took, and ends them all when it is closed', async () => {
  const kernel = new FakeKernel(
    (messages) =>
      refusing()(messages).map((answer, i) => ({ ...answer, overrun: kernel.sent.length === 2 && i === 0 })),
    8 * 1024,
    true,
  );
  const socket = new NetlinkSocket(kernel.connect);
  const outcomes = codes(await socket.perform(many(12)));
  assert.deepEqual(
    [...new Set(outcomes.slice(0, 4)), ...new Set(outcomes.slice(4, 8)), ...new Set(outcomes.slice(8))],
    ['ok', 'overrun', 'ok'],
  );
  const late = socket.perform(many(80));
  socket.close();
  const ends = codes(await late);
  assert.deepEqual(ends.slice(0, 32), Array(32).fill('ok'));
  assert.deepEqual(ends.slice(32), Array(48).fill('closed'));
});

test('perform cuts datagrams at 60,000 bytes', async () => {
  const kernel = new FakeKernel(refusing());
  const large = { ...REQUEST, payload: new Uint8Array(20_000) };
  await new NetlinkSocket(kernel.connect).perform([large, large, large]);
  assert.deepEqual(
    kernel.sent.map((datagram) => datagram.length),
    [2, 1],
  );
});

test('perform calls every outcome unknown that an overrun may have hidden, and goes on', async () => {
  let first = true;
  const kernel = new FakeKernel((messages) => {
    const answers = refusing(2)(messages);
    if (!first) return answers;
    first = false;
    return answers.map((answer, i) => ({ ...answer, overrun: i === 0 }));
  });
  let overruns = 0;
  const socket = new NetlinkSocket(kernel.connect, { onOverrun: () => overruns++ });
  assert.deepEqual(codes(await socket.perform(many(3))), ['overrun', 'EEXIST', 'overrun']);
  assert.deepEqual(codes(await socket.perform(many(2))), ['ok', 'ok']);
  assert.equal(overruns, 1);
});

test('perform does not wait for an acknowledgement that an overrun took', async () => {
  const kernel = new FakeKernel((messages) =>
    refusing(1)(messages)
      .slice(0, 1)
      .map((answer) => ({ ...answer, overrun: true })),
  );
  assert.deepEqual(codes(await new NetlinkSocket(kernel.connect).perform(many(2))), ['EEXIST', 'overrun']);
});

test('perform ends with timeout when no answer comes', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const socket = new NetlinkSocket(new FakeKernel(() => []).connect);
  const results = socket.perform(many(2));
  t.mock.timers.tick(5000);
  assert.deepEqual(codes(await results), ['timeout', 'timeout']);
});

test('perform reads an answer that already waits when the time is up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const socket = new NetlinkSocket(new FakeKernel(refusing()).connect);
  const results = socket.perform(many(2));
  t.mock.timers.tick(5000);
  assert.deepEqual(codes(await results), ['ok', 'ok']);
});

test('dump collects the parts and asks again after an interruption', async () => {
  let interrupted = true;
  const kernel = new FakeKernel(([request]) => {
    assert.ok(request !== undefined);
    const flags = interrupted ? NLM_F.DUMP_INTR : 0;
    interrupted = false;
    return [
      { messages: [data(request, 16), data(request, 17)] },
      { messages: [data(request, 18), data(request, NLMSG_DONE, flags)] },
    ];
  });
  const dumped = await new NetlinkSocket(kernel.connect).dump(REQUEST);
  assert.ok(dumped.ok);
  assert.deepEqual(
    dumped.value.map((message) => message.type),
    [16, 17, 18],
  );
  assert.equal(kernel.sent.length, 2);
});

test('dump gives up on a table that changes all the time, and on a refusal at once', async () => {
  const restless = new FakeKernel(([request]) =>
    request === undefined ? [] : [{ messages: [data(request, NLMSG_DONE, NLM_F.DUMP_INTR)] }],
  );
  assert.deepEqual(codes([await new NetlinkSocket(restless.connect).dump(REQUEST)]), ['interrupted']);
  assert.equal(restless.sent.length, 5);
  const strict = new FakeKernel(([request]) =>
    request === undefined ? [] : [{ messages: [status(request, 1)] }],
  );
  assert.deepEqual(codes([await new NetlinkSocket(strict.connect).dump(REQUEST)]), ['EPERM']);
});

test('ask is not fooled by another sender, a notification or an old answer', async () => {
  const seen: number[] = [];
  const kernel = new FakeKernel(([request]) => {
    assert.ok(request !== undefined);
    return [
      { messages: [data(request, 50)], port: 99 },
      { messages: [data(request, 51)], groups: 1 },
      { messages: [{ ...data(request, 52), seq: 77 }] },
      { messages: [{ ...data(request, 53), port: 98 }] },
      { messages: [data(request, 54)] },
    ];
  });
  const socket = new NetlinkSocket(kernel.connect, { onNotification: ({ type }) => seen.push(type) });
  const answer = await socket.ask(REQUEST);
  assert.equal(answer.ok && answer.value.type, 54);
  assert.deepEqual(seen, [51, 52, 53]);
  assert.equal(socket.ignored.foreign, 1);
});

test('close ends what is in flight, what waits and what comes later', async () => {
  const kernel = new FakeKernel(() => []);
  const socket = new NetlinkSocket(kernel.connect);
  const [flying, waiting] = [socket.perform(many(1)), socket.dump(REQUEST)];
  socket.close();
  assert.deepEqual(codes([...(await flying), await waiting, await socket.ask(REQUEST)]), [
    'closed',
    'closed',
    'closed',
  ]);
  assert.ok(kernel.closed);
});
