import { Composer, Lexer, Parser, type YAMLError } from 'yaml';
import { mistake } from '../diagnostic.ts';
import { type Report, treeOf, type YamlNode } from './tree.ts';

/** UTF-16 code units; 20,000 services of three servers each fit. */
const MOST_TEXT = 4 * 1024 * 1024;

/**
 * A configuration is six levels deep, each up to three entries on the parser's stack. Composing is recursive: at a few
 * hundred levels V8 runs out of stack within a regular expression, which ends the process (yaml 2.9.1, Node 20.20).
 */
const MOST_LEVELS = 100;

/**
 * Reads YAML 1.2 (core schema). Gives null when the text is no single sound document; every reason has then been
 * reported. Total: no text makes it throw.
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
  const faults = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  const told = new Set<number>();
  for (const fault of faults) {
    // One mistake often gives several errors; the first on a line says it.
    const line = text.lastIndexOf('\n', fault.pos[0] - 1);
    if (told.has(line)) continue;
    told.add(line);
    report(...explain(fault, text));
  }
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
    sound = false;
    report(span, problem);
  });
  return sound ? tree : null;
}

function explain(fault: YAMLError, text: string): Parameters<Report> {
  const [start, end] = fault.pos;
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const line = /^[^\r\n]*/.exec(text.slice(lineStart))?.[0] ?? '';
  const unquoted = UNQUOTED.exec(line);
  if (unquoted?.[1] !== undefined) {
    const from = lineStart + unquoted.index + unquoted[0].length - unquoted[1].length;
    return [
      { start: from, end: from + unquoted[1].length },
      mistake('unquoted', 'YAML gives this another meaning; write it in quotes'),
    ];
  }
  if (fault.code === 'TAB_AS_INDENT') {
    return [{ start, end }, mistake('yaml_syntax', 'YAML is indented with spaces, this is a tab')];
  }
  // The library's own words would repeat the tag, which may be an unquoted password.
  if (fault.code === 'TAG_RESOLVE_FAILED') {
    return [{ start, end }, mistake('unquoted', 'unknown YAML tag; a text that begins with ! needs quotes')];
  }
  return [{ start, end }, mistake('yaml_syntax', fault.message)];
}

/** `[2001:db8::80]:80` is a list with something behind it, `2001:db8::` a key: both need quotes. */
const UNQUOTED =
  /(?:^|[\s,[])(\[[0-9a-f.:]*:[0-9a-f.:]*\]:\d+|(?:[0-9a-f]{1,4}:)*[0-9a-f]{1,4}::)(?=$|[\s,\]}])/i;
