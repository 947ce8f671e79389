import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { showChecks } from '../support/keepalived-dump.ts';
import { writeEntry } from './ask-keepalived.ts';
import type { CorpusEntry } from './corpus/entry.ts';
import { CORPUS } from './corpus/index.ts';
import { DELIBERATE } from './deliberate.ts';
import { differences, unordered } from './differences.ts';
import { meaningOfChecks, showThresholds, tableOf } from './meaning.ts';
import { readEntry } from './our-reading.ts';
import { hashOf, hasServices, type Recorded, readRecording } from './recording.ts';

const entries = CORPUS.filter(hasServices);
const { entries: recorded } = readRecording();

suite('readKeepalived beside the table that keepalived 2.2.7 programmed', () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-config-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  /** Null where lbd refuses the file. */
  function compare(entry: CorpusEntry, theirs: Recorded): readonly string[] | null {
    const { config } = readEntry(entry, writeEntry(entry, directory));
    if (config === null) return null;
    const { services } = config;
    const from = {
      table: unordered(theirs.table),
      checks: unordered(theirs.checks),
      thresholds: unordered(theirs.thresholds),
    };
    const to = {
      table: unordered(tableOf(services)),
      checks: unordered(showChecks(meaningOfChecks(services))),
      thresholds: unordered(showThresholds(services)),
    };
    return differences(from, to);
  }

  test('the recording is of this corpus', () => {
    assert.deepEqual(
      Object.fromEntries(Object.entries(recorded).map(([name, { sha256 }]) => [name, sha256])),
      Object.fromEntries(entries.map((entry) => [entry.name, hashOf(entry)])),
      'record it again with record-checkers.ts',
    );
  });

  test('composes what keepalived programmed and checks, but for what is deliberate', () => {
    const found: Record<string, readonly string[]> = {};
    const expected: Record<string, readonly string[]> = {};
    for (const entry of entries) {
      const theirs = recorded[entry.name];
      assert.ok(theirs, entry.name);
      const compared = compare(entry, theirs);
      if (compared === null) continue;
      found[entry.name] = compared;
      expected[entry.name] = DELIBERATE[entry.name]?.services ?? [];
    }
    assert.deepEqual(found, expected);
  });
});
