// Measurements that need IPVS run in the guest where this kernel has none.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInGuest } from '../../test/guest/boot/guest.ts';
import { haveIpvs } from '../../test/guest/boot/ipvs.ts';
import { PROFILE_PACE, PROFILES, takeProfiles } from '../profile/recording.ts';
import type { Measurement, Progress, Report } from './report.ts';

/** Under emulation some take more than the guest's usual quarter of an hour. Milliseconds. */
const LIMIT = 60 * 60_000;
/** How often it is looked what the guest says. Milliseconds. */
const PACE = 250;

/** Every millisecond, as elsewhere, most of what the emulated processor does would be looking. Microseconds. */
const SAMPLE_EVERY = '20000';

/** Files in the directory that both sides write to. */
export const GUEST_FILES = { report: 'report.json', progress: 'progress' } as const;

/** A measurement that runs where IPVS is: here or in the guest. `file` is its module, from bench/ on; it is exported there by the name that it has. */
export function onIpvs(file: string, measure: Measurement): Measurement {
  return (args, progress) =>
    haveIpvs() ? measure(args, progress) : measureInGuest(file, measure.name, args, progress);
}

/** A measurement as its module exports it, in the guest, with what is said on the way. */
export async function measureInGuest(
  file: string,
  name: string,
  args: readonly string[],
  progress: Progress,
): Promise<Report> {
  const share = mkdtempSync(path.join(tmpdir(), 'lbd-bench-'));
  const main = fileURLToPath(new URL('./guest-main.js', import.meta.url));
  const module = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const profiles = process.env[PROFILES];
  const following = follow(path.join(share, GUEST_FILES.progress), progress);
  // A signal ends this process without a way through `finally`.
  const remove = () => rmSync(share, { recursive: true, force: true });
  process.once('exit', remove);
  progress('starts the guest, as this kernel has no IPVS');
  try {
    const code = await runInGuest([process.execPath, main, module, name, ...args], {
      share,
      timeoutMs: LIMIT,
      env: profiles === undefined ? {} : profiling(share),
    });
    if (code !== 0) throw new Error(`in the guest it ended with ${code}`);
    if (profiles !== undefined) takeProfiles(share, profiles);
    return JSON.parse(readFileSync(path.join(share, GUEST_FILES.report), 'utf8'));
  } finally {
    following.stop();
    process.off('exit', remove);
    remove();
  }
}

/** What has lbd's processes in the guest write their profiles to the directory that both sides see. */
const profiling = (share: string): Readonly<Record<string, string>> => ({
  [PROFILES]: share,
  [PROFILE_PACE]: SAMPLE_EVERY,
  NODE_OPTIONS: process.env['NODE_OPTIONS'] ?? '',
});

/** Says every line that comes to a file, which need not exist yet. */
function follow(file: string, progress: Progress): { stop(): void } {
  let said = 0;
  const look = () => {
    if (!existsSync(file)) return;
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    for (const line of lines.slice(said)) progress(line);
    said = lines.length;
  };
  const timer = setInterval(look, PACE);
  return {
    stop() {
      clearInterval(timer);
      look();
    },
  };
}
