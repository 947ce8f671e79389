import type { Clock } from '../base/clock.ts';
import type { Result } from '../base/result.ts';
import { type Instant, type Millis, millis } from '../base/units.ts';
import type { CheckDesired, RetiredService, VrrpDesired } from '../ipc/messages.ts';
import type { Log } from '../kernel/log.ts';
import type { Config } from '../model/config.ts';
import type { EventLevel, EventName, LbdEvent } from '../model/events.ts';
import type { Notice } from '../model/notify.ts';
import type { Preview } from '../model/preview.ts';
import type { OnceScript, ScriptsConfig } from '../model/script.ts';
import { serviceKey } from '../model/services.ts';
import type { CheckStatus, Part, Status, VrrpStatus } from '../model/status.ts';
import { NO_VERDICTS } from '../model/verdicts.ts';
import { firewallScript } from '../vrrp/firewall.ts';
import { type CoreDrill, createCoreDrill, type LinkOf } from './core-drill.ts';
import { createCoreFollowed } from './core-followed.ts';
import { createServicesGate } from './core-gate.ts';
import { type CoreJournal, createCoreJournal } from './core-journal.ts';
import { type CoreOrders, createCoreOrders } from './core-orders.ts';
import { inTurn, type ReloadDoor, type ReloadOutcome, reloadConfig } from './core-reload.ts';
import { type CoreState, createCoreRoles, statesOf } from './core-roles.ts';
import { type CoreServerOrders, createCoreServerOrders, type OrderState } from './core-server-orders.ts';
import { type CoreTable, createCoreTable } from './core-table.ts';
import { createCoreVerdicts, type VerdictState } from './core-verdicts.ts';
import { rememberEvents } from './event-ring.ts';
import type { Firewall } from './firewall.ts';
import type { Notifier } from './notify/notifier.ts';
import type { Say } from './scripts/say.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import type { Child } from './supervisor-process.ts';
import type { Trackers } from './trackers/trackers.ts';

/** A configuration that can run, and what may surprise in it, one line each. */
export interface Loaded {
  readonly config: Config;
  readonly warnings: readonly string[];
}

/** Why a file is not a configuration: one line per mistake, `FILE:LINE:COL: …`, at least one. */
export type Rejection = readonly [string, ...string[]];

/** What core does on the machine itself. */
export interface CoreHands {
  readonly trackers: Pick<Trackers, 'apply' | 'states' | 'stop'>;
  readonly notifier: Pick<Notifier, 'apply' | 'tell' | 'statesAfterReload' | 'stop'>;
  readonly firewall: Pick<Firewall, 'apply' | 'stop'>;
  readonly linkOf: LinkOf;
  /** The text of a sysctl of this network namespace; null for none. */
  sysctl(name: string): string | null;
  /** Runs a script of the whole daemon; resolves when it has ended, however. */
  runOnce(script: OnceScript, scripts: ScriptsConfig): Promise<void>;
}

export interface CoreDoor {
  readonly clock: Clock;
  readonly log: Log;
  readonly forkVrrp: () => Child;
  readonly forkCheck: () => Child;
  /** Writes what vrrp records, where it does. */
  readonly record?: (lines: readonly string[]) => Promise<void>;
  /** `changed` is called when a tracker has something new to tell. */
  readonly hands: (
    say: Say,
    changed: () => void,
  ) => CoreHands & {
    readonly state: CoreState;
    readonly verdicts: VerdictState;
    readonly orders: OrderState;
  };
  /** When this machine was started. */
  readonly bootedAt: Instant;
  readonly readConfig: () => Promise<Result<Loaded, Rejection>>;
  readonly configFile: string;
  readonly version: string;
  readonly pid: number;
}

export interface Core extends CoreDrill, CoreJournal, CoreOrders, CoreTable {
  start(): void;
  /** Reads the configuration again and applies it as a whole, or keeps what runs. One at a time: those asked for meanwhile are one more. */
  reload(): Promise<ReloadOutcome>;
  /** What this configuration would change, or why that cannot be told. */
  plan(next: Config): Promise<Result<Preview, string>>;
  /** Takes everything down in order; resolves when both processes are gone. May be called again. */
  stop(): Promise<void>;
  status(): Promise<Status>;
  readonly serverOrders: CoreServerOrders;
  /** What the check process says now, never what it said before. */
  checkNow(): Promise<Part<CheckStatus>>;
}

/** Notices of the stop that have not been passed on by then are given up. */
const NOTICES_STOP: Millis = millis(5000);
/** A master that stops serves until its successor does. */
const VRRP_STOP: Millis = millis(8000);
/** So that a table of 100,000 servers has 55 s to be removed, of which a machine takes a few. */
const checkStop = ({ services }: Config): Millis =>
  millis(5000 + Math.ceil(services.reduce((sum, { servers }) => sum + servers.length, 0) / 2));
/** A reload waits this long for both processes to say what came of it. */
const SETTLE: Millis = millis(10_000);
const ASK: Millis = millis(1000);
/** Who asks for the table alone wants that, and waits for it: reading 10,000 servers takes seconds. */
const ASK_TABLE: Millis = millis(10_000);

