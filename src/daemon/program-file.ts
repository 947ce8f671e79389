import { statSync } from 'node:fs';

type Program = 'core-main' | 'vrrp-main' | 'check-main' | 'reader-main';

/**
 * The file of a program of lbd. As one file it takes a third of the time to load that its modules take one by one; but one that is
 * older than what was compiled last is not what was compiled.
 */
export function programFile(name: Program): URL {
  const bundle = new URL(`../../lbd/daemon/${name}.js`, import.meta.url);
  const compiled = new URL('../../.tsbuildinfo', import.meta.url);
  const isFresh = madeAt(bundle) >= madeAt(compiled);
  return isFresh ? bundle : new URL(`../../src/daemon/${name}.js`, import.meta.url);
}

/** 0 for what does not exist. */
const madeAt = (file: URL): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
