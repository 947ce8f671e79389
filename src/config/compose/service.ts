import { type Family, ipFamily } from '../../base/ip.ts';
import { microsToMillis } from '../../base/units.ts';
import type { ServerConfig, ServiceConfig, SorryServerConfig } from '../../model/config.ts';
import type {
  DestAttrs,
  DestKey,
  Forward,
  Persistence,
  ServiceAttrs,
  ServiceKey,
} from '../../model/services.ts';
import { mistake, warning } from '../diagnostic.ts';
import { SCHEDULER_FLAGS, type WrittenServer, type WrittenService } from '../schema/services.ts';
import { composeChecks } from './check.ts';
import { composeEntrances } from './entrances.ts';
import type { Followable } from './probe.ts';
import { composeQuorum, composeSuspension } from './quorum.ts';
import { once, type Say, under } from './say.ts';
import type { CheckerMail } from './sinks.ts';
import { saySlowStart } from './slow-start.ts';
import { composeTunnel, sayTunnel } from './tunnel.ts';

/**
 * A virtual service as written: one for each of its addresses, all of one name. None where it can't be told which
 * service it is.
 */
export function composeService(
  name: string,
  written: WrittenService,
  followable: Followable,
  mails: CheckerMail,
  say: Say,
): readonly ServiceConfig[] {
  // What is wrong with it is wrong at all of its addresses.
  const sayOnce = once(say);
  const keys = composeEntrances(written, sayOnce);
  if (keys.length === 0) return [];
  if (written.servers.length === 0) {
    say(['servers'], warning('no_servers', 'without servers this service refuses every connection'));
  }
  sayTunnel(
    written.tunnel,
    [written, written.sorry_server, ...written.servers].some((one) => one?.forward === 'tun'),
    say,
  );
  saySlowStart(written, say);
  const drainTimeout = microsToMillis(written.drain_timeout);
  const quorum = composeQuorum(written, say);
  return keys.map((key) => ({
    name,
    key,
    attrs: attrsOf(written, key, sayOnce),
    drainTimeout,
    quorum,
    sorry: composeSorry(written, key, sayOnce),
    omega: written.omega,
    haSuspend: composeSuspension(written, key, sayOnce),
    mail: written.mail ?? mails.service,
    servers: composeServers(written, key, followable, mails, sayOnce),
  }));
}

const familyOf = (key: ServiceKey): Family => (key.kind === 'fwmark' ? key.family : ipFamily(key.address));

function attrsOf(written: WrittenService, key: ServiceKey, say: Say): ServiceAttrs {
  const { scheduler, scheduler_flags: words, ops } = written;
  for (const [i, word] of words.entries()) {
    const { scheduler: needed } = SCHEDULER_FLAGS[word];
    if (needed === null || needed === scheduler) continue;
    say(['scheduler_flags', i], mistake('conflicting_keys', `${word} needs the scheduler ${needed}`));
  }
  if (ops && key.kind === 'address' && key.protocol !== 'udp') {
    say(['ops'], mistake('conflicting_keys', 'one-packet scheduling is only for udp'));
  }
  return {
    scheduler,
    schedulerFlags: [...new Set(words.map((word) => SCHEDULER_FLAGS[word].flag))].sort(),
    persistence: persistenceOf(written, familyOf(key), say),
    onePacket: ops,
  };
}

function persistenceOf(written: WrittenService, family: Family, say: Say): Persistence | null {
  const {
    persistence_timeout: timeout,
    persistence_granularity: prefix,
    persistence_engine: engine,
  } = written;
  const longest = family === 'inet' ? 32 : 128;
  if (prefix !== undefined && prefix > longest) {
    say(
      ['persistence_granularity'],
      mistake('out_of_range', `/${prefix} is out of range: /1 to /${longest}`),
    );
  }
  if (timeout === undefined) {
    for (const key of ['persistence_granularity', 'persistence_engine'] as const) {
      if (written[key] === undefined) continue;
      say([key], mistake('conflicting_keys', `"${key}" needs a "persistence_timeout"`));
    }
    return null;
  }
  return { timeout: timeout / 1_000_000, prefix: prefix ?? longest, engine: engine ?? null };
}

