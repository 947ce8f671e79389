import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Micros, micros } from '../../../src/base/units.ts';
import type { HeartbeatConfig, InstanceConfig, WitnessPolicy } from '../../../src/model/config.ts';
import { NO_NOTIFY } from '../../../src/model/notify.ts';
import { drillVrrp } from '../../../src/vrrp/drill.ts';
import type { Member } from '../../../src/vrrp/group.ts';
import type { WitnessView } from '../../../src/vrrp/quorum.ts';
import { FakeLan, type FakeNode } from '../../fakes/lan.ts';
import { instanceConfig, virtualAddress } from '../../support/instances.ts';

const KEY = { kind: 'bytes', bytes: new Uint8Array(32).fill(1) } as const;
const INTERVAL: Micros = micros(200_000);

const paths = (
  node: FakeNode,
  peers: readonly FakeNode[],
  witnesses: readonly FakeNode[],
): HeartbeatConfig => ({
  key: KEY,
  paths: [...peers, ...witnesses].map((peer) => ({
    ...{ local: node.secondAddress, peer: peer.secondAddress, port: 7112, interval: INTERVAL },
    failover: false,
    witness: witnesses.includes(peer),
  })),
});

interface Site {
  readonly lan: FakeLan;
  readonly master: FakeNode;
  readonly backup: FakeNode;
  readonly witnesses: readonly FakeNode[];
  /** Starts a witness again under a new process. */
  readonly revive: (witness: FakeNode) => void;
  readonly configure: (node: FakeNode, generation: number, over?: Partial<InstanceConfig>) => void;
}

/** A master of priority 150, its backup, and witnesses; on the second paths everybody reaches everybody. */
async function site(
  witness: WitnessPolicy,
  over: Partial<InstanceConfig> = {},
  names: readonly string[] = ['VI_1'],
): Promise<Site> {
  const lan = new FakeLan();
  const [master, backup] = [lan.node('10.0.0.1'), lan.node('10.0.0.2')];
  const witnesses = ['10.0.0.11', '10.0.0.12', '10.0.0.13'].map((address) => lan.node(address));
  const revive = (node: FakeNode) =>
    node.configure(1, [], [], { heartbeat: paths(node, [master, backup], []), routerId: node.address });
  const takeover = { gateway: null, suspectHold: null, witness };
  const configure: Site['configure'] = (node, generation, more = {}) => {
    const priority = node === master ? 150 : 100;
    const instances = names.map((name, i) =>
      instanceConfig({
        ...{ name, vrid: 51 + i, priority, takeover, ...over, ...more },
        virtualAddresses: [virtualAddress(`10.0.0.${100 + i}`)],
      }),
    );
    node.configure(generation, instances, [], {
      heartbeat: paths(node, [node === master ? backup : master], witnesses),
      routerId: node === master ? 'lb01' : 'lb02',
      syncGroups: names.length > 1 ? [{ ...GROUP, members: names }] : [],
    });
  };
  for (const node of witnesses) revive(node);
  await lan.run(10);
  configure(master, 1);
  configure(backup, 1);
  await lan.run(6);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'BACKUP']);
  return { lan, master, backup, witnesses, revive, configure };
}

const GROUP = { name: 'VG', tracks: [], notify: NO_NOTIFY };
const told = (node: FakeNode, name: string) => node.events.filter(({ event }) => event === name);
/** Counts the moments in which both have an address. */
function watch({ lan, master, backup }: Site): { both: number; none: number } {
  const seen = { both: 0, none: 0 };
  lan.onStep = () => {
    if (master.addresses.size > 0 && backup.addresses.size > 0) seen.both++;
    if (master.addresses.size === 0 && backup.addresses.size === 0) seen.none++;
  };
  return seen;
}
/** Adverts and heartbeats of the other director do not arrive any more, in either direction. */
const part = ({ master, backup }: Site): void => {
  for (const node of [master, backup]) node.hears = false;
};

test('Vrrp: in a partition only the director with the majority of the witnesses has the address', async () => {
  const all = await site('required');
  const { lan, master, backup } = all;
  const seen = watch(all);
  part(all);
  master.secondPathUp = false;
  await lan.run(1.5);
  assert.deepEqual([master.show().state, master.addresses.size], ['BACKUP', 0]);
  assert.match(
    master.show().because,
    /^master no more: 0 of 3 witnesses grant it, 2 are needed: 10\.0\.0\.11 \(10\.9\.0\.11\) does not answer/,
  );
  assert.equal(told(master, 'witness_lost').length, 1);
  await lan.run(10);
  assert.deepEqual([master.show().state, backup.show().state], ['BACKUP', 'MASTER']);
  assert.match(master.show().withheld ?? '', /^0 of 3 witnesses grant it/);
  assert.equal(seen.both, 0);
  master.secondPathUp = true;
  await lan.run(10);
  assert.deepEqual(
    [master.show().state, backup.show().state],
    ['BACKUP', 'MASTER'],
    'it hears nobody, and asks',
  );
  assert.match(master.show().withheld ?? '', /^lb02 lives and serves/);
  assert.equal(seen.both, 0);
});

