// Profiles of V8 as one tree of calls.

/** What the inspector's Profiler.stop gives, as far as it is read here. Microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Before each sample, since the one before it. */
  readonly timeDeltas: readonly number[];
}

export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
}

/** Calls of one function by the same callers. Microseconds. */
export interface Stack {
  readonly function: FunctionName;
  self: number;
  total: number;
  readonly calls: Map<FunctionName, Stack>;
}

/** As it is shown: `parse (config/parse.js:12)`. */
export type FunctionName = string;

/** A function wherever it was called. Microseconds. */
export interface FunctionTime {
  self: number;
  total: number;
}

export interface Stacks {
  readonly root: Stack;
  readonly functions: ReadonlyMap<FunctionName, FunctionTime>;
  /** In which nothing ran. Microseconds. */
  readonly idle: number;
}

const IDLE = '(idle)';

/** All profiles together, without the time in which nothing ran. */
export function mergeStacks(profiles: readonly CpuProfile[]): Stacks {
  const root = stackOf('all');
  for (const profile of profiles) add(profile, root);
  const idle = root.calls.get(IDLE)?.total ?? 0;
  root.calls.delete(IDLE);
  sumUp(root);
  const functions = new Map<FunctionName, FunctionTime>();
  for (const stack of root.calls.values()) collect(stack, new Set(), functions);
  return { root, functions, idle };
}

const stackOf = (name: FunctionName): Stack => ({ function: name, self: 0, total: 0, calls: new Map() });

function add({ nodes, samples, timeDeltas }: CpuProfile, root: Stack): void {
  const times = new Map<number, number>();
  // A sample lasts until the next one, and the last one, after which there is none, counts for nothing.
  for (const [i, id] of samples.entries())
    times.set(id, (times.get(id) ?? 0) + Math.max(0, timeDeltas[i + 1] ?? 0));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const visit = (id: number, into: Stack): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const stack = node.callFrame.functionName === '(root)' ? into : callIn(into, nameOf(node.callFrame));
    stack.self += times.get(id) ?? 0;
    for (const child of node.children ?? []) visit(child, stack);
  };
  const first = nodes[0];
  if (first !== undefined) visit(first.id, root);
  const idle = root.calls.get(IDLE);
  if (idle !== undefined) idle.total = idle.self;
}

function callIn(stack: Stack, name: FunctionName): Stack {
  const called = stack.calls.get(name) ?? stackOf(name);
  stack.calls.set(name, called);
  return called;
}

/** Of a file only what stands behind the compiled tree, or the packages. */
function nameOf({ functionName, url, lineNumber }: CallFrame): FunctionName {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.replace(/^file:\/\//, '').replace(/^.*\/(?:dist\/src|node_modules)\//, '');
  return `${name} (${file}:${lineNumber + 1})`;
}

function sumUp(stack: Stack): number {
  stack.total = stack.self;
  for (const called of stack.calls.values()) stack.total += sumUp(called);
  return stack.total;
}

/** What a function takes within itself counts once. */
function collect(
  stack: Stack,
  callers: ReadonlySet<FunctionName>,
  into: Map<FunctionName, FunctionTime>,
): void {
  const time = into.get(stack.function) ?? { self: 0, total: 0 };
  time.self += stack.self;
  if (!callers.has(stack.function)) time.total += stack.total;
  into.set(stack.function, time);
  const inside = new Set([...callers, stack.function]);
  for (const called of stack.calls.values()) collect(called, inside, into);
}
