import { type ControlReply, type ControlRoutes, refusal } from '../ipc/control.ts';
import type { Journal } from '../model/journal.ts';
import { destKey } from '../model/services.ts';
import type { InstanceStatus, Part, Status, VrrpStatus } from '../model/status.ts';
import { showEvent, showEventJson } from '../view/events.ts';
import { type Counted, showVrrpCounters, showVrrpCountersJson } from '../view/vrrp-counters.ts';
import { type Explained, showWhy } from '../view/why.ts';
import { showWhyJson } from '../view/why-json.ts';
import { findServers, showWhyServer, showWhyServerJson } from '../view/why-server.ts';
import type { CoreJournal } from './core-journal.ts';
import { findServices, noSuchService } from './find-services.ts';
import { parseServerOf } from './server-name.ts';

/** Names that an answer to an unknown one lists of each kind. */
const LISTED = 20;

/**
 * What the control socket answers about the past:
 * - `GET /v1/why?name=NAME`: of an instance, a sync group, or a real server as
 *   ADDRESS[:PORT][@SERVICE];
 * - `GET /v1/vrrp[?name=NAME]`: counters of an instance or of all;
 * - `GET /v1/events[?follow=1]`: the last 1000 events, one a line; with `follow` and those to come, without an end.
 *
 * JSON, or text for `Accept: text/plain`; an unknown name is 404 and the names that there are.
 */
export function journalRoutes(core: CoreJournal & { readonly status: () => Promise<Status> }): ControlRoutes {
  const explain = async (instance: InstanceStatus): Promise<Part<Explained>> => {
    const part = await core.journal(instance.name);
    if (!part.available) return part;
    if (part.value === null) return { available: false, reason: `${instance.name} has just been removed` };
    return { ...part, value: { instance, journal: part.value, former: core.former(instance.name) } };
  };

  const whyInstances = async (name: string, instances: readonly InstanceStatus[], wantsText: boolean) => {
    const explained: Explained[] = [];
    for (const instance of instances) {
      const part = await explain(instance);
      if (!part.available) return refusal(503, 'vrrp_unavailable', part.reason);
      explained.push(part.value);
    }
    if (!wantsText) return json(showWhyJson(name, explained));
    return text(explained.map((one) => lines(showWhy(one))).join('\n'));
  };

  const count = async (instances: readonly InstanceStatus[]): Promise<readonly Counted[]> => {
    const counted: Counted[] = [];
    let isHeard = true;
    for (const instance of instances) {
      // Whoever has not answered once is not waited for once more for each of hundreds.
      const part: Part<Journal | null> | null = isHeard ? await core.journal(instance.name) : null;
      isHeard = part?.available === true;
      counted.push({ instance, journal: part?.available === true ? part.value : null });
    }
    return counted;
  };

  return {
    '/v1/why': {
      GET: async ({ query, wantsText }) => {
        const name = query.get('name') ?? '';
        const status = await core.status();
        const { vrrp, check } = status;
        const instances = vrrp.available ? named(vrrp.value, name) : [];
        if (instances.length > 0) return whyInstances(name, instances, wantsText);
        const server = parseServerOf(name);
        if (server === null) return vrrp.available ? unknown(name, status) : unavailable('vrrp', vrrp.reason);
        if (!check.available) return unavailable('check', check.reason);
        const { services } = check.value;
        const among = server.service === null ? services : findServices(services, server.service);
        if (server.service !== null && among.length === 0) {
          return refusal(404, 'unknown_name', noSuchService(services, server.service));
        }
        const found = findServers({ ...check.value, services: among }, server.address, server.port);
        if (found.length === 0) return unknown(name, status);
        return wantsText
          ? text(lines(showWhyServer(found, status.takenAt)))
          : json(showWhyServerJson(name, found));
      },
    },
    '/v1/vrrp': {
      GET: async ({ query, wantsText }) => {
        const name = query.get('name');
        const status = await core.status();
        const { vrrp } = status;
        if (!vrrp.available) return unavailable('vrrp', vrrp.reason);
        const instances = name === null ? vrrp.value.instances : named(vrrp.value, name);
        if (name !== null && instances.length === 0) return unknown(name, status);
        const counted = await count(instances);
        return wantsText
          ? text(showVrrpCounters(counted, vrrp.value))
          : json(showVrrpCountersJson(counted, vrrp.value));
      },
    },
    '/v1/events': {
      GET: async ({ query, wantsText }) => {
        const show = wantsText ? showEvent : showEventJson;
        const type = wantsText ? 'text/plain' : 'application/x-ndjson';
        const recent = () => core.events.recent().map(show).join('');
        if (query.get('follow') !== '1') return { status: 200, type, body: recent() };
        return {
          type,
          begin(write) {
            write(recent());
            return core.events.follow((event) => write(show(event)));
          },
        };
      },
    },
  };
}

/** The instance of that name, or the members of the sync group. */
function named({ instances, syncGroups }: VrrpStatus, name: string): readonly InstanceStatus[] {
  const one = instances.filter((instance) => instance.name === name);
  if (one.length > 0) return one;
  const members = syncGroups.find((group) => group.name === name)?.members ?? [];
  return instances.filter((instance) => members.includes(instance.name));
}

function unknown(name: string, { vrrp, check }: Status): ControlReply {
  const instances = vrrp.available ? vrrp.value.instances.map((one) => one.name) : [];
  const groups = vrrp.available ? vrrp.value.syncGroups.map((one) => one.name) : [];
  const servers = check.available
    ? check.value.services.flatMap((service) => service.servers.map(({ key }) => destKey(key)))
    : [];
  const list = (title: string, names: readonly string[]) => {
    const all = [...new Set(names)];
    const more = all.length > LISTED ? ` and ${all.length - LISTED} more` : '';
    return all.length === 0 ? [] : [`${title}: ${all.slice(0, LISTED).join(', ')}${more}`];
  };
  const known = [
    ...list('instances', instances),
    ...list('sync groups', groups),
    ...list('real servers', servers),
  ];
  const there = known.length === 0 ? 'there are none at all' : `there are ${known.join('; ')}`;
  return refusal(404, 'unknown_name', `nothing is called ${JSON.stringify(name)}; ${there}`);
}

const unavailable = (process: 'vrrp' | 'check', reason: string): ControlReply =>
  refusal(503, `${process}_unavailable`, reason);
const lines = (some: readonly string[]): string => some.map((line) => `${line}\n`).join('');
const text = (body: string): ControlReply => ({ status: 200, type: 'text/plain', body });
const json = (body: string): ControlReply => ({ status: 200, type: 'application/json', body });