test('Vrrp: a backup that the witnesses do not reach leaves a silent master in its place', async () => {
  const all = await site('required');
  const { lan, master, backup } = all;
  part(all);
  backup.secondPathUp = false;
  await lan.run(20);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'BACKUP']);
  assert.equal(told(backup, 'takeover_withheld').length, 1);
});

test('Vrrp: a killed master is replaced once its grants are over, not before its address is gone', async () => {
  const all = await site('required');
  const { lan, master, backup } = all;
  const seen = watch(all);
  master.kill();
  await lan.run(5.5);
  assert.equal(backup.show().state, 'BACKUP');
  assert.match(backup.show().withheld ?? '', /10\.0\.0\.11 \(10\.9\.0\.11\) says that another has it/);
  await lan.run(3);
  assert.equal(backup.show().state, 'MASTER');
  assert.equal(seen.both, 0);
});

test('Vrrp: nothing moves when a witness goes and comes back, nor when all of them are restarted', async () => {
  const all = await site('required');
  const { lan, master, backup, witnesses, revive } = all;
  const seen = watch(all);
  const [first] = witnesses;
  assert.ok(first);
  first.kill();
  await lan.run(20);
  for (const one of witnesses) {
    one.restart();
    revive(one);
  }
  await lan.run(20);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'BACKUP']);
  assert.deepEqual([seen, master.show().counters.becameMaster], [{ both: 0, none: 0 }, 1]);
  assert.equal(told(master, 'witness_lost').length, 0);
});

test('Vrrp tells of a witness that takes part in the virtual router itself', async () => {
  const { lan, master, backup, witnesses } = await site('required');
  const [first] = witnesses;
  assert.ok(first);
  first.configure(2, [instanceConfig({ priority: 50 })], [], {
    heartbeat: paths(first, [master, backup], []),
    routerId: first.address,
  });
  await lan.run(5);
  const [unfit, ...more] = told(master, 'witness_unfit');
  assert.match(
    unfit?.message ?? '',
    /10\.9\.0\.11\) is no witness for it: it has this virtual router itself/,
  );
  assert.equal(more.length, 0, 'once a minute at most');
  assert.equal(master.show().state, 'MASTER', 'two of three are a majority');
});

test('Vrrp: a handover, a stop and a return leave no moment without the address', async () => {
  const all = await site('required');
  const { lan, master, backup, configure } = all;
  const seen = watch(all);
  assert.ok(master.vrrp.handOver('VI_1').ok);
  await lan.run(8);
  assert.deepEqual([master.show().state, backup.show().state], ['BACKUP', 'MASTER']);
  assert.ok(master.vrrp.failBack('VI_1').ok);
  await lan.run(8);
  assert.equal(master.show().state, 'MASTER');
  void master.vrrp.stop();
  await lan.run(5);
  assert.equal(backup.show().state, 'MASTER');
  master.restart();
  configure(master, 1);
  await lan.run(15);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'BACKUP']);
  assert.equal(seen.none, 0);
});

test('Vrrp: a handover to one that its witnesses do not reach leaves the addresses where they are', async () => {
  const all = await site('required');
  const { lan, master, backup } = all;
  const seen = watch(all);
  backup.secondPathUp = false;
  await lan.run(2);
  assert.ok(master.vrrp.handOver('VI_1').ok);
  await lan.run(8);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'BACKUP']);
  assert.deepEqual(seen, { both: 0, none: 0 });
});

test('Vrrp: a restarted process goes on as master, and its witnesses grant it again', async () => {
  const all = await site('required');
  const { lan, master, backup } = all;
  const config = instanceConfig({
    priority: 150,
    takeover: { gateway: null, suspectHold: null, witness: 'required' },
  });
  master.restart();
  master.configure(1, [config], ['VI_1'], {
    heartbeat: paths(master, [backup], all.witnesses),
    routerId: 'lb01',
  });
  await lan.run(10);
  assert.deepEqual([master.show().state, backup.show().state], ['MASTER', 'BACKUP']);
});

