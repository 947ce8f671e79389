import { CHECKERS } from './checkers.ts';
import type { CorpusEntry } from './entry.ts';
import { INSTANCES } from './instances.ts';
import { LANGUAGE } from './language.ts';
import { SERVICES } from './services.ts';

/** Everything that keepalived and lbd are compared on, but for the samples that keepalived brings. */
export const CORPUS: readonly CorpusEntry[] = [...INSTANCES, ...SERVICES, ...CHECKERS, ...LANGUAGE];
