import { setTimeout as sleep } from 'node:timers/promises';
import type { Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type ServiceKey, serviceKey } from '../model/services.ts';
import type { DaemonFacts, InstanceFacts, Refused } from '../plan/doctor/facts.ts';
import { ask } from './client.ts';

/** What a running lbd says, with what doctor wants to know besides. */
export interface AskedDaemon {
  readonly pid: number;
  /** As lbd was given it. */
  readonly configFile: string;
  readonly facts: DaemonFacts;
}

export interface Unanswered {
  /** No lbd listens there. */
  readonly isAbsent: boolean;
  readonly because: string;
}

/** Asks for the status; a second time where packets have been refused, to learn whether they still are. */
export async function askDaemon(runDir: string): Promise<Result<AskedDaemon, Unanswered>> {
  const first = await statusOf(runDir);
  if (!first.ok) return first;
  const before = refusedIn(first.value);
  const pause = before.some((one) => Object.values(one).some((count) => count > 0))
    ? pauseFor(first.value)
    : 0;
  if (pause > 0) await sleep(pause);
  const last = pause > 0 ? await statusOf(runDir) : first;
  if (!last.ok) return last;
  const { daemon } = last.value;
  return ok({ pid: daemon.pid, configFile: daemon.config_file, facts: factsOf(first.value, last.value) });
}

/** Two intervals: whoever sends what is refused has sent it again by then. */
function pauseFor({ vrrp }: StatusJson): number {
  const intervals = (vrrp.value?.instances ?? []).map(({ advert_interval_cs }) => advert_interval_cs * 10);
  return Math.min(Math.max(1000, ...intervals.map((one) => 2 * one)), 10_000) + 500;
}

/** The part of `lbctl status -o json` that is looked at here. */
interface StatusJson {
  readonly daemon: {
    readonly pid: number;
    readonly config_file: string;
    readonly reload_error: string | null;
    readonly state_problem: string | null;
    readonly processes: DaemonFacts['processes'];
  };
  readonly vrrp: PartJson<{
    readonly instances: readonly InstanceJson[];
    readonly heartbeat: readonly {
      readonly local: string;
      readonly peer: string;
      readonly alive: boolean;
      readonly problem: string | null;
    }[];
    readonly unmatched: Refused;
  }>;
  readonly check: PartJson<{
    readonly table: PartJson<{
      readonly services: readonly { readonly key: ServiceKey; readonly dests: readonly unknown[] }[];
    }>;
    readonly services: readonly { readonly key: ServiceKey }[];
  }>;
}

interface PartJson<T> {
  readonly value?: T;
  readonly reason?: string;
}

interface InstanceJson {
  readonly name: string;
  readonly state: InstanceFacts['state'];
  readonly because: string;
  readonly withheld: string | null;
  readonly contested: string | null;
  readonly unsent: string | null;
  readonly advert_interval_cs: number;
  readonly master: { readonly address: Ip } | null;
  readonly counters: { readonly refused: Refused };
}

async function statusOf(runDir: string): Promise<Result<StatusJson, Unanswered>> {
  const answer = await ask(runDir, { method: 'GET', target: '/v1/status', accept: 'application/json' });
  if (!answer.ok) {
    const { code, message } = answer.error;
    return err({ isAbsent: code === 'unreachable', because: message });
  }
  if (answer.value.status !== 200) {
    return err({ isAbsent: false, because: `lbd answered ${answer.value.status}` });
  }
  return ok(JSON.parse(answer.value.body));
}

const refusedIn = ({ vrrp }: StatusJson): readonly Refused[] =>
  vrrp.value === undefined
    ? []
    : [vrrp.value.unmatched, ...vrrp.value.instances.map(({ counters }) => counters.refused)];

function factsOf(first: StatusJson, { daemon, vrrp, check }: StatusJson): DaemonFacts {
  const { reload_error, state_problem, processes } = daemon;
  const before = new Map(
    (first.vrrp.value?.instances ?? []).map(({ name, counters }) => [name, counters.refused]),
  );
  return {
    reloadError: reload_error,
    stateProblem: state_problem,
    processes,
    vrrp:
      vrrp.value === undefined
        ? err(vrrp.reason ?? 'lbd does not say')
        : ok({
            instances: vrrp.value.instances.map((one) => ({
              name: one.name,
              state: one.state,
              because: one.because,
              withheld: one.withheld,
              contested: one.contested,
              unsent: one.unsent,
              master: one.master?.address ?? null,
              refused: since(before.get(one.name), one.counters.refused),
            })),
            heartbeat: vrrp.value.heartbeat,
            unmatched: since(first.vrrp.value?.unmatched, vrrp.value.unmatched),
          }),
    table: tableOf(check),
  };
}

function since(before: Refused = {}, now: Refused): Refused {
  return Object.fromEntries(
    Object.entries(now).map(([reason, count]) => [reason, count - (before[reason as keyof Refused] ?? 0)]),
  );
}

function tableOf(check: StatusJson['check']): DaemonFacts['table'] {
  if (check.value === undefined) return err(check.reason ?? 'lbd does not say');
  const { table, services } = check.value;
  if (table.value === undefined) return err(table.reason ?? 'lbd does not say');
  const ours = new Set(services.map(({ key }) => serviceKey(key)));
  const keys = table.value.services.map(({ key }) => serviceKey(key));
  const size = table.value.services.reduce((sum, { dests }) => sum + 1 + dests.length, 0);
  return ok({ foreign: keys.filter((key) => !ours.has(key)), size });
}
