import { z } from 'zod';
import { err, ok, type Result } from '../../base/result.ts';
import { seconds } from '../../base/units.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { accountName, command } from './commands.ts';
import { duration, MILLISECOND, parsed, wholeNumber } from './scalars.ts';
import { filePath } from './trackers.ts';

const patience = () => duration({ least: MILLISECOND, most: seconds(3600), step: MILLISECOND });
const oneLine = z.string().regex(/^[^\p{Cc}]{1,255}$/u, 'this is one line of text');
const hostName = z
  .string()
  .regex(/^[^\s/@\p{Cc}]{1,253}$/u, 'a host has a name or an address')
  .meta({ title: 'a host name or address' });
/** As notification_email has it: `ops@example.net`, also with a name before it. */
export const mailAddress = oneLine
  .regex(/^[^<>]*<[^\s<>@]+(@[^\s<>@]+)?>$|^[^\s<>]+$/, 'a mail address looks like ops@example.net')
  .meta({ title: 'a mail address' });

const fifo = z.strictObject({
  path: filePath.describe('Named pipe; it is made if it is missing'),
  of: z
    .enum(['all', 'vrrp', 'lvs'])
    .prefault('all')
    .describe('What it is told of: of instances and groups (vrrp), of services and servers (lvs), or of all'),
  user: accountName.optional().describe('Owner of the pipe; script_user unless given'),
  group: accountName.optional().describe("The user's own group unless given"),
  script: command
    .optional()
    .describe('Runs beside the daemon and reads the pipe, whose path is its last argument'),
});
export type WrittenFifo = z.output<typeof fifo>;

const mail = z.strictObject({
  smtp_server: hostName.describe('Mail server'),
  smtp_port: wholeNumber(1, 65_535).prefault(25).describe('Its port'),
  security: z
    .enum(['none', 'starttls', 'tls'])
    .prefault('none')
    .describe('starttls insists on it, tls begins with it, none takes STARTTLS where it is offered'),
  auth: z
    .strictObject({
      user: oneLine.describe('Who logs in'),
      password_file: filePath.describe('File with the password on its first line'),
    })
    .optional()
    .describe('How to log in'),
  smtp_helo_name: hostName.optional().describe('Name to greet the server with; the host name unless given'),
  smtp_connect_timeout: patience().prefault('30s').describe('How long the server may take'),
  notification_email_from: mailAddress.optional().describe('Sender; root at the host name unless given'),
  notification_email: z.array(mailAddress).min(1, 'mail needs somebody to go to').describe('Who gets mail'),
  no_email_faults: z.boolean().prefault(false).describe('No mail about faults'),
  smtp_alert_checker: z
    .boolean()
    .optional()
    .describe('Mail about services and servers that do not say otherwise; unless given, about servers only'),
});
export type WrittenMail = z.output<typeof mail>;

const url = z
  .string()
  .regex(/^https?:\/\/[^\s/?#@]+([/?#]\S*)?$/i, 'a URL begins with http:// or https:// and holds no password')
  .meta({ title: 'a URL' });
const webhookMapping = z.strictObject({
  url: url.describe('Gets a POST with the notice as JSON'),
  timeout: patience().prefault('10s').describe('How long one attempt may take'),
});
export type WrittenWebhook = z.output<typeof webhookMapping>;

/** Where notices go besides the scripts of instances and groups. */
export const SINK_KEYS = {
  notify_fifos: z.array(fifo).prefault([]).describe('Named pipes that get a line for each notice'),
  fifo_write_vrrp_states_on_reload: z
    .boolean()
    .prefault(false)
    .describe('Writes all states into the pipes again after a reload'),
  rs_init_notifies: z
    .boolean()
    .prefault(false)
    .describe('Tells what servers begin with, too: by notify_up and notify_down, and in the pipes'),
  mail: mail
    .optional()
    .describe('Mail about instances and groups whose notify has mail: true, services and servers'),
  webhooks: z
    .array(z.union([parsed(z.string(), webhookOf), webhookMapping]))
    .prefault([])
    .describe('URLs that get a POST for each notice'),
};

function webhookOf(text: string): Result<WrittenWebhook, Problem> {
  const read = webhookMapping.safeParse({ url: text });
  if (read.success) return ok(read.data);
  return err(mistake('bad_value', 'this is no URL of http or https'));
}
