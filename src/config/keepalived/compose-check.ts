import { type Micros, micros } from '../../base/units.ts';
import { warning } from '../diagnostic.ts';
import { printDuration } from '../duration.ts';
import { hostAddress, MILLISECOND } from '../schema/scalars.ts';
import type { WrittenCheck } from '../schema/services.ts';
import type { Mark } from './compose-marks.ts';
import { markOf, type Reader, type Readers, type Scope } from './compose-scope.ts';
import { DAY, duration, read, sayAt, schemed, wholeNumber } from './compose-values.ts';
import type { Statement } from './statement.ts';

type CheckFields = { -readonly [Key in keyof WrittenCheck]?: WrittenCheck[Key] };

/** Whatever says how servers are checked: a TCP_CHECK, a server or a service. */
export interface Checking {
  readonly check: CheckFields;
  readonly checkMark: Mark;
}

/** As many as YAML takes. */
const MOST_RETRIES = 1000;

function retry(statement: Statement, scope: Scope): number | null {
  const given = read(statement, scope, wholeNumber(0, 4_294_967_295));
  if (given === null || given.value <= MOST_RETRIES) return given?.value ?? null;
  const text = `lbd tolerates at most ${MOST_RETRIES} failures`;
  sayAt(scope, statement, given.word, warning('value_replaced', text));
  return MOST_RETRIES;
}

/** lbd counts these in milliseconds. */
const pause =
  (least: Micros) =>
  (statement: Statement, scope: Scope): Micros | null => {
    const given = read(statement, scope, duration(least, DAY));
    if (given === null) return null;
    const rounded = micros(Math.round(given.value / 1000) * 1000);
    if (rounded !== given.value) {
      const text = `lbd counts milliseconds: this counts as ${printDuration(rounded)}`;
      sayAt(scope, statement, given.word, warning('value_replaced', text));
    }
    return rounded;
  };

const into =
  <Key extends keyof CheckFields>(
    key: Key,
    readValue: (statement: Statement, scope: Scope) => CheckFields[Key] | null,
  ): Reader<Checking> =>
  (statement, { check, checkMark }, scope) => {
    const value = readValue(statement, scope);
    if (value !== null) check[key] = value;
    checkMark.inside.set(key, markOf(scope, statement));
  };

/** What services and servers say for their checks. */
export const INHERITED_READERS: Readers<Checking> = {
  retry: into('retry', retry),
  delay_before_retry: into('delay_before_retry', pause(micros(0))),
  warmup: into('warmup', pause(micros(0))),
  connect_timeout: into('timeout', pause(MILLISECOND)),
  delay_loop: into('interval', pause(MILLISECOND)),
};

export const TCP_CHECK_READERS: Readers<Checking> = {
  ...INHERITED_READERS,
  connect_ip: into(
    'connect_ip',
    (statement, scope) => read(statement, scope, schemed(hostAddress))?.value ?? null,
  ),
  connect_port: into(
    'connect_port',
    (statement, scope) => read(statement, scope, wholeNumber(1, 65_535))?.value ?? null,
  ),
};
