import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf, instance, instanceOf, readText, say, service, serviceOf } from './compose-text.ts';

const saidOf = (text: string): readonly string[] => readText(text).diagnostics.map(say);
const anyone = { user: null, group: null };

describe('readKeepalived, of notices', () => {
  test('reads the commands of an instance, with arguments and who runs them', () => {
    const text = instance(`notify_master "/bin/up 'a b' c" nobody users
notify_backup /bin/down
notify_fault /bin/fault
notify_stop /bin/stop
notify_deleted
notify_master_rx_lower_pri /bin/low
notify "/bin/all x"
notify_priority_changes`);
    assert.deepEqual(instanceOf(text).notify, {
      master: { argv: ['/bin/up', 'a b', 'c'], user: 'nobody', group: 'users' },
      backup: { argv: ['/bin/down'], ...anyone },
      fault: { argv: ['/bin/fault'], ...anyone },
      stop: { argv: ['/bin/stop'], ...anyone },
      saysDeleted: true,
      deleted: null,
      lowerPriority: { argv: ['/bin/low'], ...anyone },
      all: { argv: ['/bin/all', 'x'], ...anyone },
      mail: false,
      priorityChanges: true,
    });
    assert.deepEqual(saidOf(text), []);
    assert.deepEqual(instanceOf(instance('notify_deleted /bin/gone')).notify.deleted?.argv, ['/bin/gone']);
  });

  test('takes smtp_alert and priority changes from global_defs, the area before the whole', () => {
    const mailOf = (global: string, own: string) => {
      const text = `global_defs {\n${global}\n}\n${instance(own)}`;
      const { mail, priorityChanges } = instanceOf(text).notify;
      return [mail, priorityChanges];
    };
    assert.deepEqual(mailOf('', ''), [false, false]);
    assert.deepEqual(mailOf('smtp_alert\nvrrp_notify_priority_changes', ''), [true, true]);
    assert.deepEqual(mailOf('smtp_alert\nsmtp_alert_vrrp off', ''), [false, false]);
    assert.deepEqual(mailOf('smtp_alert_vrrp on', 'smtp_alert off'), [false, false]);
    assert.deepEqual(mailOf('smtp_alert_checker', ''), [false, false]);
  });

  test('mails about servers unless told otherwise, about services where asked to, the area before the whole', () => {
    const mailOf = (global: string, own = '', ofServer = '') => {
      const lines = `${own}\nreal_server 10.0.1.1 80 {\n${ofServer}\n}`;
      const { mail, servers } = serviceOf(
        `global_defs {\nsmtp_server 10.0.0.9\nnotification_email { ops }\n${global}\n}\n${service(lines)}`,
      );
      return [mail, ...servers.map((server) => server.mail)];
    };
    assert.deepEqual(mailOf(''), [false, true]);
    assert.deepEqual(mailOf('smtp_alert'), [true, true]);
    assert.deepEqual(mailOf('smtp_alert off'), [false, false]);
    assert.deepEqual(mailOf('smtp_alert\nsmtp_alert_checker off'), [false, false]);
    assert.deepEqual(mailOf('smtp_alert_checker on\nsmtp_alert_vrrp off'), [true, true]);
    // A server does not take it from its service.
    assert.deepEqual(mailOf('', 'smtp_alert off'), [false, true]);
    assert.deepEqual(mailOf('smtp_alert_checker off', 'smtp_alert'), [true, false]);
    assert.deepEqual(mailOf('', 'smtp_alert', 'smtp_alert no'), [true, false]);
  });

  test('reads mail, FIFOs and scripts of global_defs', () => {
    const { notify, scripts } = configOf(`global_defs {
notification_email { ops@example.net
"Ops Team <team@example.net>" }
notification_email_from lbd@example.net
smtp_server mail.example.net 2525
smtp_helo_name lb01
smtp_connect_timeout 5
no_email_faults
vrrp_notify_fifo /run/vrrp nobody
notify_fifo /run/all
notify_fifo_script "/bin/read -x" nobody users
fifo_write_vrrp_states_on_reload
rs_init_notifies
no_checker_emails
script_user nobody
enable_script_security
startup_script "/bin/start a"
startup_script_timeout 20
shutdown_script /bin/stop nobody
}`);
    assert.deepEqual(notify, {
      fifos: [
        {
          ...{ path: '/run/all', of: 'all', ...anyone },
          script: { argv: ['/bin/read', '-x'], user: 'nobody', group: 'users' },
        },
        { path: '/run/vrrp', of: 'vrrp', user: 'nobody', group: null, script: null },
      ],
      mail: {
        ...{ host: 'mail.example.net', port: 2525, security: 'none', auth: null, helo: 'lb01' },
        ...{ from: 'lbd@example.net', to: ['ops@example.net', 'Ops Team <team@example.net>'] },
        ...{ timeout: 5000, noFaults: true },
      },
      webhooks: [],
      statesOnReload: true,
      serversAtFirst: true,
    });
    assert.deepEqual(scripts, {
      ...{ user: 'nobody', group: null, security: true },
      startup: { command: { argv: ['/bin/start', 'a'], ...anyone }, timeout: 20_000 },
      shutdown: { command: { argv: ['/bin/stop'], user: 'nobody', group: null }, timeout: 10_000 },
    });
  });

  test('says that no mail is sent without a server or somebody to go to, and that a FIFO is missing', () => {
    const text = `global_defs {
notification_email { ops@example.net }
notification_email_from lbd@example.net
notify_fifo_script /bin/read
smtp_alert_checker
no_checker_emails off
}
${instance('smtp_alert')}`;
    assert.deepEqual(saidOf(text), [
      '2:1 warning no_mail: no mail is sent: there is no smtp_server',
      '4:20 warning overridden: it has no effect without its FIFO',
      '6:1 warning no_effect_here: "no_checker_emails" has no effect here: lbd sends one mail when a server comes or goes, however many checkers it has',
      '12:1 warning no_mail: no mail is sent: nothing says by which server and to whom',
    ]);
    const { leftOut, config } = readText(text);
    assert.deepEqual(
      leftOut.filter(({ reason }) => reason === 'there is no smtp_server').map(({ line }) => line),
      [2, 2, 3, 5],
    );
    assert.equal(config?.notify.mail, null);
  });

  test('refuses commands, users and addresses that are none', () => {
    const text = `global_defs {
notification_email { "a b" }
smtp_server a@b
notify_fifo fifo
script_user
}
${instance('notify_master ""\nnotify_fault\nnotify_stop /bin/a a:b')}`;
    assert.deepEqual(
      saidOf(text).map((line) => line.replace(/(\w): .*$/, '$1')),
      [
        ...['2:22 error bad_value', '3:13 error bad_value', '4:13 error bad_value'],
        ...[
          '5:1 error missing_value',
          '11:15 error bad_value',
          '12:1 error missing_value',
          '13:20 error bad_value',
        ],
      ],
    );
  });
});
