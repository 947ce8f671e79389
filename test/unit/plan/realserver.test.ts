import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ok, type Result } from '../../../src/base/result.ts';
import { type PlacedAddress, planDown, planUp, type RealServerFacts } from '../../../src/plan/realserver.ts';
import { parseVirtualAddress } from '../../../src/plan/realserver-address.ts';
import {
  commandOf,
  hostPrefix,
  labelOf,
  type RealServerChange,
  type RealServerStep,
} from '../../../src/plan/realserver-change.ts';
import type { HeldAddress, TunnelEnd } from '../../../src/plan/realserver-needs.ts';
import { EMPTY_RECORD, type RealServerRecord, recordChange } from '../../../src/plan/realserver-record.ts';
import { printUnit } from '../../../src/plan/realserver-unit.ts';
import { ip } from '../../support/instances.ts';

/** A machine that does what it is told: what is planned for it can be performed on it. */
class Machine {
  addresses: PlacedAddress[] = [{ address: ip('10.0.0.11'), prefix: 24, dev: 'eth0', label: 'eth0' }];
  links = new Map([
    ['lo', { isUp: true, answersArp: false }],
    ['eth0', { isUp: true, answersArp: true }],
  ]);
  sysctls = new Map([
    ['net.ipv4.conf.all.arp_ignore', '0'],
    ['net.ipv4.conf.all.arp_announce', '0'],
    ['net.ipv4.conf.all.rp_filter', '1'],
  ]);
  gue: RealServerFacts['gue'] = [];
  modules = new Set<string>();
  missing = new Set<string>();
  record: Result<RealServerRecord, string> = ok(EMPTY_RECORD);

  get facts(): RealServerFacts {
    const { addresses, links, gue } = this;
    return {
      ...{ addresses, links, gue },
      sysctl: (name) => this.sysctls.get(name) ?? null,
      module: (name) =>
        this.missing.has(name) ? 'missing' : this.modules.has(name) ? 'loaded' : 'installed',
    };
  }

  get dump() {
    const { addresses, links, sysctls, gue } = this;
    const without = (devs: Map<string, unknown>) => [...devs].filter(([name]) => !/tunl0/.test(name));
    return structuredClone({ addresses, gue, links: without(links), sysctls: without(sysctls) });
  }

  up(...wanted: HeldAddress[]): readonly RealServerStep[] {
    const steps = planUp(wanted, this.facts);
    assert.ok(steps.ok, JSON.stringify(steps));
    for (const step of steps.value) if (step.verdict === 'do') this.perform(step.change, wanted);
    return steps.value;
  }

  down(...addresses: string[]): readonly RealServerStep[] {
    const steps = planDown(addresses.map(ip), this.facts, this.record);
    for (const step of steps) if (step.verdict === 'do') this.perform(step.change, []);
    return steps;
  }

  private perform(change: RealServerChange, wanted: readonly HeldAddress[]): void {
    const before = change.kind === 'sysctl' ? (this.sysctls.get(change.name) ?? null) : null;
    if (this.record.ok) this.record = ok(recordChange(this.record.value, change, before, wanted));
    switch (change.kind) {
      case 'module':
        this.modules.add(change.name);
        if (change.name === 'ipip') {
          this.links.set('tunl0', { isUp: false, answersArp: false });
          this.sysctls.set('net.ipv4.conf.tunl0.rp_filter', '0');
        }
        return;
      case 'sysctl':
        this.sysctls.set(change.name, change.value);
        return;
      case 'link':
        this.links.set(change.dev, { isUp: change.up, answersArp: false });
        return;
      case 'gue': {
        const { port, family } = change;
        this.gue = change.present ? [{ port, family }] : [];
        return;
      }
      case 'address': {
        const { address, dev, present } = change;
        const others = this.addresses.filter((one) => one.address !== address);
        const added = { address, prefix: hostPrefix(address), dev, label: labelOf(address, dev) };
        this.addresses = present ? [...others, added] : others;
      }
    }
  }
}

const held = (address: string, dev = 'lo', tunnel: TunnelEnd = null): HeldAddress => ({
  address: ip(address),
  dev,
  tunnel,
});
const GUE: TunnelEnd = { type: 'gue', port: 6080 };
const told = (steps: readonly RealServerStep[], verdict: RealServerStep['verdict']) =>
  steps.filter((step) => step.verdict === verdict).map(({ change }) => commandOf(change).join(' '));

test('planUp silences the machine before it has the address, and changes nothing the second time', () => {
  const machine = new Machine();
  assert.deepEqual(told(machine.up(held('10.0.0.100'), held('2001:db8::100')), 'do'), [
    'sysctl -w net.ipv4.conf.all.arp_ignore=1',
    'sysctl -w net.ipv4.conf.all.arp_announce=2',
    'ip addr add 10.0.0.100/32 dev lo label lo:lbd',
    'ip addr add 2001:db8::100/128 dev lo nodad',
  ]);
  assert.deepEqual(told(machine.up(held('10.0.0.100'), held('2001:db8::100')), 'do'), []);
});

