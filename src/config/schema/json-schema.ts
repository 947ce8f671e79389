import { z } from 'zod';
import { fileSchema } from './file.ts';

/** A node of a JSON Schema, as far as this schema uses them. */
export interface JsonSchema {
  readonly description?: string;
  readonly title?: string;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | number)[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
}

/** JSON Schema draft-07 of a configuration in YAML, for editors: yaml-language-server reads "7 and below". */
export function jsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(fileSchema, { target: 'draft-7', io: 'input' });
  return { title: 'lbd configuration', ...(schema as JsonSchema) };
}
