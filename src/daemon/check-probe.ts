import type { Clock } from '../base/clock.ts';
import { elapsed, type Millis, microsToMillis, millis } from '../base/units.ts';
import { openStreamSocket } from '../kernel/connect-socket.ts';
import { openDatagramSocket } from '../kernel/datagram-socket.ts';
import { createPinger } from '../kernel/ping-socket.ts';
import { createTcpProber } from '../kernel/tcp-prober.ts';
import type { CheckConfig, HttpProbe } from '../model/check.ts';
import type { ProbeOutcome } from '../model/probe.ts';
import type { ScriptsConfig } from '../model/script.ts';
import { probeDns } from '../probes/dns.ts';
import { probeHttp } from '../probes/http.ts';
import { probeMisc } from '../probes/misc.ts';
import { probePing } from '../probes/ping.ts';
import { probeSmtp } from '../probes/smtp.ts';
import { probeTcp } from '../probes/tcp.ts';
import { probeUdp } from '../probes/udp.ts';
import type { CheckPorts } from './check-ports.ts';
import type { CommandRunner } from './scripts/command-runner.ts';

/** Makes checks with what this machine has for them. */
export function createProbes(clock: Clock, commands: CommandRunner): CheckPorts['probe'] {
  const pinger = createPinger();
  const prober = createTcpProber();

  /** One request after the other until one is not answered as expected, all within one timeout. */
  const askAll = async (check: HttpProbe, timeout: Millis): Promise<ProbeOutcome> => {
    const startedAt = clock.now();
    const took = () => microsToMillis(elapsed(startedAt, clock.now()));
    for (const [i, request] of check.requests.entries()) {
      const outcome = await probeHttp(
        check,
        request,
        millis(Math.max(1, timeout - took())),
        openStreamSocket,
      );
      if (outcome.verdict !== 'pass' || i === check.requests.length - 1)
        return { ...outcome, latency: took() };
    }
    throw new Error('a check by HTTP makes no request');
  };

  return (check: CheckConfig, scripts: ScriptsConfig) => {
    const { timeout } = check;
    switch (check.type) {
      case 'tcp':
        return probeTcp(check, timeout, prober.connect);
      case 'http':
        return askAll(check, timeout);
      case 'smtp':
        return probeSmtp(check, timeout, openStreamSocket);
      case 'dns':
        return probeDns(check, timeout, openDatagramSocket);
      case 'udp':
        return probeUdp(check, timeout, openDatagramSocket);
      case 'ping':
        return probePing(check, timeout, (to, source, heard) => pinger.ping(to, source, heard));
      case 'misc':
        return probeMisc(check, timeout, (command, bound) => commands.run(command, scripts, bound));
      case 'file':
      case 'bfd':
        throw new Error(`a check by ${check.type} is told, not made`);
    }
  };
}