test('Vrrp: a reload that begins to require witnesses moves nothing', async () => {
  const all = await site('preferred');
  all.configure(all.master, 2, { takeover: { gateway: null, suspectHold: null, witness: 'required' } });
  await all.lan.run(5);
  all.configure(all.master, 3, {
    takeover: { gateway: null, suspectHold: null, witness: 'required' },
    advertInterval: 150 as InstanceConfig['advertInterval'],
  });
  await all.lan.run(5);
  assert.deepEqual([all.master.show().state, all.master.show().counters.becameMaster], ['MASTER', 1]);
});

test('Vrrp: who pre-empts and is not heard lets go again, and does not try it once more', async () => {
  const all = await site('required');
  const { lan, master, backup } = all;
  master.kill();
  await lan.run(12);
  assert.equal(backup.show().state, 'MASTER');
  // The former master is back; nobody hears its adverts or sees its claims.
  backup.hears = false;
  lan.announce = () => undefined;
  master.revive();
  master.restart();
  all.configure(master, 1);
  await lan.run(30);
  assert.deepEqual([master.show().state, backup.show().state], ['BACKUP', 'MASTER']);
  assert.equal(master.show().counters.becameMaster, 1);
  assert.match(master.show().withheld ?? '', /says that another has it/);
});

test('Vrrp with preferred witnesses takes over without them, and not against them', async () => {
  const silent = await site('preferred');
  for (const one of silent.witnesses) one.kill();
  silent.master.kill();
  await silent.lan.run(6);
  assert.equal(silent.backup.show().state, 'MASTER');
  const against = await site('preferred');
  part(against);
  // The path between the directors is cut, those to the witnesses are not.
  for (const one of [against.master, against.backup]) {
    const peer = one === against.master ? against.backup : against.master;
    one.deafTo.add(peer.secondAddress);
  }
  await against.lan.run(20);
  assert.deepEqual([against.master.show().state, against.backup.show().state], ['MASTER', 'BACKUP']);
  assert.match(against.backup.show().withheld ?? '', /says that another has it/);
});

test('Vrrp: a sync group lets go as a whole when one member must', async () => {
  const all = await site('required', {}, ['VI_1', 'VI_2']);
  const { lan, master } = all;
  master.secondPathUp = false;
  await lan.run(5);
  const states = master.vrrp.show().instances.map(({ state }) => state);
  assert.deepEqual([states, master.addresses.size], [['BACKUP', 'BACKUP'], 0]);
});

/** What a drill on this director says, in seconds and states. */
function drill(node: FakeNode, losses: Parameters<typeof drillVrrp>[1]): readonly string[] {
  const { takenAt, machines } = node.vrrp.machines();
  const takeover = { gateway: null, suspectHold: null, witness: 'required' } as const;
  const members = machines.map(({ tracks, member, witnesses }) => ({
    ...{ config: instanceConfig({ takeover, priority: node.show().priority }), tracks },
    ...{ member: member as Member, witnesses: witnesses as readonly WitnessView[] },
  }));
  const paths = node.vrrp.show().heartbeat.map(({ peer }) => ({ peer, link: 'eth1' }));
  const drilled = drillVrrp({ now: takenAt, members, groups: [], linkDelays: [], paths }, losses);
  assert.ok(drilled.ok, drilled.ok ? '' : drilled.error);
  return drilled.value.flatMap(({ afterMicros, from, to }) =>
    from === to ? [] : [`+${(afterMicros / 1e6).toFixed(0)} ${to}`],
  );
}

test('drillVrrp has a backup wait for the grant of the lost master, and a master for the end of its own', async () => {
  const all = await site('required');
  const { lan, master, backup, witnesses } = all;
  const [killed, cut, both] = [
    drill(backup, [{ kind: 'peer', name: 'VI_1' }]),
    drill(master, [{ kind: 'link', interface: 'eth1' }]),
    drill(backup, [
      { kind: 'peer', name: 'VI_1' },
      { kind: 'link', interface: 'eth1' },
    ]),
  ];
  assert.deepEqual([cut, both], [['+1 BACKUP'], []]);
  master.kill();
  const from = lan.now;
  while (backup.show().state !== 'MASTER' && lan.now - from < 20e6) await lan.run(0.1);
  const took = (lan.now - from) / 1e6;
  const told = Number(/^\+(\d+) MASTER$/.exec(killed[0] ?? '')?.[1]);
  // It asks again every interval or so.
  assert.ok(Math.abs(told - took) < 1.5, `${killed}, took ${took} s`);
  for (const witness of witnesses) witness.kill();
  await lan.run(10);
  assert.deepEqual(drill(backup, [{ kind: 'peer', name: 'VI_1' }]), []);
});
