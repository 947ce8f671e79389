import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readIpvsadm } from '../../src/config/read-ipvsadm.ts';
import type { DesiredService } from '../../src/model/services.ts';
import { planRestore } from '../../src/plan/restore.ts';
import { printIpvsRules } from '../../src/view/ipvsadm-rules.ts';
import { FakeIpvs } from '../fakes/ipvs.ts';
import { randomTable } from '../guest/random-tables.ts';
import { Random } from '../simulation/random.ts';

const SEED = 20_261_121;
const MODULES = { schedulers: ['rr', 'wlc', 'sh', 'mh', 'lblcr', 'twos'] } as const;

function read(saved: string): readonly DesiredService[] {
  const { config, diagnostics } = readIpvsadm(saved, 'saved', { hostname: '' });
  assert.ok(config !== null, JSON.stringify(diagnostics.filter(({ severity }) => severity === 'error')));
  return config.services.map(({ key, attrs, servers }) => ({
    key,
    attrs,
    dests: servers.map(({ key, attrs }) => ({ key, attrs })),
  }));
}

test('planRestore leads from any table to any other, of which what printIpvsRules saves loses nothing', () => {
  const random = new Random(SEED);
  const kernel = new FakeIpvs();
  for (let i = 0; i < 200; i++) {
    const rules = randomTable(random, MODULES, new Set()).join('\n');
    const services = read(rules);
    const planned = planRestore(kernel.table, [], { services, prune: true, dryRun: false });
    assert.ok(planned.ok);
    for (const op of planned.value.ops) assert.ok(kernel.apply(op).ok, rules);
    const saved = printIpvsRules(kernel.table.services, 'lossless');
    assert.deepEqual(saved.split('\n').length - 1, rules === '' ? 0 : rules.split('\n').length);
    assert.equal(printIpvsRules(read(saved), 'lossless'), saved, rules);
    const again = planRestore(kernel.table, [], { services: read(saved), prune: true, dryRun: false });
    assert.deepEqual(again.ok && [again.value.ops, again.value.changes], [[], []], saved);
  }
});
