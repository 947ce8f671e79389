import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateWorld } from './generate.ts';
import { MUTANTS } from './mutants.ts';
import { readScenarios } from './scenario-files.ts';
import { simulate } from './simulate.ts';
import type { World } from './world.ts';

/** Worlds in which a broken machine has to be caught, after those of the scenarios. */
const WORLDS = 60;

function* worlds(): Generator<readonly [name: string, world: World]> {
  for (const { name, world } of readScenarios()) yield [name, world];
  for (let seed = 1; seed <= WORLDS; seed++) yield [`seed ${seed}`, generateWorld(seed)];
}

for (const [name, program] of Object.entries(MUTANTS)) {
  test(`simulate() catches a machine in which ${name}`, (context) => {
    let events = 0;
    for (const [which, world] of worlds()) {
      const outcome = simulate(world, program);
      events += outcome.events;
      if (outcome.violation === null) continue;
      context.diagnostic(`${which}, after ${events} events: ${outcome.violation.message}`);
      return;
    }
    assert.fail(`not in ${WORLDS} worlds, ${events} events`);
  });
}
