import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { stepGroup } from '../../src/vrrp/group.ts';
import { root } from '../support/root.ts';
import type { Worst } from './convergence.ts';
import { generateWorld } from './generate.ts';
import { readScenarios, writeScenario } from './scenario-files.ts';
import { shrink } from './shrink.ts';
import { ratio, simulate } from './simulate.ts';
import type { World } from './world.ts';

/** Events in all. LBD_SIM_EVENTS=10000000 for a long run; LBD_SIM_SEED=n to begin with the world of that seed. */
const EVENTS = Number(process.env['LBD_SIM_EVENTS'] ?? 1_000_000);
const SEED = Number(process.env['LBD_SIM_SEED'] ?? 1);
/** Lines of a failure. */
const LAST = 40;
const ALL = ['dual', 'none', 'worse', 'gap', 'ghost', 'overlap'] as const;
const NOTHING = { lasted: 0, limit: 0 };

test('stepGroup() keeps the invariants in simulated worlds', (context) => {
  let events = 0;
  let seed = SEED;
  let simulated = 0;
  let judged = 0;
  let withheld = 0;
  const worst: Partial<Record<keyof Worst, Worst[keyof Worst] & { seed: number }>> = {};
  const judge = (seed: number, world: World) => {
    const outcome = simulate(world, stepGroup);
    events += outcome.events;
    simulated += outcome.at;
    judged += outcome.judged;
    withheld += outcome.withheld;
    if (outcome.violation !== null) assert.fail(told(seed, world, outcome.violation.invariant));
    for (const one of ALL) {
      const here = outcome.worst[one];
      if (ratio(here) >= ratio(worst[one] ?? NOTHING)) worst[one] = { ...here, seed };
    }
  };
  for (const { world } of readScenarios()) judge(0, world);
  for (; events < EVENTS; seed++) judge(seed, generateWorld(seed));
  const hours = (simulated / 3.6e9).toFixed(1);
  context.diagnostic(
    `${events} events, ${seed - SEED} worlds, ${hours} simulated hours, ${judged} times no gap, ${withheld} takeovers withheld, worst of each:`,
  );
  context.diagnostic(JSON.stringify(worst));
  assert.ok(judged > 0, 'addresses had to stay answered');
  assert.ok(withheld > 0, 'takeovers were withheld');
  for (const one of ALL) {
    if (one === 'gap') continue;
    assert.ok(ratio(worst[one] ?? NOTHING) > 0, `something was ${one}: the invariant was tried`);
  }
});

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
