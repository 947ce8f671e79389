import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Ip } from '../base/ip.ts';
import type { HeldAddress } from '../plan/realserver-needs.ts';
import { printUnit, unitName, WANTED_BY } from '../plan/realserver-unit.ts';
import type { Told } from './realserver-perform.ts';
import type { Run } from './run.ts';

/** Where units of this machine live, and who reads them. */
export interface UnitDoor {
  /** `/etc/systemd/system`. */
  readonly directory: string;
  /** The words that run lbctl, the first with its whole path. */
  readonly lbctl: readonly string[];
  /** sd_booted(3): systemd is the first process of this machine. */
  readonly systemdRuns: boolean;
  readonly isDryRun: boolean;
  readonly run: Run;
}

/** Whether a unit sets this address up at the next start. */
export const hasUnit = (directory: string, address: Ip): boolean =>
  existsSync(path.join(directory, unitName(address)));

/** Writes and enables a unit for each address; its commands end with these options. Where systemd does not run it is enabled all the same, by its link. */
export async function writeUnits(
  held: readonly HeldAddress[],
  door: UnitDoor,
  options: readonly string[],
): Promise<readonly Told[]> {
  const told = held.flatMap((one) => {
    const file = path.join(door.directory, unitName(one.address));
    const text = printUnit(one, door.lbctl, options);
    const link = linkOf(door.directory, one.address);
    const target = path.join('..', path.basename(file));
    return [
      attempt(`write ${file}`, isSame(file, text), door, () => {
        mkdirSync(door.directory, { recursive: true });
        writeFileSync(`${file}.new`, text, { mode: 0o644 });
        renameSync(`${file}.new`, file);
      }),
      attempt(`ln -s ${target} ${link}`, pointsTo(link, target), door, () => {
        mkdirSync(path.dirname(link), { recursive: true });
        rmSync(link, { force: true });
        symlinkSync(target, link);
      }),
    ];
  });
  return [...told, ...(await reread(told, door))];
}

/** Disables and removes the units of these addresses. */
export async function removeUnits(addresses: readonly Ip[], door: UnitDoor): Promise<readonly Told[]> {
  const told = addresses.flatMap((address) => {
    const files = [linkOf(door.directory, address), path.join(door.directory, unitName(address))];
    return files.map((file) =>
      attempt(`rm ${file}`, lstatSync(file, { throwIfNoEntry: false }) === undefined, door, () =>
        rmSync(file),
      ),
    );
  });
  return [...told, ...(await reread(told, door))];
}

const linkOf = (directory: string, address: Ip): string =>
  path.join(directory, `${WANTED_BY}.wants`, unitName(address));

function attempt(command: string, isSo: boolean, { isDryRun }: UnitDoor, act: () => void): Told {
  if (isSo) return { outcome: 'already', command, because: null };
  if (isDryRun) return { outcome: 'planned', command, because: null };
  try {
    act();
    return { outcome: 'done', command, because: null };
  } catch (error) {
    return { outcome: 'failed', command, because: (error as Error).message };
  }
}

async function reread(
  told: readonly Told[],
  { systemdRuns, isDryRun, run }: UnitDoor,
): Promise<readonly Told[]> {
  if (!told.some(({ outcome }) => outcome === 'done' || outcome === 'planned')) return [];
  const command = 'systemctl daemon-reload';
  if (!systemdRuns) {
    const because = 'systemd does not run here: it reads the unit when it does';
    return [{ outcome: 'left', command, because }];
  }
  if (isDryRun) return [{ outcome: 'planned', command, because: null }];
  const done = await run(['systemctl', 'daemon-reload']);
  return [
    done.ok
      ? { outcome: 'done', command, because: null }
      : { outcome: 'failed', command, because: done.error.because },
  ];
}

const isSame = (file: string, text: string): boolean =>
  existsSync(file) && readFileSync(file, 'utf8') === text;

const pointsTo = (link: string, target: string): boolean =>
  lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(link) === target;
