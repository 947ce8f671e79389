import { micros, millisToMicros, seconds as ofSeconds } from '../../base/units.ts';
import type { AnnouncePace, Config, StaticsConfig, VrrpConfig } from '../../model/config.ts';
import type { MailConfig, NotifyConfig, NotifySinks } from '../../model/notify.ts';
import type { OnceScript } from '../../model/script.ts';
import { printRoute } from '../routes/print-route.ts';
import { printRule } from '../routes/print-rule.ts';
import { addressText } from './address-text.ts';
import { writeCheckerMail } from './checker-mail.ts';
import { unless } from './common.ts';
import { type Leave, type Lines, linesAt } from './keepalived-lines.ts';
import { quote, type Statement } from './keepalived-words.ts';

/** What global_defs says of scripts, notices and the pace of all instances. */
export function aroundLines(config: Config, leave: Leave): readonly Statement[] {
  const { scripts, notify, vrrp } = config;
  const lines = linesAt([], leave);
  const { line, alone, seconds } = lines;
  const others = vrrp.announcePace.find(({ interfaces }) => interfaces === null);
  return [
    ...line('script_user', scripts.user ?? undefined, ...(scripts.group === null ? [] : [scripts.group])),
    ...alone('enable_script_security', scripts.security && hasScripts(config)),
    ...onceLines('startup_script', scripts.startup, lines),
    ...onceLines('shutdown_script', scripts.shutdown, lines),
    ...mailLines(notify.mail, writeCheckerMail(config).said, leave),
    ...fifoLines(notify, leave),
    ...seconds('vrrp_startup_delay', unless(micros(0), vrrp.startupDelay)),
    ...seconds('vrrp_delay_after_boot', unless(micros(0), vrrp.delayAfterBoot)),
    ...seconds('vrrp_garp_interval', unless(micros(0), others?.garp ?? micros(0))),
    ...seconds('vrrp_gna_interval', unless(micros(0), others?.na ?? micros(0))),
  ];
}

/** Whether keepalived would run any: only then it matters how safe they must be. */
const hasScripts = ({ scripts, trackers, notify, instances, syncGroups, services }: Config): boolean =>
  scripts.startup !== null ||
  scripts.shutdown !== null ||
  trackers.scripts.length > 0 ||
  notify.fifos.some(({ script }) => script !== null) ||
  [
    ...[...instances, ...syncGroups].flatMap(({ notify }) => commandsOf(notify)),
    ...services.flatMap(({ quorum, servers }) => [
      ...[quorum.up, quorum.down],
      ...servers.flatMap(({ notifyUp, notifyDown }) => [notifyUp, notifyDown]),
    ]),
  ].some((command) => command !== null);

const commandsOf = ({ master, backup, fault, stop, deleted, lowerPriority, all }: NotifyConfig) => [
  ...[master, backup, fault, stop, deleted, lowerPriority, all],
];

function onceLines(keyword: string, script: OnceScript | null, lines: Lines): readonly Statement[] {
  if (script === null) return [];
  const timeout = unless(ofSeconds(10), millisToMicros(script.timeout));
  return [...lines.command(keyword, script.command), ...lines.seconds(`${keyword}_timeout`, timeout)];
}

function mailLines(
  mail: MailConfig | null,
  checkerMail: boolean | undefined,
  leave: Leave,
): readonly Statement[] {
  if (mail === null) return [];
  const { line, alone, seconds } = linesAt(['mail'], leave);
  if (mail.security !== 'none') {
    leave({ path: ['mail', 'security'], text: `mail: keepalived has no ${mail.security}` });
  }
  if (mail.auth !== null) leave({ path: ['mail', 'auth'], text: 'mail: keepalived cannot log in' });
  const to = mail.to.flatMap((address, i): readonly Statement[] => {
    const word = quote(address);
    if (word !== null) return [{ text: word }];
    leave({
      path: ['mail', 'notification_email', i],
      text: 'notification_email: keepalived cannot quote an address',
    });
    return [];
  });
  return [
    { text: 'notification_email', block: to },
    ...line('notification_email_from', mail.from),
    ...line('smtp_server', mail.host, ...(mail.port === 25 ? [] : [mail.port])),
    ...line('smtp_helo_name', mail.helo ?? undefined),
    ...seconds('smtp_connect_timeout', unless(ofSeconds(30), millisToMicros(mail.timeout))),
    ...alone('no_email_faults', mail.noFaults),
    ...line('smtp_alert_checker', checkerMail === undefined ? undefined : checkerMail ? 'on' : 'off'),
  ];
}

