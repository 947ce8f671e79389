// npm run bench [NAME…]: the measurements of these names, or all, here if this kernel has IPVS, else in the guest.
import { fileURLToPath } from 'node:url';
import { runInGuest } from '../test/guest/boot/guest.ts';
import { haveIpvs } from '../test/guest/boot/ipvs.ts';

const ALL = ['programming', 'reloads'];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : ALL;
const unknown = wanted.filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`there is no measurement ${unknown.join(', ')}: ${ALL.join(', ')}\n`);
  process.exit(2);
}
for (const name of wanted) {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  let code = 0;
  if (haveIpvs()) await import(file);
  else code = await runInGuest([process.execPath, file]);
  if (code !== 0) process.exit(code);
}
