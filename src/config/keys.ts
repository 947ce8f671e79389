import { type JsonSchema, jsonSchema } from './schema/json-schema.ts';

/** What there is to know of one key of the YAML configuration. */
export interface KeyDoc {
  /** `vrrp.*.priority`; `*` is a name of the user's, `servers.*` an entry of a list. */
  readonly path: string;
  readonly doc: string;
  /** What it takes, as the end of "it takes …". */
  readonly takes: string;
  /** As it would be written; null without a fixed default. */
  readonly fallback: string | null;
  readonly required: boolean;
}

/** Every key of the configuration, in the order of the schema. */
export const keyDocs = (): readonly KeyDoc[] => within(jsonSchema(), '', new Set());

function within(schema: JsonSchema, path: string, seen: Set<string>): readonly KeyDoc[] {
  const here = path === '' ? '' : `${path}.`;
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const at = `${here}${name}`;
    if (seen.has(at)) return [];
    seen.add(at);
    const required = schema.required?.includes(name) ?? false;
    return [docOf(at, inner, required), ...within(inner, at, seen)];
  });
  const entries = schema.additionalProperties === false ? undefined : schema.additionalProperties;
  const nested = [entries, schema.items].flatMap((inner) =>
    inner === undefined ? [] : within(inner, `${here}*`, seen),
  );
  return [...named, ...nested, ...(schema.anyOf ?? []).flatMap((choice) => within(choice, path, seen))];
}

const docOf = (path: string, schema: JsonSchema, required: boolean): KeyDoc => ({
  path,
  doc: schema.description ?? '',
  takes: takes(schema),
  fallback: schema.default === undefined || isEmpty(schema.default) ? null : written(schema.default),
  required,
});

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
};

function takes(schema: JsonSchema): string {
  const { title, enum: values, const: only, anyOf, type, minimum, maximum } = schema;
  if (title !== undefined) return title;
  if (only !== undefined) return only;
  if (values !== undefined)
    return oneOf([...new Set(values.map((value) => String(value).toLowerCase()))], values);
  if (anyOf !== undefined) return [...new Set(anyOf.map(takes))].join(', or ');
  if (type === 'integer' && minimum !== undefined && maximum !== undefined && Number.isSafeInteger(maximum)) {
    if (minimum > Number.MIN_SAFE_INTEGER) return `a whole number from ${minimum} to ${maximum}`;
  }
  const types = typeof type === 'string' ? [type] : (type ?? []);
  return types.map((each) => TYPE_NAMES[each] ?? each).join(' or ');
}

/** `dr` and `DR` are the same to readers, so only one is shown; where all are capitals they stay so. */
function oneOf(lower: readonly string[], values: readonly (string | number)[]): string {
  const texts = values.map(String);
  return (lower.length === texts.length ? texts : lower).join(', ');
}
