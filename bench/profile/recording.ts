import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { CpuProfile } from './stacks.ts';

/** The variable of the environment that names the directory for profiles. */
export const PROFILES = 'BENCH_PROFILES';
/** That which says how often they look at what runs, in microseconds; every millisecond unless it is set. */
export const PROFILE_PACE = 'BENCH_PROFILE_PACE';
export const ENDING = '.cpuprofile';

export const ROLES = ['core', 'vrrp', 'check'] as const;
export type Role = (typeof ROLES)[number];

const profilesIn = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => name.endsWith(ENDING));

/** Copies the profiles of one directory to another. */
export function takeProfiles(from: string, to: string): void {
  for (const name of profilesIn(from)) copyFileSync(path.join(from, name), path.join(to, name));
}

/** The profiles of all processes of a role. */
export const readProfiles = (directory: string, role: Role): readonly CpuProfile[] =>
  profilesIn(directory)
    .filter((name) => name.startsWith(`${role}-`))
    .map((name) => JSON.parse(readFileSync(path.join(directory, name), 'utf8')));

/** Has every Node.js process that is started from now on write its profile to a directory, if it is lbd's. */
export function profileChildren(directory: string): void {
  process.env[PROFILES] = directory;
  process.env['NODE_OPTIONS'] = `--import ${new URL('./recorder.js', import.meta.url).href}`;
}
