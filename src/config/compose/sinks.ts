import { microsToMillis } from '../../base/units.ts';
import type { FifoConfig, MailConfig, NotifyConfig, NotifySinks } from '../../model/notify.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { Path } from '../path.ts';
import type { WrittenFile } from '../schema/file.ts';
import type { WrittenFifo, WrittenMail } from '../schema/sinks.ts';
import { type Say, under } from './say.ts';

/** Where notices go besides the scripts of instances and groups. */
export function composeSinks(written: WrittenFile, hostname: string, say: Say): NotifySinks {
  const paths = new Set<string>();
  for (const [i, { path }] of written.notify_fifos.entries()) {
    if (paths.has(path)) {
      say(['notify_fifos', i, 'path'], mistake('conflicting_keys', `${path} is a FIFO already`));
    }
    paths.add(path);
  }
  return {
    fifos: written.notify_fifos.map((fifo, i) => composeFifo(fifo, under(say, 'notify_fifos', i))),
    mail: written.mail === undefined ? null : composeMail(written.mail, hostname),
    webhooks: written.webhooks.map(({ url, timeout }) => ({ url, timeout: microsToMillis(timeout) })),
    statesOnReload: written.fifo_write_vrrp_states_on_reload,
    serversAtFirst: written.rs_init_notifies,
  };
}

function composeFifo({ path, of, user, group, script }: WrittenFifo, say: Say): FifoConfig {
  if (group !== undefined && user === undefined) {
    say(['group'], mistake('missing_key', 'a "group" needs the "user" beside it'));
  }
  return { path, of, user: user ?? null, group: group ?? null, script: script ?? null };
}

const composeMail = (written: WrittenMail, hostname: string): MailConfig => ({
  host: written.smtp_server,
  port: written.smtp_port,
  security: written.security,
  auth:
    written.auth === undefined ? null : { user: written.auth.user, passwordFile: written.auth.password_file },
  helo: written.smtp_helo_name ?? null,
  from: written.notification_email_from ?? `root@${hostname}`,
  to: written.notification_email,
  timeout: microsToMillis(written.smtp_connect_timeout),
  noFaults: written.no_email_faults,
});

/** Whether there is mail about services and servers that do not say so. */
export interface CheckerMail {
  readonly service: boolean;
  readonly server: boolean;
}

/** With keepalived's defaults (validate_check_config in its check_data.c): servers are mailed about, services are not. */
export const checkerMail = (said: boolean | undefined): CheckerMail => ({
  service: said ?? false,
  server: said ?? true,
});

type Told = readonly { readonly name: string; readonly notify: NotifyConfig }[];

/** Reports, at the first of them, who asks for mail where none is sent. */
export function sayNoMail(
  { mail }: NotifySinks,
  instances: Told,
  groups: Told,
  services: WrittenFile['services'],
  say: Say,
): void {
  if (mail !== null) return;
  const asks = (section: string, told: Told): readonly Path[] =>
    told.flatMap(({ name, notify }) => (notify.mail ? [[section, name, 'notify', 'mail']] : []));
  const ofServices = Object.entries(services).flatMap(([name, { mail, servers }]): readonly Path[] => [
    ...(mail === true ? [['services', name, 'mail']] : []),
    ...servers.flatMap((server, i) =>
      server.mail === true ? [['services', name, 'servers', i, 'mail']] : [],
    ),
  ]);
  const [first] = [...asks('vrrp', instances), ...asks('sync_groups', groups), ...ofServices];
  if (first === undefined) return;
  say(first, warning('no_mail', 'no mail is sent: nothing says by which server and to whom'));
}
