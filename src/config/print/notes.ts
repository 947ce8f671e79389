import type { LeftOut } from '../reading.ts';

/** Notes as the texts of comments, each on one line. A reason is said once for notes that follow each other. */
export const noteTexts = (notes: readonly LeftOut[]): readonly string[] =>
  notes.map(({ file, line, text, reason }, i) => {
    const why = notes[i - 1]?.reason === reason ? 'not carried over either' : `not carried over: ${reason}`;
    return `${file}:${line}: ${text} – ${why}`.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
  });

/** Notes by the instance or service that they belong to, in the words of `noteKey`. */
export function notesByObject(notes: readonly LeftOut[]): Map<string, LeftOut[]> {
  const byObject = new Map<string, LeftOut[]>();
  for (const note of notes) {
    const key = noteKey(String(note.of[0]), String(note.of[1]));
    const own = byObject.get(key);
    if (own === undefined) byObject.set(key, [note]);
    else own.push(note);
  }
  return byObject;
}

export const noteKey = (section: string, name: string): string => `${section} ${name}`;
