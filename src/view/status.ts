import type { WallTime } from '../base/units.ts';
import type {
  DaemonStatus,
  GrantedRouter,
  HeartbeatStatus,
  InstanceStatus,
  Part,
  ProcessStatus,
  Status,
  VrrpStatus,
} from '../model/status.ts';
import { showHealthTable } from './status-table.ts';
import { showAge, showTime } from './time.ts';
import { unknownTable } from './unknown-table.ts';

/** An answer older than this is shown with its age. */
const FRESH_MILLIS = 1500;

/**
 * The text of `lbctl status`: what runs, the virtual routers, and the kernel's table in the shape of `ipvsadm -Ln`
 * with a Health column. Times are UTC. Lines carry no trailing space; the last one ends in a line feed.
 */
export function showStatus(status: Status): string {
  const now = status.takenAt;
  const lines = [
    ...showDaemon(status.daemon, now),
    '',
    ...(status.vrrp.available
      ? showPart('VRRP', status.vrrp, now, (vrrp) => showVrrp(vrrp, now))
      : [`VRRP not available: ${status.vrrp.reason}`]),
    '',
    ...(status.check.available
      ? showPart('IPVS', status.check, now, (check) => showHealthTable(check, now))
      : [showUnknown(status.check.reason)]),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function showDaemon(daemon: DaemonStatus, now: WallTime): string[] {
  const { version, pid, routerId, startedAt, configFile, generation, loadedAt, reloadError } = daemon;
  return [
    `lbd ${version} on ${routerId}, pid ${pid}, up ${showAge(startedAt, now)}`,
    `configuration ${generation} from ${configFile}, in force since ${showTime(loadedAt)} (${showAge(loadedAt, now)})`,
    ...(reloadError === null
      ? []
      : [`last reload refused, configuration ${generation} kept: ${reloadError}`]),
    ...(daemon.stateProblem === null
      ? []
      : [`roles and verdicts would not outlive this lbd: ${daemon.stateProblem}`]),
    ...daemon.processes.map((process) => showProcess(process, generation, now)),
  ];
}

function showProcess(
  { name, pid, startedAt, restarts, applied, problem }: ProcessStatus,
  generation: number,
  now: WallTime,
) {
  const life =
    pid === null || startedAt === null ? 'not running' : `pid ${pid}, up ${showAge(startedAt, now)}`;
  const deaths = restarts === 0 ? '' : `, restarted ${restarts === 1 ? 'once' : `${restarts} times`}`;
  const behind = applied === generation ? '' : `, has not applied configuration ${generation} yet`;
  return `process ${name}: ${life}${deaths}${behind}${problem === null ? '' : `; problem: ${problem}`}`;
}

/** As a line of its own. */
function showUnknown(reason: string): string {
  const text = unknownTable(reason);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function showPart<T>(
  title: string,
  part: Extract<Part<T>, { available: true }>,
  now: WallTime,
  show: (value: T) => string[],
): string[] {
  const stale = now - part.takenAt >= FRESH_MILLIS;
  return [...(stale ? [`${title} as of ${showAge(part.takenAt, now)} ago:`] : []), ...show(part.value)];
}

function showVrrp({ instances, syncGroups, bfd, heartbeat }: VrrpStatus, now: WallTime): string[] {
  return [
    ...(instances.length === 0 ? ['No VRRP instances are configured.'] : showInstances(instances, now)),
    ...syncGroups.map(({ name, state, members }) => `sync group ${name}: ${state}: ${members.join(', ')}`),
    ...heartbeat.map((path) => showHeartbeat(path, now)),
    ...bfd.map(({ name, neighbor, state, because }) => `BFD ${name}: ${neighbor}: ${state}: ${because}`),
  ];
}

function showInstances(instances: readonly InstanceStatus[], now: WallTime): string[] {
  const head = ['VRRP', 'State', 'Since', 'Age', 'Priority', 'Master', 'Virtual addresses'];
  const rows = instances.map((instance) => [
    `${instance.name} (${instance.interface}, ${instance.vrid})`,
    instance.state,
    showTime(instance.since),
    showAge(instance.since, now),
    showPriority(instance),
    showMaster(instance),
    [...instance.virtualAddresses, ...instance.excludedAddresses].join(', '),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const align = (row: string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  return [
    align(head),
    ...rows.flatMap((row, i) => {
      const instance = instances[i];
      return instance === undefined
        ? []
        : [align(row), `  -> ${instance.because}`, ...showStanding(instance), ...showTracks(instance)];
    }),
  ];
}

/** The configured priority, and what its trackers make of it where that is another. */
const showPriority = ({ priority, effectivePriority }: InstanceStatus): string =>
  priority === effectivePriority ? String(priority) : `${effectivePriority} (${priority})`;

const showStanding = ({ name, standsBack, withheld, contested, unsent }: InstanceStatus): string[] => [
  ...(standsBack ? [`  stands back after a handover: lbctl failback ${name} ends that`] : []),
  ...(withheld === null ? [] : [`  does not take over: ${withheld}`]),
  ...(contested === null ? [] : [`  two masters? ${contested}: see lbctl why ${name}`]),
  ...(unsent === null ? [] : [`  cannot send adverts: ${unsent}`]),
];

function showHeartbeat(path: HeartbeatStatus, now: WallTime): string {
  const { local, peer, alive, routerId, since, problem, witness, says, granted } = path;
  const age = since === null ? '' : ` for ${showAge(since, now)}`;
  const state = alive ? `heard${age}` : since === null ? 'never heard' : `not heard${age}`;
  const name = routerId === null ? '' : ` (${routerId})`;
  const more = [
    ...(problem === null ? [] : [problem]),
    ...says.map((one) => `${VERDICTS[one.verdict]} ${showRouter(one)}`),
    ...granted.map((one) => `has our grant of ${showRouter(one)}`),
  ];
  const role = witness ? ', a witness' : '';
  return [`heartbeat ${local} to ${peer}${name}${role}: ${state}`, ...more].join('; ');
}

const VERDICTS: Readonly<Record<HeartbeatStatus['says'][number]['verdict'], string>> = {
  yours: 'grants us',
  another: 'says that another has',
  not_yet: 'does not know yet who has',
  none: 'is no witness for',
};

const showRouter = ({ vrid, address }: GrantedRouter): string =>
  address === null ? `VRID ${vrid}` : `${address} (VRID ${vrid})`;

function showTracks({ tracks }: InstanceStatus): string[] {
  return tracks.map(({ kind, name, health, weight, contributes }) => {
    const effect = contributes === null ? 'a fault' : `${contributes >= 0 ? '+' : ''}${contributes}`;
    const said =
      kind === 'file' ? effect : `${health}${weight === 0 && contributes !== null ? '' : `, ${effect}`}`;
    return `  ${kind} ${name}: ${said}`;
  });
}

const showMaster = ({ master }: InstanceStatus): string =>
  master === null ? '-' : `${master.address} (${master.priority})`;
