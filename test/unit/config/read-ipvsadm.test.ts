import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readIpvsadm } from '../../../src/config/read-ipvsadm.ts';
import { destKey, serviceKey } from '../../../src/model/services.ts';

const readText = (text: string) => readIpvsadm(text, 'saved', { hostname: 'lb01' });

/** Each service and its servers, as somebody would note them down. */
function factsOf(text: string): readonly string[] {
  const { config, diagnostics } = readText(text);
  assert.ok(config !== null, JSON.stringify(diagnostics));
  return config.services.map(({ name, key, attrs, servers }) => {
    const { scheduler, schedulerFlags, persistence, onePacket } = attrs;
    const listed = servers.map(({ key, attrs, checks }) => {
      assert.deepEqual(checks, []);
      const { tunnel } = attrs;
      const more = tunnel === null ? '' : ` ${tunnel.type} ${tunnel.port} ${tunnel.checksum}`;
      return `${destKey(key)} ${attrs.forward}${more} ${attrs.weight} ${attrs.upperThreshold} ${attrs.lowerThreshold}`;
    });
    const kept = persistence === null ? [] : [persistence.timeout, persistence.prefix, persistence.engine];
    const about = [
      name,
      '=',
      serviceKey(key),
      scheduler,
      ...schedulerFlags,
      ...kept,
      ...(onePacket ? ['ops'] : []),
    ];
    return `${about.join(' ')}: ${listed.join(', ')}`;
  });
}

test('readIpvsadm reads what ipvsadm -Sn of 1.31 prints', () => {
  const saved = `-A -t 192.0.2.10:80 -s wlc
-a -t 192.0.2.10:80 -r 10.0.0.11:8080 -m -w 10
-a -t 192.0.2.10:80 -r 10.0.0.12:8080 -m -w 0
-A -t 192.0.2.10:443 -s sh -p 300 -M 255.255.255.0 -b sh-fallback,sh-port
-a -t 192.0.2.10:443 -r 10.0.0.11:443 -g -w 1
-A -u 192.0.2.10:5060 -s rr -p 30 --pe sip -o
-a -u 192.0.2.10:5060 -r 10.0.0.31:5060 -m -w 1
-A --sctp-service 192.0.2.10:3868 -s wrr
-A -t [2001:db8::80]:80 -s mh -p 360 -M 64 -b mh-port
-a -t [2001:db8::80]:80 -r [2001:db8:0::1]:80 -i -w 100 --tun-type ipip
-A -f 7 -s wrr
-a -f 7 -r 10.0.0.22:0 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-a -f 7 -r 10.0.0.23:0 -i -w 1 --tun-type gre --tun-nocsum
-A -f 8 -6 -s rr -p 600
-a -f 8 -6 -r [2001:db8::a0a0]:0 -m -w 1
`;
  assert.deepEqual(factsOf(saved), [
    '192.0.2.10:tcp:80 = tcp 192.0.2.10:80 wlc: 10.0.0.11:8080 nat 10 0 0, 10.0.0.12:8080 nat 0 0 0',
    '192.0.2.10:tcp:443 = tcp 192.0.2.10:443 sh 1 2 300 24 : 10.0.0.11:443 dr 1 0 0',
    '192.0.2.10:udp:5060 = udp 192.0.2.10:5060 rr 30 32 sip ops: 10.0.0.31:5060 nat 1 0 0',
    '192.0.2.10:sctp:3868 = sctp 192.0.2.10:3868 wrr: ',
    '[2001:db8::80]:tcp:80 = tcp [2001:db8::80]:80 mh 2 360 64 : [2001:db8::1]:80 tun ipip 0 none 100 0 0',
    'fwmark:7 = fwmark 7 wrr: 10.0.0.22:0 tun gue 6080 csum 1 0 0, 10.0.0.23:0 tun gre 0 none 1 0 0',
    'fwmark:8:inet6 = fwmark 8 inet6 rr 600 128 : [2001:db8::a0a0]:0 nat 1 0 0',
  ]);
  const { config, diagnostics } = readText(saved);
  assert.deepEqual([config?.routerId, config?.instances, config?.drift.policy], ['lb01', [], 'repair']);
  assert.deepEqual(
    diagnostics.map(({ line, code }) => `${line} ${code}`),
    ['8 no_servers'],
  );
});

