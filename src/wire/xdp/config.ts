import { dataView } from '../../base/bytes.ts';
import type { XdpCounts } from '../../model/xdp.ts';
import { CONFIG, FLOW_STATES } from './layout.ts';
import { secondsToTicks } from './ticks.ts';

/** Seconds for which a flow is kept after a packet of its own. */
export type XdpTimeouts = Readonly<
  Record<'syn' | 'established' | 'fin' | 'udp' | 'sctp' | 'fragment', number>
>;

/** What `config` holds, apart from the counts of services. */
export interface XdpConfig {
  /** Five keys of 64 bits for hashes; the fifth is odd. Directors with the same keys choose alike. */
  readonly keys: readonly bigint[];
  readonly timeouts: XdpTimeouts;
}

const { at } = CONFIG;

/** What is to be stored of `config`, from `CONFIG.at.keys` on; the version is stored when everything else is. */
export function encodeConfig({ keys, timeouts }: XdpConfig): Uint8Array {
  const bytes = new Uint8Array(CONFIG.size);
  const view = dataView(bytes);
  keys.forEach((key, i) => {
    view.setBigUint64(at.keys + 8 * i, key, true);
  });
  for (const [state, seconds] of Object.entries(timeouts)) {
    const number = FLOW_STATES[state as keyof XdpTimeouts];
    view.setUint32(at.timeouts + 4 * number, secondsToTicks(seconds), true);
  }
  return bytes.subarray(at.keys);
}

/** The version of the layout that maps were made with; 0 where nothing was written yet. */
export const decodeVersion = (bytes: Uint8Array): number => dataView(bytes).getUint32(at.version, true);

export function decodeCounts(bytes: Uint8Array): XdpCounts {
  const view = dataView(bytes);
  return { unowned: view.getUint32(at.unowned, true), anyPort: view.getUint32(at.any_port, true) };
}
