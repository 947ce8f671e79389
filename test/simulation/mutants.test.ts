import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateWorld } from './generate.ts';
import { MUTANTS } from './mutants.ts';
import { simulate } from './simulate.ts';

/** Worlds in which a broken machine has to be caught. */
const WORLDS = 60;

for (const [name, program] of Object.entries(MUTANTS)) {
  test(`simulate() catches a machine in which ${name}`, (context) => {
    let events = 0;
    for (let seed = 1; seed <= WORLDS; seed++) {
      const outcome = simulate(generateWorld(seed), program);
      events += outcome.events;
      if (outcome.violation === null) continue;
      context.diagnostic(`seed ${seed}, after ${events} events: ${outcome.violation.message}`);
      return;
    }
    assert.fail(`not in ${WORLDS} worlds, ${events} events`);
  });
}
