// What one change of the IPVS table costs: ours in batches, beside `ipvsadm -R` reading the same changes.
import { execFileSync } from 'node:child_process';
import type { Ip } from '../src/base/ip.ts';
import { openIpvs } from '../src/kernel/ipvs.ts';
import type { DesiredService, ServiceKey } from '../src/model/services.ts';
import { ours, planIpvs } from '../src/plan/ipvs.ts';

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
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

async function timed(run: () => unknown): Promise<number> {
  const from = performance.now();
  await run();
  return performance.now() - from;
}

const opened = await openIpvs();
if (!opened.ok) throw new Error(opened.error.message);
const ipvs = opened.value;

process.stdout.write('changes   lbd plan   lbd perform   ipvsadm -R   ratio\n');
for (const [services, servers] of SIZES) {
  const desired = table(services, servers);
  const changes = services * (servers + 1);
  const cost = { plan: [] as number[], perform: [] as number[], peer: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    clear();
    const dumped = await ipvs.dump();
    if (!dumped.ok) throw new Error(dumped.error.message);
    const keys = desired.map((service) => service.key);
    let plan = planIpvs([], []);
    cost.plan.push(
      await timed(() => {
        plan = planIpvs(ours(dumped.value, keys), desired);
      }),
    );
    let refused = 0;
    cost.perform.push(
      await timed(async () => {
        refused = (await ipvs.perform(plan)).filter((result) => !result.ok).length;
      }),
    );
    if (refused > 0 || plan.length !== changes)
      throw new Error(`${refused} of ${plan.length} changes were refused`);
    const input = execFileSync('ipvsadm', ['-Sn'], { maxBuffer: 1 << 28 });
    clear();
    cost.peer.push(await timed(() => execFileSync('ipvsadm', ['-R'], { input })));
  }
  clear();
  const per = (values: readonly number[]) => (median(values) * 1000) / changes;
  const own = per(cost.plan) + per(cost.perform);
  const cells = [per(cost.plan), per(cost.perform), per(cost.peer)].map((us) => `${us.toFixed(1)} µs`);
  const row = [String(changes), ...cells, `${(per(cost.peer) / own).toFixed(1)} ×`];
  process.stdout.write(`${row.map((cell, i) => cell.padEnd([10, 11, 14, 13, 0][i] ?? 0)).join('')}\n`);
}
ipvs.close();
