import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Whether the kernel that this process runs on has IPVS, loading it where it is a module. */
export function haveIpvs(): boolean {
  const shown = () => existsSync('/proc/net/ip_vs');
  if (shown()) return true;
  spawnSync('modprobe', ['--quiet', 'ip_vs'], { stdio: 'ignore' });
  return shown();
}
