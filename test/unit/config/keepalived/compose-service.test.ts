import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serviceKey } from '../../../../src/model/services.ts';
import { PLAIN_SERVER, PLAIN_SERVICE } from '../../../support/services.ts';
import { configOf, readText, said, service, serviceOf, servicesOf } from './compose-text.ts';

describe('readKeepalived, of a virtual_server', () => {
  test('composes what YAML would', () => {
    const text = `virtual_server 10.0.0.1 80 {
  delay_loop 3
  lb_algo mh
  mh-port
  lb_kind DR
  persistence_timeout 50
  persistence_granularity 255.255.255.0
  protocol TCP
  real_server 10.0.1.1 80 {
    weight 2
    uthreshold 9
    lthreshold 5
    TCP_CHECK {
      connect_timeout 0.5
      connect_port 8080
      retry 3
      delay_before_retry 2
    }
  }
  real_server 10.0.1.2 80 {
    lvs_method TUN type gue port 6080 csum
  }
}
`;
    assert.deepEqual(said(text), []);
    assert.deepEqual(servicesOf(text), [
      {
        name: '10.0.0.1:tcp:80',
        key: { kind: 'address', protocol: 'tcp', address: '10.0.0.1', port: 80 },
        attrs: {
          scheduler: 'mh',
          schedulerFlags: [2],
          persistence: { timeout: 50, prefix: 24, engine: null },
          onePacket: false,
        },
        drainTimeout: 300_000,
        ...PLAIN_SERVICE,
        servers: [
          {
            key: { address: '10.0.1.1', port: 80 },
            attrs: { weight: 2, forward: 'dr', upperThreshold: 9, lowerThreshold: 5, tunnel: null },
            checks: [
              {
                type: 'tcp',
                target: { address: '10.0.1.1', port: 8080 },
                source: { address: null, port: null, interface: null, fwmark: null },
                timeout: 500,
                interval: 3000,
                retry: 3,
                delayBeforeRetry: 2000,
                rise: 1,
                warmup: 3000,
                alpha: false,
              },
            ],
            ...PLAIN_SERVER,
          },
          {
            key: { address: '10.0.1.2', port: 80 },
            attrs: {
              weight: 1,
              forward: 'tun',
              upperThreshold: 0,
              lowerThreshold: 0,
              tunnel: { type: 'gue', port: 6080, checksum: 'csum' },
            },
            checks: [],
            ...PLAIN_SERVER,
          },
        ],
      },
    ]);
  });

  test('reads when a service is up, who serves otherwise, and whom to tell', () => {
    const text = `virtual_server 10.0.0.1 80 {
lb_kind DR
protocol TCP
quorum 3
hysteresis 1
quorum_up "/bin/tell up" nobody
quorum_down /bin/tell-down
sorry_server 10.0.2.1 8080
sorry_server_lvs_method NAT
sorry_server_inhibit
inhibit_on_failure
omega
ha_suspend
real_server 10.0.1.1 80 { weight 3 }
real_server 10.0.1.2 80 {
inhibit_on_failure off
notify_up /bin/up
notify_down "/bin/down a"
}
}`;
    assert.deepEqual(said(text), []);
    const { quorum, sorry, omega, haSuspend, servers } = serviceOf(text);
    const command = (...argv: string[]) => ({ argv, user: null, group: null });
    assert.deepEqual(quorum, {
      quorum: 3,
      hysteresis: 1,
      up: { ...command('/bin/tell', 'up'), user: 'nobody' },
      down: command('/bin/tell-down'),
    });
    assert.deepEqual(
      [sorry?.key, sorry?.attrs.forward, sorry?.inhibit],
      [{ address: '10.0.2.1', port: 8080 }, 'nat', true],
    );
    assert.deepEqual([omega, haSuspend], [true, true]);
    assert.deepEqual(
      servers.map(({ inhibitOnFailure, notifyUp, notifyDown }) => [inhibitOnFailure, notifyUp, notifyDown]),
      [
        [true, null, null],
        [false, command('/bin/up'), command('/bin/down', 'a')],
      ],
    );
  });

  test('gives a sorry server the port of its service unless packets to it are rewritten', () => {
    const sorryOf = (lines: string) => {
      const text = service(lines);
      return [serviceOf(text).sorry?.key.port, ...said(text)];
    };
    assert.deepEqual(sorryOf('lb_kind NAT\nsorry_server 10.0.2.1'), [80]);
    assert.deepEqual(sorryOf('lb_kind NAT\nsorry_server 10.0.2.1 81'), [81]);
    assert.deepEqual(sorryOf('lb_kind DR\nsorry_server 10.0.2.1 81'), [80, '4:23 warning value_replaced']);
    assert.deepEqual(said(service('sorry_server_inhibit')), ['3:1 warning overridden']);
  });

  test('has the commands of a group at all of its addresses, and suspends no service of a mark', () => {
    const text = `virtual_server_group G {\n10.0.0.1-2 80\nfwmark 7\n}
virtual_server group G {
protocol TCP
lb_kind DR
ha_suspend
quorum_up /bin/up
real_server 10.1.0.1 80 { notify_down /bin/down }
}`;
    assert.deepEqual(said(text), ['8:1 warning value_replaced']);
    assert.deepEqual(
      servicesOf(text).map(({ quorum, haSuspend, servers }) => [
        quorum.up?.argv ?? null,
        servers[0]?.notifyDown?.argv ?? null,
        haSuspend,
      ]),
      [
        [['/bin/up'], ['/bin/down'], true],
        [['/bin/up'], ['/bin/down'], true],
        [['/bin/up'], ['/bin/down'], false],
      ],
    );
  });

  test('fills in what keepalived does', () => {
    const text = 'virtual_server 10.0.0.1 53 {\nreal_server 10.0.1.1 { TCP_CHECK { } }\n}';
    assert.deepEqual(said(text), ['1:16 warning protocol_assumed']);
    const { key, attrs, servers } = serviceOf(text);
    assert.equal(serviceKey(key), 'udp 10.0.0.1:53');
    assert.equal(attrs.scheduler, 'wlc');
    const [server] = servers;
    assert.equal(server?.attrs.forward, 'nat');
    assert.deepEqual(server?.checks[0], {
      type: 'tcp',
      source: { address: null, port: null, interface: null, fwmark: null },
      target: { address: '10.0.1.1', port: 53 },
      timeout: 5000,
      interval: 60_000,
      retry: 1,
      delayBeforeRetry: 1000,
      rise: 1,
      warmup: 60_000,
      alpha: false,
    });
  });

  test('gives a check what its server and its service say', () => {
    const text = service(`delay_loop 7
retry 9
connect_timeout 2
weight 4
real_server 10.0.1.1 80 {
  retry 4
  warmup 3
  TCP_CHECK {
    delay_loop 11
  }
}
real_server 10.0.1.2 80 {
  weight 0
  TCP_CHECK {
  }
}`);
    assert.deepEqual(
      serviceOf(text).servers.map(({ attrs, checks: [check] }) => [
        attrs.weight,
        check?.interval,
        check?.retry,
        check?.warmup,
        check?.timeout,
      ]),
      [
        [4, 11_000, 4, 3000, 2000],
        [0, 7000, 9, 7000, 2000],
      ],
    );
  });

  test('gives servers the port of the service unless it forwards by NAT, but checks the port of their heads', () => {
    const lines = (kind: string) => service(`lb_kind ${kind}\nreal_server 10.0.1.1 8080 { TCP_CHECK { } }`);
    const ports = (text: string) =>
      serviceOf(text).servers.map(({ key, checks: [check] }) => [
        key.port,
        check?.type === 'tcp' && check.target.port,
      ]);
    assert.deepEqual(ports(lines('NAT')), [[8080, 8080]]);
    assert.deepEqual(ports(lines('DR')), [[80, 8080]]);
    assert.deepEqual(said(lines('DR')), ['4:22 warning value_replaced']);
    const mark = 'virtual_server fwmark 3 {\nlb_kind DR\nreal_server 10.0.1.1 8080 { TCP_CHECK { } }\n}';
    assert.deepEqual(ports(mark), [[0, 8080]]);
    assert.equal(serviceOf(mark).name, 'fwmark:3');
  });

  for (const [line, column, code, message] of [
    ['lb_algo rrr', 9, 'unknown_value', /"rrr" is no scheduler/],
    ['lb_algo RR', 9, 'unknown_value', /"RR" is no scheduler/],
    ['lb_kind dr', 9, 'unknown_value', /"dr" is no way of forwarding/],
    ['protocol ICMP', 10, 'unknown_value', /"ICMP" is no protocol/],
    ['delay_loop 0', 12, 'out_of_range', /1ms to 24h/],
    ['persistence_timeout ever', 21, 'bad_value', /whole number/],
    ['real_server 10.0.1.300 80 { }', 13, 'bad_value', /not an IP address/],
    ['real_server 10.0.1.3 70000 { }', 22, 'out_of_range', /0 to 65535/],
    ['real_server 10.0.1.3 80 { weight -1 }', 34, 'out_of_range', /0 to 2147483647/],
    ['real_server ::1 80 { }', 13, 'mixed_families', /only forwarding by tun/],
    ['real_server 10.0.1.3 80 { lthreshold 5 }', 38, 'out_of_range', /above the upper threshold/],
    ['lb_kind TUN type gue', 9, 'missing_key', /gue needs a UDP port/],
    ['quorum many', 8, 'bad_value', /whole number/],
  ] as const) {
    test(`refuses ${line}`, () => {
      const first = readText(service(line)).diagnostics.find(({ severity }) => severity === 'error');
      assert.deepEqual([first?.line, first?.column, first?.code], [3, column, code]);
      assert.match(first?.message ?? '', message);
    });
  }

  test('refuses a head that names nothing, and still reads what is in the block', () => {
    assert.deepEqual(said(service('lb_algo x', '10.0.0.999 80')), [
      '1:16 error bad_value',
      '3:9 error unknown_value',
    ]);
    assert.deepEqual(said(service('', 'group NONE')), ['1:22 error unknown_name']);
    assert.deepEqual(said(service('', '')), ['1:1 error missing_value']);
  });

  test('refuses two services of one address, port and protocol', () => {
    assert.deepEqual(said(service('') + service('')), ['6:16 error duplicate_service']);
  });

  test('leaves out a service without servers, and a second equal server', () => {
    const text = `${service('real_server 10.0.1.1 80 {\nTCP_CHECK { retry 5 }\nTCP_CHECK { retry 6 }\n}\nreal_server 10.0.1.1 80 { weight 9 }')}virtual_server 10.0.0.2 80 {\nprotocol TCP\n}`;
    assert.deepEqual(said(text), ['7:13 warning duplicate_server', '10:16 warning no_servers']);
    const { servers } = serviceOf(text);
    assert.deepEqual(
      servers.map(({ attrs, checks }) => [attrs.weight, checks.map(({ retry }) => retry)]),
      [[1, [5, 6]]],
    );
  });

  test('makes a service of all ports persistent', () => {
    const text = service('', '10.0.0.1');
    assert.deepEqual(said(text), ['1:16 warning value_replaced']);
    assert.equal(serviceOf(text).attrs.persistence?.timeout, 360);
    assert.equal(serviceOf(service('persistence_timeout')).attrs.persistence?.timeout, 360);
  });

  test('leaves out what keepalived does: no timeout, flags of other schedulers, ops for TCP', () => {
    const text = service('persistence_timeout 0\nlb_algo rr\nsh-port\nops');
    assert.deepEqual(said(text), [
      '3:21 warning value_replaced',
      '5:1 warning entry_skipped',
      '6:1 warning value_replaced',
    ]);
    assert.deepEqual(serviceOf(text).attrs, {
      scheduler: 'rr',
      schedulerFlags: [],
      persistence: null,
      onePacket: false,
    });
  });

  test('makes a service with a granularity persistent for 360 seconds, as keepalived does', () => {
    const text = service('persistence_granularity 255.255.255.0');
    assert.deepEqual(said(text), ['3:25 warning value_replaced']);
    assert.deepEqual(serviceOf(text).attrs.persistence, { timeout: 360, prefix: 24, engine: null });
  });

  test('lowers a quorum that can never be reached, and a hysteresis that is not below it', () => {
    const text = service('quorum 5\nhysteresis 4\nreal_server 10.0.1.1 80 { weight 3 }');
    assert.deepEqual(said(text), ['3:8 warning quorum_too_high', '4:12 warning quorum_too_high']);
    const { quorum, hysteresis } = serviceOf(text).quorum;
    assert.deepEqual([quorum, hysteresis], [3, 2]);
    assert.deepEqual(said(service('quorum 1')), []);
  });

  test('makes one service of the addresses, ranges and marks of a group', () => {
    const group = `virtual_server_group G {
10.0.0.9 80
10.0.0.1-2 81
10.0.1.254-10.0.2.1 82
10.0.3.0/31 83
fwmark 7
}
virtual_server group G {
protocol TCP
lb_kind DR
real_server 10.1.0.1 { }
real_server 10.1.0.2 { weight 0 }
}`;
    const services = servicesOf(group);
    assert.deepEqual(new Set(services.map(({ name }) => name)), new Set(['G']));
    assert.deepEqual(
      services.map(({ key }) => serviceKey(key)),
      [
        'tcp 10.0.0.9:80',
        'tcp 10.0.0.1:81',
        'tcp 10.0.0.2:81',
        'tcp 10.0.1.254:82',
        'tcp 10.0.1.255:82',
        'tcp 10.0.2.0:82',
        'tcp 10.0.2.1:82',
        'tcp 10.0.3.0:83',
        'tcp 10.0.3.1:83',
        'fwmark 7',
      ],
    );
    assert.deepEqual(
      services.map(({ servers }) => servers.map(({ key }) => key.port).join(' ')),
      ['80 80', '81 81', '81 81', '82 82', '82 82', '82 82', '82 82', '83 83', '83 83', '0 0'],
    );
  });

  test('reads ranges of IPv6 in hex, and gives a mark beside them their family', () => {
    const text = `virtual_server_group G {
ae00::9-b 80
fwmark 7
}
virtual_server group G {
protocol TCP
real_server ae00::1:1 80 { }
}`;
    assert.deepEqual(
      servicesOf(text).map(({ key }) => serviceKey(key)),
      ['tcp [ae00::9]:80', 'tcp [ae00::a]:80', 'tcp [ae00::b]:80', 'fwmark 7 inet6'],
    );
  });

  test('takes the TUN of a server for a plain one, whatever its service has', () => {
    const text = service(
      'lb_kind TUN type gue port 6080\nreal_server 10.0.1.1 80 { lvs_method TUN }\nreal_server 10.0.1.2 80 { }',
    );
    assert.deepEqual(
      serviceOf(text).servers.map(({ attrs }) => attrs.tunnel?.type),
      ['ipip', 'gue'],
    );
  });

  test('calls a group that serves twice after its protocols', () => {
    const group = (protocol: string) =>
      `virtual_server group "G!" {\nprotocol ${protocol}\nreal_server 10.1.0.1 { }\n}\n`;
    const text = `virtual_server_group "G!" {\n10.0.0.1 80\n}\n${group('TCP')}${group('UDP')}`;
    assert.deepEqual(
      servicesOf(text).map(({ name, key }) => [name, serviceKey(key)]),
      [
        ['G_', 'tcp 10.0.0.1:80'],
        ['G_:udp', 'udp 10.0.0.1:80'],
      ],
    );
  });

  test('refuses a range that goes backwards or means too many addresses', () => {
    const group = (range: string) => said(`virtual_server_group G {\n${range} 80\n}`);
    assert.deepEqual(group('10.0.0.9-3'), ['2:1 error bad_value']);
    assert.deepEqual(group('10.0.0.9-300'), ['2:1 error bad_value']);
    assert.deepEqual(group('10.0.0.0/8'), ['2:1 error too_large']);
  });

  test('gives places by the paths of YAML, in a group the line of the entry', () => {
    const { placeOf } = readText(service('lb_algo rr\nreal_server 10.0.1.1 80 {\nweight 3\n}'));
    const at = (...path: (string | number)[]) => {
      const { line, column, path: keywords } = placeOf(path);
      return `${line}:${column} ${keywords}`;
    };
    assert.equal(at('services', '10.0.0.1:tcp:80'), '1:16 virtual_server 10.0.0.1 80');
    assert.equal(at('services', '10.0.0.1:tcp:80', 'scheduler'), '3:9 virtual_server 10.0.0.1 80 > lb_algo');
    assert.equal(
      at('services', '10.0.0.1:tcp:80', 'servers', 0, 'weight'),
      '5:8 virtual_server 10.0.0.1 80 > real_server 10.0.1.1 80 > weight',
    );
    assert.equal(at('nothing'), '1:1 ');
    const group = readText(
      `virtual_server_group G {\n10.0.0.1 80\n10.0.0.2 80\n}\n${service('lb_algo rr', 'group G')}`,
    );
    assert.equal(group.placeOf(['services', 'G', 'addresses', 1]).line, 3);
    assert.equal(group.placeOf(['services', 'G', 'scheduler']).line, 7);
  });

  test('counts a day as the longest time and milliseconds as the shortest', () => {
    assert.deepEqual(said(service('delay_loop 1.0004')), ['3:12 warning value_replaced']);
    assert.deepEqual(said(service('delay_loop 90000')), ['3:12 error out_of_range']);
    assert.equal(configOf(service('delay_loop 1.0004')).services.length, 1);
  });
});
