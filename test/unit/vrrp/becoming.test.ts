import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIp } from '../../../src/base/ip.ts';
import { freshBackup, takeover } from '../../../src/vrrp/becoming.ts';
import { at, machine } from './machine.ts';

test('takeover tells for how long it was withheld after the limit, and why', () => {
  const config = machine();
  const address = parseIp('10.0.0.9');
  assert.ok(address !== null);
  const state = { ...freshBackup(config, at(0), null), master: { address, priority: 150, at: at(0) } };
  const asking = { downAt: at(3.61), isOpen: true };
  const because = (withheld: string | null) =>
    takeover(config, { ...state, asking: { ...asking, withheld } }, at(11.71));
  const silence = 'no advert from 10.0.0.9 for 11.710 s (limit 3.610 s';
  assert.equal(because(null), `${silence})`);
  assert.equal(because('cut off'), `${silence}, then withheld for 8.100 s: cut off)`);
  const resigned = {
    ...state,
    master: { ...state.master, priority: 0 },
    asking: { ...asking, withheld: 'x' },
  };
  assert.match(
    takeover(config, resigned, at(5)),
    /resigned .* \(limit 3\.610 s, then withheld for 1\.390 s: x\)$/,
  );
});
