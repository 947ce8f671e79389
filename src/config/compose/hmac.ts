import { type Micros, seconds } from '../../base/units.ts';
import type { HmacConfig, HmacKey } from '../../model/config.ts';
import { mistake } from '../diagnostic.ts';
import type { WrittenHmac } from '../schema/hmac.ts';
import type { Say } from './say.ts';

/** The time window of an instance that gives none, in whole seconds (keepalived 2.4). */
export const usualWindow = (advertInterval: Micros): Micros =>
  seconds(Math.max(5, Math.ceil((3 * advertInterval) / 1_000_000)));

/** How adverts are signed. `usual` is the time window where none is given. */
export function composeHmac(written: WrittenHmac, usual: Micros, say: Say): HmacConfig {
  const keys = Object.entries(written.keys).map(
    ([id, text]): HmacKey => ({ id: Number(id), secret: secretOf(text) }),
  );
  if (!keys.some(({ id }) => id === written.active_key)) {
    const allowed = keys.map(({ id }) => String(id));
    const text = `there is no key ${written.active_key} among the keys`;
    say(['active_key'], mistake('unknown_name', text, { allowed }));
  }
  return {
    keys,
    activeKey: written.active_key,
    antiReplay: written.anti_replay,
    window: written.time_window ?? usual,
    mode: written.mode,
  };
}

/** A key as it is written. */
export function secretOf(text: string): HmacKey['secret'] {
  if (text.startsWith('file:')) return { kind: 'file', path: text.slice('file:'.length) };
  const bytes = text.startsWith('hex:')
    ? (text.slice('hex:'.length).match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))
    : [...text].map((character) => character.charCodeAt(0));
  return { kind: 'bytes', bytes: Uint8Array.from(bytes) };
}
