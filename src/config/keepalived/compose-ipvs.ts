import type { z } from 'zod';
import { seconds } from '../../base/units.ts';
import { mistake, warning } from '../diagnostic.ts';
import { FILE } from '../print/file-text.ts';
import { IPVS_KEYS, syncGroupAddress, type WrittenIpvs } from '../schema/ipvs.ts';
import { deviceName } from '../schema/scalars.ts';
import type { InstanceDraft } from './compose-instance.ts';
import { Mark } from './compose-marks.ts';
import { markOf, type Readers, type Scope } from './compose-scope.ts';
import { readWord, sayAt, saySurplus, schemed, show, wholeNumber } from './compose-values.ts';
import type { Statement, Word } from './statement.ts';

/** What a keepalived.conf says of IPVS besides its services. */
export interface Ipvs {
  flush: boolean;
  flushOnStop: boolean;
  timeouts: WrittenIpvs['timeouts'];
  syncDaemon: SyncDaemonDraft | null;
  readonly mark: Mark;
}

type SyncDaemonText = NonNullable<NonNullable<z.input<(typeof IPVS_KEYS)['ipvs']>>['sync_daemon']>;

interface SyncDaemonDraft {
  /** As a map of YAML has it. */
  readonly text: SyncDaemonText;
  /** What the file calls the instance. */
  readonly instance: string | null;
}

export function newIpvs(root: Mark): Ipvs {
  const mark = root.with();
  root.inside.set('ipvs', mark);
  return { flush: false, flushOnStop: false, timeouts: FILE.ipvs.timeouts, syncDaemon: null, mark };
}

const LONGEST = 31 * 86_400;
const TIMEOUTS = { tcp: 'tcp', tcpfin: 'tcp_fin', udp: 'udp' } as const;

export const IPVS_READERS: Readers<Ipvs> = {
  lvs_flush: (statement, ipvs, scope) => {
    saySurplus(statement, scope, 1);
    ipvs.flush = true;
    ipvs.mark.inside.set('flush', markOf(scope, statement));
  },
  lvs_flush_on_stop: readFlushOnStop,
  lvs_flush_onstop: readFlushOnStop,
  lvs_timeouts: readTimeouts,
  lvs_sync_daemon: readSyncDaemon,
};

/** `lvs_flush_on_stop [VS]`: with VS only our own services go, as they do anyway. */
function readFlushOnStop(statement: Statement, ipvs: Ipvs, scope: Scope): void {
  const [, kind] = statement.words;
  saySurplus(statement, scope, 2);
  if (kind !== undefined && kind.text !== 'VS') {
    sayUnknownWord(statement, kind, ['VS'], scope);
    return;
  }
  ipvs.flushOnStop = kind === undefined;
  ipvs.mark.inside.set('flush_on_stop', markOf(scope, statement));
}

/** `lvs_timeouts [tcp N] [tcpfin N] [udp N]` */
function readTimeouts(statement: Statement, ipvs: Ipvs, scope: Scope): void {
  const [keyword, ...words] = statement.words;
  if (words.length === 0) {
    const text = `"${keyword.text}" needs tcp, tcpfin or udp with a number of seconds`;
    sayAt(scope, statement, keyword, mistake('missing_value', text));
  }
  ipvs.timeouts = {};
  ipvs.mark.inside.set('timeouts', markOf(scope, statement));
  for (let i = 0; i < words.length; i += 2) {
    const [word, value] = [words[i], words[i + 1]];
    if (word === undefined) return;
    const key = Object.hasOwn(TIMEOUTS, word.text) ? TIMEOUTS[word.text as keyof typeof TIMEOUTS] : null;
    if (key === null) {
      sayUnknownWord(statement, word, Object.keys(TIMEOUTS), scope);
      return;
    }
    const given = argumentOf(statement, word, value, scope, wholeNumber(0, LONGEST));
    // keepalived takes 0 for what the kernel has.
    if (given !== null && given !== 0) ipvs.timeouts = { ...ipvs.timeouts, [key]: seconds(given) };
  }
}

const OPTIONS = ['inst', 'id', 'maxlen', 'port', 'ttl', 'group'] as const;

