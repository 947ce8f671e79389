import type { InstanceConfig } from '../../src/model/config.ts';
import { readAdvert } from '../../src/vrrp/accept.ts';
import { encodeAdvertPayload } from '../../src/vrrp/advert.ts';
import type { Datagram } from '../../src/wire/datagram.ts';
import { VRRP_GROUP4, VRRP_TTL } from '../../src/wire/vrrp.ts';
import { FakeLan, type FakeNode } from '../fakes/lan.ts';
import type { InputLine } from '../replay/recording.ts';
import { RecordedStage } from '../replay/scenario.ts';
import { instanceConfig, ip, virtualAddress } from '../support/instances.ts';

/** What happens to the one node on the stage, which is 10.0.0.2 and runs VI_1 (VRID 51) on eth0. */
export type Input =
  | { readonly configure: Settings }
  | { readonly hear: { readonly from: string; readonly priority: number; readonly password?: string } }
  | { readonly link: 'up' | 'down' }
  | { readonly wait: number }
  | { readonly stop: true }
  /** A line that `lbd --record` has written: everything of the node is then as it was recorded. */
  | InputLine;

interface Settings {
  readonly priority: number;
  readonly preempt?: boolean;
  readonly addresses?: readonly string[];
}

/** What the node does, `at` so many seconds after the start. Repeated gratuitous ARPs of one moment are counted. */
export type Output = { readonly at: number } & (
  | { readonly state: string; readonly because: string }
  | { readonly advert: number }
  | { readonly garps: number }
  | { readonly addresses: readonly string[] }
  | { readonly refused: string; readonly from: string }
);

/** One node on a fake segment, and everything that can be seen of it. */
export class Stage {
  private readonly lan = new FakeLan();
  private readonly node: FakeNode = this.lan.node('10.0.0.2');
  private readonly startedAt = this.lan.now;
  private readonly recorded = new RecordedStage();
  private outputs: object[] = [];
  private generation = 0;
  private seen = { garps: 0, addresses: '', events: 0 };

  constructor() {
    this.lan.onTransmit = (datagram) => {
      const received = readAdvert(datagram);
      if (!received.ok) throw new Error(`the node sends what it would refuse: ${received.error.refusal}`);
      this.outputs.push({ at: this.at(), advert: received.value.advert.priority });
    };
    this.lan.onStep = () => this.look();
  }

  async play(input: Input): Promise<void> {
    if ('in' in input || 'file' in input) this.outputs.push(...(await this.recorded.play(input)));
    else if ('configure' in input) this.node.configure(++this.generation, [instance(input.configure)]);
    else if ('hear' in input) this.node.deliver(advert(input.hear));
    else if ('link' in input) this.node.setLink(input.link === 'up');
    else if ('wait' in input) await this.lan.run(input.wait);
    else void this.node.vrrp.stop();
    await this.lan.run(0);
  }

  takeOutputs(): readonly object[] {
    return this.outputs.splice(0);
  }

  private at(): number {
    return Math.round((this.lan.now - this.startedAt) / 1000) / 1000;
  }

  private look(): void {
    const at = this.at();
    const addresses = [...this.node.addresses].sort();
    if (addresses.join() !== this.seen.addresses) this.outputs.push({ at, addresses });
    const garps = this.node.garps.length - this.seen.garps;
    if (garps > 0) this.outputs.push({ at, garps });
    for (const { event, fields } of this.node.events.slice(this.seen.events)) {
      if (event === 'vrrp_state') {
        this.outputs.push({
          at,
          state: `${fields['from']} → ${fields['to']}`,
          because: String(fields['because']),
        });
      } else if (event === 'vrrp_advert_refused') {
        this.outputs.push({ at, refused: String(fields['refusal']), from: String(fields['source']) });
      }
    }
    this.seen = {
      garps: this.node.garps.length,
      addresses: addresses.join(),
      events: this.node.events.length,
    };
  }
}

function instance({ priority, preempt = true, addresses = ['10.0.0.100'] }: Settings): InstanceConfig {
  return instanceConfig({
    priority,
    preempt,
    virtualAddresses: addresses.map((text) => virtualAddress(text)),
  });
}

function advert({ from, priority, password = '1111' }: Extract<Input, { hear: unknown }>['hear']): Datagram {
  const config = instanceConfig({ authentication: { type: 'pass', password } });
  const source = ip(from);
  const payload = encodeAdvertPayload(config, { source, destination: VRRP_GROUP4, priority, sequence: null });
  return { source, destination: VRRP_GROUP4, ttl: VRRP_TTL, payload };
}
