/** Run by tcp-probes.test.ts in the namespace of a director: makes the checks of its argument, prints their outcomes. */
import { readdirSync, readlinkSync } from 'node:fs';
import { millis } from '../../src/base/units.ts';
import { openStreamSocket } from '../../src/kernel/connect-socket.ts';
import { createTcpProber } from '../../src/kernel/tcp-prober.ts';
import type { HttpProbe, SmtpProbe, TcpProbe } from '../../src/model/check.ts';
import type { ProbeOutcome } from '../../src/model/probe.ts';
import { probeHttp } from '../../src/probes/http.ts';
import { probeSmtp } from '../../src/probes/smtp.ts';
import { probeTcp } from '../../src/probes/tcp.ts';

export type Job = TcpProbe | SmtpProbe | HttpProbe;

const TIMEOUT = millis(5000);

function linkOf(fd: string): string {
  try {
    return readlinkSync(fd);
  } catch {
    // That of the listing itself.
    return '';
  }
}

/** Sockets, and what waits for them. */
const descriptors = () =>
  readdirSync('/proc/self/fd').filter((fd) => /^(socket|anon_inode):/.test(linkOf(`/proc/self/fd/${fd}`)))
    .length;
const before = descriptors();
const jobs = JSON.parse(process.argv[2] ?? '[]') as readonly Job[];
const prober = createTcpProber();
const outcomes: ProbeOutcome[] = [];
for (const job of jobs) {
  if (job.type === 'tcp') outcomes.push(await probeTcp(job, TIMEOUT, prober.connect));
  else if (job.type === 'smtp') outcomes.push(await probeSmtp(job, TIMEOUT, openStreamSocket));
  else
    for (const request of job.requests)
      outcomes.push(await probeHttp(job, request, TIMEOUT, openStreamSocket));
}
prober.close();
if (descriptors() !== before) throw new Error(`${descriptors() - before} descriptors are left`);
process.stdout.write(JSON.stringify(outcomes));
