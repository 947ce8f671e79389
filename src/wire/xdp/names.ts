/** The name of a number in one of the layout's tables. Throws on a number that the program never writes. */
export function nameOf<Name extends string>(table: Readonly<Record<Name, number>>, value: number): Name {
  for (const name in table) if (table[name] === value) return name;
  throw new RangeError(`${value} is none of ${Object.keys(table).join(', ')}`);
}
