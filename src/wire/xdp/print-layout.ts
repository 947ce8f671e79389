import {
  ADDRESS_PROTOCOL,
  CONFIG,
  CONNS,
  CONSTANTS,
  COUNTED,
  COUNTERS,
  FLOW,
  FLOW_STATES,
  FLOW_WAYS,
  HINT,
  INTERFACE,
  INTERFACE_FLAGS,
  LAYOUT_VERSION,
  MAPS,
  MARKS,
  METHODS,
  RING_WORDS,
  SCHEDULERS,
  SERVER,
  SERVER_FLAGS,
  SERVICE,
  SERVICE_FLAGS,
  SERVICE_KEY,
  STORED,
  TICK_SHIFT,
  TRAFFIC,
  type XdpMap,
} from './layout.ts';
import type { FieldKind, Struct, StructField } from './struct.ts';

const C_TYPES: Readonly<Record<FieldKind, readonly [type: string, length: number | null]>> = {
  u8: ['__u8', null],
  u16: ['__u16', null],
  u32: ['__u32', null],
  u64: ['__u64', null],
  be16: ['__be16', null],
  mac: ['__u8', 6],
  address: ['__u32', 4],
};

const ENUMS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  scheduler: SCHEDULERS,
  method: METHODS,
  service: SERVICE_FLAGS,
  server: SERVER_FLAGS,
  interface: INTERFACE_FLAGS,
  flow: FLOW_STATES,
  counter: COUNTERS,
};

const STRUCTS: readonly Struct[] = [
  CONFIG,
  INTERFACE,
  HINT,
  SERVICE_KEY,
  SERVICE,
  SERVER,
  FLOW,
  CONNS,
  MARKS,
  STORED,
  TRAFFIC,
  RING_WORDS,
  COUNTED,
  CONSTANTS,
];

/** The text of native/bpf/layout.h. */
export function printLayout(): string {
  return [
    '/* Made of src/wire/xdp/layout.ts by "npm run gen". */',
    '#pragma once',
    '#include <stddef.h>',
    '',
    `#define LAYOUT_VERSION ${LAYOUT_VERSION}`,
    `#define TICK_SHIFT ${TICK_SHIFT}`,
    `#define FLOW_WAYS ${FLOW_WAYS}`,
    `#define ADDRESS_PROTOCOL ${ADDRESS_PROTOCOL}`,
    `#define INTERFACE_SLOTS ${MAPS.interfaces.entries}`,
    `#define HINTS ${MAPS.hints.entries}`,
    '',
    ...Object.entries(ENUMS).map(printEnum),
    ...STRUCTS.map(printStruct),
    'struct flow_bucket {',
    '  struct flow way[FLOW_WAYS];',
    '};',
    '',
    '/* The loader, which shares the structs, has no use for the maps. */',
    '#ifdef __bpf__',
    ...Object.entries(MAPS).map(printMap),
    '#endif',
    '',
  ].join('\n');
}

function printEnum([name, values]: [string, Readonly<Record<string, number>>]): string {
  const lines = Object.entries(values).map(([each, value]) => `  ${name}_${each} = ${value},`.toUpperCase());
  return [`enum ${name}_values {`, ...lines, '};', ''].join('\n');
}

function printStruct({ name, size, fields }: Struct): string {
  return [
    `struct ${name} {`,
    ...fields.map((field) => `  ${printField(field)};`),
    '};',
    `_Static_assert(sizeof(struct ${name}) == ${size}, "${name}");`,
    ...fields.map(
      (field) =>
        `_Static_assert(offsetof(struct ${name}, ${field.name}) == ${field.offset}, "${name}.${field.name}");`,
    ),
    '',
  ].join('\n');
}

function printField({ name, kind, count }: StructField): string {
  const [type, length] = C_TYPES[kind];
  const dimensions = [count, length].filter((n) => n !== null).map((n) => `[${n}]`);
  return `${type} ${name}${dimensions.join('')}`;
}

function printMap([name, { type, value, entries }]: [string, XdpMap]): string {
  return [
    'struct {',
    `  __uint(type, BPF_MAP_TYPE_${type.toUpperCase()});`,
    `  __type(key, ${type === 'hash' ? 'struct service_key' : '__u32'});`,
    `  __type(value, ${value});`,
    `  __uint(max_entries, ${entries});`,
    ...(type === 'array' ? ['  __uint(map_flags, BPF_F_MMAPABLE);'] : []),
    `} ${name} SEC(".maps");`,
    '',
  ].join('\n');
}
