import { err, ok, type Result } from '../base/result.ts';
import type { Ipvs, IpvsUnavailable } from '../kernel/ipvs.ts';
import type { IpvsOp } from '../model/ops.ts';
import type { IpvsSettings, RestoreOutcome, RestoreRequest } from '../model/restore.ts';
import { type ConfiguredService, planRestore, type RestorePlan } from '../plan/restore.ts';
import type { OurService } from './check-goal.ts';
import { unread } from './check-reader.ts';
import { isHopeless, isSurprise, showOp } from './check-refused.ts';

/** How often in a row the table is read and planned anew while it changes under us. */
const ROUNDS = 3;

/**
 * Brings the services of others to what was saved of them, and leaves ours alone. The error says, a line for each
 * reason, why nothing was changed.
 */
export async function restoreTable(
  open: () => Promise<Result<Ipvs, IpvsUnavailable>>,
  ours: () => readonly OurService[],
  request: RestoreRequest,
): Promise<Result<RestoreOutcome, string>> {
  const opened = await open();
  if (!opened.ok) return err(opened.error.message);
  const ipvs = opened.value;
  let first: Omit<RestorePlan, 'ops'> | null = null;
  let refused: ReadonlyMap<string, string> = new Map();
  for (let round = 0; round <= ROUNDS; round++) {
    const dumped = await ipvs.dump();
    if (!dumped.ok) return err(unread(dumped.error).reason);
    const planned = planRestore(dumped.value, ours().map(configured), request);
    if (!planned.ok) return err(planned.error.join('\n'));
    const { ops, changes, configured: left, kept } = planned.value;
    first ??= { changes, configured: left, kept };
    const rest = ops.filter((op) => !isHopeless(op, refused));
    if (request.dryRun || rest.length === 0) return ok({ ...first, refused: [...refused.values()] });
    if (round < ROUNDS) refused = new Map([...refused, ...(await perform(ipvs, rest))]);
  }
  return err('the table keeps changing: some of it is restored');
}

/** The changes that the kernel refuses for good, by showOp. */
async function perform(ipvs: Ipvs, ops: readonly IpvsOp[]): Promise<readonly (readonly [string, string])[]> {
  const results = await ipvs.perform(ops);
  return ops.flatMap((op, i) => {
    const result = results[i];
    const name = showOp(op);
    if (result === undefined) throw new Error(`no outcome for ${name}`);
    return result.ok || isSurprise(op, result.error.code)
      ? []
      : [[name, `${name}: ${result.error.message}`] as const];
  });
}

function configured({ key, name, configured: whole, wanted }: OurService): ConfiguredService {
  return { key, name, whole, now: wanted() };
}

/** What IPVS is besides its table, or why that cannot be read. */
export async function readSettings(
  open: () => Promise<Result<Ipvs, IpvsUnavailable>>,
): Promise<Result<IpvsSettings, string>> {
  const opened = await open();
  if (!opened.ok) return err(opened.error.message);
  const timeouts = await opened.value.timeouts();
  if (!timeouts.ok) return err(`the timeouts cannot be read: ${timeouts.error.message}`);
  const daemons = await opened.value.syncDaemons();
  if (!daemons.ok) return err(`the sync daemons cannot be read: ${daemons.error.message}`);
  return ok({ timeouts: timeouts.value, syncDaemons: daemons.value });
}
