import type { FileSpan } from './statement.ts';

/** A line without its comment, and where in its file each piece of it is from. */
export interface Line {
  readonly file: string;
  readonly text: string;
  /** In order, without gaps, at least one. */
  readonly pieces: readonly Piece[];
}

interface Piece {
  /** Where in the line's text it begins. */
  readonly from: number;
  /** The part of the file: the same characters if `copied`, otherwise what they stand for. */
  readonly start: number;
  readonly end: number;
  readonly copied: boolean;
}

/** A line whose whole text stands for the same part of a file. */
export const lineFor = (text: string, { file, start, end }: FileSpan): Line => ({
  file,
  text,
  pieces: [{ from: 0, start, end, copied: false }],
});

/** Where a person has to look for a part of a line's text. */
export function spanOf(line: Line, from: number, to: number): FileSpan {
  const first = pieceAt(line, from);
  const last = pieceAt(line, Math.max(from, to - 1));
  const start = first.copied ? first.start + (from - first.from) : first.start;
  const end = last.copied ? last.start + (to - last.from) : last.end;
  return { file: line.file, start, end: Math.max(start, end) };
}

function pieceAt(line: Line, at: number): Piece {
  const [only] = line.pieces;
  if (only !== undefined && line.pieces.length === 1) return only;
  let low = 0;
  let high = line.pieces.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((line.pieces[middle]?.from ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  const found = line.pieces[low];
  if (found === undefined) throw new Error('a line without pieces');
  return found;
}

/** The line from an offset of its text on. */
export const restOf = (line: Line, from: number): Line => ({
  file: line.file,
  text: line.text.slice(from),
  pieces: piecesFrom(line, from, 0),
});

/** The line with a part of its text replaced. The new text is placed where the old one was. */
export function replaceIn(line: Line, from: number, to: number, text: string): Line {
  const { start, end } = spanOf(line, from, to);
  return {
    file: line.file,
    text: line.text.slice(0, from) + text + line.text.slice(to),
    pieces: [
      ...line.pieces.filter((piece) => piece.from < from),
      { from, start, end, copied: false },
      ...piecesFrom(line, to, from + text.length),
    ],
  };
}

/** The pieces of the text from `from` on, as they are when that text begins at `newFrom`. */
function piecesFrom(line: Line, from: number, newFrom: number): Piece[] {
  const first = pieceAt(line, from);
  const start = first.copied ? first.start + (from - first.from) : first.start;
  return [
    { ...first, from: newFrom, start },
    ...line.pieces
      .filter((piece) => piece.from > from)
      .map((piece) => ({ ...piece, from: piece.from - from + newFrom })),
  ];
}

/**
 * The lines of a file as keepalived 2.2.7 sees them: without comments, blanks at both ends, and the `\` of `\#` and
 * `\!`. A `\` at the end of a line stays, without the blanks before it, even where it ends a comment.
 */
export function* linesOf(file: string, text: string): Generator<Line> {
  let start = text.startsWith('\ufeff') ? 1 : 0;
  while (start < text.length) {
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed;
    yield withoutComment(file, text, start, end);
    start = end + 1;
  }
}

function withoutComment(file: string, text: string, lineStart: number, lineEnd: number): Line {
  let end = lineEnd;
  while (end > lineStart && isBlank(text.charCodeAt(end - 1))) end--;
  let start = lineStart;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  const raw = text.slice(start, end);
  const whole: Line = { file, text: raw, pieces: [{ from: 0, start, end, copied: true }] };
  return /[!#"\\]/.test(raw) ? cutComment(whole, start) : whole;
}

function cutComment({ file, text }: Line, start: number): Line {
  const parts: string[] = [];
  const pieces: Piece[] = [];
  let length = 0;
  const keep = (from: number, to: number): void => {
    if (from === to && pieces.length > 0) return;
    pieces.push({ from: length, start: start + from, end: start + to, copied: true });
    parts.push(text.slice(from, to));
    length += to - from;
  };
  let isQuoted = false;
  let comment = -1;
  let kept = 0;
  let isContinued = false;
  for (const { 0: sign, index } of text.matchAll(/[!#"]|\\.?/gs)) {
    if (sign === '\\') isContinued = true;
    else if (comment !== -1) continue;
    else if (sign === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (sign === '\\#' || sign === '\\!')) {
      keep(kept, index);
      kept = index + 1;
    } else if (!isQuoted && !sign.startsWith('\\')) comment = index;
  }
  const last = isContinued ? text.length - 1 : text.length;
  let end = comment === -1 ? last : comment;
  while (end > kept && isBlank(text.charCodeAt(end - 1))) end--;
  keep(kept, end);
  if (isContinued) keep(text.length - 1, text.length);
  return { file, text: parts.join(''), pieces };
}

/** Blank, tab, vertical tab, form feed, carriage return: what keepalived takes for white space within a line. */
export const isBlank = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d);
