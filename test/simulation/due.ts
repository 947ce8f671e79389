import type { Attacking } from './outsider.ts';
import type { Packet } from './packets.ts';
import type { Happening } from './world.ts';

/** A heartbeat on its way on the second network. */
export interface Letter {
  readonly from: number;
  readonly to: number;
  /** Counts the heartbeats of the simulation. */
  readonly serial: number;
  /** Which process of the receiver's lived when it was sent. */
  readonly life: number;
  readonly bytes: Uint8Array;
}

/** What comes to pass at some moment. */
export type Due =
  | { readonly is: 'wake'; readonly node: number; readonly token: number }
  | { readonly is: 'arrival'; readonly node: number; readonly packet: Packet }
  | { readonly is: 'letter'; readonly node: number; readonly letter: Letter }
  | { readonly is: 'happening'; readonly happening: Happening }
  | { readonly is: 'thaw'; readonly node: number; readonly life: number }
  | { readonly is: 'hears again'; readonly from: number; readonly to: number }
  | { readonly is: 'firewall off'; readonly node: number }
  | { readonly is: 'attack'; readonly what: Attacking; readonly left: number }
  | { readonly is: 'claim'; readonly node: number; readonly router: number; readonly by: number }
  /** A node asks who has the addresses of a router. */
  | { readonly is: 'who has'; readonly node: number; readonly router: number; readonly asker: number }
  | { readonly is: 'gateway answers'; readonly node: number }
  | { readonly is: 'lifetime'; readonly node: number; readonly router: number }
  | { readonly is: 'audit' };

/** A line of a trace. */
export function told(due: Due, micros: number): string {
  const at = (micros / 1e6).toFixed(6);
  switch (due.is) {
    case 'happening':
      return `${at} ${JSON.stringify(due.happening)}`;
    case 'arrival': {
      const { read, source, router } = due.packet;
      const what = read.ok ? `priority ${read.value.advert.priority}` : read.error.refusal;
      return `${at} node ${due.node} gets router ${router} from ${source}: ${what}`;
    }
    case 'letter':
      return `${at} node ${due.node} gets a heartbeat from node ${due.letter.from}`;
    case 'claim':
      return `${at} node ${due.node} hears node ${due.by} say that router ${due.router} is its own`;
    case 'who has':
      return `${at} node ${due.node} is asked for router ${due.router} by node ${due.asker}`;
    default:
      return `${at} ${due.is}${'node' in due ? ` of node ${due.node}` : ''}`;
  }
}
