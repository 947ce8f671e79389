import type {
  FieldChange,
  InstanceChange,
  KeptByHand,
  Preview,
  ServerChange,
  ServiceChange,
} from '../model/preview.ts';
import { showJson } from './status-json.ts';

export interface PlanCounts {
  readonly add: number;
  readonly change: number;
  readonly destroy: number;
}

/**
 * How many things a plan touches: settings, instances, addresses and routes of changed instances, services and servers count
 * one each.
 */
export function countPlan({ settings, instances, services }: Preview): PlanCounts {
  const changes = [
    ...settings.map(() => '~'),
    ...instances.flatMap(({ change, addresses, routes }) => [
      change,
      ...(change === '~' ? [...addresses, ...routes].map((each) => each.change) : []),
    ]),
    ...(services.available ? services.value : []).flatMap(({ change, servers }) => [
      change,
      ...servers.map((server) => server.change),
    ]),
  ];
  const count = (wanted: string) => changes.filter((change) => change === wanted).length;
  return { add: count('+'), change: count('~'), destroy: count('-') };
}

/**
 * A plan as people read it, ending with `Plan: 1 to add, 2 to change, 0 to destroy.` Steps that end connections are
 * marked with `!`, differences that somebody else made with `(drift)`.
 */
export function showPlan(preview: Preview): string {
  const { settings, instances, services, kept } = preview;
  const counts = countPlan(preview);
  const lines = [
    ...heading(
      'settings',
      settings.map(({ field, before, after }) => `  ~ ${field}: ${before} → ${after}`),
    ),
    ...heading('vrrp', instances.flatMap(instanceLines)),
    ...(services.available
      ? heading('services', services.value.flatMap(serviceLines))
      : [`services: cannot be compared: ${services.reason}`, '']),
    ...heading('kept as changed by hand (drift: adopt)', kept.map(keptLine)),
  ];
  const { add, change, destroy } = counts;
  const sum =
    add + change + destroy === 0 && services.available
      ? noChanges(kept.length)
      : `Plan: ${add} to add, ${change} to change, ${destroy} to destroy.`;
  return `${[...lines, sum].join('\n')}\n`;
}

function noChanges(kept: number): string {
  const agree = 'No changes: what runs, the file and the kernel agree';
  if (kept === 0) return `${agree}.`;
  return `${agree}, but for ${kept === 1 ? 'a change by hand that is' : `${kept} changes by hand that are`} kept.`;
}

const keptLine = ({ service, key, server, difference }: KeptByHand): string =>
  `  ${named(service, key)}${server === null ? '' : ` ${server}`}: ${difference}`;

/** The plan for programs: counts, steps, what may surprise in the file, and the text for people. */
export const showPlanJson = (preview: Preview, warnings: readonly string[]): string =>
  showJson({ schemaVersion: 1, ...countPlan(preview), ...preview, warnings, text: showPlan(preview) });

const heading = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines, ''];

function instanceLines(instance: InstanceChange) {
  const { change, name, interface: dev, vrid, fields, addresses, routes, cuts } = instance;
  return [
    `  ${change} ${name} (${dev}, ${vrid})${cut(cuts)}`,
    ...fieldLines(fields),
    ...addresses.map((each) => `      ${each.change} ${each.address}`),
    ...routes.map((each) => `      ${each.change} ${each.route}`),
  ];
}

function serviceLines({ change, name, key, fields, servers, drift, cuts }: ServiceChange) {
  return [
    `  ${change} ${named(name, key)}${drifted(drift)}${cut(cuts)}`,
    ...fieldLines(fields),
    ...servers.map(serverLine),
  ];
}

function serverLine({ change, server, fields, drift, drains, cuts }: ServerChange): string {
  const changed = fields.map(({ field, before, after }) =>
    change === '~' ? `${field} ${before} → ${after}` : `${field} ${after}`,
  );
  const drained =
    drains === null
      ? []
      : [`drained first: ${drains.activeConns} active, at most ${drains.timeoutMillis / 1000}s`];
  const told = [...changed, ...drained].join(', ');
  const ended = cuts > 0 ? `${cuts} active ${cuts === 1 ? 'connection ends' : 'connections end'}` : null;
  return `      ${change} ${server}${told === '' ? '' : `  ${told}`}${drifted(drift)}${cut(ended)}`;
}

const named = (name: string, key: string): string => (name === key ? key : `${name} (${key})`);

const fieldLines = (fields: readonly FieldChange[]): readonly string[] =>
  fields.map(({ field, before, after }) => `      ~ ${field}: ${before} → ${after}`);

const drifted = (drift: boolean): string => (drift ? '  (drift)' : '');
const cut = (cuts: string | null): string => (cuts === null ? '' : `  ! ${cuts}`);
