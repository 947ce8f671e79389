import { ipFamily } from '../base/ip.ts';
import type { Dest, Service } from '../model/services.ts';
import type { XdpRefusal, XdpServiceKey } from '../model/xdp.ts';

const ERRNO = { ENOENT: 2, ESRCH: 3, EEXIST: 17, EINVAL: 22, ENOSPC: 28, EOPNOTSUPP: 95 } as const;

/** A refusal with the number of its code (asm-generic/errno.h). */
export const refusal = (code: XdpRefusal['code'], message: string): XdpRefusal => ({
  code,
  errno: ERRNO[code],
  message,
});

/** How the plane distributes: the word of the configuration for the scheduler, as the kernel names it. */
const SCHEDULERS: readonly string[] = ['rr', 'wrr', 'lc', 'wlc', 'sh', 'mh'];

/** Why the plane cannot have this service; null where it can. */
export function refuseService({ key, attrs }: Service): XdpRefusal | null {
  if (key.kind === 'fwmark') return unable('has no services of firewall marks: give the service an address');
  if (!SCHEDULERS.includes(attrs.scheduler))
    return unable(`has no scheduler ${attrs.scheduler}: it has ${SCHEDULERS.join(', ')}`);
  const engine = attrs.persistence?.engine ?? null;
  return engine === null ? null : unable(`has no persistence engine ${engine}`);
}

/** Why the plane cannot have this server in this service; null where it can. */
export function refuseDest(of: XdpServiceKey, { key, attrs }: Dest): XdpRefusal | null {
  const { forward, tunnel, upperThreshold, lowerThreshold } = attrs;
  if (forward !== 'dr' && forward !== 'tun')
    return unable(`does not forward by ${forward}: direct routing (dr) and tunnels (tun) are what it does`);
  if (upperThreshold !== 0 || lowerThreshold !== 0) return unable('has no connection thresholds');
  if (forward === 'dr') {
    if (ipFamily(of.address) === ipFamily(key.address)) return null;
    return refusal('EINVAL', 'direct routing takes a server of the family of its service; a tunnel does not');
  }
  if (tunnel === null || tunnel.type === 'ipip') return null;
  if (tunnel.type === 'gre') return unable('has no GRE tunnels: it has IPIP and GUE');
  if (tunnel.checksum !== 'none') return unable('makes no checksums in GUE');
  return tunnel.port === 0 ? refusal('EINVAL', 'a GUE tunnel needs a port') : null;
}

const unable = (what: string): XdpRefusal => refusal('EOPNOTSUPP', `the XDP plane ${what}`);
