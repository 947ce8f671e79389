import { type Family, ipFamily } from '../../base/ip.ts';
import type { Config } from '../../model/config.ts';
import type { Diagnosis, Finding } from '../../model/doctor.ts';
import { combine, command, finding, looked, missed, NOTHING, setSysctl } from './examination.ts';
import type { DirectorFacts } from './facts.ts';
import { someOf } from './words.ts';
import { usesXdp } from './xdp.ts';

/** Whether the kernel can balance what the configuration wants, and what its settings mean for that. */
export function examineIpvs(facts: DirectorFacts): Diagnosis {
  const { config } = facts;
  if (config === null || config.services.length === 0 || usesXdp(config, facts)) return NOTHING;
  return combine([modules(config, facts), forwarding(config, facts), settings(config, facts)]);
}

const WHAT_MODULES = 'modules of IPVS';

function modules({ services }: Config, facts: DirectorFacts): Diagnosis {
  const works = facts.daemon.ok && facts.daemon.value.table.ok;
  const state = facts.module('ip_vs');
  if (!works) {
    if (state === 'unknown')
      return missed(WHAT_MODULES, 'the modules of the running kernel cannot be seen here');
    const missing = state === 'missing';
    // The kernel loads it for the first who asks.
    if (missing || (state === 'installed' && facts.daemon.ok)) {
      const text = `this kernel ${missing ? 'has no IPVS' : 'has not loaded IPVS'}: no service can be balanced`;
      const fix = missing
        ? 'a kernel with IPVS (CONFIG_IP_VS, as in linux-image-amd64 of Debian); virtual routers work without'
        : 'modprobe ip_vs && echo ip_vs > /etc/modules-load.d/lbd.conf';
      return looked(WHAT_MODULES, [finding('error', 'ipvs_missing', text, fix, reasonOf(facts))]);
    }
  }
  const wanted = services.flatMap(({ attrs: { scheduler, persistence } }) => [
    `ip_vs_${scheduler}`,
    ...(persistence?.engine ? [`ip_vs_pe_${persistence.engine}`] : []),
  ]);
  const lacking = [...new Set(wanted)].filter((module) => facts.module(module) === 'missing');
  return looked(
    WHAT_MODULES,
    lacking.map((module) => {
      const users = services.filter(({ attrs: { scheduler, persistence } }) =>
        [`ip_vs_${scheduler}`, `ip_vs_pe_${persistence?.engine}`].includes(module),
      );
      const text = `this kernel has no module ${module}, which ${someOf(users.map(({ name }) => name))} needs`;
      return finding('error', 'scheduler_missing', text, 'another scheduler, or a kernel that has this one');
    }),
  );
}

const reasonOf = ({ daemon }: DirectorFacts): readonly string[] =>
  daemon.ok && !daemon.value.table.ok ? [daemon.value.table.error] : [];

const FORWARDING: Readonly<Record<Family, string>> = {
  inet: 'net.ipv4.ip_forward',
  inet6: 'net.ipv6.conf.all.forwarding',
};

/** NAT passes the servers' answers on, which Linux does only as a router (net/ipv4/ip_input.c). */
function forwarding({ services }: Config, { sysctl }: DirectorFacts): Diagnosis {
  const nat = services.flatMap(({ servers }) => servers.filter(({ attrs }) => attrs.forward === 'nat'));
  if (nat.length === 0) return NOTHING;
  const names = new Set(nat.map(({ key }) => FORWARDING[ipFamily(key.address)]));
  const off = [...names].filter((name) => sysctl(name) === '0');
  return looked('forwarding', [
    ...off.map((name) =>
      finding(
        'error',
        'forwarding_off',
        `${name} is 0: no answer of a NAT server passes this machine`,
        setSysctl(`${name}=1`),
      ),
    ),
    finding(
      'hint',
      'nat_return_route',
      'NAT servers have to send their answers through this machine, which cannot be seen from here',
      `on each NAT server: ip route get CLIENT must name an address of this machine, best a virtual one`,
    ),
  ]);
}

const WHAT_SETTINGS = 'settings of IPVS';

function settings({ services }: Config, facts: DirectorFacts): Diagnosis {
  const value = (key: string) => facts.sysctl(`net.ipv4.vs.${key}`);
  if (value('conn_reuse_mode') === null)
    return missed(WHAT_SETTINGS, 'there are none while ip_vs is not loaded');
  const persistent = services.some(({ attrs }) => attrs.persistence !== null);
  return looked(WHAT_SETTINGS, [
    ...(value('conn_reuse_mode') === '0'
      ? [
          finding(
            'warning',
            'conn_reuse_mode',
            'a client that uses a port again is sent to the server that it had before, also to one that is drained (net.ipv4.vs.conn_reuse_mode is 0)',
            setSysctl('net.ipv4.vs.conn_reuse_mode=1'),
          ),
        ]
      : []),
    ...(value('expire_nodest_conn') === '0'
      ? [
          finding(
            'hint',
            'expire_nodest_conn',
            'clients of a server that was taken out wait for their own timeout, and so does who uses such a port again within two minutes (net.ipv4.vs.expire_nodest_conn is 0): with 1 they are sent to another at once',
            setSysctl('net.ipv4.vs.expire_nodest_conn=1'),
          ),
        ]
      : []),
    ...(persistent && value('expire_quiescent_template') === '0'
      ? [
          finding(
            'hint',
            'expire_quiescent_template',
            'persistence keeps sending clients to a server of weight 0 (net.ipv4.vs.expire_quiescent_template is 0): with 1 they get another',
            setSysctl('net.ipv4.vs.expire_quiescent_template=1'),
          ),
        ]
      : []),
    ...estimators(facts),
  ]);
}

/**
 * Up to Linux 6.1 a timer walks all services and servers every two seconds; kernel threads do since 6.2 (commit
 * 705dd3444081). Debian's 6.1 under emulation took 71 s for 11,000 changes beside 100,000 servers.
 * The same walk adds up what each processor has counted, so that without it neither rates nor counters move; what was
 * counted meanwhile is there as soon as it goes on.
 */
const MANY_FOR_TIMER = 5000;
const MANY_FOR_THREADS = 20_000;

function estimators({ daemon, sysctl, kernel: [major, minor] }: DirectorFacts): readonly Finding[] {
  const value = sysctl('net.ipv4.vs.run_estimation');
  if (!daemon.ok || !daemon.value.table.ok || value === null) return [];
  const { size } = daemon.value.table.value;
  const hasThreads = major > 6 || (major === 6 && minor >= 2);
  const isMuch = size >= (hasThreads ? MANY_FOR_THREADS : MANY_FOR_TIMER);
  const isOff = value === '0';
  if (isMuch === isOff) return [];
  if (isOff) {
    const text =
      'the rates and counters of services and servers stand still (net.ipv4.vs.run_estimation is 0): with 1 the counters catch up';
    return [finding('hint', 'run_estimation', text, setSysctl('net.ipv4.vs.run_estimation=1'))];
  }
  const who = hasThreads ? 'kernel threads add' : 'a timer of the kernel, which holds up packets, adds';
  return [
    finding(
      hasThreads ? 'hint' : 'warning',
      'run_estimation',
      `${who} up the traffic of ${size} services and servers every two seconds`,
      command(
        'sysctl -w net.ipv4.vs.run_estimation=0',
        'their rates and counters stand still from then on, those of new ones at 0; /proc/net/ip_vs_stats_percpu goes on',
      ),
    ),
  ];
}
