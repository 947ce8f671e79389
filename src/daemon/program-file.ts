import { statSync } from 'node:fs';

type Program = 'core-main' | 'vrrp-main' | 'check-main' | 'reader-main';

/** From src/daemon and from lbd/daemon alike. */
const DIST = new URL('../../', import.meta.url);

/**
 * The file of a program of lbd. As one file it takes a third of the time to load that its modules take one by one; but one that is
 * older than what was compiled last is not what was compiled.
 */
export function programFile(name: Program, dist: URL = DIST): URL {
  const bundle = new URL(`lbd/daemon/${name}.js`, dist);
  const made = madeAt(bundle);
  const isFresh = made !== null && made >= (madeAt(new URL('.tsbuildinfo', dist)) ?? made);
  return isFresh ? bundle : new URL(`src/daemon/${name}.js`, dist);
}

/** Null for what does not exist. */
const madeAt = (file: URL): number | null => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
