import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { firstSaid, instance, MAIN, readText, said, service } from './compose-text.ts';

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
    const check = config?.services[0]?.servers[0]?.check;
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
      instance('smtp_alert\nnotify "/bin/tell all" root') +
        instance('smtp_alert', 'VI_2').replace('51', '52').replace('0.0.1', '0.0.2'),
    );
    assert.deepEqual(
      diagnostics.map(({ line, message }) => [line, message]),
      [
        [5, '"smtp_alert" has no effect yet: lbd sends no mail (also in 1 more place)'],
        [6, '"notify" has no effect yet: lbd runs no scripts'],
      ],
    );
    assert.deepEqual(
      leftOut.map(({ file, line, text, of, why, reason }) => [file, line, text, of.join(' '), why, reason]),
      [
        [MAIN, 5, 'smtp_alert', 'vrrp VI_1', 'yet', 'lbd sends no mail'],
        [MAIN, 6, 'notify "/bin/tell all" root', 'vrrp VI_1', 'yet', 'lbd runs no scripts'],
        [MAIN, 12, 'smtp_alert', 'vrrp VI_2', 'yet', 'lbd sends no mail'],
      ],
    );
  });

  test('does not speak of a keyword that asks for what lbd does anyway', () => {
    const text = 'global_defs {\nvrrp_skip_check_adv_addr\nvrrp_garp_interval 0\nvrrp_gna_interval 0.5\n}';
    assert.deepEqual(said(text), ['4:1 warning no_effect_yet']);
  });

  test('says what names in tracks and groups are of nothing, and what may have been meant', () => {
    const text = `vrrp_script chk_nginx { script "/bin/true" }
vrrp_sync_group G { group { VI_1 VI_9 } }
${instance('track_script { chk_ngnix weight 2 }')}`;
    const found = readText(text).diagnostics.filter(({ code }) => code === 'unknown_name');
    assert.deepEqual(
      found.map(({ line, message, suggestion, path }) => [line, message, suggestion, path]),
      [
        [2, 'there is no vrrp_instance "VI_9"', 'VI_1', 'vrrp_sync_group G > group'],
        [7, 'there is no vrrp_script "chk_ngnix"', 'chk_nginx', 'vrrp_instance VI_1 > track_script'],
      ],
    );
  });

  test('takes the old form of a group, which has its instances among the keywords', () => {
    const text = `vrrp_sync_group G {\nVI_1\nVI_2\nsmtp_alert\n}\n${instance('')}`;
    assert.deepEqual(said(text), ['1:1 warning no_effect_yet', '3:1 warning unknown_keyword']);
  });

  test('never shows a password', () => {
    const secret = 'hunter27';
    for (const lines of [
      `authentication {\nauth_type PASS\nauth_pass ${secret} ${secret}\n}`,
      `authentication {\nauth_type ${secret}\nauth_pas ${secret}\n${secret}\n}`,
      `authentication ${secret} {\nauth_type AH\nauth_pass ${secret}\n}`,
      `auth_pass ${secret}`,
      `auth_hmac {\nkey 1 ${secret}\nkye 1 ${secret}\n}`,
      `authentication { auth_pass ${secret}é }`,
    ]) {
      const { diagnostics, leftOut } = readText(instance(lines));
      assert.ok(diagnostics.length > 0, lines);
      assert.equal(JSON.stringify([diagnostics, leftOut]).includes(secret), false, lines);
    }
    const { leftOut } = readText(`SSL {\npassword ${secret}\n}`);
    assert.deepEqual(
      leftOut.map(({ text }) => text),
      ['SSL', 'password …'],
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
