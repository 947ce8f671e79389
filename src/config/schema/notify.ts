import { z } from 'zod';
import { command } from './commands.ts';

const shared = {
  master: command.optional().describe('Command to run on becoming master'),
  backup: command.optional().describe('Command to run on becoming backup'),
  fault: command.optional().describe('Command to run on a fault'),
  stop: command.optional().describe('Command to run when the daemon stops'),
  all: command
    .optional()
    .describe('Command to run on every change, told INSTANCE or GROUP, the name, the state and the priority'),
  mail: z.boolean().prefault(false).describe("Mail on every change, keepalived's smtp_alert"),
  priority_changes: z
    .boolean()
    .prefault(false)
    .describe('Tells FIFOs and webhooks of changes of the effective priority too'),
};

const ofGroup = z.strictObject(shared);
const ofInstance = z.strictObject({
  ...shared,
  deleted: z
    .union([z.boolean(), command])
    .prefault(false)
    .describe(
      'A reload that takes the instance away is told as DELETED, not as FAULT; may be a command to run then',
    ),
  lower_priority: command
    .optional()
    .describe("Command to run when a master hears a lower priority, keepalived's notify_master_rx_lower_pri"),
});

export type WrittenNotify = z.output<typeof ofInstance>;

/** Keys of an instance about who is told of its changes. */
export const NOTIFY_KEYS = {
  notify: ofInstance.prefault({}).describe('Who is told of its changes'),
};

/** Keys of a sync group about who is told of its changes. */
export const GROUP_NOTIFY_KEYS = {
  notify: ofGroup.prefault({}).describe('Who is told of its changes'),
};
