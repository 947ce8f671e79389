import { type Micros, seconds } from '../../base/units.ts';
import { mistake } from '../diagnostic.ts';
import { hmacKey, type WrittenHmac } from '../schema/hmac.ts';
import type { Mark } from './compose-marks.ts';
import { markOf, type Readers } from './compose-scope.ts';
import { duration, oneOf, read, sayAt, schemed, wholeNumber } from './compose-values.ts';

/** What a block `auth_hmac` says. */
export interface HmacDraft {
  isThere: boolean;
  readonly keys: Record<string, string>;
  activeKey: number | null;
  antiReplay: WrittenHmac['anti_replay'];
  window: Micros | undefined;
  mode: WrittenHmac['mode'];
  mark: Mark;
}

export const newHmac = (mark: Mark): HmacDraft => ({
  isThere: false,
  keys: {},
  activeKey: null,
  antiReplay: 'time',
  window: undefined,
  mode: 'enforce',
  mark,
});

export const HMAC_READERS: Readers<HmacDraft> = {
  key: (statement, hmac, scope) => {
    const [keyword, id, value] = statement.words;
    if (id === undefined || value === undefined) {
      sayAt(scope, statement, keyword, mistake('missing_value', '"key" needs a number and the key itself'));
      return;
    }
    const number = wholeNumber(1, 255)(id);
    if (!number.ok) sayAt(scope, statement, id, number.error);
    const key = schemed(hmacKey)(value);
    // The words of a failure would quote the key.
    if (!key.ok) {
      const text = 'a key is 32 to 64 characters, hex: with 64 to 128 digits, or file: and a path';
      sayAt(scope, statement, value, mistake('bad_value', text));
    }
    if (!number.ok || !key.ok) return;
    hmac.keys[String(number.value)] = key.value;
    hmac.mark.inside.set('keys', markOf(scope, statement));
  },
  active_key: (statement, hmac, scope) => {
    hmac.activeKey = read(statement, scope, wholeNumber(1, 255))?.value ?? null;
    hmac.mark.inside.set('active_key', markOf(scope, statement));
  },
  anti_replay: (statement, hmac, scope) => {
    hmac.antiReplay =
      read(statement, scope, oneOf(['time', 'monotonic'], 'way to tell replays', scope))?.value ?? 'time';
  },
  time_window: (statement, hmac, scope) => {
    hmac.window = read(statement, scope, duration(seconds(1), seconds(300)))?.value;
  },
  mode: (statement, hmac, scope) => {
    const modes = ['enforce', 'permissive', 'receive-only'] as const;
    hmac.mode = read(statement, scope, oneOf(modes, 'mode of auth_hmac', scope))?.value ?? 'enforce';
  },
};

/** What YAML would say; undefined where there is no such block. */
export function finishHmac(
  { isThere, keys, activeKey, antiReplay, window, mode, mark }: HmacDraft,
  say: (mark: Mark, problem: ReturnType<typeof mistake>) => void,
): WrittenHmac | undefined {
  if (!isThere) return undefined;
  if (activeKey === null) say(mark, mistake('missing_key', 'auth_hmac needs an active_key'));
  return {
    keys,
    active_key: activeKey ?? 0,
    anti_replay: antiReplay,
    mode,
    ...(window === undefined ? {} : { time_window: window }),
  };
}
