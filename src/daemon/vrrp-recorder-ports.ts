import type { Result } from '../base/result.ts';
import { addressKey } from '../model/addresses.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import type { VrrpRecorder } from './vrrp-recorder.ts';

/** The ports, with each question, order and event of theirs told to the recorder. */
export function recordedPorts(ports: VrrpPorts, recorder: VrrpRecorder): VrrpPorts {
  const { interfaces, addresses, routes, rules, vmacs } = ports;
  const did = <T extends Result<unknown, unknown>>(name: string, words: readonly unknown[], answer: T): T => {
    recorder.did([name, ...words], answer);
    return answer;
  };
  const called = <A extends readonly unknown[], T>(name: string, port: (...words: A) => Promise<T>) => {
    return (...words: A): Promise<T> => recorder.called([name, ...words], port(...words));
  };
  const sealed = (payload: Uint8Array) => recorder.mask.heartbeat(payload);
  const openUdp = <S extends UdpSocket>(
    kind: string,
    options: UdpOptions,
    open: (options: UdpOptions) => Result<S, string>,
    mask: (payload: Uint8Array) => Uint8Array,
  ) => {
    const { onPacket, onError, ...about } = options;
    const key = `${kind} ${about.family} ${about.port}`;
    const opened = open({
      ...about,
      onPacket(datagram) {
        const masked = { ...datagram, payload: mask(datagram.payload) };
        recorder.begin({ on: 'datagram', socket: key, datagram: { ok: true, value: masked } });
        onPacket(datagram);
      },
      onError(because) {
        recorder.begin({ on: 'socketError', socket: key, because });
        onError(because);
      },
    });
    did('openUdpSocket', [kind, about], opened);
    if (!opened.ok) return opened;
    const socket = opened.value;
    const drain = () => recorder.draining(() => socket.drain());
    const close = () => {
      recorder.did(['closeSocket', key]);
      socket.close();
    };
    return { ok: true as const, value: { key, socket, drain, close } };
  };
  return {
    clock: { now: () => recorder.now(), wall: () => recorder.wall() },
    wakeIn(milliseconds, wake) {
      recorder.did(['wakeIn', milliseconds]);
      ports.wakeIn(milliseconds, () => {
        recorder.begin({ on: 'wake' });
        wake();
      });
    },
    interfaces: {
      lookup: (name, family, virtual) =>
        recorder.see(lookupKey(name, family, virtual), interfaces.lookup(name, family, virtual)),
      ifindex: (name) => recorder.see(`ifindex ${name}`, interfaces.ifindex(name)),
      mac: (name) => recorder.see(`mac ${name}`, interfaces.mac(name)),
      isRunning: (name) => recorder.see(`isRunning ${name}`, interfaces.isRunning(name)),
      hasAddress: (address) =>
        recorder.see(`hasAddress ${addressKey(address)}`, interfaces.hasAddress(address)),
      leaseAge: (address) => recorder.see(`leaseAge ${addressKey(address)}`, interfaces.leaseAge(address)),
      nameOf: (ifindex) => recorder.see(`nameOf ${ifindex}`, interfaces.nameOf(ifindex)),
      isLocal: (address) => recorder.see(`isLocal ${address}`, interfaces.isLocal(address)),
    },
    addresses: {
      add: called('addresses.add', (...words) => addresses.add(...words)),
      renew: called('addresses.renew', (...words) => addresses.renew(...words)),
      remove: called('addresses.remove', (...words) => addresses.remove(...words)),
      quiet: called('addresses.quiet', (...words) => addresses.quiet(...words)),
      release: called('addresses.release', (...words) => addresses.release(...words)),
    },
    routes: {
      add: called('routes.add', (...words) => routes.add(...words)),
      remove: called('routes.remove', (...words) => routes.remove(...words)),
    },
    rules: {
      add: called('rules.add', (...words) => rules.add(...words)),
      remove: called('rules.remove', (...words) => rules.remove(...words)),
    },
    vmacs: {
      ensure: called('vmacs.ensure', (...words) => vmacs.ensure(...words)),
      remove: called('vmacs.remove', (...words) => vmacs.remove(...words)),
    },
    promoteSecondaries: (dev) => did('promoteSecondaries', [dev], ports.promoteSecondaries(dev)),
    claims: {
      follow: (some) => did('claims.follow', [some], ports.claims.follow(some)),
      drain: () => recorder.draining(() => ports.claims.drain()),
    },
    announcer: {
      send: (ifindex, ethertype, frame) =>
        did('announce', [ifindex, ethertype, frame], ports.announcer.send(ifindex, ethertype, frame)),
    },
    openSocket(options) {
      const { onDatagram, onError, ...about } = options;
      const key = `${options.interface} ${options.family}`;
      const opened = ports.openSocket({
        ...options,
        onDatagram(datagram) {
          const masked = datagram.ok
            ? { ...datagram, value: recorder.mask.advert(datagram.value) }
            : datagram;
          recorder.begin({ on: 'datagram', socket: key, datagram: masked });
          onDatagram(datagram);
        },
        onError(because) {
          recorder.begin({ on: 'socketError', socket: key, because });
          onError(because);
        },
      });
      did('openSocket', [about], opened);
      if (!opened.ok) return opened;
      const socket = opened.value;
      return {
        ...opened,
        value: {
          send: (datagram) => did('send', [key, recorder.mask.advert(datagram)], socket.send(datagram)),
          drain: () => recorder.draining(() => socket.drain()),
          guard: (filter) => did('guard', [key, filter], socket.guard(filter)),
          close() {
            recorder.did(['closeSocket', key]);
            socket.close();
          },
        },
      };
    },
    openBfdSocket(options) {
      const opened = openUdp('bfd', options, ports.openBfdSocket, (payload) => payload);
      if (!opened.ok) return opened;
      const { key, socket, drain, close } = opened.value;
      return {
        ok: true,
        value: {
          send: (to, from, ttl, payload) =>
            did('sendBfd', [key, to, from, ttl, payload], socket.send(to, from, ttl, payload)),
          drain,
          close,
        },
      };
    },
    openHeartbeatSocket(options) {
      const opened = openUdp('heartbeat', options, ports.openHeartbeatSocket, sealed);
      if (!opened.ok) return opened;
      const { key, socket, drain, close } = opened.value;
      return {
        ok: true,
        value: {
          send: (to, from, payload) =>
            did('sendHeartbeat', [key, to, from, sealed(payload)], socket.send(to, from, payload)),
          drain,
          close,
        },
      };
    },
    send: (message) => recorder.send(message),
  };
}

type UdpOptions = Parameters<VrrpPorts['openBfdSocket']>[0];

interface UdpSocket {
  drain(): void;
  close(): void;
}

/** The question of `lookup`, whose answer depends on what is virtual. */
export const lookupKey = (name: string, family: string, virtual: ReadonlySet<string>): string =>
  `lookup ${name} ${family} ${[...virtual].sort().join(',')}`;
