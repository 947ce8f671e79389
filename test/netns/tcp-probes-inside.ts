/** Run by tcp-probes.test.ts in the namespace of a director: makes the checks of its argument, prints their outcomes. */
import { millis } from '../../src/base/units.ts';
import { openStreamSocket } from '../../src/kernel/connect-socket.ts';
import type { HttpProbe, SmtpProbe, TcpProbe } from '../../src/model/check.ts';
import type { ProbeOutcome } from '../../src/model/probe.ts';
import { probeHttp } from '../../src/probes/http.ts';
import { probeSmtp } from '../../src/probes/smtp.ts';
import { probeTcp } from '../../src/probes/tcp.ts';

export type Job = TcpProbe | SmtpProbe | HttpProbe;

const TIMEOUT = millis(5000);
const jobs = JSON.parse(process.argv[2] ?? '[]') as readonly Job[];
const outcomes: ProbeOutcome[] = [];
for (const job of jobs) {
  if (job.type === 'tcp') outcomes.push(await probeTcp(job, TIMEOUT, openStreamSocket));
  else if (job.type === 'smtp') outcomes.push(await probeSmtp(job, TIMEOUT, openStreamSocket));
  else
    for (const request of job.requests)
      outcomes.push(await probeHttp(job, request, TIMEOUT, openStreamSocket));
}
process.stdout.write(JSON.stringify(outcomes));
