import { nextSequence } from '../../src/vrrp/signature.ts';
import type { VrrpEffect, VrrpState } from '../../src/vrrp/state.ts';
import type { Clock } from './clock.ts';
import type { Keeper } from './keeper.ts';
import type { Kernel } from './kernel.ts';
import type { Lookout } from './lookout.ts';
import { encodePayload, readPayload } from './packets.ts';
import type { Running } from './running.ts';
import type { Surroundings } from './surroundings.ts';

/** What a node does at the word of its virtual routers, to its kernel and to the networks. */
export class Hands {
  private readonly node: number;
  private readonly clock: Clock;
  private readonly kernel: Kernel;
  private readonly keeper: Keeper;
  private readonly around: Surroundings;

  constructor(node: number, clock: Clock, kernel: Kernel, keeper: Keeper, around: Surroundings) {
    this.node = node;
    this.clock = clock;
    this.kernel = kernel;
    this.keeper = keeper;
    this.around = around;
  }

  /** `running` is already what it has become out of `before`. */
  perform(
    running: Running,
    before: VrrpState,
    effect: VrrpEffect,
    lookout: Lookout | null,
    at: number,
  ): void {
    const { router } = running;
    switch (effect.effect) {
      case 'addAddresses':
        this.keeper.add(running, at);
        break;
      case 'quietAddresses':
        this.kernel.quieten(router, at);
        this.around.kept(router);
        break;
      case 'removeAddresses':
        this.kernel.remove(router);
        this.around.kept(router);
        break;
      case 'announce':
      case 'defend':
        this.around.announced(this.node, router);
        break;
      case 'advertise':
      case 'claim':
        this.advertise(running, effect.priority, at);
        if (before.at === 'master' && running.state.at === 'master') this.keeper.renew(running, at);
        break;
      case 'inquire':
        lookout?.inquire(running, this.clock.now(at));
        break;
      case 'withheld':
        this.around.withheld(this.node, router, effect.because);
        break;
      case 'report':
        this.around.changed(this.node, running, before, effect.because);
    }
  }

  private advertise(running: Running, priority: number, at: number): void {
    const { config, address } = running;
    const known = running.sent.get(priority);
    if (known !== undefined) {
      this.around.transmit(this.node, running, priority, known);
      return;
    }
    running.sequence = nextSequence(config.hmac, running.sequence, this.clock.wall(at));
    const payload = encodePayload(config, address, priority, running.sequence);
    const made = { payload, read: readPayload(address, payload) };
    if (running.sequence === null) running.sent.set(priority, made);
    this.around.transmit(this.node, running, priority, made);
  }
}
