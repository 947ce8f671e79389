import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCounters } from '../../../src/daemon/vrrp-counters.ts';
import { VrrpHerald } from '../../../src/daemon/vrrp-herald.ts';
import { instanceConfig } from '../../support/instances.ts';

test('VrrpHerald.announce is silent where what came while the kernel was at work ends the mastership', () => {
  let isMaster = true;
  let waiting = (): void => undefined;
  const pending: (() => void)[] = [];
  const announced: string[] = [];
  const herald = new VrrpHerald(
    { announce: ({ address }) => announced.push(address) },
    { afterwards: (run) => pending.push(run) },
    newCounters(),
    () => waiting(),
    () => isMaster,
    assert.fail,
  );
  const { virtualAddresses } = instanceConfig({});
  herald.announce(1, virtualAddresses);
  waiting = () => {
    isMaster = false;
  };
  herald.announce(1, virtualAddresses);
  const [first] = pending;
  first?.();
  assert.deepEqual(announced, []);
  isMaster = true;
  waiting = () => undefined;
  first?.();
  assert.deepEqual(
    announced,
    virtualAddresses.map(({ address }) => address),
  );
});
