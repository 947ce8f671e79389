const CONDITION = /@(\^?)([^ \t]*)[ \t]*/y;

/**
 * The `@ID` or `@^ID` at an offset of a line's text: whether what follows counts on the machine of that id, and where
 * it begins. Null if there is none.
 */
export function conditionAt(text: string, at: number, id: string): { holds: boolean; next: number } | null {
  CONDITION.lastIndex = at;
  const found = CONDITION.exec(text);
  if (found === null) return null;
  const [whole, not, name] = found;
  return { holds: (name === id) !== (not === '^'), next: at + whole.length };
}
