import type { z } from 'zod';
import type { ServerConfig } from '../../model/config.ts';
import type { serviceSchema } from '../schema/services.ts';
import { type CheckText, checkText, fullCheckText } from './check-text.ts';
import { mostCommon } from './common.ts';

export type ChecksText = NonNullable<z.input<typeof serviceSchema>['check']>;

export interface CheckTexts {
  /** For the service; undefined for none. */
  readonly shared: ChecksText | undefined;
  /** For each server in their order; undefined where the service says it all. */
  readonly own: readonly (ChecksText | 'none' | undefined)[];
}

/**
 * The checks of a service's servers in few words: what most of them have goes to the service, unless as many servers are
 * not checked at all.
 */
export function writeChecks(servers: readonly ServerConfig[]): CheckTexts {
  const texts = servers.map(({ key, checks }) => checks.map((check) => checkText(check, key)));
  const checked = texts.filter((text) => text.length > 0);
  const common = mostCommon(checked, (text) => JSON.stringify(text));
  if (common === null || common.count <= servers.length - checked.length) {
    return { shared: undefined, own: texts.map((text) => (text.length === 0 ? undefined : listed(text))) };
  }
  const shared = common.value;
  const key = JSON.stringify(shared);
  const own = servers.map((server, i) => {
    const text = texts[i] ?? [];
    if (text.length === 0) return 'none';
    if (JSON.stringify(text) === key) return undefined;
    return differing(shared, text, server) ?? [...text];
  });
  return { shared: listed(shared), own };
}

const listed = (texts: readonly CheckText[]): ChecksText => {
  const [only, ...others] = texts;
  return only !== undefined && others.length === 0 ? only : [...texts];
};

/**
 * What one check says besides the shared one of its type, from which it takes what it leaves out; null where it cannot
 * be said like that.
 */
function differing(
  shared: readonly CheckText[],
  own: readonly CheckText[],
  { key, checks: [check] }: ServerConfig,
): CheckText | null {
  const [around, ...more] = shared;
  const [text, ...others] = own;
  if (around === undefined || text === undefined || check === undefined) return null;
  if (more.length + others.length > 0) return null;
  if (around.type !== text.type) return text;
  const full = fullCheckText(check, key);
  const words = new Set([...Object.keys(around), ...Object.keys(text)]) as ReadonlySet<keyof CheckText>;
  const changed: [string, unknown][] = [];
  for (const word of words) {
    if (JSON.stringify(around[word]) === JSON.stringify(text[word])) continue;
    const value = text[word] ?? full[word];
    if (value === undefined) return null;
    changed.push([word, value]);
  }
  return { type: text.type, ...Object.fromEntries(changed) };
}
