import { type Ip, ipFamily } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import { elapsed, type Instant, later, micros, seconds } from '../base/units.ts';
import type { InstanceConfig } from '../model/config.ts';
import { addressesOf } from '../vrrp/instances.ts';
import type { Evidence } from '../vrrp/takeover.ts';
import { inquiryBudget } from '../vrrp/takeover.ts';
import { ETHERTYPE_ARP, encodeArpProbe, encodeArpRequest } from '../wire/arp.ts';
import { ETHERTYPE_IPV6, encodeNeighbourSolicitation } from '../wire/ndisc.ts';
import type { VrrpPorts } from './vrrp-ports.ts';

/** How often gateways are asked whether they are there; one that has not answered more often, but not for long. */
const ASK_GAP = seconds(1);
const ASK_AGAIN = seconds(0.25);
const INSISTENT = seconds(2);
/** Questions to each address in one inquiry: one may be lost. */
const QUESTIONS = 3;

interface Gateway {
  config: InstanceConfig;
  readonly address: Ip;
  answeredAt: Instant | null;
  /** When the first question was put that it has not answered; null for none. */
  silentSince: Instant | null;
  askAt: Instant;
}

/** What the links tell of gateways and virtual addresses. It has no timer: its owner calls `tick` at `deadline`. */
export class VrrpEvidence {
  private readonly ports: Pick<VrrpPorts, 'clock' | 'interfaces' | 'announcer'>;
  /** By interface and address. */
  private gateways = new Map<string, Gateway>();
  private readonly answers = new Map<Ip, Evidence['answers'][number]>();
  private questions: readonly { readonly at: Instant; readonly config: InstanceConfig }[] = [];

  constructor(ports: Pick<VrrpPorts, 'clock' | 'interfaces' | 'announcer'>) {
    this.ports = ports;
  }

  /** Takes over the gateways of these instances. */
  follow(configs: readonly InstanceConfig[]): void {
    const before = this.gateways;
    const askAt = this.ports.clock.now();
    this.gateways = new Map();
    for (const config of configs) {
      const address = config.takeover?.gateway ?? null;
      if (address === null) continue;
      const key = gatewayKey(config.interface, address);
      const old = before.get(key);
      this.gateways.set(key, { address, answeredAt: null, silentSince: null, askAt, ...old, config });
    }
  }

  /** What has to be listened for besides virtual addresses. */
  get watched(): readonly Ip[] {
    return [...this.gateways.values()].map(({ address }) => address);
  }

  get deadline(): Instant | null {
    const waits = [...this.gateways.values(), ...this.questions].map((one) =>
      'askAt' in one ? one.askAt : one.at,
    );
    return waits.length === 0 ? null : (Math.min(...waits) as Instant);
  }

  tick(now: Instant): void {
    for (const gateway of this.gateways.values()) {
      if (gateway.askAt > now) continue;
      this.askGateway(gateway.config);
      const isNew = gateway.silentSince !== null && elapsed(gateway.silentSince, now) < INSISTENT;
      gateway.askAt = later(now, isNew ? ASK_AGAIN : ASK_GAP);
    }
    const due = this.questions.filter(({ at }) => at <= now);
    this.questions = this.questions.filter(({ at }) => at > now);
    for (const { config } of due) this.ask(config);
  }

  /** Asks the gateway and for the addresses of an instance, some times within its budget. */
  inquire(config: InstanceConfig): void {
    const now = this.ports.clock.now();
    const gap = inquiryBudget(config) / QUESTIONS;
    this.ask(config);
    const more = Array.from({ length: QUESTIONS - 1 }, (_, i) => later(now, micros((i + 1) * gap)));
    this.questions = [...this.questions, ...more.map((at) => ({ at, config }))];
  }

  /** Another machine says on an interface that an address is its own. */
  hear(dev: string | null, address: Ip, mac: Mac): void {
    const at = this.ports.clock.now();
    const gateway = dev === null ? undefined : this.gateways.get(gatewayKey(dev, address));
    if (gateway === undefined) {
      this.answers.set(address, { address, mac, at });
      return;
    }
    gateway.answeredAt = at;
    gateway.silentSince = null;
    gateway.askAt = later(at, ASK_GAP);
  }

  of(config: InstanceConfig): Omit<Evidence, 'peers' | 'witnesses'> {
    const known = this.gatewayOf(config);
    return {
      gatewayAt: known?.answeredAt ?? null,
      gatewaySilentSince: known?.silentSince ?? null,
      answers: addressesOf(config).flatMap(({ address }) => this.answers.get(address) ?? []),
    };
  }

  private gatewayOf(config: InstanceConfig): Gateway | undefined {
    const gateway = config.takeover?.gateway ?? null;
    return gateway === null ? undefined : this.gateways.get(gatewayKey(config.interface, gateway));
  }

  private ask(config: InstanceConfig): void {
    this.askGateway(config);
    for (const { address, dev } of config.virtualAddresses) {
      // The virtual MAC is what the answer is to come from, so it cannot be the one that asks.
      const from = dev === config.vmac?.name ? config.interface : dev;
      const { interfaces } = this.ports;
      const [ifindex, mac] = [interfaces.ifindex(from), interfaces.mac(from)];
      if (ifindex === null || mac === null) continue;
      const isIpv4 = ipFamily(address) === 'inet';
      const frame = isIpv4 ? encodeArpProbe(mac, address) : encodeNeighbourSolicitation(mac, null, address);
      this.ports.announcer.send(ifindex, isIpv4 ? ETHERTYPE_ARP : ETHERTYPE_IPV6, frame);
    }
  }

  // A question that cannot be sent is one that is not answered.
  private askGateway(config: InstanceConfig): void {
    const gateway = config.takeover?.gateway ?? null;
    const known = this.gatewayOf(config);
    if (known !== undefined) known.silentSince ??= this.ports.clock.now();
    const virtual = new Set(addressesOf(config).map(({ address }) => address));
    const found = this.ports.interfaces.lookup(config.interface, config.family, virtual);
    if (gateway === null || !found.ok) return;
    const { ifindex, mac, primary } = found.value;
    const isIpv4 = ipFamily(gateway) === 'inet';
    const frame = isIpv4
      ? encodeArpRequest(mac, primary, gateway)
      : encodeNeighbourSolicitation(mac, primary, gateway);
    this.ports.announcer.send(ifindex, isIpv4 ? ETHERTYPE_ARP : ETHERTYPE_IPV6, frame);
  }
}

const gatewayKey = (dev: string, address: Ip): string => `${dev} ${address}`;
