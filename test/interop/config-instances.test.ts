import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { haveIpvs } from '../guest/boot/ipvs.ts';
import { parseInstances } from '../support/keepalived-dump.ts';
import { type Answer, askKeepalived, askSeveral, writeEntry } from './ask-keepalived.ts';
import type { CorpusEntry } from './corpus/entry.ts';
import { ARTICLES, SAMPLES } from './corpus/found.ts';
import { CORPUS } from './corpus/index.ts';
import { DELIBERATE, type Deliberate } from './deliberate.ts';
import { differences } from './differences.ts';
import { meaningOfInstance } from './meaning.ts';
import { readEntry, refusalOf } from './our-reading.ts';

const AT_ONCE = 3;
const SAMPLE_COUNT = 25;

/** What both made of an entry. */
interface Both {
  readonly entry: CorpusEntry;
  readonly code: number;
  readonly complaints: number;
  readonly warnings: number;
  readonly ours: Pick<Deliberate, 'refused' | 'instances' | 'silent'>;
}

function compare({ entry, code, said, dump }: Answer, directory: string): Both {
  const reading = readEntry(entry, writeEntry(entry, directory));
  const { config, diagnostics } = reading;
  const refused = refusalOf(reading);
  const instances = differences(parseInstances(dump), config?.instances.map(meaningOfInstance) ?? []);
  const ours = {
    ...(refused === null ? {} : { refused }),
    ...(refused === null && instances.length > 0 ? { instances } : {}),
    ...(code !== 0 && diagnostics.length === 0 ? { silent: true as const } : {}),
  };
  return { entry, code, complaints: said.length, warnings: diagnostics.length, ours };
}

const hasInstances = ({ files }: CorpusEntry): boolean =>
  Object.values(files).some((text) => /vrrp_instance/.test(text));

function expectedOf(name: string): Both['ours'] {
  const { refused, instances, silent, withoutIpvs } = DELIBERATE[name] ?? {};
  if (withoutIpvs === true && haveIpvs()) return {};
  return {
    ...(refused === undefined ? {} : { refused }),
    ...(instances === undefined ? {} : { instances }),
    ...(silent === undefined ? {} : { silent }),
  };
}

suite('readKeepalived beside keepalived 2.2.7', () => {
  let directory: string;
  let all: readonly Both[];

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'lbd-config-'));
    const answers = await Promise.all([
      askSeveral(CORPUS.filter(hasInstances), directory, '-P', AT_ONCE),
      askKeepalived(
        CORPUS.filter((entry) => !hasInstances(entry)),
        directory,
        '-t',
      ),
    ]);
    all = answers.flat().map((answer) => compare(answer, directory));
  });
  after(() => rmSync(directory, { recursive: true }));

  test('composes the instances of the corpus that keepalived dumps, but for what is deliberate', () => {
    const found = Object.fromEntries(all.map(({ entry, ours }) => [entry.name, ours]));
    const expected = Object.fromEntries(all.map(({ entry }) => [entry.name, expectedOf(entry.name)]));
    assert.deepEqual(found, expected);
    assert.deepEqual(
      Object.keys(DELIBERATE).filter((name) => !(name in found)),
      [],
    );
  });

  test('refuses none of the samples that Debian brings, and no configuration of a tutorial', (context) => {
    assert.equal(SAMPLES.length, SAMPLE_COUNT);
    const samples = all.filter(({ entry }) => [...SAMPLES, ...ARTICLES].includes(entry));
    for (const { entry, code, complaints, warnings, ours } of samples) {
      context.diagnostic(
        `${entry.name}: keepalived -t ${code} with ${complaints} lines, lbd ${warnings} warnings`,
      );
      assert.equal(ours.refused, undefined, entry.name);
    }
  });
});
