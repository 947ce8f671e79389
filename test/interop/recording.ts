import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/root.ts';
import type { CorpusEntry } from './corpus/entry.ts';

/** What the checkers of keepalived did with an entry. */
export interface Recorded {
  /** Of the entry as it was then. */
  readonly sha256: string;
  /** `ipvsadm -Sn`. */
  readonly table: readonly string[];
  /** As showChecks has them. */
  readonly checks: readonly string[];
  readonly thresholds: readonly string[];
}

export interface Recording {
  readonly madeBy: string;
  readonly entries: Readonly<Record<string, Recorded>>;
}

export const readRecording = (): Recording =>
  JSON.parse(
    readFileSync(path.join(root, 'test/golden/keepalived/checkers-2.2.7.json'), 'utf8'),
  ) as Recording;

export const hashOf = ({ files, environment }: CorpusEntry): string =>
  createHash('sha256')
    .update(JSON.stringify([files, environment]))
    .digest('hex');

/** Whether it has anything that the checkers of keepalived care for. */
export const hasServices = ({ files }: CorpusEntry): boolean =>
  Object.values(files).some((text) => /\bvirtual_server\b/.test(text));
