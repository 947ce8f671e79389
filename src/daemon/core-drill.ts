import type { Ip } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Millis, millis } from '../base/units.ts';
import { type CheckState, freshCheck, stepCheck } from '../health/check.ts';
import { isFollowed } from '../health/followed.ts';
import { stepQuorum } from '../health/quorum.ts';
import { type ControlReply, type ControlRoutes, refusal } from '../ipc/control.ts';
import type { CheckConfig } from '../model/check.ts';
import type { Config } from '../model/config.ts';
import type { Drill, DrillStep, Loss, Machines, NoticeTime } from '../model/drill.ts';
import type { CheckStatus, Part } from '../model/status.ts';
import { drillServer, type ServerDrillInput } from '../plan/drill.ts';
import { showDrillJson } from '../view/drill.ts';
import { drillVrrp } from '../vrrp/drill.ts';
import type { DrillInput, DrillMember } from '../vrrp/drill-losses.ts';
import type { Member } from '../vrrp/group.ts';
import type { WitnessView } from '../vrrp/quorum.ts';
import { parseServer } from './server-name.ts';
import type { Supervisor } from './supervisor.ts';

/** What core answers to "what if". */
export interface CoreDrill {
  /** Runs the machines and the planner on copies of what is now; a refusal is a sentence. Drills wait for one another. */
  drill(losses: readonly Loss[]): Promise<Result<Drill, string>>;
}

/** The interface that has an address of this machine; null for none. */
export type LinkOf = (address: Ip) => string | null;

const ASK: Millis = millis(1000);

export function createCoreDrill(
  vrrp: { readonly askMachines: Supervisor<unknown>['askMachines'] },
  check: () => Promise<Part<CheckStatus>>,
  running: () => { readonly config: Config; readonly generation: number },
  linkOf: LinkOf,
): CoreDrill {
  let before: Promise<unknown> = Promise.resolve();

  const perform = async (losses: readonly Loss[]): Promise<Result<Drill, string>> => {
    const [servers, others] = split(losses);
    const steps: DrillStep[] = [];
    const remarks: string[] = [];
    if (others.length > 0) {
      const machines = await vrrp.askMachines(ASK);
      if (!machines.available) return err(machines.reason);
      const { config, generation } = running();
      if (machines.value.generation !== generation) {
        return err('vrrp has not applied the running configuration yet: ask again');
      }
      const drilled = drillVrrp(inputOf(config, machines.value, linkOf), others);
      if (!drilled.ok) return drilled;
      steps.push(...drilled.value);
    }
    if (servers.length > 0) {
      const status = await check();
      if (!status.available) return err(status.reason);
      const { table, services } = status.value;
      if (!table.available) return err(table.reason);
      const input = {
        services: running().config.services,
        status: services,
        table: table.value,
        noticeTime,
        hasQuorum,
      };
      for (const server of servers) {
        const drilled = drillServer(input, server);
        if (!drilled.ok) return drilled;
        steps.push(...drilled.value.steps);
        remarks.push(...drilled.value.remarks);
      }
    }
    return ok({
      assumes: [...assumptions(losses), ...remarks],
      steps: steps.sort((a, b) => a.afterMicros - b.afterMicros),
    });
  };

  return {
    drill(losses) {
      const answer = before.then(() => perform(losses));
      before = answer;
      return answer;
    },
  };
}

type ServerLoss = Extract<Loss, { readonly kind: 'server' }>;
type OtherLoss = Exclude<Loss, ServerLoss>;

function split(losses: readonly Loss[]): readonly [readonly ServerLoss[], readonly OtherLoss[]] {
  const servers: ServerLoss[] = [];
  const others: OtherLoss[] = [];
  for (const loss of losses) {
    if (loss.kind === 'server') servers.push(loss);
    else others.push(loss);
  }
  return [servers, others];
}

function inputOf(
  { instances, syncGroups, vrrp, heartbeat }: Config,
  { takenAt, machines }: Machines,
  linkOf: LinkOf,
): DrillInput {
  const members = instances.flatMap((config): readonly DrillMember[] => {
    const machine = machines.find(({ name }) => name === config.name);
    // The vrrp process is of the same build as this one: what it calls a member is one.
    return machine === undefined
      ? []
      : [
          {
            config,
            tracks: machine.tracks,
            member: machine.member as Member,
            witnesses: machine.witnesses as readonly WitnessView[],
          },
        ];
  });
  const paths = (heartbeat?.paths ?? []).map(({ local, peer }) => ({ peer, link: linkOf(local) }));
  return { now: takenAt, members, groups: syncGroups, linkDelays: vrrp.linkDelays, paths };
}

