import { readFileSync } from 'node:fs';

/** linux/capability.h */
const CAPABILITIES = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21, CAP_PERFMON: 38, CAP_BPF: 39 } as const;

/** What the XDP plane takes; CAP_SYS_ADMIN stands for the last two. Without CAP_PERFMON the verifier refuses the program. */
const NEEDED = ['CAP_NET_ADMIN', 'CAP_BPF', 'CAP_PERFMON'] as const;

/** Those that this process lacks, by their names. */
export function lackingForXdp(): readonly string[] {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const has = (name: keyof typeof CAPABILITIES) =>
    (BigInt(`0x${effective}`) & (1n << BigInt(CAPABILITIES[name]))) !== 0n;
  return NEEDED.filter((name) => !has(name) && (name === 'CAP_NET_ADMIN' || !has('CAP_SYS_ADMIN')));
}
