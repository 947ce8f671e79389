import { err, ok } from '../../../../src/base/result.ts';
import type { ConfigCode, Severity } from '../../../../src/config/diagnostic.ts';
import { parseKeepalived } from '../../../../src/config/keepalived/parse.ts';
import type { Statement } from '../../../../src/config/keepalived/statement.ts';
import { type Place, placesOf, type Span } from '../../../../src/config/source.ts';

/** A machine called lb1.example.org with these files; MAIN is the one that is read. */
export interface Machine {
  readonly files?: Readonly<Record<string, string>>;
  readonly configId?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly random?: number;
}

export const MAIN = '/etc/lbd/keepalived.conf';

/** Parses a text as the file MAIN. */
export function parse(text: string, machine: Machine = {}) {
  const files: Readonly<Record<string, string>> = { [MAIN]: text, ...machine.files };
  const problems: {
    at: string;
    severity: Severity;
    code: ConfigCode;
    message: string;
    hint: string | null;
  }[] = [];
  const places = new Map<string, (span: Span) => Place>();
  const placeIn = (file: string): ((span: Span) => Place) => {
    const known = places.get(file) ?? placesOf(files[file] ?? '');
    places.set(file, known);
    return known;
  };
  const context = {
    files: {
      read: (name: string) => {
        const content = files[name];
        return content === undefined ? err('there is no such file') : ok(content);
      },
      match: (pattern: string) =>
        Object.keys(files)
          .filter((name) => globToRegExp(pattern).test(name))
          .sort(),
    },
    hostname: 'lb1.example.org',
    configId: machine.configId ?? null,
    env: (name: string) => machine.env?.[name],
    random: () => machine.random ?? 0,
  };
  const { statements, sources } = parseKeepalived(MAIN, context, (span, problem) => {
    const { line, column, length } = placeIn(span.file)(span);
    const file = span.file === MAIN ? '' : `${span.file}:`;
    const { severity, code, message, suggestion: hint } = problem;
    problems.push({ at: `${file}${line}:${column}+${length}`, severity, code, message, hint });
  });
  return { statements, sources, problems, text: show(statements), said: problems.map(say) };
}

const say = ({ at, severity, code }: { at: string; severity: string; code: string }) =>
  `${at} ${severity} ${code}`;

/** One line: statements end in `;`, words that are not plain are quoted. */
export const show = (statements: readonly Statement[]): string =>
  statements
    .map(({ words, block }) => {
      const head = words
        .map(({ text }) => (/^[^\s{}";]+$/.test(text) ? text : JSON.stringify(text)))
        .join(' ');
      return block === null ? `${head};` : `${head} {${show(block)}}`;
    })
    .join(' ');

/** `*` and `?`, which do not match a slash. */
const globToRegExp = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
  );
