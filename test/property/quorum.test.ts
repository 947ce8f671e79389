import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { liveWeight, stepQuorum } from '../../src/health/quorum.ts';
import type { ServerConfig, ServiceConfig } from '../../src/model/config.ts';
import type { ServerHealth } from '../../src/model/status.ts';
import { desiredService } from '../../src/plan/desired.ts';
import { planIpvs } from '../../src/plan/ipvs.ts';
import { FakeIpvs } from '../fakes/ipvs.ts';
import { serverConfig, serviceConfig } from '../unit/daemon/check-world.ts';

interface Site {
  readonly servers: readonly {
    readonly weight: number;
    readonly inhibits: boolean;
    readonly isUp: boolean;
  }[];
  readonly quorum: number;
  readonly hysteresis: number;
  /** Whether it inhibits; null for none. */
  readonly sorry: boolean | null;
}

const SORRY = '10.0.0.99';
const addressOf = (i: number): string => `10.0.0.${i + 1}`;

/** A table that is changed command by command, as keepalived does when something happens, and not by comparison. */
class Keepalived {
  readonly table = new Map<string, number>();
  private readonly site: Site;
  private readonly up: boolean[];
  private has = false;
  private sorryServes = false;

  constructor(site: Site) {
    this.site = site;
    this.up = site.servers.map(({ isUp }) => isUp);
    for (const i of site.servers.keys()) this.put(i);
    this.judge();
    if (!this.has) this.callSorry();
    if (site.sorry === true && !this.sorryServes) this.table.set(SORRY, 0);
  }

  change(i: number, isUp: boolean): void {
    this.up[i] = isUp;
    if (!this.sorryServes) this.put(i);
    this.judge();
  }

  private put(i: number): void {
    const server = this.site.servers[i];
    assert.ok(server !== undefined);
    if (this.up[i]) this.table.set(addressOf(i), server.weight);
    else this.drop(i);
  }

  private drop(i: number): void {
    if (this.site.servers[i]?.inhibits) this.table.set(addressOf(i), 0);
    else this.table.delete(addressOf(i));
  }

  private judge(): void {
    const { quorum, hysteresis, servers, sorry } = this.site;
    const live = servers.reduce((sum, { weight }, i) => sum + (this.up[i] ? weight : 0), 0);
    if (!this.has && live >= quorum + hysteresis) {
      this.has = true;
      if (!this.sorryServes) return;
      this.sorryServes = false;
      if (sorry) this.table.set(SORRY, 0);
      else this.table.delete(SORRY);
      for (const i of servers.keys()) if (this.up[i]) this.put(i);
    } else if (this.has && (live === 0 || live < quorum - hysteresis)) {
      this.has = false;
      this.callSorry();
    }
  }

  private callSorry(): void {
    if (this.site.sorry === null) return;
    this.sorryServes = true;
    this.table.set(SORRY, 1);
    for (const i of this.site.servers.keys()) this.drop(i);
  }
}

const sites: fc.Arbitrary<Site> = fc
  .record({
    servers: fc.array(
      fc.record({ weight: fc.integer({ min: 0, max: 3 }), inhibits: fc.boolean(), isUp: fc.boolean() }),
      { minLength: 1, maxLength: 5 },
    ),
    quorum: fc.integer({ min: 1, max: 5 }),
    hysteresis: fc.integer({ min: 0, max: 2 }),
    sorry: fc.constantFrom(null, false, true),
  })
  .map((site) => ({ ...site, hysteresis: Math.min(site.hysteresis, site.quorum - 1) }));

const changes = fc.array(fc.record({ i: fc.nat(4), isUp: fc.boolean() }), {
  minLength: 5,
  maxLength: 40,
  size: 'max',
});

function serviceOf({ servers, quorum, hysteresis, sorry }: Site): ServiceConfig {
  const plain = serviceConfig(
    '10.0.0.100',
    servers.map((_, i) => addressOf(i)),
  );
  const { key, attrs } = serverConfig(SORRY);
  return {
    ...plain,
    quorum: { quorum, hysteresis, up: null, down: null },
    sorry: sorry === null ? null : { key, attrs, inhibit: sorry },
    servers: plain.servers.map(
      (server, i): ServerConfig => ({
        ...server,
        attrs: { ...server.attrs, weight: servers[i]?.weight ?? 0 },
        inhibitOnFailure: servers[i]?.inhibits ?? false,
      }),
    ),
  };
}

test('stepQuorum, desiredService and planIpvs keep the table that keepalived keeps', async () => {
  let [lost, served] = [0, 0];
  await fc.assert(
    fc.asyncProperty(sites, changes, async (site, events) => {
      const service = serviceOf(site);
      const keepalived = new Keepalived(site);
      const kernel = new FakeIpvs();
      const healths = new Map<ServerConfig, ServerHealth>(
        service.servers.map((server, i) => [server, site.servers[i]?.isUp ? 'up' : 'down']),
      );
      const health = (server: ServerConfig) => healths.get(server) ?? 'down';
      let has = false;
      const follow = async () => {
        const votes = service.servers.map((server) => ({
          health: health(server),
          weight: server.attrs.weight,
        }));
        const step = stepQuorum(service.quorum, has, liveWeight(votes));
        has = step.has;
        if (step.changed === 'lost') lost++;
        const desired = desiredService(service, {
          health: (_service, server) => health(server),
          weight: (_service, { attrs }) => attrs.weight,
          hasQuorum: () => has,
        });
        const outcomes = await kernel.perform(planIpvs(kernel.table.services, [desired]));
        assert.ok(outcomes.every(({ ok }) => ok));
        const table = new Map(
          kernel.table.services.flatMap(({ dests }) =>
            dests.map(({ key, attrs }) => [String(key.address), attrs.weight] as const),
          ),
        );
        if (table.get(SORRY) === 1) served++;
        assert.deepEqual(table, keepalived.table);
      };
      await follow();
      for (const { i, isUp } of events) {
        const server = service.servers[i];
        if (server === undefined || (health(server) === 'up') === isUp) continue;
        healths.set(server, isUp ? 'up' : 'down');
        keepalived.change(i, isUp);
        await follow();
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(lost > 100 && served > 100, `${lost} lost, ${served} times the sorry server`);
});
