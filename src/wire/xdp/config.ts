import { dataView } from '../../base/bytes.ts';
import { CONFIG, FLOW_STATES, LAYOUT_VERSION } from './layout.ts';
import { secondsToTicks } from './ticks.ts';

/** Seconds for which a flow is kept after a packet of its own. */
export type XdpTimeouts = Readonly<
  Record<'syn' | 'established' | 'fin' | 'udp' | 'sctp' | 'fragment', number>
>;

/** What `config` holds. */
export interface XdpConfig {
  /** Five keys of 64 bits for hashes; the fifth is odd. Directors with the same keys choose alike. */
  readonly keys: readonly bigint[];
  readonly timeouts: XdpTimeouts;
  /** Services whose address is not held here. */
  readonly unowned: number;
  /** Services of port 0. */
  readonly anyPort: number;
}

const { at } = CONFIG;

export function encodeConfig({ keys, timeouts, unowned, anyPort }: XdpConfig): Uint8Array {
  const bytes = new Uint8Array(CONFIG.size);
  const view = dataView(bytes);
  view.setUint32(at.version, LAYOUT_VERSION, true);
  view.setUint32(at.unowned, unowned, true);
  view.setUint32(at.any_port, anyPort, true);
  keys.forEach((key, i) => {
    view.setBigUint64(at.keys + 8 * i, key, true);
  });
  for (const [state, seconds] of Object.entries(timeouts)) {
    const number = FLOW_STATES[state as keyof XdpTimeouts];
    view.setUint32(at.timeouts + 4 * number, secondsToTicks(seconds), true);
  }
  return bytes;
}

/** The version of the layout that maps were made with; 0 where nothing was written yet. */
export const decodeVersion = (bytes: Uint8Array): number => dataView(bytes).getUint32(at.version, true);
