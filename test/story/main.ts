// npm start [-- --keep]: the whole story on real processes, here if this kernel has IPVS, else in the guest.
import { fileURLToPath } from 'node:url';
import { runInGuest } from '../guest/boot/guest.ts';
import { haveIpvs } from '../guest/boot/ipvs.ts';

const acts = fileURLToPath(new URL('./acts.js', import.meta.url));
const words = process.argv.slice(2);
const keep = words.includes('--keep');
const DAY = 86_400_000;

if (haveIpvs()) {
  process.stdout.write('This kernel has IPVS: everything runs here, in network namespaces.\n');
  await import('./acts.ts');
} else {
  process.stdout.write(
    'This kernel has no IPVS: everything runs in a guest with Debian’s kernel, under emulation.\n',
  );
  process.exit(
    await runInGuest([process.execPath, acts, ...words], keep ? { stdin: true, timeoutMs: DAY } : {}),
  );
}
