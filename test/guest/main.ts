// npm run guest -- [--timeout SECONDS] CMD…: runs CMD as root on a kernel with IPVS, in QEMU.
import { GUEST_TIMEOUT_MS, runInGuest } from './boot/guest.ts';

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

function usage(): never {
  process.stderr.write('usage: npm run guest -- [--timeout SECONDS] COMMAND [ARGUMENT…]\n');
  process.exit(2);
}

let argv = process.argv.slice(2);
let timeoutMs = GUEST_TIMEOUT_MS;
if (argv[0] === '--timeout') {
  timeoutMs = Number(argv[1]) * 1000;
  argv = argv.slice(2);
}
if (argv.length === 0 || !(timeoutMs > 0)) usage();

// qemu goes with this process.
for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => process.exit(code));

const share = process.env['GUEST_SHARE'];
try {
  process.exitCode = await runInGuest(argv, {
    timeoutMs,
    ...(share === undefined ? {} : { share }),
    onUp: (bootMs, release) =>
      process.stderr.write(`guest: Linux ${release} up in ${(bootMs / 1000).toFixed(1)} s\n`),
  });
} catch (error) {
  process.stderr.write(`guest: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
