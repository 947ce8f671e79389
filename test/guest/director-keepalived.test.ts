import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { createLab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { eventually } from '../support/eventually.ts';
import { Keepalived } from '../support/keepalived.ts';

const LIMIT = 180_000;

const KEEPALIVED = `
virtual_server 192.0.2.10 80 {
  lvs_sched rr
  lvs_method DR
  protocol TCP
  real_server 10.0.0.11 80 { weight 1 }
  real_server 10.0.0.12 80 { weight 3 }
}
virtual_server 192.0.2.10 443 {
  lvs_sched wrr
  lvs_method NAT
  persistence_timeout 300
  persistence_granularity 255.255.255.0
  protocol TCP
  real_server 10.0.0.11 8443 { weight 5 }
  real_server 10.0.0.12 9443 { weight 0 }
}
virtual_server 192.0.2.11 53 {
  lvs_sched sh
  lvs_method TUN
  sh-port
  sh-fallback
  protocol UDP
  real_server 10.0.0.31 53 { weight 100 }
  real_server 10.0.0.32 53 { weight 200 }
}
virtual_server 192.0.2.11 5060 {
  lvs_sched rr
  lvs_method NAT
  ops
  protocol UDP
  real_server 10.0.0.33 5061 { weight 1 }
}
virtual_server fwmark 7 {
  lvs_sched wlc
  lvs_method DR
  persistence_timeout 60
  real_server 10.0.0.41 0 {
    weight 2
    uthreshold 100
    lthreshold 50
  }
}
virtual_server 2001:db8::80 80 {
  lvs_sched mh
  lvs_method DR
  mh-port
  protocol TCP
  real_server 2001:db8::1 80 { weight 4 }
}
`;

const SAME_AS_KEEPALIVED = `services:
  web:
    address: 192.0.2.10
    port: 80
    protocol: tcp
    scheduler: rr
    forward: dr
    servers: [10.0.0.11, { address: 10.0.0.12, weight: 3 }]
  secure:
    address: 192.0.2.10
    port: 443
    protocol: tcp
    scheduler: wrr
    forward: nat
    persistence_timeout: 5m
    persistence_granularity: 255.255.255.0
    servers: [{ address: 10.0.0.11, port: 8443, weight: 5 }, { address: 10.0.0.12, port: 9443, weight: 0 }]
  names:
    address: 192.0.2.11
    port: 53
    protocol: udp
    scheduler: sh
    scheduler_flags: [sh-port, sh-fallback]
    forward: tun
    servers: [{ address: 10.0.0.31, weight: 100 }, { address: 10.0.0.32, weight: 200 }]
  calls:
    address: 192.0.2.11
    port: 5060
    protocol: udp
    scheduler: rr
    forward: nat
    ops: true
    servers: ["10.0.0.33:5061"]
  marked:
    fwmark: 7
    scheduler: wlc
    forward: dr
    persistence_timeout: 60s
    servers: [{ address: 10.0.0.41, weight: 2, upper_threshold: 100, lower_threshold: 50 }]
  six:
    address: 2001:db8::80
    port: 80
    protocol: tcp
    scheduler: mh
    scheduler_flags: [mh-port]
    forward: dr
    servers: [{ address: "2001:db8::1", weight: 4 }]
`;

test('lbd programs the table that keepalived programs', async (context) => {
  const lab = await createLab({ directors: 1, servers: 0, web: false });
  context.after(() => lab.close());
  const host = lab.host('d1');
  const lbd = new Director(host, path.join(lab.directory, 'lbd'));
  const keepalived = new Keepalived(host, path.join(lab.directory, 'keepalived'));
  keepalived.start(KEEPALIVED, '-C');
  const servers = KEEPALIVED.match(/real_server/g)?.length;
  const rules = async () => (await host.exec('ipvsadm', ['-Sn'])).stdout;
  const complete = (text: string) => text.match(/^-a /gm)?.length === servers;
  await eventually('keepalived is done', LIMIT, async () => complete(await rules()));
  const theirs = await rules();
  await keepalived.stop();
  await host.exec('ipvsadm', ['-C']);
  lbd.configure(SAME_AS_KEEPALIVED);
  lbd.start();
  await eventually('lbd is done', LIMIT, async () => complete(await rules()));
  assert.equal(await rules(), theirs);
  const { processes } = (await lbd.status()).daemon;
  assert.deepEqual(
    processes.map(({ problem }) => problem),
    [null, null],
  );
  assert.equal(await lbd.stop(), 0);
  assert.equal(await rules(), '');
});
