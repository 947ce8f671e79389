import { err, ok, type Result } from '../../src/base/result.ts';
import type { VrrpPorts } from '../../src/daemon/vrrp-ports.ts';
import { lookupKey } from '../../src/daemon/vrrp-recorder-ports.ts';
import { addressKey } from '../../src/model/addresses.ts';
import type { Listener, Replay } from './replay.ts';

type UdpOptions = Parameters<VrrpPorts['openBfdSocket']>[0];

/** Ports that answer as those of the recording did. */
export function replayPorts(replay: Replay): VrrpPorts {
  const seen = <T>(question: string, otherwise: T): T =>
    replay.sees.has(question) ? (replay.sees.get(question) as T) : otherwise;
  const did = (...out: readonly [string, ...unknown[]]) => replay.did(out) as Result<void, string>;
  const called =
    <A extends readonly unknown[], T>(name: string) =>
    (...words: A): Promise<T> =>
      replay.called<T>([name, ...words]);
  const listen = (key: string, listener: Listener, opened: Result<unknown, string>) => {
    if (opened.ok) replay.sockets.set(key, listener);
    return opened.ok;
  };
  const openUdp = (kind: string, { onPacket, onError, ...about }: UdpOptions) => {
    const key = `${kind} ${about.family} ${about.port}`;
    const opened = did('openUdpSocket', kind, about);
    const onDatagram: Listener['onDatagram'] = (datagram) => {
      if (datagram.ok) onPacket(datagram.value);
    };
    if (!listen(key, { onDatagram, onError }, opened)) return err(opened.ok ? '' : opened.error);
    return ok({ key, drain: () => replay.drain(key), close: () => void did('closeSocket', key) });
  };
  return {
    clock: { now: () => replay.now, wall: () => replay.wall },
    wakeIn(milliseconds, wake) {
      did('wakeIn', milliseconds);
      replay.wake = milliseconds === null ? null : wake;
    },
    interfaces: {
      lookup: (name, family, virtual) =>
        seen(lookupKey(name, family, virtual), err('was not looked up by what was recorded')),
      ifindex: (name) => seen(`ifindex ${name}`, null),
      mac: (name) => seen(`mac ${name}`, null),
      isRunning: (name) => seen(`isRunning ${name}`, false),
      hasAddress: (address) => seen(`hasAddress ${addressKey(address)}`, false),
      leaseAge: (address) => seen(`leaseAge ${addressKey(address)}`, null),
      nameOf: (ifindex) => seen(`nameOf ${ifindex}`, null),
      isLocal: (address) => seen(`isLocal ${address}`, false),
    },
    addresses: {
      add: called('addresses.add'),
      renew: called('addresses.renew'),
      remove: called('addresses.remove'),
      quiet: called('addresses.quiet'),
      release: called('addresses.release'),
    },
    routes: { add: called('routes.add'), remove: called('routes.remove') },
    rules: { add: called('rules.add'), remove: called('rules.remove') },
    vmacs: { ensure: called('vmacs.ensure'), remove: called('vmacs.remove') },
    promoteSecondaries: (dev) => did('promoteSecondaries', dev),
    claims: { follow: (some) => did('claims.follow', some), drain: () => replay.drain('claims') },
    announcer: { send: (ifindex, ethertype, frame) => did('announce', ifindex, ethertype, frame) },
    openSocket({ onDatagram, onError, ...about }) {
      const key = `${about.interface} ${about.family}`;
      const opened = did('openSocket', about);
      if (!listen(key, { onDatagram, onError }, opened)) return err(opened.ok ? '' : opened.error);
      return ok({
        send: (datagram) => did('send', key, datagram),
        drain: () => replay.drain(key),
        guard: (filter) => did('guard', key, filter),
        close: () => void did('closeSocket', key),
      });
    },
    openBfdSocket(options) {
      const opened = openUdp('bfd', options);
      if (!opened.ok) return opened;
      const { key, drain, close } = opened.value;
      return ok({
        send: (to, from, ttl, payload) => did('sendBfd', key, to, from, ttl, payload),
        drain,
        close,
      });
    },
    openHeartbeatSocket(options) {
      const opened = openUdp('heartbeat', options);
      if (!opened.ok) return opened;
      const { key, drain, close } = opened.value;
      return ok({ send: (to, from, payload) => did('sendHeartbeat', key, to, from, payload), drain, close });
    },
    send: (message) => replay.send(message),
  };
}
