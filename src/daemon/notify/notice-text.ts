import type { WallTime } from '../../base/units.ts';
import type { Notice } from '../../model/notify.ts';

/** The line of a notice in a FIFO, as keepalived writes it. */
export const fifoLine = ({ kind, name, state, priority }: Omit<Notice, 'because'>): string =>
  `${kind} "${name}" ${state} ${kind === 'GROUP' ? 0 : priority}\n`;

export interface MailText {
  readonly subject: string;
  readonly body: string;
}

/** The mail about a notice. Its subject is keepalived's (2.2.7), because that is what mail filters know. */
export function mailText(notice: Notice, routerId: string, at: WallTime): MailText {
  const { kind, name, state, priority, because } = notice;
  const what = kind === 'GROUP' ? `VRRP Group ${name}` : `VRRP Instance ${name}`;
  const lines = [
    `Router:   ${routerId}`,
    `${kind === 'GROUP' ? 'Group:   ' : 'Instance:'} ${name}`,
    `State:    ${state}`,
    ...(kind === 'GROUP' ? [] : [`Priority: ${priority}`]),
    `Since:    ${new Date(at).toISOString()}`,
    `Because:  ${because}`,
  ];
  return {
    subject: `[${routerId}] ${what} - Entering ${state} state`,
    body: `${lines.join('\n')}\n`,
  };
}

/** The body that webhooks are sent. */
export const webhookBody = (notice: Notice, routerId: string, at: WallTime): string =>
  JSON.stringify({
    router_id: routerId,
    kind: notice.kind,
    name: notice.name,
    state: notice.state,
    priority: notice.priority,
    because: notice.because,
    at: new Date(at).toISOString(),
  });
