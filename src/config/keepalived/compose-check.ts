import type { Result } from '../../base/result.ts';
import { type Micros, micros } from '../../base/units.ts';
import { type Problem, warning } from '../diagnostic.ts';
import { printDuration } from '../duration.ts';
import { hostLine, type WrittenCheck, type WrittenRequest } from '../schema/checks.ts';
import { deviceName, hostAddress, MILLISECOND } from '../schema/scalars.ts';
import { isOn } from './compose-global.ts';
import type { Mark } from './compose-marks.ts';
import { markOf, type Reader, type Readers, type Scope } from './compose-scope.ts';
import { DAY, duration, read, sayAt, schemed, wholeNumber } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

export type CheckFields = { -readonly [Key in keyof WrittenCheck]?: WrittenCheck[Key] };
export type RequestFields = { -readonly [Key in keyof WrittenRequest]?: WrittenRequest[Key] };

/** Whatever says how servers are checked: a checker, a server or a service. */
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

/** Reads a value into a check and marks its place under the name that it has in YAML. */
export const into =
  <Key extends Extract<keyof CheckFields, string>>(
    key: Key,
    readValue: (statement: Statement, scope: Scope) => CheckFields[Key] | null,
  ): Reader<Checking> =>
  (statement, { check, checkMark }, scope) => {
    const value = readValue(statement, scope);
    if (value !== null) check[key] = value;
    checkMark.inside.set(key, markOf(scope, statement));
  };

/** The one argument. */
export const value =
  <T>(parse: (word: Word) => Result<T, Problem>) =>
  (statement: Statement, scope: Scope): T | null =>
    read(statement, scope, parse)?.value ?? null;

/** A host in a request, in the words of whatever stands around it. */
export const host = value(schemed(hostLine));

/** What checks say of their connections. */
export const REACH_READERS: Readers<Checking> = {
  connect_ip: into('connect_ip', value(schemed(hostAddress))),
  connect_port: into('connect_port', value(wholeNumber(1, 65_535))),
  bindto: into('bind_ip', value(schemed(hostAddress))),
  bind_port: into('bind_port', value(wholeNumber(1, 65_535))),
  bind_if: into('bind_if', value(schemed(deviceName))),
  fwmark: into('fwmark', value(wholeNumber(1, 4_294_967_295))),
};

/** What checks say of when they are made. */
export const TIMING_READERS: Readers<Checking> = {
  retry: into('retry', retry),
  delay_before_retry: into('delay_before_retry', pause(micros(0))),
  warmup: into('warmup', pause(micros(0))),
  delay_loop: into('interval', pause(MILLISECOND)),
  alpha: into('alpha', isOn),
};

export const timeoutReader: Reader<Checking> = into('timeout', pause(MILLISECOND));
export const retryReader: Reader<Checking> = into('retry', retry);

/** What services and servers say for their checks. */
export const INHERITED_READERS: Readers<Checking> = {
  ...TIMING_READERS,
  connect_timeout: timeoutReader,
  virtualhost: into('host', host),
};
