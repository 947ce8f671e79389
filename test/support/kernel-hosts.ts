import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import type { Family, Ip } from '../../src/base/ip.ts';
import type { Result } from '../../src/base/result.ts';
import { type AddressWriter, openAddressWriter } from '../../src/kernel/addresses.ts';
import { type Interfaces, watchInterfaces } from '../../src/kernel/interfaces.ts';
import { native } from '../../src/kernel/native.ts';
import { openVrrpSocket, type VrrpSocket } from '../../src/kernel/vrrp-socket.ts';
import type { VirtualAddress } from '../../src/model/addresses.ts';
import type { Datagram } from '../../src/wire/datagram.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { eventually } from './eventually.ts';

export const FAMILIES = ['inet', 'inet6'] as const;
export const GROUP: Readonly<Record<Family, Ip>> = { inet: '224.0.0.18' as Ip, inet6: 'ff02::12' as Ip };
export const DONE = { ok: true, value: undefined };
const LIMIT = 5000;

/** An address as `ip -j` has it. */
export interface ShownAddress {
  readonly family: Family;
  readonly local: Ip;
  readonly prefixlen: number;
  readonly scope: string;
  readonly valid_life_time: number;
  readonly preferred_life_time: number;
}

export function value<T>(result: Result<T, unknown>): T {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

export const vip = (
  address: string,
  prefix: number,
  options: Partial<VirtualAddress> = {},
): VirtualAddress => ({
  address: address as Ip,
  prefix,
  dev: 'eth0',
  scope: 'global',
  label: null,
  broadcast: null,
  peer: null,
  flags: [],
  preferredLifetime: null,
  noTrack: false,
  ...options,
});

/**
 * A lab of which the test's own process uses the kernel: what it opens belongs to the namespace that it is opened in, so
 * one process can have sockets on several hosts. `interfaces` and `addresses` are those of d1.
 */
export class KernelHosts {
  readonly lab: Lab;
  readonly interfaces: Interfaces;
  readonly addresses: AddressWriter;
  private readonly home: number;

  private constructor(lab: Lab, home: number, interfaces: Interfaces, addresses: AddressWriter) {
    this.lab = lab;
    this.home = home;
    this.interfaces = interfaces;
    this.addresses = addresses;
  }

  /** Answers when d1 and d2 have their link-local addresses. */
  static async open(onChange: () => void): Promise<KernelHosts> {
    const lab = await createLab({ directors: 2, servers: 0, web: false });
    const home = openSync('/proc/self/ns/net', 'r');
    const onD1 = <T>(what: () => T | Promise<T>) => inside(lab, 'd1', home, what);
    const interfaces = value(await onD1(() => watchInterfaces(onChange)));
    const addresses = value(await onD1(() => openAddressWriter((dev) => interfaces.ifindex(dev))));
    const hosts = new KernelHosts(lab, home, interfaces, addresses);
    await eventually('link-local addresses', LIMIT, async () => {
      const tentative = await Promise.all(
        ['d1', 'd2'].map((host) => hosts.sh(host, 'ip -6 addr show tentative')),
      );
      return tentative.join('') === '' && hosts.linkLocal('eth0') !== null;
    });
    return hosts;
  }

  async close(): Promise<void> {
    this.interfaces.close();
    this.addresses.close();
    closeSync(this.home);
    await this.lab.close();
  }

  /** Runs something on a host; what it opens stays there. */
  on<T>(host: string, what: () => T | Promise<T>): Promise<T> {
    return inside(this.lab, host, this.home, what);
  }

  async sh(host: string, command: string): Promise<string> {
    const done = await this.lab.host(host).exec('sh', ['-ec', command]);
    assert.equal(done.code, 0, done.stderr);
    return done.stdout.trim();
  }

  /** The first of what `ip` shows. */
  async show(host: string, words: string) {
    return JSON.parse(await this.sh(host, `ip -d -j ${words}`))[0];
  }

  async addressesOn(host: string, dev: string): Promise<readonly ShownAddress[]> {
    return (await this.show(host, `addr show dev ${dev}`)).addr_info;
  }

  /** The address of eth0 that adverts of this family come from. */
  async primary(host: string, family: Family): Promise<Ip> {
    const found = (await this.addressesOn(host, 'eth0')).find(
      (one) => one.family === family && (family === 'inet' || one.scope === 'link'),
    );
    assert.ok(found !== undefined);
    return found.local;
  }

  linkLocal(dev: string): Ip | null {
    const found = this.interfaces.lookup(dev, 'inet6', new Set());
    return found.ok ? found.value.primary : null;
  }

  async openSocket(
    host: string,
    dev: string,
    family: Family,
    hear: (socket: VrrpSocket) => void = () => undefined,
  ): Promise<{ readonly socket: VrrpSocket; readonly heard: Datagram[] }> {
    const { ifindex } = await this.show(host, `link show dev ${dev}`);
    const heard: Datagram[] = [];
    const socket = await this.on(host, () =>
      openVrrpSocket({
        interface: dev,
        ifindex,
        family,
        groups: [GROUP[family]],
        onDatagram(datagram) {
          heard.push(value(datagram));
          hear(value(socket));
        },
        onError: (because) => assert.fail(because),
      }),
    );
    return { socket: value(socket), heard };
  }
}

async function inside<T>(lab: Lab, host: string, home: number, what: () => T | Promise<T>): Promise<T> {
  assert.equal(native.enterNetworkNamespace(`/run/netns/${lab.host(host).netns}`), 0);
  try {
    return await what();
  } finally {
    assert.equal(native.enterNetworkNamespace(`/proc/self/fd/${home}`), 0);
  }
}
