import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../support/root.ts';
import { type Input, Stage } from './stage.ts';

const here = path.join(root, 'test/scenario');
const update = process.env['UPDATE'] === '1';
const scenarios = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory());

assert.ok(scenarios.length > 0, 'there are scenarios');

for (const { name } of scenarios) {
  test(`scenario ${name}`, async () => {
    const directory = path.join(here, name);
    assert.ok(existsSync(path.join(directory, 'about.md')), 'a stranger can read what it is about');
    const steps = readdirSync(directory).filter((file) => /^\d\d-in\.jsonl$/.test(file));
    assert.ok(steps.length > 0, 'it has steps');
    const stage = new Stage();
    for (const file of steps.sort()) {
      for (const line of lines(path.join(directory, file))) await stage.play(JSON.parse(line) as Input);
      const expected = path.join(directory, file.replace('-in', '-out'));
      const actual = stage.takeOutputs().map((output) => JSON.stringify(output));
      if (update) writeFileSync(expected, actual.map((line) => `${line}\n`).join(''));
      else assert.deepEqual(actual, lines(expected), `what came of ${name}/${file}`);
    }
  });
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
