import type { Config } from '../../model/config.ts';
import type { Diagnosis } from '../../model/doctor.ts';
import { finding, looked, NOTHING } from './examination.ts';
import type { DirectorFacts } from './facts.ts';

/** bpf_loop() is of Linux 5.17. */
const OLDEST: DirectorFacts['kernel'] = [5, 17];

/** Whether services are forwarded by XDP, or would be. */
export const usesXdp = ({ dataplane: { use } }: Config, { module }: Pick<DirectorFacts, 'module'>): boolean =>
  use === 'xdp' || (use === 'auto' && module('ip_vs') === 'missing');

/** Whether the kernel can run the XDP program, and keep it. */
export function examineXdp(facts: DirectorFacts): Diagnosis {
  const { config, daemon, kernel, bpf } = facts;
  if (config === null || config.services.length === 0 || !usesXdp(config, facts)) return NOTHING;
  const what = 'what XDP takes';
  if (daemon.ok && daemon.value.table.ok) return looked(what, []);
  const [major, minor] = kernel;
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  return looked(what, [
    ...(isOld
      ? [
          finding(
            'error',
            'xdp_kernel',
            `this kernel is Linux ${major}.${minor}, and the XDP program takes ${OLDEST.join('.')}: no service can be balanced`,
            'a newer kernel, or dataplane: ipvs',
          ),
        ]
      : []),
    ...(bpf.hasTypes
      ? []
      : [
          finding(
            'error',
            'xdp_types',
            'this kernel does not tell its types (CONFIG_DEBUG_INFO_BTF), by which the XDP program is verified: no service can be balanced',
            'a kernel that does, as those of Debian, or dataplane: ipvs',
          ),
        ]),
    ...(bpf.hasFilesystem
      ? []
      : [
          finding(
            'error',
            'xdp_filesystem',
            'no BPF file system is at /sys/fs/bpf, where the maps of XDP outlive lbd',
            'mount -t bpf bpf /sys/fs/bpf',
          ),
        ]),
  ]);
}
