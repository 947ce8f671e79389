import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { err, ok } from '../../src/base/result.ts';
import { type Millis, millis } from '../../src/base/units.ts';
import type { ReadContext } from '../../src/config/files.ts';
import { quote, quoteCommand } from '../../src/config/print/keepalived-words.ts';
import { printKeepalived } from '../../src/config/print-keepalived.ts';
import { printYaml } from '../../src/config/print-yaml.ts';
import { readKeepalived } from '../../src/config/read-keepalived.ts';
import { readYaml } from '../../src/config/read-yaml.ts';
import type { Config } from '../../src/model/config.ts';
import { notifyOf, ownTracks, scripts, sinks, syncGroupsOf, trackers, vrrp } from './trackers.ts';

const read = readYaml(
  `router_id: lb
vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_addresses: [10.0.0.1] }
  VI_2: { interface: eth0, virtual_router_id: 52, virtual_addresses: [10.0.0.2], priority: 255 }
  VI_3: { interface: eth1, virtual_router_id: 51, virtual_addresses: [10.0.0.3] }
static_addresses: [10.1.0.1/24 dev eth1 brd +]
static_routes: [10.2.0.0/16 via 10.0.0.254 dev eth0, blackhole 10.3.0.0/16]
static_rules: [from 10.2.0.0/16 table 100]
`,
  'f.yaml',
  { hostname: 'lb' },
);
assert.ok(read.ok);
const base: Config = read.value.config;

const configs: fc.Arbitrary<Config> = trackers
  .chain((trackers) =>
    fc.record({
      trackers: fc.constant(trackers),
      instances: fc.tuple(
        ...base.instances.map((instance) =>
          fc
            .record({ tracks: ownTracks(trackers, instance), notify: notifyOf(false) })
            .map((own) => ({ ...instance, ...own })),
        ),
      ),
      syncGroups: syncGroupsOf(base.instances, trackers),
      notify: sinks,
      scripts,
      vrrp,
    }),
  )
  // Records of fast-check have no prototype.
  .map((around) => structuredClone({ ...base, ...around }));

test('printYaml gives trackers, groups, notices and scripts that readYaml reads as the same', () => {
  fc.assert(
    fc.property(configs, (config) => {
      const text = printYaml(config);
      const result = readYaml(text, 'f.yaml', { hostname: 'h' });
      assert.ok(result.ok, `${text}\n${JSON.stringify(result)}`);
      assert.deepEqual(result.value.config, config, text);
    }),
    { numRuns: 300 },
  );
});

const FILE = 'keepalived.conf';
const contextOf = (text: string): ReadContext => ({
  files: { read: (name) => (name === FILE ? ok(text) : err('no such file')), match: () => [] },
  hostname: 'h',
  configId: null,
  env: () => undefined,
  random: () => 0,
});

/** The same in words that keepalived has: it cannot quote everything, and some things only lbd has. */
function inItsWords({ scripts, notify, trackers, ...config }: Config): Config {
  const seconds = (time: Millis): Millis => millis(Math.ceil(time / 1000) * 1000);
  const said: Config = {
    ...config,
    // A keepalived.conf always has script security on here.
    scripts: { ...scripts, security: true },
    notify: {
      ...notify,
      mail: notify.mail === null ? null : { ...notify.mail, security: 'none', auth: null },
      webhooks: [],
    },
    trackers: {
      ...trackers,
      scripts: trackers.scripts.map((script) => ({
        ...script,
        interval: seconds(script.interval),
        timeout: seconds(script.timeout),
      })),
      processes: trackers.processes.map((process) => ({
        ...process,
        quorum: process.quorumMax === 0 ? 0 : Math.max(1, process.quorum),
      })),
    },
  };
  return JSON.parse(JSON.stringify(said), (key, value) => {
    if (key === 'argv') return quoteCommand(value) === null ? ['/bin/true', 'a b'] : value;
    if (key !== 'command' || !Array.isArray(value)) return value;
    return value.map((word: string) => (quote(word) === null ? 'a b' : word));
  });
}

test('printKeepalived gives trackers, groups, notices and scripts that readKeepalived reads as the same', () => {
  fc.assert(
    fc.property(configs, (any) => {
      const config = inItsWords(any);
      const { text, leftOut } = printKeepalived(config);
      assert.deepEqual(leftOut, []);
      const reading = readKeepalived(FILE, contextOf(text));
      assert.ok(reading.config !== null, `${text}\n${JSON.stringify(reading.diagnostics)}`);
      assert.deepEqual(reading.leftOut, [], text);
      assert.deepEqual(reading.config, config, text);
    }),
    { numRuns: 300 },
  );
});

test('printKeepalived says what keepalived cannot be told, and gives what readKeepalived can read', () => {
  fc.assert(
    fc.property(configs, (config) => {
      const { text, leftOut } = printKeepalived(config);
      for (const each of leftOut) assert.ok(text.includes(`# ${each.text}\n`), each.text);
      const { config: read, diagnostics } = readKeepalived(FILE, contextOf(text));
      assert.ok(read !== null, `${text}\n${JSON.stringify(diagnostics)}`);
    }),
  );
});