/**
 * From the first failing probe to the decision, by the hysteresis of the checks themselves; null without a check that
 * asks the server.
 */
export function noticeTime(checks: readonly CheckConfig[]): NoticeTime | null {
  const times = checks.filter((check) => !isFollowed(check)).map(noticeTimeOf);
  if (times.length === 0) return null;
  return {
    least: millis(Math.min(...times.map(({ least }) => least))),
    most: millis(Math.min(...times.map(({ most }) => most))),
  };
}

const hasQuorum: ServerDrillInput['hasQuorum'] = ({ quorum }, had, live) => stepQuorum(quorum, had, live).has;

function noticeTimeOf(check: CheckConfig): NoticeTime {
  let state: CheckState = { ...freshCheck('up'), hasRun: true };
  let pauses = 0;
  let probes = 1;
  for (;;) {
    const step = stepCheck(check, state, 'fail');
    if (step.changed === 'down') break;
    state = step.state;
    pauses += step.next;
    probes++;
  }
  return { least: millis(pauses), most: millis(check.interval + pauses + probes * check.timeout) };
}

function assumptions(losses: readonly Loss[]): readonly string[] {
  const kinds = new Set(losses.map(({ kind }) => kind));
  const isVrrp = ['peer', 'link', 'tracker', 'file', 'stop'].some((kind) => kinds.has(kind as Loss['kind']));
  return [
    ...(isVrrp
      ? [
          'masters that are heard now go on advertising as they do, unless they are lost',
          'nobody else is there: who resigns waits for a successor as long as it may',
          'what is asked before a takeover is answered as it was last; witnesses that are left grant what nobody holds',
        ]
      : []),
    ...(kinds.has('stop') ? ['the services are removed after the last address'] : []),
    ...(kinds.has('server')
      ? ['every check fails from now on: at the earliest at once, at the latest by its timeout']
      : []),
  ];
}

/**
 * `POST /v1/simulate?peer-loss=NAME|all&link=IFACE&server=ADDRESS[:PORT]&tracker=KIND:NAME&stop=1`, each as often as
 * wanted and one at least: what would happen, `{assumes, steps, text}`; nothing is changed. 400 for a question that is
 * none, 409 for one that cannot be answered.
 */
export function drillRoutes(core: CoreDrill): ControlRoutes {
  return {
    '/v1/simulate': {
      POST: async ({ query }) => {
        const losses = parseLosses(query);
        if (!losses.ok) return refusal(400, 'bad_request', losses.error);
        const drill = await core.drill(losses.value);
        if (!drill.ok) return refusal(409, 'refused', drill.error);
        return json(showDrillJson(drill.value));
      },
    },
  };
}

/** The losses of a query; an error says which word is none. */
export function parseLosses(query: URLSearchParams): Result<readonly Loss[], string> {
  const losses: Loss[] = query.get('stop') === null ? [] : [{ kind: 'stop' }];
  for (const name of query.getAll('peer-loss')) losses.push({ kind: 'peer', name });
  for (const name of query.getAll('link')) losses.push({ kind: 'link', interface: name });
  for (const text of query.getAll('server')) {
    const server = parseServer(text);
    if (server === null) return err(`${JSON.stringify(text)} is no server: ADDRESS or ADDRESS:PORT`);
    losses.push({ kind: 'server', ...server });
  }
  for (const text of query.getAll('tracker')) {
    const [, file, number] = /^file:(.+)=(-?\d{1,9})$/.exec(text) ?? [];
    if (file !== undefined) {
      losses.push({ kind: 'file', name: file, value: Number(number) });
      continue;
    }
    const [, kind = '', name = ''] = /^(interface|script|process|bfd):(.+)$/.exec(text) ?? [];
    const tracker = TRACKERS.find((one) => one === kind);
    if (tracker === undefined) {
      return err(
        `${JSON.stringify(text)} is no tracker: ${TRACKERS.join(', ')}, then :NAME, or file:NAME=NUMBER`,
      );
    }
    losses.push({ kind: 'tracker', tracker, name });
  }
  return losses.length === 0
    ? err('say what is lost: --peer-loss, --link, --server, --tracker or --stop')
    : ok(losses);
}

const TRACKERS = ['interface', 'script', 'process', 'bfd'] as const;

const json = (body: string): ControlReply => ({ status: 200, type: 'application/json', body });
