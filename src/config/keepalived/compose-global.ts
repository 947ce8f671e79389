import type { z } from 'zod';
import type { Ip } from '../../base/ip.ts';
import { err, ok } from '../../base/result.ts';
import { type Micros, micros, seconds } from '../../base/units.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { fileSchema } from '../schema/file.ts';
import { deviceName } from '../schema/scalars.ts';
import { type instanceSchema, multicastAddress } from '../schema/vrrp.ts';
import type { Mark } from './compose-marks.ts';
import { markOf, type Reader, type Readers, type Scope } from './compose-scope.ts';
import { DAY, duration, read, readWord, sayAt, schemed, show, wholeNumber } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

type Instance = z.output<typeof instanceSchema>;
/** Keys of an instance as YAML would have them. */
export type PlainKeys = { -readonly [Key in keyof Instance]?: Instance[Key] };

/** What global_defs say. */
export interface Globals {
  routerId: z.output<typeof fileSchema>['router_id'];
  defaultInterface: string | null;
  /** Null where the family of an instance decides. */
  version: 2 | 3 | null;
  isStrict: boolean;
  /** What instances take over that say nothing else. */
  readonly plain: PlainKeys;
  readonly groups: { inet: Ip | undefined; inet6: Ip | undefined };
  vmacPrefix: string | null;
  /** Names that were made with it. */
  readonly vmacNames: Set<string>;
  readonly root: Mark;
}

export const newGlobals = (root: Mark): Globals => ({
  routerId: undefined,
  defaultInterface: null,
  version: null,
  isStrict: false,
  plain: {},
  groups: { inet: undefined, inet6: undefined },
  vmacPrefix: null,
  vmacNames: new Set(),
  root,
});

const MOST_REPEATS = 100;

/** Of a burst of announcements. */
export function garpRepeat(statement: Statement, scope: Scope): number | null {
  const given = read(statement, scope, wholeNumber(0, 4_294_967_295));
  if (given === null) return null;
  const value = Math.max(1, Math.min(given.value, MOST_REPEATS));
  if (value !== given.value) {
    const text = `there are 1 to ${MOST_REPEATS} announcements in a burst: this counts as ${value}`;
    sayAt(scope, statement, given.word, warning('value_replaced', text));
  }
  return value;
}

export const garpPause = (statement: Statement, scope: Scope): Micros | null =>
  read(statement, scope, duration(micros(0), DAY))?.value ?? null;

/** Of a burst after a lower priority was heard; none is possible. */
export const garpLowerRepeat = (statement: Statement, scope: Scope): number | null =>
  read(statement, scope, wholeNumber(0, MOST_REPEATS))?.value ?? null;

export const downTimerAdverts = (statement: Statement, scope: Scope): number | null =>
  read(statement, scope, wholeNumber(1, 100))?.value ?? null;

/** `[all] SECONDS`: keepalived has one period for all of them, or for this one. */
export function extraInterface(statement: Statement, scope: Scope): Micros | null {
  const [keyword, first, ...rest] = statement.words;
  const words = first?.text === 'all' ? rest : [first, ...rest];
  const word = words[0];
  if (word === undefined) {
    sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs a number of seconds`));
    return null;
  }
  const value = readWord(word, statement, scope, wholeNumber(0, 86_400))?.value;
  return value === undefined ? null : seconds(value);
}

export function versionOf(statement: Statement, scope: Scope): 2 | 3 | null {
  const given = read(statement, scope, wholeNumber(2, 3));
  return given === null ? null : given.value === 2 ? 2 : 3;
}

/** `on` and its like; on without an argument. An unknown word is an error. */
export function isOn(statement: Statement, scope: Scope): boolean {
  const word = statement.words[1];
  if (word === undefined) return true;
  const known = ['on', 'true', 'yes', 'off', 'false', 'no'];
  const at = known.indexOf(word.text.toLowerCase());
  if (at === -1) {
    const problem = mistake('unknown_value', `${show(word)} is neither on nor off`, { allowed: known });
    sayAt(scope, statement, word, problem);
  }
  return at < 3;
}

const routerId = (word: Word) =>
  /^\S.{0,254}$/u.test(word.text)
    ? ok(word.text)
    : err(mistake('bad_value', 'a router_id is one line of text of at most 255 characters'));

const plain =
  <Key extends keyof Instance>(
    key: Key,
    readValue: (statement: Statement, scope: Scope) => Instance[Key] | null,
  ): Reader<Globals> =>
  (statement, { plain }, scope) => {
    const value = readValue(statement, scope);
    if (value !== null) plain[key] = value;
  };

const group = (statement: Statement, scope: Scope): Ip | null =>
  read(statement, scope, schemed(multicastAddress))?.value ?? null;

export const GLOBAL_READERS: Readers<Globals> = {
  router_id: (statement, globals, scope) => {
    const given = read(statement, scope, routerId);
    if (given === null) return;
    globals.routerId = given.value;
    globals.root.inside.set('router_id', markOf(scope, statement));
  },
  default_interface: (statement, globals, scope) => {
    globals.defaultInterface = read(statement, scope, schemed(deviceName))?.value ?? null;
  },
  vrrp_version: (statement, globals, scope) => {
    globals.version = versionOf(statement, scope);
  },
  vrrp_strict: (statement, globals, scope) => {
    globals.isStrict = isOn(statement, scope);
  },
  vrrp_garp_master_delay: plain('garp_master_delay', garpPause),
  vrrp_garp_master_repeat: plain('garp_master_repeat', garpRepeat),
  vrrp_garp_master_refresh: plain('garp_master_refresh', garpPause),
  vrrp_garp_master_refresh_repeat: plain('garp_master_refresh_repeat', garpRepeat),
  vrrp_garp_lower_prio_delay: plain('garp_lower_prio_delay', garpPause),
  vrrp_garp_lower_prio_repeat: plain('garp_lower_prio_repeat', garpLowerRepeat),
  vrrp_garp_extra_if: plain('garp_extra_if', extraInterface),
  vrrp_vmac_garp_intvl: plain('garp_extra_if', extraInterface),
  vrrp_down_timer_adverts: plain('down_timer_adverts', downTimerAdverts),
  vrrp_lower_prio_no_advert: plain('lower_prio_no_advert', isOn),
  vrrp_higher_prio_send_advert: plain('higher_prio_send_advert', isOn),
  vrrp_owner_ignore_adverts: plain('owner_ignore_adverts', isOn),
  vrrp_check_unicast_src: plain('check_unicast_src', isOn),
  v3_checksum_as_v2: plain('v3_checksum_as_v2', isOn),
  vrrp_mcast_group4: (statement, globals, scope) => {
    globals.groups.inet = group(statement, scope) ?? undefined;
  },
  vrrp_mcast_group6: (statement, globals, scope) => {
    globals.groups.inet6 = group(statement, scope) ?? undefined;
  },
  vmac_prefix: (statement, globals, scope) => {
    globals.vmacPrefix = read(statement, scope, schemed(deviceName))?.value ?? null;
  },
  vrrp_min_garp: (statement, { plain }, scope) => {
    if (!isOn(statement, scope)) return;
    plain.garp_master_repeat = 1;
    plain.garp_master_delay ??= micros(0);
    plain.garp_master_refresh = micros(0);
  },
};
