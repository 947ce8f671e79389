import type { ConfigFiles } from '../model/files.ts';
import { compareDiagnostics, type Diagnostic, mistake } from './diagnostic.ts';
import type { ReadContext } from './files.ts';
import { composeKeepalived } from './keepalived/compose.ts';
import { markAt } from './keepalived/compose-marks.ts';
import { Notes } from './keepalived/compose-notes.ts';
import { rowOf } from './keepalived/keywords/index.ts';
import { TOP } from './keepalived/keywords/top.ts';
import { parseKeepalived } from './keepalived/parse.ts';
import type { FileSpan } from './keepalived/statement.ts';
import type { Reading } from './reading.ts';
import { parseTableNames, type RouteNames, STANDARD_NAMES } from './routes/names.ts';
import { type Place, placesOf, type Span } from './source.ts';

/**
 * Reads a keepalived.conf and what it includes. What keepalived 2.2.7 does with it is what it means, but for what lbd
 * cannot do, which is said and left out, and for mistakes that keepalived goes on after with a default: these are
 * errors. Total: no text makes it throw. Takes time in proportion to the length of the files.
 */
export function readKeepalived(file: string, context: ReadContext): Reading {
  const notes = new Notes();
  const { statements, sources } = parseKeepalived(file, context, (at, problem) => notes.say(at, problem, ''));
  const start = { file, start: 0, end: 0 };
  if (sources.size > 0 && !statements.some(({ words: [{ text }] }) => rowOf(TOP, text) !== null)) {
    const text = 'there is no keyword of keepalived in this file; YAML has a name that ends in .yaml';
    notes.say(start, mistake('empty', text), '');
  }
  const names = routeNames(sources, context.files);
  const { config, root } = composeKeepalived(statements, context.hostname, notes, start, names);
  const place = placesIn(sources);
  const diagnostics = notes.said.map(
    ({ at, problem, path }): Diagnostic => ({ file: at.file, ...place(at), ...problem, path }),
  );
  const order = new Map([...sources.keys()].map((name, i) => [name, i]));
  const orderOf = (name: string): number => order.get(name) ?? -1;
  return {
    config: notes.hasErrors ? null : config,
    diagnostics: diagnostics.toSorted(
      (a, b) => orderOf(a.file) - orderOf(b.file) || compareDiagnostics(a, b),
    ),
    sources,
    leftOut: notes.left
      .map(({ at, text, of, why, reason }) => ({
        at,
        left: { file: at.file, line: place(at).line, text, of: of.path, why, reason },
      }))
      .toSorted((a, b) => orderOf(a.at.file) - orderOf(b.at.file) || a.at.start - b.at.start)
      .map(({ left }) => left),
    placeOf: (path) => {
      const mark = markAt(root, path);
      return { file: mark.at.file, ...place(mark.at), path: mark.path };
    },
  };
}

/** Where iproute2 has its names of tables; the first directory is the distribution's since iproute2 6.5. */
const TABLE_FILES = ['/usr/share/iproute2/rt_tables', '/etc/iproute2/rt_tables'];
const MORE_TABLES = '/etc/iproute2/rt_tables.d/*.conf';

/** What tables are called on this machine, which is asked only for a file with routes or rules in it. */
function routeNames(sources: ReadonlyMap<string, string>, files: ConfigFiles): RouteNames {
  if (![...sources.values()].some((text) => /(static|virtual)_(routes|rules)/.test(text)))
    return STANDARD_NAMES;
  const read = [...TABLE_FILES, ...files.match(MORE_TABLES)].map((name) => files.read(name));
  return parseTableNames(read.flatMap((text) => (text.ok ? [text.value] : [])));
}

/** Gives the place of a piece of one of the files. */
function placesIn(sources: ReadonlyMap<string, string>): (at: FileSpan) => Place {
  const known = new Map<string, (span: Span) => Place>();
  return (at) => {
    const places = known.get(at.file) ?? placesOf(sources.get(at.file) ?? '');
    known.set(at.file, places);
    return places(at);
  };
}
