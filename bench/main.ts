// npm run bench: every measurement, here if this kernel has IPVS, else in the guest.
import { fileURLToPath } from 'node:url';
import { runInGuest } from '../test/guest/boot/guest.ts';
import { haveIpvs } from '../test/guest/boot/ipvs.ts';

const programming = fileURLToPath(new URL('./programming.js', import.meta.url));
if (haveIpvs()) await import('./programming.ts');
else process.exit(await runInGuest([process.execPath, programming]));
