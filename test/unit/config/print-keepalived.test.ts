import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printKeepalived } from '../../../src/config/print-keepalived.ts';
import { printYaml } from '../../../src/config/print-yaml.ts';
import { readYaml } from '../../../src/config/read-yaml.ts';
import { configOf } from './keepalived/compose-text.ts';

function read(text: string) {
  const result = readYaml(text, 'f.yaml', { hostname: 'lb01' });
  assert.ok(result.ok, JSON.stringify(result));
  return result.value.config;
}

const print = (text: string) => printKeepalived(read(text));
const instancesOf = (text: string) => read(text).instances;

test('printKeepalived writes what keepalived has words for', () => {
  const { text, leftOut } = print(`
vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    preempt: false
    authentication: { type: pass, password: "a#b" }
    virtual_addresses: [172.25.1.100/24 dev eth1 label eth1:3 brd +, 172.25.1.101 brd +]
    garp_master_delay: 0
services:
  web:
    address: 172.25.1.100
    port: 80
    protocol: tcp
    scheduler: sh
    scheduler_flags: [sh-port]
    forward: dr
    persistence_timeout: 5m
    persistence_granularity: 24
    check: { type: tcp, interval: 1500ms, connect_port: 8080 }
    servers:
      - 10.0.0.1
      - { address: 10.0.0.2, weight: 2, forward: nat, port: 81 }
      - { address: 10.0.0.3, check: { type: tcp, interval: 5s, retry: 0 } }
      - { address: 10.0.0.4, check: none }
  fwmark:8:inet6:
    fwmark: 8
    ip_family: inet6
    forward: tun
    tunnel: { type: gue, port: 6080, checksum: csum }
    servers: ["2001:db8::1", 10.0.0.1]
`);
  assert.deepEqual(leftOut, []);
  assert.equal(
    text,
    `global_defs {
    router_id lb01
}

vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    nopreempt
    advert_int 1
    garp_master_delay 0
    garp_lower_prio_delay 0
    authentication {
        auth_type PASS
        auth_pass "a#b"
    }
    virtual_ipaddress {
        172.25.1.100/24 brd + dev eth1 label eth1:3
        172.25.1.101 brd 172.25.1.101
    }
}

# web
virtual_server 172.25.1.100 80 {
    delay_loop 1.5
    lb_algo sh
    sh-port
    lb_kind DR
    persistence_timeout 300
    persistence_granularity 255.255.255.0
    protocol TCP
    real_server 10.0.0.1 80 {
        TCP_CHECK {
            connect_port 8080
        }
    }
    real_server 10.0.0.2 81 {
        weight 2
        lvs_method NAT
        TCP_CHECK {
            connect_port 8080
        }
    }
    real_server 10.0.0.3 80 {
        TCP_CHECK {
            connect_port 8080
            delay_loop 5
            retry 0
        }
    }
    real_server 10.0.0.4 80 {
    }
}

virtual_server fwmark 8 inet6 {
    lb_algo wlc
    lb_kind TUN type gue port 6080 csum
    real_server 2001:db8::1 {
    }
    real_server 10.0.0.1 {
    }
}
`,
  );
});

/** An instance with most of what there is. */
const FULL = `vrrp:
  VI_6:
    interface: eth0
    virtual_router_id: 6
    priority: 90
    preempt_delay: 1500ms
    advert_int: 250ms
    down_timer_adverts: 4
    auth_hmac: { keys: { 1: ${'k'.repeat(32)}, 2: "file:/etc/lbd/key" }, active_key: 2, mode: permissive }
    mcast_src_ip: fe80::5
    track_src_ip: true
    unicast_peers: ["fe80::6", { address: "fe80::7", min_ttl: 250 }]
    unicast_ttl: 64
    virtual_addresses: ["fe80::1", 2001:db8::1/64 dev eth1 -nodad use_vmac]
    excluded_addresses: [10.0.0.6/24]
    virtual_routes: [2001:db8:9::/48 via fe80::9 dev eth0]
    virtual_rules: [from 10.9.0.0/16 table 100 preference 1000]
    accept: false
    use_vmac: { name: vip6 }
    lower_prio_no_advert: true
    garp_lower_prio_repeat: 0
`;

