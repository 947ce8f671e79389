import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf, instance, said } from './read.ts';

describe('readYaml, of notices', () => {
  test('takes commands as a line, as words, and with who runs them', () => {
    const notify = String.raw`notify: { master: "/bin/up 'a b' \"c\" d\\ e", backup: [/bin/down, ""], fault: { command: /bin/f x, user: nobody, group: users }, deleted: true, lower_priority: /bin/low, all: /bin/all, mail: true }`;
    const text = `vrrp:\n${instance('VI_1', notify)}`;
    const [vi] = configOf(text).instances;
    const anyone = { user: null, group: null };
    assert.deepEqual(vi?.notify, {
      master: { argv: ['/bin/up', 'a b', 'c', 'd e'], ...anyone },
      backup: { argv: ['/bin/down', ''], ...anyone },
      fault: { argv: ['/bin/f', 'x'], user: 'nobody', group: 'users' },
      stop: null,
      saysDeleted: true,
      deleted: null,
      lowerPriority: { argv: ['/bin/low'], ...anyone },
      all: { argv: ['/bin/all'], ...anyone },
      mail: true,
      priorityChanges: false,
    });
    assert.deepEqual(
      said(text).map((line) => line.replace(/^\S+ /, '')),
      ['warning no_mail: no mail is sent: nothing says by which server and to whom'],
    );
  });

  test('refuses commands that are none', () => {
    const notify = `notify: { master: "'", backup: [], fault: { command: /bin/f, group: users }, stop: "", all: 5 }`;
    assert.deepEqual(
      said(`vrrp:\n${instance('VI_1', notify)}`).map((line) => line.replace(/^\S+ /, '')),
      [
        'error bad_value: a quotation mark in this command has no partner',
        'error bad_value: this command names no program',
        'error missing_key: a "group" needs the "user" beside it',
        'error bad_value: this command names no program',
        'error wrong_type: expected text or a list or a map, found 5',
      ],
    );
  });

  test('gives FIFOs, mail and webhooks the defaults of keepalived', () => {
    const { notify, scripts } = configOf(`script_user: nobody users
startup_script: /bin/start
notify_fifos: [{ path: /run/f, script: /bin/read -x }, { path: /run/g, of: vrrp, user: nobody }]
mail: { smtp_server: mail.example.net, notification_email: [ops@example.net] }
webhooks: [https://example.net/hook]
`);
    assert.deepEqual(notify, {
      fifos: [
        {
          ...{ path: '/run/f', of: 'all', user: null, group: null },
          script: { argv: ['/bin/read', '-x'], user: null, group: null },
        },
        { path: '/run/g', of: 'vrrp', user: 'nobody', group: null, script: null },
      ],
      mail: {
        ...{ host: 'mail.example.net', port: 25, security: 'none', auth: null, helo: null },
        ...{ from: 'root@h', to: ['ops@example.net'], timeout: 30_000, noFaults: false },
      },
      webhooks: [{ url: 'https://example.net/hook', timeout: 10_000 }],
      statesOnReload: false,
      serversAtFirst: false,
    });
    assert.deepEqual(scripts, {
      ...{ user: 'nobody', group: 'users', security: true, shutdown: null },
      startup: { command: { argv: ['/bin/start'], user: null, group: null }, timeout: 10_000 },
    });
  });

  test('mails about servers unless told otherwise, about services where asked to', () => {
    const text = (mail: string, service = '', server = '') => `rs_init_notifies: true
${mail}
services:
  web: { address: 10.0.0.1, port: 80, protocol: tcp${service}, servers: [{ address: 10.0.1.1${server} }] }
`;
    const sent = (more = '') =>
      `mail: { smtp_server: mail.example.net, notification_email: [ops@example.net]${more} }`;
    const mailOf = (...of: Parameters<typeof text>) => {
      const { services, notify } = configOf(text(...of));
      assert.equal(notify.serversAtFirst, true);
      return services.flatMap(({ mail, servers }) => [mail, ...servers.map((server) => server.mail)]);
    };
    assert.deepEqual(mailOf(sent()), [false, true]);
    assert.deepEqual(mailOf(sent(', smtp_alert_checker: false')), [false, false]);
    assert.deepEqual(mailOf(sent(', smtp_alert_checker: true'), '', ', mail: false'), [true, false]);
    assert.deepEqual(mailOf(sent(), ', mail: true', ', mail: false'), [true, false]);
    const nowhere = 'warning no_mail: no mail is sent: nothing says by which server and to whom';
    assert.deepEqual(said(text('')), []);
    assert.deepEqual(said(text('', ', mail: true', ', mail: true')), [`4:60 ${nowhere}`]);
    assert.deepEqual(said(text('', '', ', mail: true')), [`4:91 ${nowhere}`]);
  });

  test('refuses FIFOs that are one, users that are none, and URLs with a password, which it does not show', () => {
    const text = `script_user: a b c
notify_fifos: [{ path: /run/f }, { path: /run/f }, { path: f }]
webhooks: [https://me:hunter27@example.net/, ftp://example.net]
`;
    assert.deepEqual(said(text), [
      '1:14 error bad_value: "a b c" is no user, or user and group',
      '2:42 error conflicting_keys: /run/f is a FIFO already',
      '2:60 error bad_value: a path begins with / and has at most 4095 characters',
      '3:12 error bad_value: this is no URL of http or https',
      '3:46 error bad_value: this is no URL of http or https',
    ]);
  });
});
