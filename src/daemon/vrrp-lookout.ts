import type { Ip } from '../base/ip.ts';
import type { Mac } from '../base/mac.ts';
import type { Result } from '../base/result.ts';
import { earliest, type Instant } from '../base/units.ts';
import type { VrrpDesired } from '../ipc/messages.ts';
import { inTurn } from '../vrrp/grant-order.ts';
import { addressesOf } from '../vrrp/instances.ts';
import { newsKey, type RouterNews } from '../wire/heartbeat.ts';
import { VrrpEvidence } from './vrrp-evidence.ts';
import type { Lookout } from './vrrp-gate.ts';
import type { VrrpGroup } from './vrrp-group.ts';
import { VrrpHeartbeat } from './vrrp-heartbeat.ts';
import type { VrrpInstance } from './vrrp-instance.ts';
import type { VrrpPorts } from './vrrp-ports.ts';
import type { VrrpVoice } from './vrrp-voice.ts';

/** What the vrrp process learns of the network besides adverts, for all its instances. */
export class VrrpLookout implements Lookout {
  readonly evidence: VrrpEvidence;
  readonly heartbeat: VrrpHeartbeat;
  private readonly ports: VrrpPorts;
  private readonly instances: () => readonly VrrpInstance[];

  /**
   * `random` gives numbers of [0, 1); `instances` are all that have or may get addresses, those that are wanted first,
   * and `groups` those that move together; `heard` is called when a peer has said something.
   */
  constructor(
    ports: VrrpPorts,
    voice: VrrpVoice,
    random: () => number,
    instances: () => readonly VrrpInstance[],
    groups: () => Iterable<Pick<VrrpGroup, 'members'>>,
    heard: () => void,
  ) {
    this.ports = ports;
    this.instances = instances;
    this.evidence = new VrrpEvidence(ports);
    const word = () => BigInt(Math.floor(random() * 0x1_0000_0000));
    const epoch = (word() << 32n) | word() | 1n;
    this.heartbeat = new VrrpHeartbeat(ports, voice, epoch, () => newsOf(instances(), groups()), {
      hear: (said, before) => {
        for (const instance of instances()) instance.hearPeer(said, before);
      },
      missed: (last) => {
        for (const instance of instances()) instance.hearPeer(last, 'silence');
      },
      heard: () => {
        for (const instance of instances()) instance.follow();
        heard();
      },
    });
  }

  /** The error is why nobody's claims can be heard. */
  apply({ instances, heartbeat, routerId }: VrrpDesired): Result<void, string> {
    this.heartbeat.apply(heartbeat, routerId);
    this.evidence.follow(instances);
    for (const instance of this.instances()) instance.reloaded();
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

/** One that is on its way out may have been replaced by one of the same addresses. */
function newsOf(
  instances: readonly VrrpInstance[],
  groups: Iterable<Pick<VrrpGroup, 'members'>>,
): readonly RouterNews[] {
  const told = new Map<VrrpInstance, RouterNews>();
  for (const { members } of groups) {
    const news = inTurn(members.map((one) => ({ news: one.news(), isGranted: one.isGranted })));
    for (const [i, instance] of members.entries()) if (news[i] !== undefined) told.set(instance, news[i]);
  }
  const news = instances.map((instance) => told.get(instance) ?? instance.news());
  const first = new Map([...news].reverse().map((one) => [newsKey(one), one]));
  return news.filter((one) => first.get(newsKey(one)) === one);
}
