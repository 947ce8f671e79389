import { mkdirSync, statfsSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.ts';
import { kernelError } from './error.ts';
import { loadXdpAddon } from './xdp-native.ts';

/** Where the BPF file system is on every machine with systemd. */
export const BPFFS = '/sys/fs/bpf';

/** linux/magic.h */
const BPF_FS_MAGIC = 0xcafe4a11;

/** Mounts the BPF file system where it is not; the error is for people. */
export function mountBpffs(directory: string = BPFFS): Result<void, string> {
  try {
    mkdirSync(directory, { recursive: true });
    if (statfsSync(directory).type === BPF_FS_MAGIC) return ok(undefined);
  } catch (error) {
    return err(`${directory}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const addon = loadXdpAddon();
  if (!addon.ok) return err(addon.error);
  const failed = addon.value.mountBpffs(directory);
  return failed < 0 ? err(`cannot mount ${directory}: ${kernelError(-failed).message}`) : ok(undefined);
}