test('readIpvsadm reads scripts: long options, defaults, comments, and what 1.26 saved', () => {
  const script = `\ufeff# our table\r
/sbin/ipvsadm -C\r
\r
 ipvsadm --add-service --tcp-service=10.0.0.1:0 --persistent\r
-At 10.0.0.2:80
-at10.0.0.2:80 -r 10.0.0.9 -w5 -x 10 --l-threshold=3
-A -u 10.0.0.2:5060 -s rr -p 30 pe sip ops
-A -f -2
`;
  assert.deepEqual(factsOf(script), [
    '10.0.0.1:tcp:0 = tcp 10.0.0.1:0 wlc 360 32 : ',
    '10.0.0.2:tcp:80 = tcp 10.0.0.2:80 wlc: 10.0.0.9:80 dr 5 10 3',
    '10.0.0.2:udp:5060 = udp 10.0.0.2:5060 rr 30 32 sip ops: ',
    'fwmark:4294967294 = fwmark 4294967294 wlc: ',
  ]);
});

test('readIpvsadm places every mistake', () => {
  const service = '-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.0.0.9\n';
  const rows: readonly (readonly [string, ...string[]])[] = [
    ['-A -t web.example.com:80', '1:7 bad_value'],
    ['-A -t 10.0.0.1:http', '1:16 bad_value'],
    ['-A -t 10.0.0.256:80', '1:7 bad_value'],
    ['-A', '1:1 missing_key'],
    ['-A -t', '1:4 missing_value'],
    ['-A -t 10.0.0.1:80 -u 10.0.0.1:80', '1:19 conflicting_keys'],
    ['-A -t 2001:db8::1:80 -p', '1:7 ambiguous_value', '1:7 no_servers'],
    ['-A -t [2001:db8::1]:80 -6', '1:7 no_servers', '1:24 conflicting_keys'],
    ['-A -f 0', '1:7 out_of_range'],
    ['-t 10.0.0.1:80', '1:1 missing_key'],
    ['ipvsadm'],
    ['ipvsadm stop', '1:9 missing_key'],
    ['-L -n', '1:1 not_supported', '1:4 unknown_key'],
    ['-a -t 10.0.0.1:80 -r 10.0.0.9', '1:7 unknown_name'],
    [`${service}-A -t 10.0.0.1:80`, '3:7 duplicate_service'],
    [`${service}-E -t 10.0.0.1:80 -s rr`, '3:1 not_supported'],
    [`${service}-C`, '3:1 not_supported'],
    [`${service}-a -t 10.0.0.1:80`, '3:1 missing_key'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.9:80`, '3:1 duplicate_server'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.8 -s rr`, '3:31 conflicting_keys'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.8 -g -m`, '3:34 conflicting_keys'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.8 -w 5 -w 6`, '3:36 duplicate_key'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.8 -w 5kg`, '3:34 wrong_type'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.8 -w -1`, '3:34 out_of_range'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.8 --tun-port 5`, '3:31 conflicting_keys'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.8:81 -i`, '3:31 port_mismatch'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.8 -i --tun-type gre --tun-remcsum`, '3:49 conflicting_keys'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.8 # slow`, '3:31 surplus_value'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.8 slow`, '3:31 surplus_value'],
    [`${service}-a -t 10.0.0.1:80 -r 10.0.0.8 --wieght 5 -mz`, '3:31 unknown_key', '3:44 unknown_key'],
  ];
  for (const [text, ...expected] of rows) {
    const { config, diagnostics } = readText(text);
    assert.deepEqual(
      diagnostics.map(({ line, column, code }) => `${line}:${column} ${code}`),
      expected,
      text,
    );
    assert.equal(
      config === null,
      diagnostics.some(({ severity }) => severity === 'error'),
      text,
    );
  }
});

test('readIpvsadm says how to save without names, and what was probably meant', () => {
  const errorOf = (text: string) => {
    const found = readText(text).diagnostics.find(({ severity }) => severity === 'error');
    assert.ok(found, text);
    return found;
  };
  assert.match(errorOf('-A -t web:80').message, /ipvsadm -Sn/);
  assert.equal(errorOf('-A -t 10.0.0.1:80 -s wlcc').suggestion, 'wlc');
  assert.equal(errorOf('-A -f 7 --shceduler rr').suggestion, '--scheduler');
});
