import { getSystemErrorName } from 'node:util';
import { err, ok, type Result } from '../base/result.ts';
import { native } from './native.ts';

/**
 * Enters a network namespace by the name that `ip netns` gave it; needs CAP_SYS_ADMIN. To be called before anything else:
 * Node's threads for files and names are started later, and inherit it, as child processes do.
 */
export function enterNetworkNamespace(name: string): Result<void, string> {
  const path = `/run/netns/${name}`;
  const outcome = native.enterNetworkNamespace(path);
  return outcome === 0 ? ok(undefined) : err(`cannot enter ${path}: ${getSystemErrorName(outcome)}`);
}
