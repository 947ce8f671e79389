import { type Family, ipFamily } from '../../base/ip.ts';
import { microsToMillis } from '../../base/units.ts';
import type { ServerConfig, ServiceConfig, SorryServerConfig } from '../../model/config.ts';
import type { DestKey, Forward, Persistence, ServiceAttrs, ServiceKey } from '../../model/services.ts';
import { mistake, warning } from '../diagnostic.ts';
import { SCHEDULER_FLAGS, type WrittenServer, type WrittenService } from '../schema/services.ts';
import { composeChecks } from './check.ts';
import type { Followable } from './probe.ts';
import { composeQuorum, composeSuspension } from './quorum.ts';
import { once, type Say, under } from './say.ts';
import { composeTunnel, sayTunnel } from './tunnel.ts';

/** A virtual service as written, or null when it can't be told which service it is. */
export function composeService(
  name: string,
  written: WrittenService,
  followable: Followable,
  say: Say,
): ServiceConfig | null {
  const key = keyOf(written, say);
  if (key === null) return null;
  if (written.servers.length === 0) {
    say(['servers'], warning('no_servers', 'without servers this service refuses every connection'));
  }
  sayTunnel(
    written.tunnel,
    [written, written.sorry_server, ...written.servers].some((one) => one?.forward === 'tun'),
    say,
  );
  const sayOnce = once(say);
  const servers = written.servers.map((server, i) =>
    composeServer(server, written, key, followable, sayOnce, under(say, 'servers', i)),
  );
  return {
    name,
    key,
    attrs: attrsOf(written, key, say),
    drainTimeout: microsToMillis(written.drain_timeout),
    quorum: composeQuorum(written, say),
    sorry: composeSorry(written, key, say),
    omega: written.omega,
    haSuspend: composeSuspension(written, key, say),
    servers,
  };
}

const familyOf = (key: ServiceKey): Family => (key.kind === 'fwmark' ? key.family : ipFamily(key.address));

function keyOf(written: WrittenService, say: Say): ServiceKey | null {
  const { address, port, protocol, fwmark, ip_family, persistence_timeout } = written;
  if (fwmark !== undefined) {
    for (const key of ['address', 'port', 'protocol'] as const) {
      if (written[key] === undefined) continue;
      say([key], mistake('conflicting_keys', `a service of a fwmark has no "${key}"`));
    }
    return { kind: 'fwmark', fwmark, family: ip_family ?? 'inet' };
  }
  if (ip_family !== undefined) {
    say(['ip_family'], mistake('conflicting_keys', 'only a service of a fwmark needs "ip_family"'));
  }
  if (address === undefined)
    say(['address'], mistake('missing_key', 'a service needs an "address" or a "fwmark"'));
  if (port === undefined) say(['port'], mistake('missing_key', 'the key "port" is missing'));
  if (protocol === undefined) {
    const hint = { allowed: ['tcp', 'udp', 'sctp'] };
    say(
      ['protocol'],
      mistake('missing_key', 'the key "protocol" is missing; keepalived would take udp', hint),
    );
  }
  if (address === undefined || port === undefined || protocol === undefined) return null;
  if (port === 0 && persistence_timeout === undefined) {
    say(['port'], mistake('conflicting_keys', 'port 0, all ports, needs a "persistence_timeout"'));
  }
  return { kind: 'address', protocol, address, port };
}

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

function composeServer(
  written: WrittenServer,
  service: WrittenService,
  of: ServiceKey,
  followable: Followable,
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
  return {
    key,
    attrs: {
      weight,
      forward,
      upperThreshold: upper_threshold,
      lowerThreshold: lower_threshold,
      tunnel: forward === 'tun' ? composeTunnel(written.tunnel ?? service.tunnel) : null,
    },
    checks: composeChecks(service.check, written.check, key, followable, sayService, say),
    inhibitOnFailure: written.inhibit_on_failure ?? service.inhibit_on_failure,
    notifyUp: written.notify_up ?? null,
    notifyDown: written.notify_down ?? null,
  };
}

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
  const servicePort = of.kind === 'address' ? of.port : 0;
  if (forward !== 'nat' && port !== servicePort) {
    const right =
      servicePort === 0 ? 'leave the port out' : `it must be ${servicePort}, as the service has it`;
    say(['port'], mistake('port_mismatch', `${forward} does not change the port: ${right}`));
  }
  if (forward !== 'tun' && ipFamily(address) !== familyOf(of)) {
    const text = `only forwarding by tun takes ${familyOf(of) === 'inet' ? 'IPv4 to IPv6' : 'IPv6 to IPv4'} servers`;
    say(['address'], mistake('mixed_families', text));
  }
}