/** keepalived has one FIFO of each kind. */
function fifoLines(
  { fifos, webhooks, statesOnReload, serversAtFirst }: NotifySinks,
  leave: Leave,
): readonly Statement[] {
  for (const [i, { url }] of webhooks.entries()) {
    leave({ path: ['webhooks', i], text: `webhook ${url}: keepalived calls none` });
  }
  const known = new Set<string>();
  const statements = fifos.flatMap(({ path, of, user, group, script }, i): readonly Statement[] => {
    if (known.has(of)) {
      leave({ path: ['notify_fifos', i], text: `FIFO ${path}: keepalived has one of its kind` });
      return [];
    }
    known.add(of);
    const keyword = of === 'all' ? 'notify_fifo' : `${of}_notify_fifo`;
    const { line, command } = linesAt(['notify_fifos', i], leave);
    const account = [user, group].filter((name) => name !== null);
    return [...line(keyword, path, ...account), ...command(`${keyword}_script`, script)];
  });
  const { alone } = linesAt([], leave);
  return [
    ...statements,
    ...alone('fifo_write_vrrp_states_on_reload', statesOnReload),
    ...alone('rs_init_notifies', serversAtFirst),
  ];
}

/** What stands outside of any block about the pace of all instances. */
export function paceStatements({ announcePace, linkDelays }: VrrpConfig, leave: Leave): readonly Statement[] {
  const delays = linkDelays.flatMap(({ interface: name, down, up }): readonly Statement[] => {
    const words = [down, ...(up === 0 ? [] : [up])].map((delay) => String(delay / 1_000_000));
    return linesAt(['interface_up_down_delays', name], leave).line(name, ...words);
  });
  return [
    ...announcePace.flatMap((pace, i) => garpGroup(pace, i, leave)),
    ...(delays.length === 0 ? [] : [{ text: 'interface_up_down_delays', block: delays }]),
  ];
}

function garpGroup({ interfaces, garp, na }: AnnouncePace, i: number, leave: Leave): readonly Statement[] {
  if (interfaces === null) return [];
  const { seconds, line } = linesAt(['garp_groups', i], leave);
  const block = [
    ...seconds('garp_interval', unless(micros(0), garp)),
    ...seconds('gna_interval', unless(micros(0), na)),
    { text: 'interfaces', block: interfaces.flatMap((name) => line(name)) },
  ];
  return [{ text: 'garp_group', block }];
}

/** What is there whoever is master. */
export function staticStatements(
  { addresses, routes, rules }: StaticsConfig,
  leave: Leave,
): readonly Statement[] {
  const lines = (keyword: string, texts: readonly string[]): readonly Statement[] => {
    const block = texts.flatMap((text, i): readonly Statement[] => {
      const words = text.split(' ').map(quote);
      if (words.every((word) => word !== null)) return [{ text: words.join(' ') }];
      leave({ path: [keyword, i], text: `${keyword}: keepalived cannot quote a name in it` });
      return [];
    });
    return block.length === 0 ? [] : [{ text: keyword, block }];
  };
  return [
    ...lines(
      'static_ipaddress',
      addresses.map((address) => addressText(address, null)),
    ),
    ...lines('static_routes', routes.map(printRoute)),
    ...lines('static_rules', rules.map(printRule)),
  ];
}
