import type { Config } from '../../model/config.ts';
import type { Refusal } from '../../model/counters.ts';
import type { Diagnosis, Finding } from '../../model/doctor.ts';
import { combine, command, finding, looked, missed, NOTHING } from './examination.ts';
import type { DaemonFacts, DirectorFacts, InstanceFacts, Refused, VrrpFacts } from './facts.ts';
import { someOf } from './words.ts';

/** What a refusal means, and what to compare: the rest of a sentence that begins with the reason. */
export type RefusalHints = Readonly<Record<Refusal, string>>;

/** What a running lbd knows of itself and its peers. */
export function examineDaemon(
  { config, daemon, expectsDaemon }: DirectorFacts,
  hints: RefusalHints,
): Diagnosis {
  if (!daemon.ok && !expectsDaemon) return missed('lbd, virtual routers and peers', daemon.error);
  if (!daemon.ok) {
    const findings = [
      finding('error', 'not_running', daemon.error, 'systemctl enable --now lbd; journalctl -u lbd'),
    ];
    return combine([looked('lbd', findings), missed('virtual routers and peers', 'lbd cannot be asked')]);
  }
  return combine([
    looked('lbd', processes(daemon.value)),
    routers(daemon.value, hints),
    table(config, daemon.value),
  ]);
}

function processes({ reloadError, stateProblem, processes, table }: DaemonFacts): readonly Finding[] {
  const troubled = processes.flatMap(({ name, pid, problem }) => {
    const text =
      pid === null
        ? `process ${name} does not run`
        : problem === null
          ? null
          : `process ${name} could not apply all: ${problem}`;
    // Where there is no IPVS the problem says it, and what can be done is said with the modules.
    const fix = name === 'check' && pid !== null && !table.ok ? null : 'lbctl events';
    return text === null ? [] : [finding('error', 'process_problem', text, fix)];
  });
  return [
    ...troubled,
    ...(reloadError === null
      ? []
      : [
          finding(
            'warning',
            'reload_refused',
            `the last reload was refused, and an older configuration is in force: ${reloadError}`,
            'lbctl check && lbctl reload',
          ),
        ]),
    ...(stateProblem === null
      ? []
      : [
          finding(
            'warning',
            'state_directory',
            `roles and verdicts would not outlive this lbd: ${stateProblem}`,
            'give lbd a state directory of its own that it can write to: --state-dir',
          ),
        ]),
  ];
}

function routers({ vrrp }: DaemonFacts, hints: RefusalHints): Diagnosis {
  if (!vrrp.ok) return missed('virtual routers and peers', vrrp.error);
  const { instances, heartbeat, unmatched } = vrrp.value;
  if (instances.length === 0 && heartbeat.length === 0) return combine([]);
  const parts = [
    looked('virtual routers', [
      ...instances.flatMap((instance) => troubles(instance)),
      ...instances.flatMap(({ name, refused }) => refusals(name, refused, hints)),
      // Other virtual routers on the segment are nobody's mistake.
      ...refusals(null, { ...unmatched, vrid: 0 }, hints),
    ]),
    ...(heartbeat.length === 0 ? [] : [looked('heartbeat paths', silentPaths(heartbeat))]),
  ];
  const isMaster = instances.some(({ state }) => state === 'MASTER');
  const alone = isMaster && heartbeat.length === 0;
  return combine([
    ...parts,
    ...(alone
      ? [
          missed(
            'whether there is a backup',
            'a backup is silent in VRRP: lbctl status on the other director, or a heartbeat path, tells',
          ),
        ]
      : []),
  ]);
}

function troubles({ name, state, because, withheld, contested, unsent }: InstanceFacts): readonly Finding[] {
  const why = `lbctl why ${name}`;
  return [
    ...(state === 'FAULT'
      ? [finding('error', 'instance_fault', `${name} is in FAULT: ${because}`, why)]
      : []),
    ...(withheld === null
      ? []
      : [finding('error', 'takeover_withheld', `${name} does not take over: ${withheld}`, why)]),
    ...(unsent === null
      ? []
      : [finding('error', 'adverts_unsent', `${name} cannot send adverts: ${unsent}`, why)]),
    ...(contested === null
      ? []
      : [
          finding(
            'error',
            'second_master',
            `there seems to be a second master of ${name}: ${contested}`,
            command(`lbctl why ${name}`, 'on both; does a packet filter or a switch drop IP protocol 112?'),
          ),
        ]),
  ];
}

function refusals(name: string | null, refused: Refused, hints: RefusalHints): readonly Finding[] {
  return (Object.entries(refused) as [Refusal, number][]).flatMap(([reason, count]) => {
    if (count === 0) return [];
    const whose = name === null ? 'VRRP packets' : `adverts for ${name}`;
    const text = `${whose} are being refused (${reason}): ${hints[reason]}`;
    const fix = name === null ? 'lbctl vrrp' : `lbctl vrrp ${name}; lbctl events`;
    const severity = name === null ? 'warning' : 'error';
    return [finding(severity, 'adverts_refused', text, fix, [`${count} while doctor looked`])];
  });
}

const silentPaths = (paths: VrrpFacts['heartbeat']): readonly Finding[] =>
  paths
    .filter(({ alive, problem }) => !alive || problem !== null)
    .map(({ local, peer, alive, problem }) =>
      finding(
        'error',
        'heartbeat_down',
        `the heartbeat path from ${local} to ${peer} ${alive ? 'has a problem' : 'is silent'}${problem === null ? '' : `: ${problem}`}`,
        command(`ping -c 3 -I ${local} ${peer}`, 'is lbd running there, with this path and the same key?'),
      ),
    );

function table(config: Config | null, { table }: DaemonFacts): Diagnosis {
  if (!table.ok && config?.services.length === 0) return NOTHING;
  if (!table.ok) return missed('services of others', table.error);
  const { foreign } = table.value;
  if (foreign.length === 0) return looked('services of others', []);
  const count = foreign.length === 1 ? 'a service that is' : `${foreign.length} services that are`;
  return looked('services of others', [
    finding(
      'warning',
      'foreign_services',
      `the kernel's table has ${count} not in the configuration: ${someOf(foreign)}`,
      command(
        'lbctl ipvs -Ln',
        'who keeps them: keepalived, ldirectord, kube-proxy, ipvsadm by hand? lbd never touches them',
      ),
    ),
  ]);
}
