// Real servers as lbctl sets them up, behind IPVS: what the director encapsulates comes out and is answered.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createLab, type Lab } from '../lab/lab.ts';
import { shell } from '../lab/shell.ts';
import { Director, LBCTL } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';

const LIMIT = 180_000;

const VIP6 = 'fd00:1::100';
const SERVER6 = 'fd00:1::2';
const GUE = ['--tunnel', 'gue', '--tunnel-port', '6080'];
/** How packets come, in the words of lbctl on the server and of ipvsadm on the director. */
const TUNNELS = [
  { name: 'ipip', words: ['--tunnel', 'ipip'], way: '-i' },
  { name: 'gre', words: ['--tunnel', 'gre'], way: '-i --tun-type gre' },
  { name: 'gue', words: GUE, way: '-i --tun-type gue --tun-port 6080' },
] as const;

suite('real servers that lbctl sets up', () => {
  let lab: Lab;
  let director: Director;
  before(async () => {
    lab = await createLab({ directors: 2, servers: 0, web: false });
    await lab.web('d2').start();
    director = new Director(lab.host('d1'), path.join(lab.directory, 'lbd'));
    director.configure(`vrrp:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_addresses: [${lab.vip}/24] }
services:
  web:
    address: ${lab.vip}
    port: 80
    protocol: tcp
    scheduler: rr
    persistence_timeout: 60
    forward: dr
    servers: [${lab.host('d2').address}]
`);
    // Loaded first: the devices of tunnels come with them, and are part of what was there before.
    await sh('d1', 'modprobe -a ip_vs ip_vs_rr ipip ip_gre fou ip6_tunnel ip6_gre');
    await sh('d1', 'ip addr add fd00:1::1/64 dev eth0 nodad');
    await sh('client', 'ip addr add fd00:1::250/64 dev eth0 nodad');
    await sh('d2', `ip addr add ${SERVER6}/64 dev eth0 nodad; sysctl -qw net.ipv4.conf.all.rp_filter=1`);
  });
  after(async () => {
    await director.stop();
    await lab.close();
  });

  const sh = async (host: string, command: string) => {
    const done = await lab.host(host).exec('sh', ['-ec', command]);
    assert.equal(done.code, 0, `${command}: ${done.stderr}${done.stdout}`);
    return done.stdout;
  };
  const lbctl = async (...words: readonly string[]) => {
    const done = await lab.host('d2').exec(process.execPath, [LBCTL, ...words]);
    assert.equal(done.code, 0, done.stderr + done.stdout);
    return done.stdout;
  };
  const realserver = (order: string, vip: string, ...words: readonly string[]) =>
    lbctl('realserver', order, vip, ...words, '--state-dir', path.join(lab.directory, 'rs'));
  const doctor = async (...words: readonly string[]) => {
    const args = [LBCTL, '--run-dir', director.runDir, 'doctor', ...words, '-o', 'json'];
    const done = await director.host.exec(process.execPath, args);
    assert.ok(done.stdout !== '', done.stderr);
    return JSON.parse(done.stdout) as {
      readonly findings: readonly {
        readonly severity: string;
        readonly code: string;
        readonly fix: string | null;
      }[];
      readonly looked: readonly string[];
    };
  };
  const codes = async (...severities: readonly string[]) =>
    (await doctor()).findings.filter(({ severity }) => severities.includes(severity)).map(({ code }) => code);
  /** A device that was up once keeps its queue. */
  const dump = () =>
    sh(
      'd2',
      'ip addr | sed "s/ qdisc [a-z]*//"; ip fou show; cd /proc/sys/net/ipv4/conf; grep . */arp_ignore */arp_announce */rp_filter',
    );
  const hostOf = (address: string) => (address.includes(':') ? `[${address}]` : address);
  const ask = async (vip: string, seconds: number) =>
    (
      await lab.host('client').exec('curl', ['-gs', '-m', `${seconds}`, `http://${hostOf(vip)}/`])
    ).stdout.trim();
  /** Has the address on the director, and IPVS send to d2 what comes for it, while something is done. */
  const balanced = async (place: string, way: string, act: () => Promise<void>) => {
    const vip = place.replace(/\/.*/, '');
    const server = vip === VIP6 ? SERVER6 : lab.host('d2').address;
    await sh('d1', `ip addr add ${place}; ipvsadm -A -t ${hostOf(vip)}:80 -s rr`);
    await sh('d1', `ipvsadm -a -t ${hostOf(vip)}:80 -r ${hostOf(server)}:80 ${way}`);
    try {
      await act();
    } finally {
      await sh('d1', `ipvsadm -C; ip addr del ${place.replace(/ nodad.*/, '')}`);
    }
  };
  const serves = (vip: string, way: string) =>
    balanced(
      vip === VIP6 ? `${vip}/128 dev eth0 nodad preferred_lft 0` : `${vip}/32 dev eth0`,
      way,
      async () => assert.equal(await ask(vip, 20), 'd2'),
    );

  for (const { name, words, way } of TUNNELS) {
    for (const family of ['IPv4', 'IPv6']) {
      test(`realserver up serves what comes by ${name} over ${family}, and down leaves nothing behind`, async () => {
        const vip = family === 'IPv4' ? lab.vip : VIP6;
        const asBefore = await dump();
        await realserver('up', vip, ...words);
        if (name === 'gue' && family === 'IPv6') {
          assert.doesNotMatch(await realserver('up', vip, ...words), /^[^=]/m);
          assert.doesNotMatch(await lbctl('doctor', '--realserver', vip, ...words), /^(error|warning)/m);
        }
        await serves(vip, way);
        await realserver('down', vip);
        assert.equal(await dump(), asBefore);
      });
    }
  }

  test('doctor finds tunnels out of the virtual address, which servers take nothing from', async () => {
    const file = path.join(lab.directory, 'tunnel.yaml');
    const service = `address: "${VIP6}", port: 80, protocol: tcp, scheduler: rr, forward: tun`;
    writeFileSync(file, `services: { web: { ${service}, servers: ["${SERVER6}"] } }\n`);
    const isFound = async () => (await doctor(file)).findings.some(({ code }) => code === 'tunnel_source');
    await realserver('up', VIP6, '--tunnel', 'ipip');
    await balanced(`${VIP6}/64 dev eth0 nodad`, '-i', async () => {
      assert.equal(await ask(VIP6, 4), '');
      assert.ok(await isFound());
    });
    await balanced(`${VIP6}/128 dev eth0 nodad preferred_lft 0`, '-i', async () => {
      assert.equal(await ask(VIP6, 20), 'd2');
      assert.ok(!(await isFound()));
    });
    await realserver('down', VIP6);
  });

  test('realserver up refuses a tunnel for which this network namespace has no device', async () => {
    const alone = 'net.core.fb_tunnels_only_for_init_net';
    const state = path.join(lab.directory, 'none');
    const up = `realserver up ${VIP6} --tunnel ipip --state-dir ${state}`;
    const said = await shell(`sysctl -qw ${alone}=1
unshare -n ${process.execPath} ${LBCTL} ${up} 2>&1 || echo "ended with $?"
sysctl -qw ${alone}=0`);
    assert.match(said, /^lbctl: this network namespace has no ip6tnl0, .*\nended with 1\n$/);
    assert.ok(!existsSync(state));
  });

  test('doctor finds nothing on a director whose servers are well, and foreign services beside its own', async () => {
    await realserver('up', lab.vip);
    await serves(lab.vip, '-g');
    director.start();
    await eventually('lbd serves', LIMIT, async () => (await director.servers()).length === 1, 1000);
    await director.becomes('MASTER', LIMIT);
    const { looked } = await doctor();
    assert.ok(['modules of IPVS', 'settings of IPVS'].every((part) => looked.includes(part)));
    assert.deepEqual(await codes('error', 'warning'), []);
    await sh('d1', 'ipvsadm -A -t 10.9.9.9:80 -s rr');
    await eventually(
      'the table is read again',
      LIMIT,
      async () => (await codes('warning')).includes('foreign_services'),
      1000,
    );
    await sh('d1', 'ipvsadm -D -t 10.9.9.9:80');
  });

  test('doctor finds an interface that takes VLAN tags off before XDP sees them, and its fix ends that', async () => {
    const file = path.join(lab.directory, 'xdp.yaml');
    writeFileSync(
      file,
      `dataplane: xdp
xdp: { interfaces: [eth0] }
services:
  web: { address: ${lab.vip}, port: 80, protocol: tcp, scheduler: rr, forward: dr, servers: [${lab.host('d2').address}] }
`,
    );
    const found = async () => (await doctor(file)).findings.find(({ code }) => code === 'xdp_vlan_offload');
    await sh('d1', 'ethtool -K eth0 rxvlan on');
    assert.equal(await found(), undefined);
    await sh('d1', 'ip link add link eth0 name eth0.10 type vlan id 10');
    try {
      await sh('d1', (await found())?.fix ?? 'false');
      assert.equal(await found(), undefined);
    } finally {
      await sh('d1', 'ip link del eth0.10');
    }
  });

  test('doctor ends settings of IPVS that surprise, and counters that stand still go on', async () => {
    const settings = ['conn_reuse_mode', 'expire_nodest_conn', 'expire_quiescent_template', 'run_estimation'];
    await sh('d1', `sysctl -qw ${settings.map((name) => `net.ipv4.vs.${name}=0`).join(' ')}`);
    const counted = async () =>
      /^TCP +\S+ +([1-9]\d*) /m.test(await sh('d1', 'sleep 3; ipvsadm -Ln --stats --exact'));
    assert.equal(await ask(lab.vip, 20), 'd2');
    assert.ok(!(await counted()));
    const found = (await doctor()).findings.filter(({ code }) => settings.includes(code));
    assert.deepEqual(found.map(({ code }) => code).toSorted(), settings);
    for (const { fix } of found) await sh('d1', fix ?? 'false');
    assert.deepEqual(
      (await codes('error', 'warning', 'hint')).filter((code) => settings.includes(code)),
      [],
    );
    assert.ok(await counted());
  });

  test('doctor finds IPVS that nobody has loaded, and lbd serves when that has been done', async () => {
    await director.stop();
    // The kernel may not load it for who asks, so that somebody has to.
    await sh('d1', 'ipvsadm -C; echo blacklist ip_vs >/etc/modprobe.d/test.conf');
    try {
      // Other tests of this kernel have left schedulers, and the kernel takes its time with their namespaces.
      const unload =
        "lsmod | sed -n 's/^\\(ip_vs_[a-z_]*\\) .*/\\1/p' | xargs -r modprobe -r; modprobe -r ip_vs";
      await eventually('the module goes', LIMIT, () => sh('d1', unload).then(() => true), 1000);
      director.start();
      await director.becomes('MASTER', LIMIT);
      const found = (await doctor()).findings.filter(({ severity }) => severity === 'error');
      assert.deepEqual(
        found.filter(({ code }) => code !== 'process_problem').map(({ code }) => code),
        ['ipvs_missing'],
      );
      await sh('d1', found.find(({ code }) => code === 'ipvs_missing')?.fix ?? 'false');
      await eventually('lbd serves', LIMIT, async () => (await director.servers()).length === 1, 1000);
      const isWell = async () => (await codes('error', 'warning')).length === 0;
      await eventually('doctor finds nothing any more', LIMIT, isWell, 1000);
    } finally {
      await sh('d1', 'rm -f /etc/modprobe.d/test.conf');
    }
  });
});
