import type { Clock } from '../../base/clock.ts';
import { elapsed, type Millis, microsToMillis, millis, type WallTime } from '../../base/units.ts';
import type { Config } from '../../model/config.ts';
import {
  type MailConfig,
  NO_NOTIFY,
  NO_SINKS,
  type Notice,
  type NotifyConfig,
  type RouterNotice,
  type ServiceNotice,
  type WebhookConfig,
} from '../../model/notify.ts';
import { destKey } from '../../model/services.ts';
import type { ScriptRules } from '../scripts/identity.ts';
import { prepareScript } from '../scripts/prepare.ts';
import { runScript, showOutcome } from '../scripts/run-script.ts';
import type { Say } from '../scripts/say.ts';
import { type Fifo, openFifo } from './fifo.ts';
import { sendMail } from './mail.ts';
import {
  allScripts,
  isMailed,
  isServiceMailed,
  type NoticeScript,
  noticeScripts,
  type ServiceTold,
  serviceTold,
  subjectOf,
} from './notice-scripts.ts';
import { fifoLine, mailText, webhookBody } from './notice-text.ts';
import { createQueue, type Queue } from './queue.ts';
import { type Delivery, deliver } from './retry.ts';
import { postWebhook, showWebhook } from './webhook.ts';

export interface NotifierDoor {
  readonly clock: Clock;
  readonly say: Say;
  /** Pauses before further attempts at a mail or webhook. */
  readonly retryDelays: readonly Millis[];
}

export interface NotifierConfig extends Pick<Config, 'notify' | 'routerId' | 'services'> {
  readonly scripts: ScriptRules;
  readonly instances: readonly { readonly name: string; readonly notify: NotifyConfig }[];
  readonly syncGroups: readonly { readonly name: string; readonly notify: NotifyConfig }[];
}

export interface Notifier {
  /** Who is told from now on. Pipes that stay keep their readers; what is queued goes where it was meant to go. */
  apply(config: NotifierConfig): void;
  /** Tells all who asked. Returns at once. */
  tell(notice: Notice): void;
  /** Writes the states into the FIFOs again, if the configuration wants that. */
  statesAfterReload(states: readonly Omit<RouterNotice, 'because'>[]): void;
  /** Lets what is queued be told, for `bound` at most, then ends everything: within another two seconds. */
  stop(bound: Millis): Promise<void>;
}

interface Told<What> {
  readonly notice: Notice;
  readonly at: WallTime;
  readonly routerId: string;
  readonly what: What;
}

const SCRIPT_TIMEOUT: Millis = millis(10_000);

/**
 * Tells of changes. Scripts run one after the other, whatever instance they are about, so that the last one to run is
 * about the last change; mail and each webhook have a queue of their own, so that a slow server delays no script.
 */
