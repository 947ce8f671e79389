import type { WallTime } from '../../base/units.ts';
import type { Notice, RouterNotice, ServiceNotice } from '../../model/notify.ts';
import { type DestKey, destKey, serviceKey } from '../../model/services.ts';

/** The line of a notice in a FIFO, as keepalived writes it. */
export function fifoLine(notice: Omit<RouterNotice, 'because'> | ServiceNotice): string {
  if ('service' in notice) {
    const { service, server } = namesOf(notice);
    return `${server === null ? 'VS' : `RS ${server}`} ${service} ${notice.state}\n`;
  }
  const { kind, name, state, priority } = notice;
  return `${kind} "${name}" ${state} ${kind === 'GROUP' ? 0 : priority}\n`;
}

/** What keepalived calls a service and its server (format_vs in its check_data.c). */
function namesOf({ service, server }: ServiceNotice) {
  const protocol = service.kind === 'address' ? service.protocol : 'none';
  return {
    service: service.kind === 'address' ? triple(service, protocol) : `FWM ${service.fwmark}`,
    server: server === null ? null : triple(server, protocol),
  };
}

/** inet_sockaddrtotrio in keepalived's utils.c. */
const triple = ({ address, port }: DestKey, protocol: string): string => `[${address}]:${protocol}:${port}`;

export interface MailText {
  readonly subject: string;
  readonly body: string;
}

/** The mail about a notice. Its subject is keepalived's (2.2.7), because that is what mail filters know. */
export function mailText(notice: Notice, routerId: string, at: WallTime): MailText {
  const { subject, about } = 'service' in notice ? aboutService(notice) : aboutRouter(notice);
  const lines = [
    ['Router:', routerId],
    ...about,
    ['Since:', new Date(at).toISOString()],
    ['Because:', notice.because],
  ];
  return {
    subject: `[${routerId}] ${subject}`,
    body: lines.map(([label = '', value = '']) => `${label.padEnd(9)} ${value}\n`).join(''),
  };
}

interface MailAbout {
  readonly subject: string;
  /** Labels and what they label. */
  readonly about: readonly (readonly string[])[];
}

const aboutRouter = ({ kind, name, state, priority }: RouterNotice): MailAbout => ({
  subject: `VRRP ${kind === 'GROUP' ? 'Group' : 'Instance'} ${name} - Entering ${state} state`,
  about: [
    [kind === 'GROUP' ? 'Group:' : 'Instance:', name],
    ['State:', state],
    ...(kind === 'GROUP' ? [] : [['Priority:', String(priority)]]),
  ],
});

function aboutService(notice: ServiceNotice): MailAbout {
  const { name, server, state } = notice;
  const names = namesOf(notice);
  const what =
    server === null
      ? `Virtualserver ${names.service}`
      : `Realserver ${names.server} of virtual server ${names.service}`;
  return {
    subject: `${what} - ${state}`,
    about: [
      ['Service:', name],
      ...(server === null ? [] : [['Server:', destKey(server)]]),
      ['State:', state],
    ],
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
