import { CHECKERS } from './checkers.ts';
import type { CorpusEntry } from './entry.ts';
import { ARTICLES, SAMPLES } from './found.ts';
import { INSTANCES } from './instances.ts';
import { LANGUAGE } from './language.ts';
import { SERVICES } from './services.ts';
import { VRRP } from './vrrp.ts';

/** Everything that keepalived and lbd are compared on. */
export const CORPUS: readonly CorpusEntry[] = [
  ...INSTANCES,
  ...VRRP,
  ...SERVICES,
  ...CHECKERS,
  ...LANGUAGE,
  ...SAMPLES,
  ...ARTICLES,
];