export function createNotifier({ clock, say, retryDelays }: NotifierDoor): Notifier {
  let config: NotifierConfig = {
    instances: [],
    syncGroups: [],
    notify: NO_SINKS,
    scripts: { user: null, group: null, security: true },
    routerId: '',
    services: [],
  };
  let known = new Map<string, NotifyConfig>();
  /** Of what the last configuration took away: its last notices are still to come. */
  let leaving = new Map<string, NotifyConfig>();
  let services = new Map<string, ServiceTold>();
  let leavingServices = new Map<string, ServiceTold>();
  let fifos = new Map<string, Fifo>();
  const ending = new Set<Promise<void>>();
  const webhooks = new Map<string, Queue<Told<WebhookConfig>>>();

  const fieldsOf = ({ kind, name, state }: Notice, sink: string) => ({ kind, name, state, sink });
  const about = (notice: Notice) => {
    const { kind, name, state } = notice;
    if ('service' in notice && notice.server !== null)
      return `server ${destKey(notice.server)} of ${name} ${state}`;
    return `${kind === 'GROUP' ? 'group ' : kind === 'VS' ? 'service ' : ''}${name} ${state}`;
  };
  const lost = (sink: string) => (count: number) =>
    say('error', 'notify_failed', `${count} notices were not told by ${sink}`, { sink, count });

  const scripts = createQueue<{ notice: Notice; script: NoticeScript; scripts: ScriptRules }>(
    async ({ notice, script: { command, args }, scripts: as }, stop) => {
      const outcome = await runScript(command, { clock, scripts: as, timeout: SCRIPT_TIMEOUT, args, stop });
      const [program] = command.argv;
      const message = `script ${program} about ${about(notice)} ${showOutcome(outcome)}`;
      const done = outcome.end === 'exited' && outcome.status === 0;
      say(done ? 'info' : 'warn', done ? 'notify_done' : 'notify_failed', message, {
        ...fieldsOf(notice, 'script'),
        script: program,
        status: outcome.end === 'exited' ? outcome.status : null,
        end: outcome.end,
        duration_ms: 'took' in outcome ? outcome.took : 0,
      });
    },
    lost('script'),
  );

  const post = async (
    notice: Notice,
    sink: string,
    to: string,
    stop: AbortSignal,
    once: () => Promise<Delivery>,
  ) => {
    const startedAt = clock.now();
    const delivery = await deliver(once, retryDelays, stop);
    const remark = delivery.ok ? delivery.value : delivery.error.message;
    const verdict = delivery.ok ? 'was sent' : 'was not sent';
    const message = `${sink} about ${about(notice)} ${verdict} to ${to}${remark === '' ? '' : `: ${remark}`}`;
    const done = delivery.ok && remark === '';
    say(done ? 'info' : 'warn', done ? 'notify_done' : 'notify_failed', message, {
      ...fieldsOf(notice, sink),
      duration_ms: microsToMillis(elapsed(startedAt, clock.now())),
    });
  };

  const mails = createQueue<Told<MailConfig>>(({ notice, at, routerId, what }, stop) => {
    const text = mailText(notice, routerId, at);
    return post(notice, 'mail', what.host, stop, () => sendMail(what, text, at));
  }, lost('mail'));

  const webhookQueue = (webhook: WebhookConfig) => {
    const queue =
      webhooks.get(webhook.url) ??
      createQueue<Told<WebhookConfig>>(({ notice, at, routerId, what }, stop) => {
        const body = webhookBody(notice, routerId, at);
        return post(notice, 'webhook', showWebhook(what), stop, () => postWebhook(what, body));
      }, lost('webhook'));
    webhooks.set(webhook.url, queue);
    return queue;
  };

  const key = (kind: RouterNotice['kind'], name: string) => `${kind} ${name}`;

  /** Says now what would otherwise be found out in a failover. */
  const checkScripts = () => {
    const ofFifos = config.notify.fifos.flatMap(({ script }) => (script === null ? [] : [script]));
    const ofServices = [...services.values()].flatMap(({ up, down }) => [up, down]);
    const commands = [
      ...[...known.values()].flatMap(allScripts),
      ...ofServices.filter((command) => command !== null),
      ...ofFifos,
    ];
    const distinct = new Map(commands.map((command) => [JSON.stringify(command), command]));
    for (const command of distinct.values()) {
      const prepared = prepareScript(command, config.scripts);
      const fields = { sink: 'script', script: command.argv[0] };
      if (!prepared.ok)
        say('error', 'notify_failed', `a notify script cannot be run: ${prepared.error}`, fields);
      else if (prepared.value.warning !== null)
        say('warn', 'config_warning', `a notify script is not safe: ${prepared.value.warning}`, fields);
    }
  };

  const tellFifos = (line: string, about: 'vrrp' | 'lvs') => {
    for (const { path, of } of config.notify.fifos) {
      if (of === 'all' || of === about) fifos.get(path)?.tell(line);
    }
  };

  const tellByMail = (notice: Notice) => {
    const { mail } = config.notify;
    if (mail !== null) mails.add({ notice, at: clock.wall(), routerId: config.routerId, what: mail });
  };

  const tellWebhooks = (notice: Notice) => {
    const told = { notice, at: clock.wall(), routerId: config.routerId };
    for (const webhook of config.notify.webhooks) webhookQueue(webhook).add({ ...told, what: webhook });
  };

  const tellService = (notice: ServiceNotice) => {
    const subject = subjectOf(notice);
    const told = services.get(subject) ?? leavingServices.get(subject);
    const command = notice.state === 'UP' ? told?.up : told?.down;
    if (command != null) scripts.add({ notice, script: { command, args: [] }, scripts: config.scripts });
    tellFifos(fifoLine(notice), 'lvs');
    if (told?.mail === true && isServiceMailed(notice)) tellByMail(notice);
    // A thousand services that begin as they should are no news to a chat.
    if (!notice.isFirst || notice.state === 'DOWN') tellWebhooks(notice);
  };

  const tellRouter = (notice: RouterNotice) => {
    const name = key(notice.kind, notice.name);
    const notify = known.get(name) ?? leaving.get(name) ?? NO_NOTIFY;
    const isPriority = notice.state === 'MASTER_PRIORITY' || notice.state === 'BACKUP_PRIORITY';
    // Told to those who asked only.
    if (isPriority && !notify.priorityChanges) return;
    for (const script of noticeScripts(notice, notify))
      scripts.add({ notice, script, scripts: config.scripts });
    tellFifos(fifoLine(notice), 'vrrp');
    const noFaults = config.notify.mail?.noFaults ?? false;
    if (notify.mail && isMailed(notice.state, noFaults)) tellByMail(notice);
    tellWebhooks(notice);
  };

  const end = (fifo: Fifo) => {
    const gone = fifo.stop().finally(() => ending.delete(gone));
    ending.add(gone);
  };

  return {
    apply(next) {
      const before = { known, fifos, config };
      config = next;
      known = new Map([
        ...next.instances.map(({ name, notify }) => [key('INSTANCE', name), notify] as const),
        ...next.syncGroups.map(({ name, notify }) => [key('GROUP', name), notify] as const),
      ]);
      leaving = new Map([...before.known].filter(([name]) => !known.has(name)));
      leavingServices = services;
      const hasMail = next.notify.mail !== null;
      services = new Map(next.services.flatMap((service) => serviceTold(service, hasMail)));
      checkScripts();
      const wanted = ({ notify, scripts: { user, group, security } }: NotifierConfig) =>
        new Map(notify.fifos.map((fifo) => [fifo.path, JSON.stringify([fifo, user, group, security])]));
      const [was, will] = [wanted(before.config), wanted(next)];
      for (const [path, fifo] of before.fifos) if (was.get(path) !== will.get(path)) end(fifo);
      fifos = new Map(
        next.notify.fifos.map((fifo) => {
          const kept = was.get(fifo.path) === will.get(fifo.path) ? before.fifos.get(fifo.path) : undefined;
          return [fifo.path, kept ?? openFifo(fifo, next.scripts, say)];
        }),
      );
    },
    tell(notice) {
      if ('service' in notice) tellService(notice);
      else tellRouter(notice);
    },
    statesAfterReload(states) {
      if (config.notify.statesOnReload) for (const state of states) tellFifos(fifoLine(state), 'vrrp');
    },
    async stop(bound) {
      for (const fifo of fifos.values()) end(fifo);
      fifos = new Map();
      const queues = [scripts, mails, ...webhooks.values()];
      await Promise.all([...queues.map((queue) => queue.stop(bound)), ...ending]);
    },
  };
}
