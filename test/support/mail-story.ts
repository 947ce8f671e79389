import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Lab } from '../lab/lab.ts';
import { eventually } from './eventually.ts';
import type { ReceivedMail } from './smtp.ts';

/** A program that runs on d1, lbd or keepalived. */
export interface Told {
  start(conf: string): void;
  stop(): Promise<unknown>;
}

const PORT = 2525;

/**
 * One of two servers, which has two checkers, goes and comes back, and takes the quorum with it. Whatever program is on d1
 * tells of that in the same words, as keepalived 2.2.7 does. The lab has one director and two web servers.
 */
export async function mailStory(lab: Lab, program: Told, limit: number): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'lbd-mail-'));
  const mails: ReceivedMail[] = [];
  const smtp = await startSmtpOn(lab, limit, (mail) => mails.push(mail));
  const file = path.join(directory, 'told');
  const [service, server] = [`[${lab.vip}]:tcp:80`, `[${lab.host('rs1').address}]:tcp:80`];
  /** What has come since the last time, in any order: who is mailed first is chance. */
  const isTold = async (what: string, subjects: readonly string[], scripts: readonly string[]) => {
    await eventually(what, limit, () => {
      const told = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
      assert.deepEqual(told, scripts);
      assert.deepEqual(mails.map(({ data }) => subjectOf(data)).sort(), subjects);
      return true;
    });
    for (const { from, to } of mails.splice(0)) assert.deepEqual([from, to], [FROM, [TO]]);
    rmSync(file);
  };
  const quorum = (state: string) => `[lb01] Virtualserver ${service} - ${state}`;
  const real = (state: string) => `[lb01] Realserver ${server} of virtual server ${service} - ${state}`;
  try {
    program.start(confOf(lab, file));
    await isTold('what it begins with is told', [quorum('UP')], ['rs1 up']);
    await lab.web('rs1').stop();
    await isTold('the loss is told', [real('DOWN'), quorum('DOWN')], ['rs1 down']);
    await lab.web('rs1').start();
    await isTold('the return is told', [real('UP'), quorum('UP')], ['rs1 up']);
  } finally {
    await program.stop();
    smtp.kill();
    rmSync(directory, { recursive: true });
  }
}

const [FROM, TO] = ['lb@example.net', 'ops@example.net'];

const confOf = (lab: Lab, told: string): string => `global_defs {
  router_id lb01
  smtp_server 127.0.0.1 ${PORT}
  notification_email_from ${FROM}
  notification_email { ${TO} }
  no_checker_emails
  rs_init_notifies
  script_user root
}
virtual_server ${lab.vip} 80 {
  delay_loop 1
  lb_algo rr
  lb_kind DR
  protocol TCP
  quorum 2
  smtp_alert
  retry 0
  real_server ${lab.host('rs1').address} 80 {
    notify_up "/bin/sh -c 'echo rs1 up >> ${told}'"
    notify_down "/bin/sh -c 'echo rs1 down >> ${told}'"
    TCP_CHECK { }
    HTTP_GET {
      url {
        path /
        status_code 200
      }
    }
  }
  real_server ${lab.host('rs2').address} 80 {
    smtp_alert off
    TCP_CHECK { }
  }
}
`;

/** The subject of a mail, unfolded. */
const subjectOf = (data: string): string | undefined =>
  /^Subject: (.*(?:\r?\n[ \t].*)*)/m
    .exec(data)?.[1]
    ?.replaceAll(/\r?\n[ \t]+/g, ' ')
    .trimEnd();

async function startSmtpOn(
  lab: Lab,
  limit: number,
  heard: (mail: ReceivedMail) => void,
): Promise<ChildProcess> {
  const child = lab
    .host('d1')
    .spawn(process.execPath, [path.join(import.meta.dirname, 'smtp-main.js'), String(PORT)]);
  const { stdout } = child;
  assert.ok(stdout !== null);
  let isUp = false;
  createInterface({ input: stdout }).on('line', (line) => {
    if (isUp) heard(JSON.parse(line) as ReceivedMail);
    isUp = true;
  });
  await eventually('the mail server is up', limit, () => isUp);
  return child;
}
