// What packets.ts starts, in a network namespace of its own: the figures as JSON, and on standard error how far it is.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Ip } from '../../src/base/ip.ts';
import { BenchPrograms } from './bpf.ts';
import { Costs } from './cost.ts';
import { Rates } from './live.ts';
import { attrsOf, BenchPlane, destOf, LOOPBACK, slotMac } from './plane.ts';

/** Others may have the machine for as long as one pass lasts. */
const PASSES = 2;
const SERVICES = 10_000;
const SERVERS = 100_000;

/** Milliseconds to plan and to write services with so many servers in all into maps that are empty. */
function fill(services: number): { readonly plan: number; readonly write: number } {
  const each = SERVERS / services;
  const entries = { services, servers: SERVERS + 1, service_keys: 4 * services };
  const plane = new BenchPlane(entries, { ifindex: LOOPBACK, macOf: slotMac });
  plane.open(
    Array.from({ length: services }, (_, n) => ({
      address: `10.64.${n >> 8}.${n & 255}` as Ip,
      attrs: attrsOf('rr'),
      dests: Array.from({ length: each }, (_, d) => destOf(n * each + d)),
    })),
  );
  const { took } = plane;
  plane.close();
  return took;
}

const directory = mkdtempSync(path.join(os.tmpdir(), 'lbd-packets-'));
try {
  const programs = new BenchPrograms(directory);
  const costs = new Costs(programs);
  const rates = new Rates(programs);
  const say = (step: string) => process.stderr.write(`${step}\n`);
  for (let pass = 1; pass <= PASSES; pass++) {
    say(`pass ${pass} of ${PASSES}: one packet`);
    costs.measure();
    say(`pass ${pass} of ${PASSES}: one packet, ${SERVICES} services`);
    costs.measureServices(SERVICES);
    say(`pass ${pass} of ${PASSES}: frames on one processor`);
    rates.measure();
  }
  say(`${SERVERS} servers`);
  const fills = [1, 1000].map((services) => ({ services, servers: SERVERS, ...fill(services) }));
  process.stdout.write(JSON.stringify({ costs: costs.best(), rates: rates.best(), fills }));
} finally {
  rmSync(directory, { recursive: true });
}
