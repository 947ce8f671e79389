import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Asked } from '../report/command.ts';
import type { Measurement } from '../report/report.ts';
import { pathOf, RESULTS, type Result } from '../report/result.ts';
import { takeResult } from '../report/run.ts';
import { drawFlames } from './flame.ts';
import { profileChildren, ROLES, readProfiles } from './recording.ts';
import { mergeStacks } from './stacks.ts';

/**
 * Measures with all processes of lbd profiled, and gives a flame graph for each of its three programs that ran and
 * ended by itself. What is measured so is slower than without, and is not kept.
 */
export async function takeFlames(
  asked: Asked,
  measure: Measurement,
): Promise<{ result: Result; files: readonly string[] }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-profiles-'));
  try {
    profileChildren(directory);
    const result = await takeResult(asked, measure);
    mkdirSync(RESULTS, { recursive: true });
    const files = ROLES.flatMap((role) => {
      const profiles = readProfiles(directory, role);
      if (profiles.length === 0) return [];
      const file = `${pathOf(asked.name, result.date)}-${role}.svg`;
      const title = `${[asked.name, ...asked.args].join(' ')}: ${role}, ${profiles.length} process${profiles.length === 1 ? '' : 'es'}`;
      writeFileSync(file, drawFlames(title, mergeStacks(profiles)));
      return [file];
    });
    return { result, files };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
