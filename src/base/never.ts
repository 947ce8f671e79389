/** Marks a branch that the types say is unreachable. Reaching it is a broken invariant, so it throws. */
export function never(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
