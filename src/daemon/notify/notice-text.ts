import type { WallTime } from '../../base/units.ts';
import type { Notice, RouterNotice, ServiceNotice } from '../../model/notify.ts';
import { type DestKey, destKey, serviceKey } from '../../model/services.ts';

/** The line of a notice in a FIFO, as keepalived writes it. */
export function fifoLine(notice: Omit<RouterNotice, 'because'> | ServiceNotice): string {
  if ('service' in notice) {
    const { service, server, state } = notice;
    const protocol = service.kind === 'address' ? service.protocol : 'none';
    const of = service.kind === 'address' ? triple(service, protocol) : `FWM ${service.fwmark}`;
    return server === null ? `VS ${of} ${state}\n` : `RS ${triple(server, protocol)} ${of} ${state}\n`;
  }
  const { kind, name, state, priority } = notice;
  return `${kind} "${name}" ${state} ${kind === 'GROUP' ? 0 : priority}\n`;
}

/** inet_sockaddrtotrio in keepalived's utils.c. */
const triple = ({ address, port }: DestKey, protocol: string): string => `[${address}]:${protocol}:${port}`;

export interface MailText {
  readonly subject: string;
  readonly body: string;
}

/** The mail about a notice. Its subject is keepalived's (2.2.7), because that is what mail filters know. */
export function mailText(notice: RouterNotice, routerId: string, at: WallTime): MailText {
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
    ...('service' in notice
      ? {
          service: serviceKey(notice.service),
          server: notice.server === null ? null : destKey(notice.server),
        }
      : {}),
    state: notice.state,
    ...('service' in notice ? {} : { priority: notice.priority }),
    because: notice.because,
    at: new Date(at).toISOString(),
  });