test('planUp leaves a stricter silence as it is, and takes 3 for none', () => {
  for (const [value, isEnough] of [
    ['2', true],
    ['8', true],
    ['3', false],
  ] as const) {
    const machine = new Machine();
    machine.sysctls.set('net.ipv4.conf.all.arp_ignore', value);
    const [step] = machine.up(held('10.0.0.100'));
    const change = {
      ...{ kind: 'sysctl' as const, name: 'net.ipv4.conf.all.arp_ignore', value: '1' },
    };
    const because = `${value} does that too`;
    assert.deepEqual(step, isEnough ? { verdict: 'so', change, because } : { verdict: 'do', change });
  }
});

test('planUp of a tunnel brings its device and loosens the filter on it alone', () => {
  const machine = new Machine();
  const before = machine.dump;
  const steps = machine.up(held('10.0.0.100', 'tunl0', GUE));
  assert.deepEqual(told(steps, 'do'), [
    'modprobe ipip',
    'modprobe fou',
    'sysctl -w net.ipv4.conf.all.arp_ignore=1',
    'sysctl -w net.ipv4.conf.all.arp_announce=2',
    'sysctl -w net.ipv4.conf.tunl0.rp_filter=2',
    'ip fou add port 6080 gue',
    'ip link set tunl0 up',
    'ip addr add 10.0.0.100/32 dev tunl0 label tunl0:lbd',
  ]);
  assert.deepEqual(told(machine.up(held('10.0.0.100', 'tunl0', GUE)), 'do'), []);
  machine.down('10.0.0.100');
  assert.deepEqual(machine.dump, before);
  assert.equal(machine.links.get('tunl0')?.isUp, false);
  assert.equal(machine.sysctls.get('net.ipv4.conf.tunl0.rp_filter'), '0');
});

test('planUp refuses, with every reason, what is elsewhere, too wide, or would be answered for', () => {
  const machine = new Machine();
  machine.addresses.push({ address: ip('10.0.0.99'), prefix: 24, dev: 'lo', label: 'lo' });
  const wanted = [
    held('10.0.0.11'),
    held('10.0.0.99'),
    held('10.0.0.98', 'eth0'),
    held('10.0.0.97', 'dummy0'),
  ];
  const refused = planUp(wanted, machine.facts);
  assert.ok(!refused.ok);
  const patterns = [
    /10\.0\.0\.11\/24 is on eth0/,
    /whole subnet/,
    /eth0 answers ARP/,
    /no interface dummy0, only lo/,
  ];
  assert.equal(refused.error.length, patterns.length);
  for (const [i, pattern] of patterns.entries()) assert.match(refused.error[i] ?? '', pattern);
});

test('planUp refuses a tunnel whose module or device there is not', () => {
  const machine = new Machine();
  machine.missing.add('fou');
  const refusal = () => {
    const refused = planUp([held('10.0.0.100', 'tunl0', GUE)], machine.facts);
    return refused.ok ? '' : refused.error.join();
  };
  assert.match(refusal(), /^this kernel has no module fou: 10\.0\.0\.100 cannot/);
  machine.missing.clear();
  assert.equal(refusal(), '');
  machine.modules = new Set(['ipip', 'fou']);
  assert.match(refusal(), /^this network namespace has no tunl0/);
});

test('planDown keeps the silence until the last address goes, also one that was put there by hand', () => {
  const machine = new Machine();
  machine.addresses.push({ address: ip('10.0.0.90'), prefix: 32, dev: 'lo', label: 'lo:0' });
  const before = machine.dump;
  machine.up(held('10.0.0.100'), held('10.0.0.101'));
  assert.deepEqual(told(machine.down('10.0.0.100'), 'do'), ['ip addr del 10.0.0.100/32 dev lo']);
  assert.deepEqual(told(machine.down('10.0.0.101'), 'do'), ['ip addr del 10.0.0.101/32 dev lo']);
  assert.equal(machine.sysctls.get('net.ipv4.conf.all.arp_ignore'), '1');

  const byHand = machine.addresses.filter(({ label }) => label === 'lo:0');
  machine.addresses = machine.addresses.filter((one) => !byHand.includes(one));
  assert.deepEqual(told(machine.down('10.0.0.101'), 'do'), [
    'sysctl -w net.ipv4.conf.all.arp_announce=0',
    'sysctl -w net.ipv4.conf.all.arp_ignore=0',
  ]);
  machine.addresses.push(...byHand);
  assert.deepEqual(machine.dump, before);
});

