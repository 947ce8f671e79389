import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { stepGroup } from '../../src/vrrp/group.ts';
import { root } from '../support/root.ts';
import type { Lasting, Worst } from './convergence.ts';
import { generateWorld } from './generate.ts';
import { writeScenario } from './scenario-files.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import type { World } from './world.ts';

/** Events in all. LBD_SIM_EVENTS=10000000 for a long run; LBD_SIM_SEED=n to begin with the world of that seed. */
const EVENTS = Number(process.env['LBD_SIM_EVENTS'] ?? 1_000_000);
const SEED = Number(process.env['LBD_SIM_SEED'] ?? 1);
/** Lines of a failure. */
const LAST = 40;

test('stepGroup() keeps the invariants in simulated worlds', (context) => {
  let events = 0;
  let seed = SEED;
  let simulated = 0;
  const worst: Partial<Record<Lasting, Worst[Lasting] & { seed: number }>> = {};
  for (; events < EVENTS; seed++) {
    const world = generateWorld(seed);
    const outcome = simulate(world, stepGroup);
    events += outcome.events;
    simulated += outcome.at;
    if (outcome.violation !== null) assert.fail(told(seed, world, outcome.violation.invariant));
    for (const one of ['dual', 'none', 'worse'] as const) {
      const here = outcome.worst[one];
      if (ratio(here) >= ratio(worst[one])) worst[one] = { ...here, seed };
    }
  }
  const hours = (simulated / 3.6e9).toFixed(1);
  context.diagnostic(`${events} events, ${seed - SEED} worlds, ${hours} simulated hours, worst of each:`);
  context.diagnostic(JSON.stringify(worst));
  for (const one of ['dual', 'none', 'worse'] as const) {
    assert.ok(ratio(worst[one]) > 0, `something was ${one}: the invariant was tried`);
  }
});

const ratio = (of: Worst[Lasting] | undefined): number =>
  of === undefined || of.limit === 0 ? 0 : of.lasted / of.limit;

/** Makes the failure small, leaves it as a scenario, and tells its last events. */
function told(seed: number, world: World, invariant: string): string {
  const small = shrink(world, stepGroup, invariant);
  const lines: string[] = [];
  const { violation, at } = simulate(small, stepGroup, { traced: (line) => lines.push(line) });
  const what = `LBD_SIM_SEED=${seed}: ${violation?.message} after ${(at / 1e6).toFixed(3)} s`;
  const directory = path.join(root, '.cache/simulation', `seed-${seed}`);
  writeScenario(directory, small, `# ${what}\n`);
  return [what, ...lines.slice(-LAST), `To keep it: test/simulation/scenarios, from ${directory}`].join('\n');
}
