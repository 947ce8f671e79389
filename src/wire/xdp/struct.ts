/** What a field is in C. `address` is 16 bytes in network order, of which IPv4 uses the first 4. */
export type FieldKind = 'u8' | 'u16' | 'u32' | 'u64' | 'be16' | 'mac' | 'address';

export interface StructField {
  readonly name: string;
  readonly kind: FieldKind;
  /** Null for one value, else the length of an array. */
  readonly count: number | null;
  readonly offset: number;
}

/** A struct that the program and this process share, as C lays it out on a 64-bit machine. */
export interface Struct<Name extends string = string> {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly StructField[];
  /** Offsets in bytes. */
  readonly at: Readonly<Record<Name, number>>;
}

export const FIELD_SIZES: Readonly<Record<FieldKind, { readonly size: number; readonly align: number }>> = {
  u8: { size: 1, align: 1 },
  u16: { size: 2, align: 2 },
  u32: { size: 4, align: 4 },
  u64: { size: 8, align: 8 },
  be16: { size: 2, align: 2 },
  mac: { size: 6, align: 1 },
  address: { size: 16, align: 4 },
};

/**
 * Lays fields out one after the other. Throws where C would have to pad between them or at the end, so that every
 * byte has a name.
 */
export function struct<const Fields extends readonly (readonly [string, FieldKind, number?])[]>(
  name: string,
  fields: Fields,
): Struct<Fields[number][0]> {
  let offset = 0;
  let alignment = 1;
  const laid: StructField[] = [];
  for (const [field, kind, count] of fields) {
    const { size, align } = FIELD_SIZES[kind];
    if (offset % align !== 0) throw new Error(`${name}.${field} would be padded`);
    laid.push({ name: field, kind, count: count ?? null, offset });
    offset += size * (count ?? 1);
    alignment = Math.max(alignment, align);
  }
  if (offset % alignment !== 0) throw new Error(`${name} would be padded at its end`);
  const at = Object.fromEntries(laid.map((field) => [field.name, field.offset]));
  return { name, size: offset, fields: laid, at: at as Record<Fields[number][0], number> };
}
