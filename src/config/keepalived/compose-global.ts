import type { z } from 'zod';
import { err, ok } from '../../base/result.ts';
import { type Micros, micros } from '../../base/units.ts';
import { mistake, warning } from '../diagnostic.ts';
import { INSTANCE } from '../print/file-text.ts';
import type { fileSchema } from '../schema/file.ts';
import { deviceName } from '../schema/scalars.ts';
import type { instanceSchema } from '../schema/vrrp.ts';
import type { Mark } from './compose-marks.ts';
import { leaveIdle, markOf, type Reader, type Readers, type Scope } from './compose-scope.ts';
import { DAY, duration, read, sayAt, schemed, show, wholeNumber } from './compose-values.ts';
import { VERSION_2 } from './keywords/reasons.ts';
import { yet } from './keywords/row.ts';
import type { Statement, Word } from './statement.ts';

type Instance = z.output<typeof instanceSchema>;
export type GarpKey = Extract<keyof Instance, `garp_${string}`>;
export type Garp = { [Key in GarpKey]?: Instance[Key] };

/** What global_defs say. */
export interface Globals {
  routerId: z.output<typeof fileSchema>['router_id'];
  defaultInterface: string | null;
  version: 2 | 3;
  isStrict: boolean;
  readonly garp: Garp;
  readonly root: Mark;
}

export const newGlobals = (root: Mark): Globals => ({
  routerId: undefined,
  defaultInterface: null,
  version: 2,
  isStrict: false,
  garp: {},
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

/** A version that is read but not spoken. */
const VERSION_3 = yet(VERSION_2, 'Version 3');

export function versionOf(statement: Statement, scope: Scope): 2 | 3 | null {
  const given = read(statement, scope, wholeNumber(2, 3));
  if (given === null) return null;
  if (given.value === 2) return 2;
  leaveIdle(statement, VERSION_3, scope, `${statement.words[0].text} 3`);
  return 3;
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

const repeat =
  (key: 'garp_master_repeat' | 'garp_master_refresh_repeat'): Reader<Globals> =>
  (statement, { garp }, scope) => {
    garp[key] = garpRepeat(statement, scope) ?? INSTANCE[key];
  };
const pause =
  (key: 'garp_master_delay' | 'garp_master_refresh'): Reader<Globals> =>
  (statement, { garp }, scope) => {
    garp[key] = garpPause(statement, scope) ?? INSTANCE[key];
  };

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
    globals.version = versionOf(statement, scope) ?? 2;
  },
  vrrp_strict: (statement, globals, scope) => {
    globals.isStrict = isOn(statement, scope);
  },
  vrrp_garp_master_delay: pause('garp_master_delay'),
  vrrp_garp_master_repeat: repeat('garp_master_repeat'),
  vrrp_garp_master_refresh: pause('garp_master_refresh'),
  vrrp_garp_master_refresh_repeat: repeat('garp_master_refresh_repeat'),
  vrrp_min_garp: (statement, { garp }, scope) => {
    if (!isOn(statement, scope)) return;
    garp.garp_master_repeat = 1;
    garp.garp_master_delay ??= micros(0);
    garp.garp_master_refresh = micros(0);
  },
};
