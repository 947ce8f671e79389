import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { collectGarbage } from '../../../src/daemon/reader-garbage.ts';

test('collectGarbage collects what nobody has any more', async () => {
  const left = new WeakRef({ name: 'a configuration' });
  // A reference that was looked at holds until the end of the turn.
  await turn();
  collectGarbage();
  assert.equal(left.deref(), undefined);
  assert.equal('gc' in globalThis, false);
});
