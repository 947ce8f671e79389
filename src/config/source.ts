/** A piece of a text: offsets in UTF-16 code units, `end` not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Place {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** Lines as YAML and editors count them, without their ends. A text has at least one. */
export function splitLines(text: string): string[] {
  return text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

/** Gives the place of any span of `text`. A span over several lines is cut at the end of its first. */
export function placesOf(text: string): (span: Span) => Place {
  // Most texts have nothing in them that is asked for.
  let lineAt: ReturnType<typeof linesOf> | null = null;
  return (span) => {
    lineAt ??= linesOf(text);
    const offset = Math.max(0, Math.min(span.start, text.length));
    const { index, start } = lineAt(offset);
    const width = widthOf(text, start);
    const before = Math.min(offset - start, width);
    const length = Math.max(1, Math.min(span.end - offset, width - before));
    return { line: index + 1, column: before + 1, length };
  };
}

/** Of the line that begins at an offset. */
function widthOf(text: string, start: number): number {
  const feed = text.indexOf('\n', start);
  const end = feed === -1 ? text.length : feed;
  return text[end - 1] === '\r' && end > start ? end - 1 - start : end - start;
}

/** Gives the line that an offset of `text` is in: which one from 0, and where it starts. */
export function linesOf(
  text: string,
): (offset: number) => { readonly index: number; readonly start: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const index = lastAtOrBefore(starts, offset);
    return { index, start: starts[index] ?? 0 };
  };
}

function lastAtOrBefore(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