/** Equal attributes are one object: most servers of a service have the same, and there are many servers. */
function composeServers(
  service: WrittenService,
  of: ServiceKey,
  followable: Followable,
  mails: CheckerMail,
  say: Say,
): readonly ServerConfig[] {
  let attrs: DestAttrs | null = null;
  return service.servers.map((written, i) => {
    const server = composeServer(
      written,
      service,
      of,
      followable,
      mails,
      attrs,
      say,
      under(say, 'servers', i),
    );
    attrs = server.attrs;
    return server;
  });
}

/** `before` are the attributes of another server. */
function composeServer(
  written: WrittenServer,
  service: WrittenService,
  of: ServiceKey,
  followable: Followable,
  mails: CheckerMail,
  before: DestAttrs | null,
  sayService: Say,
  say: Say,
): ServerConfig {
  const servicePort = of.kind === 'address' ? of.port : 0;
  const { address, port = servicePort, weight, upper_threshold, lower_threshold } = written;
  const forward = written.forward ?? service.forward;
  const key = { address, port };
  sayTunnel(written.tunnel, forward === 'tun', say);
  sayMismatch(key, forward, of, say);
  // The kernel refuses it: ip_vs_add_dest in net/netfilter/ipvs/ip_vs_ctl.c.
  if (lower_threshold > upper_threshold) {
    say(
      ['lower_threshold'],
      mistake('out_of_range', `this is above the upper threshold of ${upper_threshold}`),
    );
  }
  const attrs = {
    weight,
    forward,
    upperThreshold: upper_threshold,
    lowerThreshold: lower_threshold,
    tunnel: forward === 'tun' ? composeTunnel(written.tunnel ?? service.tunnel) : null,
  };
  return {
    key,
    attrs: before !== null && areSame(before, attrs) ? before : attrs,
    checks: composeChecks(service.check, written.check, key, followable, sayService, say),
    inhibitOnFailure: written.inhibit_on_failure ?? service.inhibit_on_failure,
    slowStart: microsToMillis(written.slow_start ?? service.slow_start),
    notifyUp: written.notify_up ?? null,
    notifyDown: written.notify_down ?? null,
    mail: written.mail ?? mails.server,
  };
}

/** Without a tunnel, which is an object of its own. */
const areSame = (a: DestAttrs, b: DestAttrs): boolean =>
  a.weight === b.weight &&
  a.forward === b.forward &&
  a.upperThreshold === b.upperThreshold &&
  a.lowerThreshold === b.lowerThreshold &&
  a.tunnel === b.tunnel;

function composeSorry(service: WrittenService, of: ServiceKey, say: Say): SorryServerConfig | null {
  const { sorry_server: written, sorry_server_inhibit: inhibit } = service;
  if (written === undefined) {
    if (inhibit) {
      say(['sorry_server_inhibit'], mistake('conflicting_keys', 'this needs a "sorry_server"'));
    }
    return null;
  }
  const sayHere = under(say, 'sorry_server');
  const { address, port = of.kind === 'address' ? of.port : 0 } = written;
  const forward = written.forward ?? service.forward;
  const key = { address, port };
  sayTunnel(written.tunnel, forward === 'tun', sayHere);
  sayMismatch(key, forward, of, sayHere);
  const tunnel = forward === 'tun' ? composeTunnel(written.tunnel ?? service.tunnel) : null;
  return { key, attrs: { weight: 1, forward, upperThreshold: 0, lowerThreshold: 0, tunnel }, inhibit };
}

/** Says where packets to the service cannot reach this server as they are forwarded. */
function sayMismatch({ address, port }: DestKey, forward: Forward, of: ServiceKey, say: Say): void {
  // The servers of a mark are sent whatever port was asked for; theirs only tells them apart, and is checked.
  if (forward !== 'nat' && of.kind === 'address' && port !== of.port) {
    const right = of.port === 0 ? 'leave the port out' : `it must be ${of.port}, as the service has it`;
    say(['port'], mistake('port_mismatch', `${forward} does not change the port: ${right}`));
  }
  if (forward !== 'tun' && ipFamily(address) !== familyOf(of)) {
    const text = `only forwarding by tun takes ${familyOf(of) === 'inet' ? 'IPv4 to IPv6' : 'IPv6 to IPv4'} servers`;
    say(['address'], mistake('mixed_families', text));
  }
}