/** Runs a configuration: the two processes, their desired states, and the answers to questions about them. */
export function createCore(door: CoreDoor, first: Loaded): Core {
  const { clock } = door;
  const { log, events } = rememberEvents(door.log);
  const startedAt = clock.wall();
  const everServed = new Map<string, RetiredService>();
  // No function below may name `first`: with 10,000 servers it would keep 4 MB after the next reload.
  let loaded = first;
  const { netNamespace } = first.config;
  let generation = 1;
  let loadedAt = startedAt;
  let reloadError: string | null = null;
  let stopping: Promise<void> | null = null;
  let ready = false;
  /** The table has been programmed once. */
  let hasServed = false;

  const say = (level: EventLevel, event: EventName, message: string, fields: LbdEvent['fields'] = {}) =>
    log.write({ at: clock.wall(), level, event, message, fields }, 'core');

  const hands = door.hands(say, () => {
    vrrp.tellTrackers(hands.trackers.states());
    followed.look();
  });
  const followed = createCoreFollowed(
    clock,
    () => hands.trackers.states().files,
    (states) => check.tellFollowed(states),
  );
  const notice = (what: Notice) => hands.notifier.tell(what);
  const startedInstant = clock.now();
  const gate = createServicesGate(() => vrrp.apply());
  const roles = createCoreRoles({
    clock,
    say,
    state: hands.state,
    config: () => loaded.config,
    ask: () => vrrp.ask(ASK),
  });

  const verdicts = createCoreVerdicts(say, hands.verdicts, () => roles.complaint());

  const applied = () => {
    if (ready || vrrp.shown().applied === 0 || check.shown().applied === 0) return;
    ready = true;
    const problems = [vrrp.shown(), check.shown()].flatMap(({ problem }) =>
      problem === null ? [] : [problem],
    );
    const message = 'both processes have applied the configuration';
    say('info', 'ready', [message, ...problems].join('; but '), { generation, problems: problems.length });
  };

  const vrrp: Supervisor<VrrpStatus> = createSupervisor<VrrpDesired, VrrpStatus>(
    'vrrp',
    (predecessor) => ({
      generation,
      vrrp: loaded.config.vrrp,
      instances: loaded.config.instances,
      syncGroups: loaded.config.syncGroups,
      statics: loaded.config.statics,
      bfd: loaded.config.trackers.bfd,
      heartbeat: loaded.config.heartbeat,
      routerId: loaded.config.routerId,
      startedAt: startedInstant,
      bootedAt: door.bootedAt,
      trackers: hands.trackers.states(),
      resume: roles.resume(predecessor),
      servicesReady: gate.isOpen(),
    }),
    {
      clock,
      log,
      fork: door.forkVrrp,
      ...(door.record === undefined ? {} : { record: door.record }),
      applied() {
        roles.applied();
        applied();
      },
      heard: (status) => followed.hear(status),
      notice(what) {
        notice(what);
        roles.look();
      },
    },
  );

  const check: Supervisor<CheckStatus> = createSupervisor<CheckDesired, CheckStatus>(
    'check',
    () => ({
      generation,
      services: loaded.config.services,
      retired: retired(loaded.config),
      drift: loaded.config.drift,
      followed: followed.states(),
      ipvs: { ...loaded.config.ipvs, flush: loaded.config.ipvs.flush && !hasServed },
      dataplane: loaded.config.dataplane,
      scripts: loaded.config.scripts,
      serversAtFirst: loaded.config.notify.serversAtFirst,
      orders: serverOrders.placed(),
      verdicts: check.shown().applied > 0 ? NO_VERDICTS : verdicts.known(),
    }),
    {
      clock,
      log,
      fork: door.forkCheck,
      applied() {
        hasServed = true;
        gate.open();
        applied();
      },
      verdicts(now) {
        // Before that it may not have taken up what was known.
        if (check.shown().applied > 0) verdicts.hear(now);
      },
      notice,
    },
  );

  const orders = createCoreOrders({ vrrp, check, clock, changed: () => roles.look() });
  const serverOrders = createCoreServerOrders({
    ...{ clock, say, state: hands.orders, config: () => loaded.config, sysctl: hands.sysctl },
    saidOf: () => roles.complaint(),
    ask: (bound) => check.ask(bound),
    changed: () => check.apply(),
  });

  /** The services that we served under an earlier configuration and would not under this one. */
  const retired = ({ services }: Config): RetiredService[] => {
    const served = new Set(services.map(({ key }) => serviceKey(key)));
    return [...everServed].filter(([name]) => !served.has(name)).map(([, service]) => service);
  };

  const adopt = (accepted: Loaded) => {
    loaded = accepted;
    const { config } = accepted;
    hands.firewall.apply(firewallScript(config.instances));
    hands.notifier.apply(config);
    hands.trackers.apply(config.trackers, config.scripts);
    for (const { key, drainTimeout } of accepted.config.services) {
      everServed.set(serviceKey(key), { key, drainTimeout });
    }
    if (config.netNamespace !== netNamespace) {
      say('warn', 'config_warning', 'another net_namespace counts at the next start of lbd', { generation });
    }
    for (const warning of accepted.warnings) say('warn', 'config_warning', warning, { generation });
  };

  const reloadDoor: ReloadDoor = {
    read: door.readConfig,
    running: () => ({ loaded, generation }),
    put(accepted) {
      generation++;
      adopt(accepted);
      vrrp.apply();
      check.apply();
      return generation;
    },
    async settled(wanted) {
      const answers = await Promise.all([vrrp.settled(wanted, SETTLE), check.settled(wanted, SETTLE)]);
      return { vrrp: answers[0], check: answers[1] };
    },
    said: () => [vrrp.said(), check.said()],
  };

  const reload = inTurn(async () => {
    if (stopping !== null) {
      say('info', 'config_rejected', 'no reload: lbd is stopping');
      return { accepted: false, code: 'stopping', generation, lines: ['lbd is stopping'] };
    }
    const outcome = await reloadConfig(reloadDoor);
    loadedAt = outcome.accepted || outcome.code === 'kernel_refused' ? clock.wall() : loadedAt;
    if (outcome.accepted) {
      reloadError = null;
      serverOrders.reloaded();
      const status = await vrrp.ask(ASK);
      if (status.available) hands.notifier.statesAfterReload(statesOf(status.value));
      const message = `configuration ${generation} from ${door.configFile} is in force`;
      say('info', 'config_applied', [message, ...outcome.problems].join('; but '), {
        generation,
        instances: loaded.config.instances.length,
        services: loaded.config.services.length,
        problems: outcome.problems.length,
      });
    } else {
      const [first, ...others] = outcome.lines;
      reloadError = others.length === 0 ? first : `${first} (and ${others.length} more)`;
      say('error', 'config_rejected', `generation ${generation} keeps running: ${reloadError}`, {
        generation,
        errors: outcome.lines.length,
        diagnostics: outcome.lines.join('\n'),
      });
    }
    return outcome;
  });

  const begin = () => {
    if (stopping !== null) return;
    adopt(loaded);
    gate.begin(loaded.config.services.length > 0);
    vrrp.start();
    check.start();
  };

  const takeDown = async () => {
    say('info', 'stopping', 'lbd stops: the virtual routers are handed over, then the services are removed');
    const saved = roles.stop();
    serverOrders.stop();
    gate.stop();
    check.tellHandover();
    // vrrp goes first, so that a peer serves before our table is empty.
    await vrrp.stop(VRRP_STOP);
    const kept = verdicts.stop();
    // What check tells of its stop is passed on too.
    await Promise.all([check.stop(checkStop(loaded.config)), hands.trackers.stop()]);
    await hands.notifier.stop(NOTICES_STOP);
    await hands.firewall.stop();
    const { scripts } = loaded.config;
    if (scripts.shutdown !== null) await hands.runOnce(scripts.shutdown, scripts);
    await Promise.all([saved, kept]);
    say('info', 'stopped', 'lbd has stopped');
  };

  return {
    start() {
      say('info', 'starting', `lbd ${door.version} starts with ${door.configFile}`, {
        version: door.version,
        pid: door.pid,
        config_file: door.configFile,
        instances: loaded.config.instances.length,
        services: loaded.config.services.length,
      });
      roles.start();
      verdicts.start();
      serverOrders.start();
      const { scripts } = loaded.config;
      if (scripts.startup === null) begin();
      else void hands.runOnce(scripts.startup, scripts).then(begin);
    },

    reload,

    async plan(next) {
      const [vrrpPart, checkPart] = await Promise.all([vrrp.ask(ASK), check.ask(ASK_TABLE)]);
      const { config } = loaded;
      const { previewConfig } = await import('./core-plan.ts');
      return previewConfig(config, next, vrrpPart, checkPart);
    },

    stop() {
      stopping ??= takeDown();
      return stopping;
    },

    async status() {
      const [vrrpPart, checkPart] = await Promise.all([askOrRecall(vrrp), askOrRecall(check)]);
      return {
        schemaVersion: 1,
        takenAt: clock.wall(),
        daemon: {
          version: door.version,
          pid: door.pid,
          routerId: loaded.config.routerId,
          startedAt,
          configFile: door.configFile,
          generation,
          loadedAt,
          reloadError,
          stateProblem: roles.unsaved(),
          processes: [vrrp.shown(), check.shown()],
        },
        vrrp: vrrpPart,
        check: checkPart,
      };
    },

    checkNow: () => check.ask(ASK_TABLE),
    serverOrders,
    ...createCoreDrill(
      vrrp,
      () => check.ask(ASK_TABLE),
      () => ({ config: loaded.config, generation }),
      hands.linkOf,
    ),
    ...createCoreJournal(vrrp, events),
    ...createCoreTable(check),
    ...orders,
  };
}

/** An old status that looks new is worse than none: what was pushed is shown for three seconds, under its own time. */
async function askOrRecall<T>(supervisor: Supervisor<T>): Promise<Part<T>> {
  const asked = await supervisor.ask(ASK);
  return asked.available ? asked : (supervisor.recent() ?? asked);
}
