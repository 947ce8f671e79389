import type { z } from 'zod';
import type { Path } from '../path.ts';

type Schema = z.core.$ZodType;

/** The keys that a schema knows at a path, in its order. */
export function keysAt(schema: Schema, path: Path): readonly string[] {
  const [part, ...rest] = path;
  return bare(schema).flatMap((found): readonly string[] => {
    const { def } = (found as z.core.$ZodTypes)._zod;
    if (def.type === 'object') {
      if (part === undefined) return Object.keys(def.shape);
      const inner = Object.hasOwn(def.shape, part) ? def.shape[part] : undefined;
      return inner === undefined ? [] : keysAt(inner, rest);
    }
    if (part === undefined) return [];
    if (def.type === 'record') return keysAt(def.valueType, rest);
    return def.type === 'array' ? keysAt(def.element, rest) : [];
  });
}

/** The schemas that stand behind defaults, optionality, transforms and unions. */
function bare(schema: Schema): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'prefault') return bare(def.innerType);
  if (def.type === 'pipe') return bare(def.in);
  if (def.type === 'union') return def.options.flatMap(bare);
  return [schema];
}
