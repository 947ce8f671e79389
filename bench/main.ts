// npm run bench [NAME [OPTION…]]: one measurement, or all. What needs IPVS runs in the guest where this kernel has none.
import { fileURLToPath } from 'node:url';
import { runInGuest } from '../test/guest/boot/guest.ts';
import { haveIpvs } from '../test/guest/boot/ipvs.ts';
import { measureChecks } from './checks/checks.ts';
import { measureDisruption } from './disruption/disruption.ts';
import { measureFailover } from './failover/failover.ts';
import { measureHandover } from './failover/handover.ts';
import { measureSteadiness } from './failover/steady.ts';
import { measurePackets } from './packets/packets.ts';

/** Under emulation some take more than the guest's usual quarter of an hour. Milliseconds. */
const GUEST_LIMIT = 60 * 60_000;

async function onIpvs(name: string, args: readonly string[] = []): Promise<void> {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  if (haveIpvs()) await import(file);
  else {
    const code = await runInGuest([process.execPath, file, ...args], { timeoutMs: GUEST_LIMIT });
    if (code !== 0) process.exit(code);
  }
}

const ALL: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  programming: () => onIpvs('programming'),
  reloads: () => onIpvs('reloads'),
  scale: (args) => onIpvs('scale', args),
  failover: measureFailover,
  handover: measureHandover,
  steady: measureSteadiness,
  checks: measureChecks,
  packets: measurePackets,
  disruption: measureDisruption,
};

const [wanted, ...args] = process.argv.slice(2);
const measures = wanted === undefined ? Object.values(ALL) : [ALL[wanted]];
for (const measure of measures) {
  if (measure === undefined) {
    process.stderr.write(`there is no measurement ${wanted}: ${Object.keys(ALL).join(', ')}\n`);
    process.exit(2);
  }
  await measure(args);
}
