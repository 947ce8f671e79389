import type { FieldChange } from '../model/preview.ts';

/**
 * Where two values of one shape differ, leaf by leaf, by their paths. Entries of a list are told apart by their `name`,
 * where they have one; other lists are leaves.
 */
export function treeChanges(path: string, before: unknown, after: unknown): readonly FieldChange[] {
  const left = named(before);
  const right = named(after);
  if (left === null || right === null) {
    const [was, is] = [show(before), show(after)];
    return was === is ? [] : [{ field: path, before: was, after: is }];
  }
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].flatMap((key) => {
    // A name in a list is somebody's own word.
    const at = `${path}.${Array.isArray(before) ? key : snakeCase(key)}`;
    const isBoth = Object.hasOwn(left, key) && Object.hasOwn(right, key);
    if (isBoth) return treeChanges(at, left[key], right[key]);
    const isNew = Object.hasOwn(right, key);
    return [{ field: at, before: isNew ? 'none' : 'there', after: isNew ? 'there' : 'none' }];
  });
}

type Named = Readonly<Record<string, unknown>>;

/** What a value holds by name; null for a leaf. */
function named(value: unknown): Named | null {
  if (Array.isArray(value)) {
    const entries = value.flatMap((entry) => (isNamed(entry) ? [[entry.name, entry] as const] : []));
    return entries.length === value.length ? Object.fromEntries(entries) : null;
  }
  return value !== null && typeof value === 'object' ? (value as Named) : null;
}

const isNamed = (value: unknown): value is { readonly name: string } =>
  value !== null && typeof value === 'object' && 'name' in value && typeof value.name === 'string';

const show = (value: unknown): string =>
  value === null || value === undefined
    ? 'none'
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