test('planDown leaves what somebody else has added, or changed since', () => {
  const machine = new Machine();
  machine.up(held('10.0.0.100'));
  machine.sysctls.set('net.ipv4.conf.all.arp_ignore', '2');
  machine.addresses.push({ address: ip('10.0.0.90'), prefix: 32, dev: 'dummy0', label: 'dummy0' });
  const steps = machine.down('10.0.0.100', '10.0.0.90');
  assert.deepEqual(told(steps, 'leave'), [
    'ip addr del 10.0.0.90/32 dev dummy0',
    'sysctl -w net.ipv4.conf.all.arp_ignore=0',
  ]);
  assert.equal(machine.sysctls.get('net.ipv4.conf.all.arp_announce'), '0');
});

test('planDown puts back what was there before the first up, whatever was done in between', () => {
  const machine = new Machine();
  machine.sysctls.set('net.ipv4.conf.all.arp_announce', '1');
  const before = machine.dump;
  machine.up(held('10.0.0.100'));
  machine.sysctls.set('net.ipv4.conf.all.arp_announce', '0');
  machine.up(held('10.0.0.100'));
  machine.down('10.0.0.100');
  assert.deepEqual(machine.dump, before);
});

test('planDown without a record knows its addresses by their label, and leaves the sysctls', () => {
  const machine = new Machine();
  machine.up(held('10.0.0.100'), held('2001:db8::100'));
  machine.record = { ok: false, error: 'there is no record' };
  const steps = machine.down('10.0.0.100', '2001:db8::100');
  assert.deepEqual(told(steps, 'do'), ['ip addr del 10.0.0.100/32 dev lo']);
  assert.deepEqual(told(steps, 'leave'), [
    'ip addr del 2001:db8::100/128 dev lo',
    'sysctl -w net.ipv4.conf.all.arp_ignore=0',
    'sysctl -w net.ipv4.conf.all.arp_announce=0',
  ]);
});

test('planUp and planDown keep silent while there is an address, and leave a machine as they found it', () => {
  const sites = [
    held('10.0.0.100'),
    held('10.0.0.101'),
    held('2001:db8::1'),
    held('10.0.0.102', 'tunl0', GUE),
  ] as const;
  const value = (most: number) => fc.integer({ min: 0, max: most }).map(String);
  const moves = fc.array(
    fc.record({ order: fc.constantFrom('up', 'down'), site: fc.constantFrom(...sites) }),
  );
  fc.assert(
    fc.property(
      value(8),
      value(2),
      value(2),
      fc.boolean(),
      moves,
      (ignore, announce, filter, isUp, order) => {
        const machine = new Machine();
        machine.sysctls.set('net.ipv4.conf.all.arp_ignore', ignore);
        machine.sysctls.set('net.ipv4.conf.all.arp_announce', announce);
        machine.sysctls.set('net.ipv4.conf.all.rp_filter', filter);
        machine.links.set('lo', { isUp, answersArp: false });
        const before = machine.dump;
        for (const { order: word, site } of order) {
          if (word === 'up') machine.up(site);
          else machine.down(site.address);
          const there = machine.addresses.filter(({ prefix }) => prefix === 32);
          if (there.length === 0) continue;
          assert.ok(['1', '2', '8'].includes(machine.sysctls.get('net.ipv4.conf.all.arp_ignore') ?? ''));
          for (const { dev } of there) assert.equal(machine.links.get(dev)?.isUp, true);
        }
        machine.down(...sites.map(({ address }) => address));
        assert.deepEqual(machine.dump, before);
      },
    ),
  );
});

test('parseVirtualAddress says what was probably meant', () => {
  const meant = { '10.0.0.100/24': '10.0.0.100', '10.0.0.1OO': '10.0.0.100', '10.0.0,1': '10.0.0.1' };
  for (const [word, address] of Object.entries({ ...meant, '[2001:db8::1]:80': '2001:db8::1' })) {
    const parsed = parseVirtualAddress(word);
    assert.ok(!parsed.ok && parsed.error.includes(`did you mean "${address}"?`), word);
  }
  for (const word of [
    '0.0.0.0',
    '127.0.0.1',
    '224.0.0.18',
    '255.255.255.255',
    '::1',
    'fe80::1',
    'ff02::12',
    'web',
  ])
    assert.equal(parseVirtualAddress(word).ok, false, word);
  assert.deepEqual(parseVirtualAddress('2001:DB8:0::100'), ok('2001:db8::100'));
});

test('printUnit runs the same command as whoever asked for it', () => {
  const text = printUnit(held('10.0.0.100', 'tunl0', GUE), ['/opt/my node/node', '/opt/lbd/main.js'], []);
  assert.match(
    text,
    /^ExecStart="\/opt\/my node\/node" \/opt\/lbd\/main\.js realserver up 10\.0\.0\.100 --tunnel gue --tunnel-port 6080$/m,
  );
  assert.match(text, /^ExecStop=.* realserver down 10\.0\.0\.100$/m);
  assert.match(printUnit(held('10.0.0.100', 'dummy0'), ['/lbctl'], []), /up 10\.0\.0\.100 --dev dummy0$/m);
});
