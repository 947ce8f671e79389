import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { openChannel, type Peer } from '../../../src/ipc/channel.ts';

interface Note {
  readonly message: string;
  readonly n?: number;
}

/** A peer whose reader takes a message only when `take` is called. */
class FakePeer extends EventEmitter implements Peer {
  connected = true;
  readonly sent: { dropped: number; body: Note }[] = [];
  private pending: ((error: Error | null) => void) | null = null;

  send(message: unknown, _handle?: undefined, _options?: undefined, done?: (error: Error | null) => void) {
    assert.equal(this.pending, null, 'one message is in flight at a time');
    this.sent.push(message as { dropped: number; body: Note });
    this.pending = done ?? null;
    return true;
  }

  take(error: Error | null = null): void {
    const done = this.pending;
    this.pending = null;
    done?.(error);
  }

  takeAll(): void {
    while (this.pending !== null) this.take();
  }

  disconnect(): void {
    this.connected = false;
    this.emit('disconnect');
  }
}

function open() {
  const peer = new FakePeer();
  const received: [Note, number][] = [];
  let closes = 0;
  const channel = openChannel<Note, Note>(
    peer,
    (message, dropped) => received.push([message, dropped]),
    () => closes++,
  );
  const bodies = () => peer.sent.map(({ body }) => body);
  return { peer, channel, received, bodies, closes: () => closes };
}

test('a channel keeps the newest state of each kind while one is in flight', () => {
  const { peer, channel, bodies } = open();
  for (let n = 1; n <= 5; n++) {
    channel.send({ message: 'status', n });
    channel.send({ message: 'applied', n });
  }
  channel.send({ message: 'stopped' });
  peer.takeAll();
  assert.deepEqual(bodies(), [
    { message: 'status', n: 1 },
    { message: 'status', n: 5 },
    { message: 'applied', n: 5 },
    { message: 'stopped' },
  ]);
});

test('a channel drops the oldest events to a frozen peer and tells how many', () => {
  const { peer, channel, received } = open();
  channel.send({ message: 'ready' });
  for (let n = 1; n <= 1003; n++) channel.send({ message: 'event', n });
  channel.send({ message: 'stopped' });
  peer.takeAll();
  assert.equal(peer.sent.length, 1002);
  assert.deepEqual(peer.sent[1], { dropped: 3, body: { message: 'event', n: 4 } });
  assert.deepEqual(peer.sent[2], { dropped: 0, body: { message: 'event', n: 5 } });
  peer.emit('message', peer.sent[1]);
  assert.deepEqual(received, [[{ message: 'event', n: 4 }, 3]]);
});

test('a channel sends what waits before it disconnects, and nothing after', () => {
  const { peer, channel, bodies, closes } = open();
  channel.send({ message: 'event', n: 1 });
  channel.send({ message: 'stopped' });
  channel.close();
  channel.send({ message: 'event', n: 2 });
  assert.equal(closes(), 0);
  peer.takeAll();
  assert.deepEqual(bodies(), [{ message: 'event', n: 1 }, { message: 'stopped' }]);
  assert.equal(closes(), 1);
});

test('a channel closes once when the peer goes away', () => {
  const { peer, channel, received, closes } = open();
  channel.send({ message: 'status', n: 1 });
  peer.take(new Error('EPIPE'));
  peer.emit('disconnect');
  peer.emit('message', { dropped: 0, body: { message: 'late' } });
  channel.send({ message: 'status', n: 2 });
  channel.close();
  assert.equal(closes(), 1);
  assert.equal(peer.sent.length, 1);
  assert.deepEqual(received, []);
});
