import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { firstSaid, instance, MAIN, readText, said, service } from './compose-text.ts';

const WEB = 'services 10.0.0.1:tcp:80';

describe('readKeepalived, of keywords', () => {
  test('suggests what an unknown one may have meant, and goes on', () => {
    const { severity, code, suggestion, path, message } = firstSaid(instance('prioritee 90'));
    assert.deepEqual(
      [severity, code, suggestion, path],
      ['warning', 'unknown_keyword', 'priority', 'vrrp_instance VI_1'],
    );
    assert.equal(message, '"prioritee" is no keyword in vrrp_instance; it is skipped');
  });

  test('says where a misplaced one belongs, and skips its block', () => {
    const text = service(`real_server 10.0.1.1 80 {
TCP_CHECK {
weight 1
virtual_server 10.0.0.2 80 {
delay_loop 3
}
connect_timeout 7
}
}
interface eth0`);
    const { diagnostics, config, leftOut } = readText(text);
    assert.deepEqual(
      diagnostics.map(({ line, code, message }) => [line, code, message]),
      [
        [5, 'misplaced_keyword', '"weight" belongs in real_server, not in TCP_CHECK; it is skipped'],
        [
          6,
          'misplaced_keyword',
          '"virtual_server" belongs outside of any block, not in TCP_CHECK; it is skipped with its block',
        ],
        [
          12,
          'misplaced_keyword',
          '"interface" belongs in garp_group or vrrp_instance, not in virtual_server; it is skipped',
        ],
      ],
    );
    const check = config?.services[0]?.servers[0]?.checks[0];
    assert.deepEqual([check?.timeout, check?.interval], [7000, 60_000]);
    assert.deepEqual(
      leftOut.map(({ line, text, why }) => [line, text, why]),
      [
        [5, 'weight 1', 'unknown'],
        [6, 'virtual_server 10.0.0.2 80', 'unknown'],
        [7, 'delay_loop 3', 'unknown'],
        [12, 'interface eth0', 'unknown'],
      ],
    );
  });

  test('knows what keepalived has dropped', () => {
    assert.match(firstSaid(service('nat_mask 255.255.255.0')).message, /NAT needs no mask/);
  });

  test('says once what has no effect, and lists every place', () => {
    const { diagnostics, leftOut } = readText(
      service('hashed\nsnmp_name "w w"') +
        service('snmp_name w', '10.0.0.2 80').replaceAll('10.0.1.1', '10.0.1.2') +
        'global_defs { checker_log_all_failures }',
    );
    assert.deepEqual(
      diagnostics.map(({ line, message }) => [line, message]),
      [
        [3, '"hashed" has no effect here: the kernel sets this flag by itself'],
        [4, '"snmp_name" has no effect here: lbd has no SNMP agent (also in 1 more place)'],
        [12, '"checker_log_all_failures" has no effect yet: lbd logs changes of state'],
      ],
    );
    assert.deepEqual(
      leftOut.map(({ file, line, text, of, why, reason }) => [file, line, text, of.join(' '), why, reason]),
      [
        [MAIN, 3, 'hashed', WEB, 'here', 'the kernel sets this flag by itself'],
        [MAIN, 4, 'snmp_name "w w"', WEB, 'here', 'lbd has no SNMP agent'],
        [MAIN, 9, 'snmp_name w', WEB.replace('0.1', '0.2'), 'here', 'lbd has no SNMP agent'],
        [MAIN, 12, 'checker_log_all_failures', '', 'yet', 'lbd logs changes of state'],
      ],
    );
  });

  test('does not speak of a keyword that asks for what lbd does anyway', () => {
    const text = 'global_defs {\nvrrp_skip_check_adv_addr\njson_version 1\njson_version 2\n}';
    assert.deepEqual(said(text), ['4:1 warning no_effect_here']);
  });

  test('says what names in tracks and groups are of nothing, and what may have been meant', () => {
    const text = `vrrp_script chk_nginx { script "/bin/true" }
vrrp_sync_group G { group { VI_1 VI_9 } }
${instance('track_script { chk_ngnix weight 2 }')}
track_group T { group { VI_8 } }`;
    const found = readText(text).diagnostics.filter(({ code }) => code === 'unknown_name');
    assert.deepEqual(
      found.map(({ line, severity, message, suggestion, path }) => [
        line,
        severity,
        message,
        suggestion,
        path,
      ]),
      [
        [2, 'error', 'there is no instance "VI_9"', 'VI_1', 'vrrp_sync_group G > group'],
        [
          ...[7, 'error', 'there is no script "chk_ngnix" to follow'],
          ...['chk_nginx', 'vrrp_instance VI_1 > track_script'],
        ],
        [10, 'warning', 'there is no vrrp_instance "VI_8"', 'VI_1', 'track_group T > group'],
      ],
    );
  });

  test('takes the old form of a group, which has its instances among the keywords', () => {
    const text = `vrrp_sync_group G {\nVI_1\nVI_2\nnotify_stop /bin/true\n}\n${instance('')}`;
    const { config, diagnostics } = readText(text);
    assert.deepEqual(
      diagnostics.map(({ line, code }) => [line, code]),
      [
        [1, 'lone_member'],
        [3, 'unknown_keyword'],
      ],
    );
    assert.deepEqual(config?.syncGroups[0]?.members, ['VI_1']);
    assert.deepEqual(config?.syncGroups[0]?.notify.stop?.argv, ['/bin/true']);
  });

  test('never shows a password', () => {
    const secret = 'hunter27';
    for (const lines of [
      `authentication {\nauth_type PASS\nauth_pass ${secret} ${secret}\n}`,
      `authentication {\nauth_type ${secret}\nauth_pas ${secret}\n${secret}\n}`,
      `authentication ${secret} {\nauth_type AH\nauth_pass ${secret}\n}`,
      `auth_pass ${secret}`,
      `auth_hmac {\nkey 1 ${secret}\nkye 1 ${secret}\n}`,
      `auth_hmac {\nkey ${secret} 1\nactive_key ${secret}\n}`,
      `auth_hmac {\nkey 1 $${secret}\n}`,
      `auth_hmac {\nkey 1 ${secret}{\n}`,
      `auth_hmac ${secret} {\nmode ${secret}\nanti_replay ${secret}\n}`,
      `authentication { auth_pass ${secret}é }`,
    ]) {
      const { diagnostics, leftOut } = readText(instance(lines));
      assert.ok(diagnostics.length > 0, lines);
      assert.equal(JSON.stringify([diagnostics, leftOut]).includes(secret), false, lines);
    }
    const { leftOut } = readText(`SSL {\npassword ${secret}\n}`);
    assert.deepEqual(
      leftOut.map(({ text }) => text),
      ['password …'],
    );
  });

  test('orders what is said by file, in the order of reading, and by place', () => {
    const text = `bogus1 x\ninclude /other.conf\nbogus2 x\n${instance('bogus3 x')}`;
    const { diagnostics, sources } = readText(text, { '/other.conf': 'bogus4 x\n' });
    assert.deepEqual([...sources.keys()], [MAIN, '/other.conf']);
    assert.deepEqual(
      diagnostics.map(({ file, line }) => `${file}:${line}`),
      [`${MAIN}:1`, `${MAIN}:3`, `${MAIN}:8`, '/other.conf:1'],
    );
  });

  test('says that a file cannot be read', () => {
    const { config, diagnostics } = readText('include\n');
    assert.equal(config, null);
    assert.deepEqual(
      diagnostics.map(({ line, code }) => [line, code]),
      [[1, 'missing_value']],
    );
  });
});
