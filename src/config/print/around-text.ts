import { type Micros, type Millis, micros, millis } from '../../base/units.ts';
import type { StaticsConfig, VrrpConfig } from '../../model/config.ts';
import type { FifoConfig, MailConfig, NotifySinks } from '../../model/notify.ts';
import type { OnceScript, ScriptsConfig } from '../../model/script.ts';
import { printRoute } from '../routes/print-route.ts';
import { printRule } from '../routes/print-rule.ts';
import { addressText } from './address-text.ts';
import { listUnlessEmpty, microsUnless, millisUnless, named, unless } from './common.ts';
import { writeCommand } from './tracking.ts';

const NO_TIME: Micros = micros(0);
const TEN_SECONDS: Millis = millis(10_000);
const HALF_A_MINUTE: Millis = millis(30_000);

/** The keys of what holds for all instances together. */
export function writePace({ startupDelay, delayAfterBoot, announcePace, linkDelays }: VrrpConfig) {
  const others = announcePace.find(({ interfaces }) => interfaces === null);
  return {
    vrrp_startup_delay: microsUnless(NO_TIME, startupDelay),
    vrrp_delay_after_boot: microsUnless(NO_TIME, delayAfterBoot),
    vrrp_garp_interval: microsUnless(NO_TIME, others?.garp ?? NO_TIME),
    vrrp_gna_interval: microsUnless(NO_TIME, others?.na ?? NO_TIME),
    garp_groups: listUnlessEmpty(
      announcePace.flatMap(({ interfaces, garp, na }) =>
        interfaces === null
          ? []
          : [
              {
                interfaces: [...interfaces],
                garp_interval: microsUnless(NO_TIME, garp),
                gna_interval: microsUnless(NO_TIME, na),
              },
            ],
      ),
    ),
    interface_up_down_delays: named(
      linkDelays.map(({ interface: name, ...delays }) => ({ name, ...delays })),
      ({ down, up }) => ({ down: microsUnless(NO_TIME, down), up: microsUnless(NO_TIME, up) }),
    ),
  };
}

/** The keys of what is there whoever is master. */
export const writeStatics = ({ addresses, routes, rules }: StaticsConfig) => ({
  static_addresses: listUnlessEmpty(addresses.map((address) => addressText(address, null))),
  static_routes: listUnlessEmpty(routes.map(printRoute)),
  static_rules: listUnlessEmpty(rules.map(printRule)),
});

/** The keys of what holds for every script. */
export const writeScripts = ({ user, group, security, startup, shutdown }: ScriptsConfig) => ({
  script_user: user === null ? undefined : group === null ? user : `${user} ${group}`,
  enable_script_security: unless(true, security),
  startup_script: writeCommand(startup?.command ?? null),
  startup_script_timeout: timeoutOf(startup),
  shutdown_script: writeCommand(shutdown?.command ?? null),
  shutdown_script_timeout: timeoutOf(shutdown),
});

const timeoutOf = (script: OnceScript | null): string | undefined =>
  script === null ? undefined : millisUnless(TEN_SECONDS, script.timeout);

/**
 * The keys of where notices go. `checkerMail` is smtp_alert_checker, `hostname` that of the machine that will read them, or
 * null.
 */
export const writeSinks = (
  { fifos, mail, webhooks, statesOnReload, serversAtFirst }: NotifySinks,
  checkerMail: boolean | undefined,
  hostname: string | null,
) => ({
  notify_fifos: listUnlessEmpty(fifos.map(writeFifo)),
  fifo_write_vrrp_states_on_reload: unless(false, statesOnReload),
  rs_init_notifies: unless(false, serversAtFirst),
  mail: mail === null ? undefined : { ...writeMail(mail, hostname), smtp_alert_checker: checkerMail },
  webhooks: listUnlessEmpty(
    webhooks.map(({ url, timeout }) =>
      timeout === TEN_SECONDS ? url : { url, timeout: millisUnless(TEN_SECONDS, timeout) },
    ),
  ),
});

const writeFifo = ({ path, of, user, group, script }: FifoConfig) => ({
  path,
  of: unless('all', of),
  user: user ?? undefined,
  group: group ?? undefined,
  script: writeCommand(script),
});

const writeMail = (mail: MailConfig, hostname: string | null) => ({
  smtp_server: mail.host,
  smtp_port: unless(25, mail.port),
  security: unless('none', mail.security),
  auth: mail.auth === null ? undefined : { user: mail.auth.user, password_file: mail.auth.passwordFile },
  smtp_helo_name: mail.helo ?? undefined,
  smtp_connect_timeout: millisUnless(HALF_A_MINUTE, mail.timeout),
  notification_email_from: hostname !== null && mail.from === `root@${hostname}` ? undefined : mail.from,
  notification_email: [...mail.to],
  no_email_faults: unless(false, mail.noFaults),
});
