import type { Diagnostic } from './diagnostic.ts';
import { splitLines } from './source.ts';

/** A longer source line is shown in part, around the mistake. */
const SHOWN = 120;

/**
 * A diagnostic as people read it:
 *
 * ```
 * lbd.yaml:12:16  error  unknown_value  unknown scheduler "wlcc" — did you mean "wlc"?
 *    12 |     scheduler: wlcc
 *       |                ^^^^
 *       = services.web.scheduler; allowed: rr, wrr, lc, wlc
 * ```
 *
 * `sourceLine` is the text of the line; without one only the first line is printed. Control characters are shown as
 * U+FFFD, so that a file cannot write to the terminal. No line feed at the end.
 */
export function printDiagnostic(diagnostic: Diagnostic, sourceLine: string | null): string {
  const { file, line, column, severity, code, message, suggestion, path, allowed } = diagnostic;
  const meant = suggestion === null ? '' : ` — did you mean "${suggestion}"?`;
  const first = `${file}:${line}:${column}  ${severity}  ${code}  ${message}${meant}`;
  if (sourceLine === null) return visible(first);
  const number = String(line).padStart(5);
  const margin = ' '.repeat(number.length);
  const { shown, before, length } = excerpt(sourceLine, column, diagnostic.length);
  const place = path === '' ? [] : [path];
  const notes = allowed === null ? place : [...place, `allowed: ${allowed.join(', ')}`];
  return [
    first,
    `${number} | ${shown}`,
    `${margin} | ${before.replace(/[^\t]/g, ' ')}${'^'.repeat(length)}`,
    ...(notes.length === 0 ? [] : [`${margin} = ${notes.join('; ')}`]),
  ]
    .map(visible)
    .join('\n');
}

/** Each diagnostic as people read it, with the texts of the files by their names. */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): readonly string[] {
  const lines = new Map<string, readonly string[]>();
  return diagnostics.map((each) => {
    const text = sources.get(each.file);
    if (text === undefined) return printDiagnostic(each, null);
    const source = lines.get(each.file) ?? splitLines(text);
    lines.set(each.file, source);
    return printDiagnostic(each, source[each.line - 1] ?? '');
  });
}

function excerpt(line: string, column: number, length: number) {
  if (line.length <= SHOWN) return { shown: line, before: line.slice(0, column - 1), length };
  const from = Math.max(0, Math.min(column - 1 - SHOWN / 4, line.length - SHOWN));
  const to = Math.min(line.length, from + SHOWN);
  const head = from === 0 ? '' : '…';
  return {
    shown: `${head}${line.slice(from, to)}${to === line.length ? '' : '…'}`,
    before: head + line.slice(from, column - 1),
    length: Math.max(1, Math.min(length, to - column + 1)),
  };
}

function visible(text: string): string {
  return text.replace(/[^\t\P{Cc}]|[\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu, '\ufffd');
}
