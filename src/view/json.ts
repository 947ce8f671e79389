/** What `printJson` takes: records, arrays and plain values; integers of any size as BigInt. */
export type Json =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * JSON text, indented by two spaces. A BigInt is written with all its digits, which JSON.stringify refuses to do and
 * a number beyond 2^53 cannot. Throws RangeError on a number that JSON has no text for (NaN, infinities).
 */
export function printJson(value: Json): string {
  return print(value, '\n');
}

function print(value: Json, newline: string): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${value} is not JSON`);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = `${newline}  `;
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => print(item, inner));
    return items.length === 0 ? '[]' : `[${inner}${items.join(`,${inner}`)}${newline}]`;
  }
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${print(item, inner)}`);
  return members.length === 0 ? '{}' : `{${inner}${members.join(`,${inner}`)}${newline}}`;
}
