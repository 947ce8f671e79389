import type { Convergence } from './convergence.ts';
import { targetOf } from './disturbance.ts';
import type { Due } from './due.ts';
import type { Node } from './node.ts';
import type { Traffic } from './traffic.ts';
import type { WitnessNode } from './witness-node.ts';
import type { Happening } from './world.ts';

/** What a happening may change. */
export interface Stage {
  readonly nodes: readonly Node[];
  readonly witnesses: readonly WitnessNode[];
  readonly domains: readonly Convergence[];
  readonly traffic: Traffic;
  /** So much later it comes to pass. */
  put(after: number, due: Due): void;
  disturb(): void;
}

/** Lets something happen to the networks or to a node, now. */
export function befall(happening: Happening, at: number, stage: Stage): void {
  const { lan, second } = stage.traffic;
  if ('parts' in happening) lan.split(happening.parts);
  else if ('second' in happening) second?.split(happening.second);
  else if ('gateway' in happening) lan.cutGateway(happening.gateway, happening.is === 'cut');
  else if ('witness' in happening) {
    const witness = stage.witnesses[happening.witness];
    if (happening.is === 'back') witness?.start(at);
    else witness?.crash();
  } else if ('firewall' in happening) {
    lan.filter(happening.firewall, 1);
    stage.put(happening.for, { is: 'firewall off', node: happening.firewall });
  } else if ('deaf' in happening) {
    const [from, to] = happening.deaf;
    lan.deafen(from, to, 1);
    stage.put(happening.for, { is: 'hears again', from, to });
  } else if ('attack' in happening) {
    stage.put(0, { is: 'attack', what: happening, left: happening.count });
  } else befallNode(happening, at, stage);
}

type OfNode = Exclude<
  Happening,
  | { parts: unknown }
  | { second: unknown }
  | { gateway: unknown }
  | { witness: unknown }
  | { firewall: unknown }
  | { deaf: unknown }
  | { attack: unknown }
>;

function befallNode(happening: OfNode, at: number, stage: Stage): void {
  const node = stage.nodes[targetOf(happening)];
  if (node === undefined) return;
  // Disturbed before as well: what follows is not to be blamed on a settled domain.
  stage.disturb();
  if ('script' in happening) node.isScriptGood = happening.is === 'good';
  if ('cable' in happening) {
    node.isLinkUp = happening.is === 'in';
    stage.traffic.lan.plug(node.index, node.isLinkUp);
  }
  if ('reload' in happening) node.settings[happening.domain] = happening.settings;
  if ('wall' in happening) node.clock.setWall(happening.by);
  if ('start' in happening) {
    if (!node.isRunning) node.start(at, happening.resume);
    else if (node.isStopping) node.startsAgain = true;
    return;
  }
  if (!node.isRunning) return;
  if ('crash' in happening) {
    node.crash();
    for (const domain of stage.domains) domain.gone(node.index);
  } else if ('freeze' in happening) {
    if (node.isFrozen) return;
    node.isFrozen = true;
    stage.put(happening.for, { is: 'thaw', node: node.index, life: node.life });
  } else if (node.isFrozen || node.isStopping) return;
  else if ('stop' in happening) node.stop(at);
  else if ('handover' in happening) {
    const { domain } = happening;
    if (node.order(at, domain, 'handover')) stage.domains[domain]?.handsOver(node.index);
  } else if ('failback' in happening) {
    if (node.order(at, happening.domain, 'failback')) stage.domains[happening.domain]?.failsBack(node.index);
  } else node.follow(at, 'reread' in happening);
}