/** `lvs_sync_daemon INTERFACE [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group ADDRESS]` */
function readSyncDaemon(statement: Statement, ipvs: Ipvs, scope: Scope): void {
  const [keyword, ...words] = statement.words;
  const [first, ...options] = words;
  if (first === undefined) {
    sayAt(scope, statement, keyword, mistake('missing_value', `"${keyword.text}" needs an interface`));
    return;
  }
  const dev = readWord(first, statement, scope, schemed(deviceName))?.value ?? first.text;
  const mark = markOf(scope, statement);
  ipvs.mark.inside.set('sync_daemon', mark);
  let text: SyncDaemonText = { interface: dev };
  let instance: string | null = null;
  for (let i = 0; i < options.length; i++) {
    const word = options[i];
    if (word === undefined) break;
    const option = OPTIONS.find((each) => each === word.text);
    if (option === undefined) {
      // An old form has the bare id after the instance.
      const isId = /^\d+$/.test(word.text) && instance !== null && text.id === undefined;
      if (isId) {
        const id = readWord(word, statement, scope, wholeNumber(0, 255));
        if (id !== null) text = { ...text, id: id.value };
      } else if (instance === null) {
        instance = word.text;
        mark.inside.set('instance', new Mark(word, mark));
      } else {
        sayUnknownWord(statement, word, OPTIONS, scope);
        return;
      }
      continue;
    }
    const value = options[++i];
    if (option === 'inst') {
      instance = value?.text ?? null;
      if (value === undefined) sayMissing(statement, word, scope);
      else mark.inside.set('instance', new Mark(value, mark));
    } else if (option === 'group') {
      const group = argumentOf(statement, word, value, scope, schemed(syncGroupAddress));
      if (group !== null) text = { ...text, group };
    } else {
      const [key, least, most] = NUMBERS[option];
      const number = argumentOf(statement, word, value, scope, wholeNumber(least, most));
      if (number !== null) text = { ...text, [key]: number };
    }
  }
  ipvs.syncDaemon = { text, instance };
}

const NUMBERS = {
  id: ['id', 0, 255],
  maxlen: ['max_length', 1, 65_507],
  port: ['port', 1, 65_535],
  ttl: ['ttl', 1, 255],
} as const;

function argumentOf<T>(
  statement: Statement,
  word: Word,
  value: Word | undefined,
  scope: Scope,
  parse: Parameters<typeof readWord<T>>[3],
): T | null {
  if (value !== undefined) return readWord(value, statement, scope, parse)?.value ?? null;
  sayMissing(statement, word, scope);
  return null;
}

const sayMissing = (statement: Statement, word: Word, scope: Scope): void =>
  sayAt(scope, statement, word, mistake('missing_value', `"${word.text}" needs a value`));

function sayUnknownWord(statement: Statement, word: Word, allowed: readonly string[], scope: Scope): void {
  const suggestion = scope.notes.suggest(word.text, allowed);
  const { text } = statement.words[0];
  sayAt(
    scope,
    statement,
    word,
    mistake('unknown_value', `${show(word)} is no word of ${text}`, { suggestion, allowed }),
  );
}

/** `lvs_sync_daemon_interface` of an instance, an old form: where global_defs have one, that counts. */
export function takeOldSyncDaemon(
  ipvs: Ipvs,
  {
    syncInterface,
    statement,
    mark,
    scope,
  }: Pick<InstanceDraft, 'syncInterface' | 'statement' | 'mark' | 'scope'>,
): void {
  const instance = statement.words[1]?.text;
  const at = mark.inside.get('lvs_sync_daemon_interface') ?? mark;
  if (syncInterface === undefined || instance === undefined) return;
  if (ipvs.syncDaemon === null) {
    ipvs.syncDaemon = { text: { interface: syncInterface.value }, instance };
    ipvs.mark.inside.set('sync_daemon', at);
    return;
  }
  const text = 'there is only one sync daemon, and another one is given: this has no effect';
  scope.notes.say(at.at, warning('overridden', text), at.path);
}

/** What YAML would say; `nameOf` gives what an instance of the file is called here. */
export function finishIpvs(
  { flush, flushOnStop, timeouts, syncDaemon }: Ipvs,
  nameOf: (instance: string) => string | null,
): WrittenIpvs {
  const called = syncDaemon === null || syncDaemon.instance === null ? null : nameOf(syncDaemon.instance);
  const instance = called ?? syncDaemon?.instance ?? undefined;
  // The name may be of a kind that no instance can have: then it is said that there is none.
  const daemon = IPVS_KEYS.ipvs.parse({ sync_daemon: syncDaemon?.text }).sync_daemon;
  return {
    flush,
    flush_on_stop: flushOnStop,
    timeouts,
    sync_daemon: daemon === undefined ? undefined : { ...daemon, instance },
  };
}
