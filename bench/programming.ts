// What one change of the IPVS table costs: ours in batches, beside `ipvsadm -R` reading the same changes.
import { execFileSync } from 'node:child_process';
import type { Ip } from '../src/base/ip.ts';
import { type Ipvs, openIpvs } from '../src/kernel/ipvs.ts';
import type { DesiredService, ServiceKey } from '../src/model/services.ts';
import { ours, planIpvs } from '../src/plan/ipvs.ts';
import type { Figures, Progress, Report, Row } from './report/report.ts';

const ROUNDS = 3;
/** Services and servers of each. */
const SIZES = [
  [10, 100],
  [50, 100],
] as const;

const keyOf = (s: number): ServiceKey => ({
  kind: 'address',
  protocol: 'tcp',
  address: `10.200.${s >> 8}.${s & 255}` as Ip,
  port: 80,
});

function table(services: number, servers: number): DesiredService[] {
  return Array.from({ length: services }, (_, s) => ({
    key: keyOf(s),
    attrs: { scheduler: 'rr', schedulerFlags: [], persistence: null, onePacket: false },
    dests: Array.from({ length: servers }, (_, d) => ({
      key: { address: `10.201.${d >> 8}.${d & 255}` as Ip, port: 80 },
      attrs: { weight: 1, forward: 'dr' as const, upperThreshold: 0, lowerThreshold: 0, tunnel: null },
    })),
  }));
}

const clear = () => execFileSync('ipvsadm', ['-C']);
async function timed(run: () => unknown): Promise<number> {
  const from = performance.now();
  await run();
  return performance.now() - from;
}

/** Microseconds for one change, of each round. */
interface Cost {
  readonly changes: number;
  readonly plan: readonly number[];
  readonly perform: readonly number[];
  readonly ipvsadm: readonly number[];
}

/** The same changes by both, in turn, into an empty table. */
async function measure(ipvs: Ipvs, services: number, servers: number, progress: Progress): Promise<Cost> {
  const desired = table(services, servers);
  const changes = services * (servers + 1);
  const cost = { changes, plan: [] as number[], perform: [] as number[], ipvsadm: [] as number[] };
  const each = (ms: number) => (ms * 1000) / changes;
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`${changes} changes, round ${round} of ${ROUNDS}`);
    clear();
    const dumped = await ipvs.dump();
    if (!dumped.ok) throw new Error(dumped.error.message);
    const keys = desired.map((service) => service.key);
    let plan = planIpvs([], []);
    const planned = await timed(() => {
      plan = planIpvs(ours(dumped.value, keys), desired);
    });
    let refused = 0;
    const performed = await timed(async () => {
      refused = (await ipvs.perform(plan)).filter((result) => !result.ok).length;
    });
    if (refused > 0 || plan.length !== changes)
      throw new Error(`${refused} of ${plan.length} changes were refused`);
    const input = execFileSync('ipvsadm', ['-Sn'], { maxBuffer: 1 << 28 });
    clear();
    const restored = await timed(() => execFileSync('ipvsadm', ['-R'], { input }));
    cost.plan.push(each(planned));
    cost.perform.push(each(performed));
    cost.ipvsadm.push(each(restored));
  }
  clear();
  return cost;
}

const PEER = 'ipvsadm -R';
const ALL = 'one change';
const nameOf = ({ changes }: Cost): string => `${changes} changes at once`;

function rowsOf(cost: Cost): readonly Row[] {
  const all: Figures = { rounds: cost.plan.map((plan, i) => plan + (cost.perform[i] ?? 0)) };
  return [
    { case: nameOf(cost), program: 'lbd', cells: [all, { rounds: cost.plan }, { rounds: cost.perform }] },
    { case: nameOf(cost), program: PEER, cells: [{ rounds: cost.ipvsadm }, null, null] },
  ];
}

/** Takes no options. Needs a kernel with IPVS. */
export async function measureProgramming(_: readonly string[], progress: Progress): Promise<Report> {
  const opened = await openIpvs();
  if (!opened.ok) throw new Error(opened.error.message);
  const ipvs = opened.value;
  const costs: Cost[] = [];
  for (const [services, servers] of SIZES) costs.push(await measure(ipvs, services, servers, progress));
  ipvs.close();
  return {
    name: 'programming',
    measures:
      'Microseconds for one change of the IPVS table: planning (the difference to what the kernel has) and performing (encoding, netlink, the kernel), beside ipvsadm -R given the same changes, its start included.',
    limits:
      "The kernel's scan of a service's servers at every add. In the guest JavaScript runs about 13 times slower than on the host, C about as much: only the ratio travels.",
    tables: [
      {
        title: 'New services and servers into an empty table',
        columns: [
          { name: ALL, unit: 'µs', better: 'less' },
          { name: 'of it planning', unit: 'µs', better: 'less' },
          { name: 'of it performing', unit: 'µs', better: 'less' },
        ],
        rows: costs.flatMap(rowsOf),
        targets: costs.map((cost) => ({
          case: nameOf(cost),
          program: 'lbd',
          column: ALL,
          at: 'most',
          limit: 1,
          of: PEER,
        })),
      },
    ],
  };
}
