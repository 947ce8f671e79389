import { existsSync, realpathSync } from 'node:fs';
import { type Ip, ipFamily } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Tunnel } from '../model/services.ts';
import { planDown, planUp } from '../plan/realserver.ts';
import { parseVirtualAddress } from '../plan/realserver-address.ts';
import type { RealServerStep } from '../plan/realserver-change.ts';
import { type HeldAddress, tunnelDevice } from '../plan/realserver-needs.ts';
import { showJson } from '../view/status-json.ts';
import { EXIT, refuse, type Terminal } from './command.ts';
import { REAL_SERVER_STATE } from './local-commands.ts';
import { realServerFacts } from './realserver-facts.ts';
import { performSteps, type Told, tellPlanned } from './realserver-perform.ts';
import { hasUnit, removeUnits, type UnitDoor, writeUnits } from './realserver-persist.ts';
import { openRealServerState } from './realserver-state.ts';
import { type Run, run } from './run.ts';

export interface RealServerOptions {
  readonly tunnel?: Tunnel['type'];
  readonly tunnelPort?: number;
  /** Given with `up`. */
  readonly dev?: string;
  readonly stateDir: string;
  readonly persist?: boolean;
  readonly dryRun?: boolean;
  readonly output: 'text' | 'json';
}

/** What of this machine the command works with. */
export interface RealServerDoor {
  readonly run: Run;
  readonly unitDirectory: string;
  readonly lbctl: readonly string[];
  readonly systemdRuns: boolean;
  readonly isRoot: boolean;
}

export const thisMachine = (): RealServerDoor => ({
  run,
  unitDirectory: '/etc/systemd/system',
  lbctl: [process.execPath, realpathSync(process.argv[1] ?? '')],
  // sd_booted(3).
  systemdRuns: existsSync('/run/systemd/system'),
  isRoot: process.geteuid?.() === 0,
});

/** Makes this machine a real server of some virtual addresses, or takes that back; tells each step. */
export async function setRealServer(
  terminal: Terminal,
  order: 'up' | 'down',
  words: readonly string[],
  options: RealServerOptions,
  door: RealServerDoor = thisMachine(),
): Promise<number> {
  const read = readWords(words, order, options, door);
  const giveUp = (code: string, reasons: readonly string[], exit: number = EXIT.refused) => {
    refuse(terminal, options.output, { code, message: reasons.join('\n') });
    return exit;
  };
  if (!read.ok) return giveUp('bad_request', read.error.reasons, read.error.code);
  const vips = read.value;
  const isDryRun = options.dryRun === true;
  const facts = await realServerFacts(door.run);
  if (!facts.ok) return giveUp('unknown_state', [facts.error]);
  const state = await openRealServerState(options.stateDir);
  if (state.obstacle !== null && order === 'up' && !isDryRun) {
    return giveUp('unknown_state', [`what is changed could not be undone: ${state.obstacle}`]);
  }
  const wanted = order === 'up' ? vips.map((address) => wantedOf(address, options)) : null;
  const plan = wanted === null ? null : planUp(wanted, facts.value);
  if (plan !== null && !plan.ok) return giveUp('refused', plan.error);
  const steps: readonly RealServerStep[] = plan?.value ?? planDown(vips, facts.value, state.record);

  const unitDoor: UnitDoor = {
    directory: door.unitDirectory,
    lbctl: door.lbctl,
    systemdRuns: door.systemdRuns,
    isDryRun,
    run: door.run,
  };
  const told: Told[] = isDryRun
    ? steps.map(tellPlanned)
    : [...(await performSteps(steps, wanted, state, door.run))];
  const failed = () => told.some(({ outcome }) => outcome === 'failed');
  if (!failed()) told.push(...(await tellUnits(vips, wanted, options, unitDoor)));
  terminal.out(
    options.output === 'json'
      ? showJson({ schemaVersion: 1, dryRun: isDryRun, failed: failed(), steps: told })
      : showTold(told, isDryRun),
  );
  if (!failed()) return EXIT.ok;
  const done = told.filter(({ outcome }) => outcome === 'done');
  // A module that was loaded stays.
  const hasMore = order === 'up' && done.some(({ command }) => !command.startsWith('modprobe '));
  const back = hasMore ? '; lbctl realserver down takes back what was done' : '';
  terminal.error(`lbctl: stopped there${done.length === 0 ? ', and nothing was changed' : back}\n`);
  return EXIT.refused;
}

function readWords(
  words: readonly string[],
  order: 'up' | 'down',
  { tunnel, tunnelPort, dryRun }: RealServerOptions,
  { isRoot }: RealServerDoor,
): Result<readonly Ip[], { readonly code: number; readonly reasons: readonly string[] }> {
  if (tunnel === 'gue' && tunnelPort === undefined) {
    const reason = '--tunnel gue needs --tunnel-port, as the configuration of the director has it';
    return err({ code: EXIT.usage, reasons: [reason] });
  }
  const parsed = words.map(parseVirtualAddress);
  const unread = parsed.flatMap((each) => (each.ok ? [] : [each.error]));
  if (unread.length > 0) return err({ code: EXIT.refused, reasons: unread });
  if (!isRoot && dryRun !== true) {
    const reason = `realserver ${order} changes addresses and sysctls: run it as root, or look with --dry-run`;
    return err({ code: EXIT.refused, reasons: [reason] });
  }
  return ok([...new Set(parsed.flatMap((each) => (each.ok ? [each.value] : [])))]);
}

function wantedOf(address: Ip, { tunnel, tunnelPort = 0, dev = 'lo' }: RealServerOptions): HeldAddress {
  if (tunnel === undefined) return { address, dev, tunnel: null };
  return {
    address,
    dev: tunnelDevice(tunnel, ipFamily(address)).dev,
    tunnel: { type: tunnel, port: tunnel === 'gue' ? tunnelPort : 0 },
  };
}

async function tellUnits(
  vips: readonly Ip[],
  wanted: readonly HeldAddress[] | null,
  { persist, stateDir }: RealServerOptions,
  door: UnitDoor,
): Promise<readonly Told[]> {
  if (persist) {
    if (wanted === null) return removeUnits(vips, door);
    const more = stateDir === REAL_SERVER_STATE ? [] : ['--state-dir', stateDir];
    return writeUnits(wanted, door, more);
  }
  if (wanted !== null) return [];
  return vips
    .filter((address) => hasUnit(door.directory, address))
    .map((address) => ({
      outcome: 'left',
      command: `lbctl realserver down --persist ${address}`,
      because: 'a unit sets this address up again at the next start',
    }));
}

const MARKS: Readonly<Record<Told['outcome'], string>> = {
  done: '+',
  planned: '+',
  already: '=',
  left: '!',
  failed: 'x',
};

function showTold(told: readonly Told[], isDryRun: boolean): string {
  const lines = told.map(({ outcome, command, because }) => {
    const said = {
      done: '',
      planned: '',
      already: because === null ? ': already so' : ': already so: ',
      left: ': not done: ',
      failed: ': failed: ',
    };
    return `${MARKS[outcome]} ${command}${said[outcome]}${because ?? ''}\n`;
  });
  return `${lines.join('')}${isDryRun ? 'Nothing was changed.\n' : ''}`;
}
