import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { fileSchema } from '../../../src/config/schema/file.ts';

type Node = { readonly [key: string]: unknown };

/** Paths of all properties that say nothing about themselves. */
function undescribed(node: Node, path: string): string[] {
  const named = Object.entries((node['properties'] ?? {}) as Record<string, Node>);
  const nested = [node['items'], node['additionalProperties'], ...((node['anyOf'] ?? []) as Node[])];
  return [
    ...named.flatMap(([name, inner]) => [
      ...(typeof inner['description'] === 'string' ? [] : [`${path}.${name}`]),
      ...undescribed(inner, `${path}.${name}`),
    ]),
    ...nested.flatMap((inner) =>
      typeof inner === 'object' && inner !== null ? undescribed(inner as Node, path) : [],
    ),
  ];
}

test('fileSchema becomes a JSON Schema for editors in which every key says what it means', () => {
  const schema = z.toJSONSchema(fileSchema, { target: 'draft-7', io: 'input' }) as Node;
  assert.deepEqual(undescribed(schema, ''), []);
  assert.match(JSON.stringify(schema), /"delay_before_retry".*"type":"string"/);
});
