import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { stepGroup } from '../../src/vrrp/group.ts';
import { root } from '../support/root.ts';
import { readScenario, writeChanges } from './scenario-files.ts';
import { type Change, simulate } from './simulate.ts';

const here = path.join(root, 'test/simulation/scenarios');
const update = process.env['UPDATE'] === '1';
const scenarios = readdirSync(here);

assert.ok(scenarios.length > 0, 'there are scenarios');

for (const name of scenarios) {
  test(`simulated scenario ${name}`, () => {
    const directory = path.join(here, name);
    assert.ok(existsSync(path.join(directory, 'about.md')), 'a stranger can read what it is about');
    if (update) writeChanges(directory, []);
    const { world, changes } = readScenario(directory);
    const actual: Change[] = [];
    const outcome = simulate(world, stepGroup, { changed: (change) => actual.push(change) });
    assert.equal(outcome.violation, null);
    if (update) writeChanges(directory, actual);
    else assert.deepEqual(actual, changes);
  });
}
