import type { Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import type { Result } from '../base/result.ts';
import { earliest, type Instant } from '../base/units.ts';
import type { VrrpDesired } from '../ipc/messages.ts';
import { addressesOf } from '../vrrp/instances.ts';
import { VrrpEvidence } from './vrrp-evidence.ts';
import type { Lookout } from './vrrp-gate.ts';
import { VrrpHeartbeat } from './vrrp-heartbeat.ts';
import type { VrrpInstance } from './vrrp-instance.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import type { VrrpVoice } from './vrrp-voice.ts';

/** What the vrrp process learns of the network besides adverts, for all its instances. */
export class VrrpLookout implements Lookout {
  readonly evidence: VrrpEvidence;
  readonly heartbeat: VrrpHeartbeat;
  private readonly ports: VrrpPorts;

  /** `random` gives numbers of [0, 1); `heard` is called when a peer has said something. */
  constructor(
    ports: VrrpPorts,
    voice: VrrpVoice,
    random: () => number,
    instances: () => readonly VrrpInstance[],
    heard: () => void,
  ) {
    this.ports = ports;
    this.evidence = new VrrpEvidence(ports);
    const word = () => BigInt(Math.floor(random() * 0x1_0000_0000));
    const epoch = (word() << 32n) | word() | 1n;
    const news = () => instances().map((instance) => instance.news());
    this.heartbeat = new VrrpHeartbeat(ports, voice, epoch, news, (said, before) => {
      for (const instance of instances()) instance.hearPeer(said, before);
      heard();
    });
  }

  /** The error is why nobody's claims can be heard. */
  apply({ instances, heartbeat, routerId }: VrrpDesired): Result<void, string> {
    this.heartbeat.apply(heartbeat, routerId);
    this.evidence.follow(instances);
    const virtual = instances.flatMap(addressesOf).map(({ address }) => address);
    return this.ports.claims.follow([...virtual, ...this.evidence.watched]);
  }

  hear(dev: string | null, address: Ip, by: Mac): void {
    this.evidence.hear(dev, address, by);
  }

  get deadline(): Instant | null {
    return earliest(this.evidence.deadline, this.heartbeat.deadline);
  }

  drain(): void {
    this.ports.claims.drain();
    this.heartbeat.drain();
  }

  tick(now: Instant): void {
    this.evidence.tick(now);
    this.heartbeat.tick(now);
  }
}
