import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/root.ts';
import type { Change } from './simulate.ts';
import type { Happening, World } from './world.ts';

/** A scenario is a directory: `about.md`, the world before anything happens, what happens, and who became what. */
const WORLD = 'world.json';
const IN = 'in.jsonl';
const OUT = 'out.jsonl';

const HERE = path.join(root, 'test/simulation/scenarios');

/** All that are kept, by name. */
export function readScenarios() {
  return readdirSync(HERE).map((name) => {
    const directory = path.join(HERE, name);
    return { name, directory, ...readScenario(directory) };
  });
}

export function readScenario(directory: string): {
  readonly world: World;
  readonly changes: readonly Change[];
} {
  const world = JSON.parse(readFileSync(path.join(directory, WORLD), 'utf8')) as Omit<World, 'happenings'>;
  return {
    world: { ...world, happenings: lines<Happening>(path.join(directory, IN)) },
    changes: lines<Change>(path.join(directory, OUT)),
  };
}

export function writeScenario(directory: string, world: World, about: string): void {
  const { happenings, ...rest } = world;
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'about.md'), about);
  writeFileSync(path.join(directory, WORLD), `${JSON.stringify(rest, null, 2)}\n`);
  writeFileSync(path.join(directory, IN), happenings.map(line).join(''));
}

export function writeChanges(directory: string, changes: readonly Change[]): void {
  writeFileSync(path.join(directory, OUT), changes.map(line).join(''));
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;

function lines<T>(file: string): readonly T[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as T);
}
