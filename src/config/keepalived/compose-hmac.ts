import { err, type Result } from '../../base/result.ts';
import { type Micros, seconds } from '../../base/units.ts';
import { mistake, type Problem, warning } from '../diagnostic.ts';
import { hmacKey, type WrittenHmac } from '../schema/hmac.ts';
import type { Mark } from './compose-marks.ts';
import { markOf, type Readers } from './compose-scope.ts';
import { oneOf, read, sayAt, saySurplus, schemed, wholeNumber } from './compose-values.ts';
import type { Word } from './statement.ts';

/** What a block `auth_hmac` says. */
export interface HmacDraft {
  isThere: boolean;
  /** Whether something in it was an error. */
  isBroken: boolean;
  readonly keys: Record<string, string>;
  activeKey: number | null;
  antiReplay: WrittenHmac['anti_replay'];
  window: Micros | undefined;
  mode: WrittenHmac['mode'];
  mark: Mark;
}

export const newHmac = (mark: Mark): HmacDraft => ({
  isThere: false,
  isBroken: false,
  keys: {},
  activeKey: null,
  antiReplay: 'time',
  window: undefined,
  mode: 'enforce',
  mark,
});

/** Where the number belongs may stand the key itself, which is not shown. */
function keyNumber(word: Word): Result<number, Problem> {
  const number = wholeNumber(1, 255)(word);
  return number.ok ? number : err(mistake(number.error.code, 'the number of a key is 1 to 255'));
}

export const HMAC_READERS: Readers<HmacDraft> = {
  key: (statement, hmac, scope) => {
    const [keyword, id, value] = statement.words;
    if (id === undefined || value === undefined) {
      hmac.isBroken = true;
      sayAt(scope, statement, keyword, mistake('missing_value', '"key" needs a number and the key itself'));
      return;
    }
    saySurplus(statement, scope, 3);
    const number = keyNumber(id);
    if (!number.ok) sayAt(scope, statement, id, number.error);
    const key = schemed(hmacKey)(value);
    if (!key.ok) sayAt(scope, statement, value, key.error);
    if (!number.ok || !key.ok) {
      hmac.isBroken = true;
      return;
    }
    if (Object.hasOwn(hmac.keys, number.value)) {
      const text = `key ${number.value} is here already, and the last one counts`;
      sayAt(scope, statement, id, warning('overridden', text));
    }
    hmac.keys[String(number.value)] = key.value;
    hmac.mark.inside.set('keys', markOf(scope, statement));
  },
  active_key: (statement, hmac, scope) => {
    hmac.activeKey = read(statement, scope, keyNumber)?.value ?? null;
    if (hmac.activeKey === null) hmac.isBroken = true;
    hmac.mark.inside.set('active_key', markOf(scope, statement));
  },
  anti_replay: (statement, hmac, scope) => {
    hmac.antiReplay =
      read(statement, scope, oneOf(['time', 'monotonic'], 'way to tell replays', scope))?.value ?? 'time';
  },
  time_window: (statement, hmac, scope) => {
    const given = read(statement, scope, wholeNumber(1, 300));
    hmac.window = given === null ? undefined : seconds(given.value);
  },
  mode: (statement, hmac, scope) => {
    const modes = ['enforce', 'permissive', 'receive-only'] as const;
    hmac.mode = read(statement, scope, oneOf(modes, 'mode of auth_hmac', scope))?.value ?? 'enforce';
  },
};

/** What YAML would say; undefined where there is no such block. */
export function finishHmac(
  { isThere, isBroken, keys, activeKey, antiReplay, window, mode, mark }: HmacDraft,
  say: (mark: Mark, problem: ReturnType<typeof mistake>) => void,
): WrittenHmac | undefined {
  if (!isThere || isBroken) return undefined;
  if (activeKey === null) {
    say(mark, mistake('missing_key', 'auth_hmac needs an active_key'));
    return undefined;
  }
  return {
    keys,
    active_key: activeKey,
    anti_replay: antiReplay,
    mode,
    ...(window === undefined ? {} : { time_window: window }),
  };
}
