import { mistake, warning } from '../diagnostic.ts';
import { isBlank, type Line, spanOf } from './lines.ts';
import type { FileReport, FileSpan, Word } from './statement.ts';

/** The words up to the next brace or the end of a line. */
export interface Segment {
  readonly words: readonly Word[];
  readonly brace: { readonly sign: '{' | '}'; readonly at: FileSpan } | null;
  /** The offset in the line's text after the brace. */
  readonly next: number;
}

/** Gives the same string for equal texts: a file has many words, and few different ones. */
export type Same = (text: string) => string;

interface Scanned {
  readonly text: string;
  readonly next: number;
  readonly quoted: boolean;
  /** The offset of a quotation mark that has no partner, or -1. */
  readonly unclosed: number;
}

/**
 * keepalived reads the line of these keywords a second time, with both kinds of quotation marks, which may stand within
 * a word, and with escapes (2.2.7, alloc_strvec_quoted_escaped). All other lines know only `"…"`, each a word of its own.
 */
const SHELL_LIKE =
  /^(?:script|misc_path|regex|startup_script|shutdown_script|quorum_up|quorum_down|(?:vrrp_|lvs_)?notify(?:_[a-z_]+)?)$/;

/** More are hardly the same again. */
const MOST_TEXTS = 10_000;

export function sameTexts(): Same {
  const known = new Map<string, string>();
  return (text) => {
    const before = known.get(text);
    if (before === undefined && known.size < MOST_TEXTS) known.set(text, text);
    return before ?? text;
  };
}

/** Splits a line's text from `at` on. */
export function readSegment(line: Line, at: number, same: Same, report: FileReport): Segment {
  const { text } = line;
  const words: Word[] = [];
  let shellLike = false;
  let i = at;
  for (;;) {
    while (i < text.length && isBlank(text.charCodeAt(i))) i++;
    const sign = text[i];
    if (sign === undefined) return { words, brace: null, next: i };
    if (sign === '{' || sign === '}')
      return { words, brace: { sign, at: spanOf(line, i, i + 1) }, next: i + 1 };
    if (sign === '/' && isSlashComment(text, i, words.length, shellLike)) {
      const message = '// begins no comment in a keepalived.conf; use # or !';
      report(spanOf(line, i, i + 2), warning('slash_comment', message));
      return { words, brace: null, next: text.length };
    }
    const scanned = shellLike
      ? scanShellWord(text, i)
      : sign === '"'
        ? scanQuoted(text, i)
        : scanPlain(text, i, same);
    if (scanned.unclosed !== -1) {
      const place = spanOf(line, scanned.unclosed, scanned.unclosed + 1);
      report(place, mistake('unclosed_quote', 'this quotation mark has no partner on its line'));
    }
    const { file, start, end } = spanOf(line, i, scanned.next);
    words.push({ file, start, end, text: scanned.text, quoted: scanned.quoted });
    if (words.length === 1) shellLike = SHELL_LIKE.test(scanned.text);
    i = scanned.next;
  }
}

/** Any statement that begins so; later on only what can't be the path of a URL or the name of a share. */
function isSlashComment(text: string, at: number, wordsBefore: number, shellLike: boolean): boolean {
  if (text[at + 1] !== '/') return false;
  if (wordsBefore === 0) return true;
  const after = text.charCodeAt(at + 2);
  return Number.isNaN(after) || isBlank(after) || (wordsBefore > 1 && !shellLike);
}

/** A reference that nothing is known for stays as text, its braces with it. */
const REFERENCE = /\$\{[A-Za-z_]\w*(?: [^{}$"]*)?\}/y;
const ESCAPE = /\\(x[0-9A-Fa-f]+|c.|[0-7]{1,3}|.?)/sy;

/** The text of a match at exactly that place, or null. The expressions are sticky; no state is kept in them. */
function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at;
  return expression.exec(text);
}

const QUOTE = 0x22;
const DOLLAR = 0x24;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

function scanPlain(text: string, start: number, same: Same): Scanned {
  let i = start;
  let isEscaped = false;
  while (i < text.length) {
    const sign = text.charCodeAt(i);
    if (isBlank(sign) || sign === QUOTE || sign === OPEN || sign === CLOSE) break;
    if (sign === DOLLAR) i += matchAt(REFERENCE, text, i)?.[0].length ?? 1;
    else if (sign === BACKSLASH && (text[i + 1] === '"' || text[i + 1] === '\\')) {
      isEscaped = true;
      i += 2;
    } else i++;
  }
  const word = text.slice(start, i);
  return { text: same(isEscaped ? word.replaceAll('\\"', '"') : word), next: i, quoted: false, unclosed: -1 };
}

/** Escapes stay as they are here, but for that of the quotation mark. */
function scanQuoted(text: string, start: number): Scanned {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  const isClosed = i < text.length;
  const end = Math.min(i, text.length);
  return {
    text: text.slice(start + 1, end).replace(/\\(.)/gs, (pair, sign: string) => (sign === '"' ? sign : pair)),
    next: isClosed ? end + 1 : end,
    quoted: true,
    unclosed: isClosed ? -1 : start,
  };
}

function scanShellWord(text: string, start: number): Scanned {
  let out = '';
  let quoted = false;
  let mark = '';
  let opened = -1;
  let i = start;
  while (i < text.length) {
    const sign = text[i] ?? '';
    if (mark === '' && (sign === '{' || sign === '}' || isBlank(sign.charCodeAt(0)))) break;
    if (sign === '\\') {
      const [raw, escaped = ''] = matchAt(ESCAPE, text, i) ?? [sign];
      out += characterOf(escaped);
      i += raw.length;
    } else if (sign === mark) {
      mark = '';
      i++;
    } else if (mark === '' && (sign === '"' || sign === "'")) {
      mark = sign;
      opened = i++;
      quoted = true;
    } else {
      const raw = (sign === '$' ? matchAt(REFERENCE, text, i)?.[0] : undefined) ?? sign;
      out += raw;
      i += raw.length;
    }
  }
  return { text: out, next: i, quoted, unclosed: mark === '' ? -1 : opened };
}

const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['a', '\u0007'],
  ['b', '\b'],
  ['E', '\u001b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

/** What the characters after a `\` mean; a `\` that ends the line is itself. */
function characterOf(escaped: string): string {
  if (escaped === '') return '\\';
  if (/^x./.test(escaped)) return String.fromCharCode(Number.parseInt(escaped.slice(1).slice(-2), 16));
  if (/^c./s.test(escaped)) return String.fromCharCode(escaped.charCodeAt(1) & 0x1f);
  if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8) & 0xff);
  return CONTROLS.get(escaped) ?? escaped;
}
