import { KEYWORDS, type KeywordDoc } from './keepalived/keywords/index.ts';
import { type KeyDoc, keyDocs } from './keys.ts';
import { nearest } from './nearest.ts';

/** What is known of a word: keys of the YAML configuration and keywords of keepalived that go by it. */
export interface Explained {
  readonly keys: readonly KeyDoc[];
  readonly keywords: readonly KeywordDoc[];
}

/**
 * Finds a key by its path, in which any name of the user's may stand for `*` (`services.web.scheduler`), by the end of
 * its path (`check.interval`, `priority`), or a keyword of keepalived by its name, after those of its blocks or not
 * (`lb_algo`, `virtual_server lb_algo`). Null for an unknown word.
 */
export function explain(word: string): Explained | null {
  const parts = word.split('.');
  const keys = keyDocs().filter(({ path }) => endsWith(path.split('.'), parts));
  const exact = keys.filter(({ path }) => path.split('.').length === parts.length);
  const words = word.split(/[\s>]+/);
  const keywords = KEYWORDS.filter(({ block, keyword }) => endsWith([...block, keyword], words));
  const meant = exact.length > 0 ? exact : keys;
  return meant.length + keywords.length === 0 ? null : { keys: meant, keywords };
}

function endsWith(path: readonly string[], end: readonly string[]): boolean {
  if (end.length > path.length) return false;
  const tail = path.slice(path.length - end.length);
  return tail.every((part, i) => part === end[i] || (part === '*' && i > 0 && i < end.length - 1));
}

/** The key or keyword that was probably meant, or null. */
export function suggestKey(word: string): string | null {
  const names = [...keyDocs().map(({ path }) => path), ...KEYWORDS.map(({ keyword }) => keyword)];
  const last = names.map((name) => name.split('.').at(-1) ?? name);
  return nearest(word, names) ?? nearest(word.split('.').at(-1) ?? word, last);
}

/** For people; ends with a line feed. */
export function printExplained({ keys, keywords }: Explained): string {
  return [...keys.map(printKey), ...keywords.map(printKeyword)].join('\n');
}

function printKey({ path, doc, takes, fallback, required }: KeyDoc): string {
  const native = KEYWORDS.filter(({ yaml }) => yaml === path).map(showKeyword);
  return [
    path,
    `  ${doc}.`,
    `  takes:      ${takes}`,
    ...(fallback === null ? [] : [`  default:    ${fallback}`]),
    ...(required ? ['  required'] : []),
    ...(native.length === 0 ? [] : [`  keepalived: ${native.join(', ')}`]),
    '',
  ].join('\n');
}

function printKeyword(keyword: KeywordDoc): string {
  const { doc, treatment, reason, yaml } = keyword;
  const effect = { applied: 'applied', here: 'accepted, no effect here', yet: 'accepted, no effect yet' }[
    treatment
  ];
  return [
    `${showKeyword(keyword)}   (keepalived.conf)`,
    `  ${doc}.`,
    `  in lbd:     ${effect}${reason === null ? '' : `: ${reason}`}`,
    ...(yaml === null ? [] : [`  YAML:       ${yaml}`]),
    '',
  ].join('\n');
}

/** `vrrp_instance > priority`. */
export const showKeyword = ({ block, keyword }: Pick<KeywordDoc, 'block' | 'keyword'>): string =>
  [...block, keyword].join(' > ');
