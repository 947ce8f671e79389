import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { printKeepalived } from '../../src/config/print-keepalived.ts';
import { PLAIN_IPVS } from '../../src/model/ipvs-settings.ts';
import { configs } from '../property/configs.ts';
import { parseInstances } from '../support/keepalived-dump.ts';
import { askSeveral } from './ask-keepalived.ts';
import { entry } from './corpus/entry.ts';
import { differences } from './differences.ts';
import { meaningOfInstance } from './meaning.ts';
import { onOneInterface } from './on-one-interface.ts';

const RUNS = 40;
/** Keys that keepalived has no words for, and that its dump tells nothing about. */
const UNSEEN = ['lease', 'allowed_sources', 'takeover'];

test('keepalived 2.2.7 dumps the instances that printKeepalived was given', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-printed-'));
  const sample = fc
    .sample(configs, { numRuns: RUNS, seed: 7 })
    // keepalived ends where it cannot have its sync daemon: there may be no IPVS.
    .map((config) => ({ ...onOneInterface(config, 'eth0'), services: [], ipvs: PLAIN_IPVS }))
    .map((config, i) => ({ config, printed: printKeepalived(config), name: String(i) }));
  const entries = sample.map(({ name, printed }) => entry(name, printed.text));
  let compared = 0;
  try {
    for (const answer of await askSeveral(entries, directory, '-P', 2)) {
      const given = sample.find(({ name }) => name === answer.entry.name);
      assert.ok(given);
      const { config, printed } = given;
      // What keepalived has no words for is said, and differs.
      const isWhole = (instance: { readonly name: string }) =>
        !printed.leftOut.some(
          ({ path: [section, of, key] }) =>
            section === 'vrrp' && of === instance.name && !UNSEEN.includes(String(key)),
        );
      const written = config.instances.map(meaningOfInstance).filter(isWhole);
      compared += written.length;
      assert.deepEqual(differences(written, parseInstances(answer.dump).filter(isWhole)), [], printed.text);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  assert.ok(compared > RUNS / 3, `${compared} instances were compared`);
});
