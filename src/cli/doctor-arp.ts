import type { Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Run } from './run.ts';

/** Asks by ARP on an interface who has an address. An error says why that could not be done. */
export type AskByArp = (dev: string, address: Ip) => Promise<Result<readonly Mac[], string>>;

/** Which of the two programs of that name is installed. `source` gives an own address to ask from, or null. */
export async function arpAsker(run: Run, source: (dev: string) => Ip | null): Promise<AskByArp> {
  const version = await run(['arping', '-V']);
  if (!version.ok && version.error.code === 'absent') {
    return async () => err('arping is not installed: apt install iputils-arping');
  }
  const isIputils = version.ok && version.value.includes('iputils');
  return async (dev, address) => {
    const from = source(dev);
    if (isIputils && from === null) return err(`${dev} has no IPv4 address to ask from`);
    const asked = await run(isIputils ? iputils(dev, from ?? '', address) : habets(dev, address));
    // Both fail where nobody answers.
    const printed = asked.ok ? asked.value : asked.error.stdout;
    const macs = [...printed.matchAll(/\b([0-9a-f]{2}(?::[0-9a-f]{2}){5})\b/gi)].map(
      ([mac]) => mac.toLowerCase() as Mac,
    );
    if (macs.length === 0 && !asked.ok && COMPLAINT.test(asked.error.because)) {
      return err(asked.error.because);
    }
    return ok([...new Set(macs)]);
  };
}

/** What either of them says that could not ask at all. */
const COMPLAINT = /permi|interface|device|socket|libnet|pcap|usage/i;

const iputils = (dev: string, source: string, address: Ip): readonly [string, ...string[]] => {
  return ['arping', '-c', '2', '-w', '2', '-I', dev, '-s', source, address];
};

/** Without an own address in the question nobody's table is changed (RFC 5227 §2.1.1). */
const habets = (dev: string, address: Ip): readonly [string, ...string[]] => {
  return ['arping', '-0', '-r', '-c', '2', '-W', '0.3', '-i', dev, address];
};