test('printKeepalived writes what readKeepalived reads as the same instance', () => {
  const { text, leftOut } = print(FULL);
  assert.deepEqual(leftOut, []);
  assert.equal(
    text,
    `global_defs {
    router_id lb01
}

vrrp_instance VI_6 {
    interface eth0
    virtual_router_id 6
    priority 90
    preempt_delay 1.5
    advert_int 0.25
    down_timer_adverts 4
    unicast_src_ip fe80::5
    track_src_ip
    unicast_peer {
        fe80::6
        fe80::7 min_ttl 250
    }
    unicast_ttl 64
    use_vmac vip6
    vmac_xmit_base
    no_accept
    lower_prio_no_advert
    garp_lower_prio_repeat 0
    auth_hmac {
        key 1 ${'k'.repeat(32)}
        key 2 file:/etc/lbd/key
        active_key 2
        time_window 5
        mode permissive
    }
    virtual_ipaddress {
        fe80::1
        2001:db8::1/64 dev eth1 -nodad use_vmac
    }
    virtual_ipaddress_excluded {
        10.0.0.6/24
    }
    virtual_routes {
        2001:db8:9::/48 via fe80::9 dev eth0
    }
    virtual_rules {
        from 10.9.0.0/16 table 100 preference 1000
    }
}
`,
  );
  assert.deepEqual(configOf(text).instances, instancesOf(FULL));
  assert.deepEqual(instancesOf(printYaml(configOf(text))), instancesOf(FULL));
});

test('printKeepalived and printYaml say once of mail what holds for most services and servers', () => {
  const service = (name: string, more: string) =>
    `  ${name}: { address: 10.0.0.1, port: ${name.slice(1)}, protocol: tcp, forward: nat${more} }\n`;
  const text = `rs_init_notifies: true
mail:
  smtp_server: 10.0.0.9
  notification_email: [ops]
  notification_email_from: lbd
  smtp_alert_checker: false
services:
${service('s80', ', servers: [10.0.1.1, 10.0.1.2, 10.0.1.3]')}${service('s81', ', mail: true, servers: [{ address: 10.0.1.1, mail: true }]')}`;
  const config = read(text);
  const { text: printed, leftOut } = printKeepalived(config);
  assert.deepEqual(leftOut, []);
  assert.deepEqual(printed.match(/^.*(smtp_alert|rs_init).*$/gm), [
    '    smtp_alert_checker off',
    '    rs_init_notifies',
    '    smtp_alert',
    '        smtp_alert',
  ]);
  const told = ({ services, notify }: typeof config) => [
    notify.serversAtFirst,
    ...services.map(({ mail, servers }) => [mail, ...servers.map((server) => server.mail)]),
  ];
  assert.deepEqual(told(configOf(printed)), [true, [false, false, false, false], [true, true]]);
  assert.deepEqual(read(printYaml(config)), config);
  const unsent = printKeepalived(read(text.replace(/^mail:.*?(?=services)/ms, '')));
  assert.deepEqual(unsent.text.match(/^.*smtp_alert.*$/gm), ['    smtp_alert'], 'nowhere to say it');
});

test('printKeepalived says what keepalived has no words for, and never a password', () => {
  const { text, leftOut } = print(`
router_id: 'a"b'
drift: adopt
drift_interval: 1m
vrrp:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    authentication: { type: pass, password: '"secret"' }
    virtual_addresses: [172.25.1.100/24]
    garp_master_refresh: 1500ms
    unicast_peers: []
    excluded_addresses: [10.0.0.5/24 peer 10.0.0.6]
services:
  web:
    address: 172.25.1.100
    port: 80
    protocol: tcp
    drain_timeout: 10m
    check: { type: tcp, timeout: 2h }
    servers: [{ address: 10.0.0.1, port: 0, check: { type: tcp, connect_port: 80 } }]
  empty: { fwmark: 1, servers: [] }
`);
  assert.deepEqual(
    leftOut.map(({ path, text }) => `${path.join('.')} – ${text}`),
    [
      'drift – drift adopt: keepalived does not compare its services with the kernel',
      'drift_interval – drift_interval 1m: keepalived does not compare its services with the kernel',
      'router_id – router_id: keepalived cannot quote it',
      'vrrp.VI_1.unicast_peers – unicast_peers: without peers keepalived sends to the multicast group',
      'vrrp.VI_1.garp_master_refresh – garp_master_refresh 1500ms: keepalived has whole seconds, here 2',
      'vrrp.VI_1.authentication.password – authentication: keepalived cannot quote the password; without it the nodes do not hear each other',
      'vrrp.VI_1.excluded_addresses.0 – 10.0.0.5: keepalived takes no prefix length and broadcast address beside a peer',
      'services.web.drain_timeout – drain_timeout 10m: keepalived takes a server out at once',
      'services.web.servers.0 – 10.0.0.1:0: keepalived takes the port of the service for port 0',
      "services.web.servers.0 – 10.0.0.1:0: timeout 2h: keepalived's longest is 4294.967 seconds",
      'services.empty – empty: keepalived has no virtual_server without servers',
    ],
  );
  for (const each of leftOut) assert.ok(text.includes(`# ${each.text}\n`), each.text);
  assert.doesNotMatch(text, /secret/);
});
