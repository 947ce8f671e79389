import { Composer, Lexer, Parser } from 'yaml';
import { type ConfigCode, mistake } from '../diagnostic.ts';
import { faultsOf } from './faults.ts';
import { type Report, treeOf, type YamlNode } from './tree.ts';

/** UTF-16 code units; 20,000 services of three servers each fit. */
const MOST_TEXT = 4 * 1024 * 1024;

/**
 * A configuration is six levels deep, each up to three entries on the parser's stack. Composing is recursive: at a few
 * hundred levels V8 runs out of stack within a regular expression, which ends the process (yaml 2.9.1, Node 20.20).
 */
const MOST_LEVELS = 100;

/** Without such an entry the rest still means what it says. */
const ENTRY_CODES: readonly ConfigCode[] = ['bad_key', 'duplicate_key'];

/**
 * Reads YAML 1.2 (core schema). Gives null when the text is no single sound document; every reason has then been
 * reported. Entries whose key cannot be one, or was there before, are reported and left out. Total: no text makes it throw.
 */
export function parseYaml(text: string, report: Report): YamlNode | null {
  if (text.length > MOST_TEXT) {
    report({ start: 0, end: 0 }, mistake('too_large', `a configuration has at most ${MOST_TEXT} characters`));
    return null;
  }
  const parser = new Parser();
  const tokens = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MOST_LEVELS) {
      report({ start: parser.offset, end: parser.offset }, mistake('too_deep', 'this is nested too deeply'));
      return null;
    }
  }
  tokens.push(...parser.end());
  const composer = new Composer({
    schema: 'core',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents = [...composer.compose(tokens, true, text.length)];
  const [first, second] = documents;
  const errors = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  const faults = faultsOf(errors, tokens, text);
  for (const { problem, ...span } of faults) report(span, problem);
  if (faults.length > 0) return null;
  if (second !== undefined) {
    const start = second.range[0];
    report({ start, end: start }, mistake('yaml_syntax', 'only one YAML document may be in a file'));
    return null;
  }
  if (first === undefined || first.contents === null) {
    report({ start: 0, end: 0 }, mistake('empty', 'there is no configuration in this file'));
    return null;
  }
  let sound = true;
  const tree = treeOf(first.contents, (span, problem) => {
    if (!ENTRY_CODES.includes(problem.code)) sound = false;
    report(span, problem);
  });
  return sound ? tree : null;
}
