import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micros } from '../../../src/base/units.ts';
import { FakeLan, type FakeNode } from '../../fakes/lan.ts';
import { instanceConfig } from '../../support/instances.ts';

function configure(generation: number, node: FakeNode, peer: FakeNode, secret: number): void {
  const key = { kind: 'bytes', bytes: new Uint8Array(32).fill(secret) } as const;
  const ends = { local: node.secondAddress, peer: peer.secondAddress };
  const paths = [{ ...ends, port: 7112, interval: micros(200_000), failover: false, witness: false }];
  node.configure(generation, [instanceConfig({})], [], { heartbeat: { key, paths } });
}

test('Vrrp.show says why the messages of a heartbeat path are refused, until one is heard', async () => {
  const lan = new FakeLan();
  const [one, other] = [lan.node('10.0.0.1'), lan.node('10.0.0.2')];
  configure(1, one, other, 1);
  configure(1, other, one, 2);
  await lan.run(1.1);
  const path = () => one.vrrp.show().heartbeat[0];
  assert.deepEqual([path()?.alive, path()?.problem], [false, 'refused: signature']);
  configure(2, other, one, 1);
  await lan.run(1);
  assert.deepEqual([path()?.alive, path()?.problem], [true, null]);
});
