import { ipFamily } from '../../base/ip.ts';
import type {
  CheckConfig,
  CheckTiming,
  MiscProbe,
  ProbeConfig,
  ProbeSource,
  Reach,
  UdpReply,
} from '../../model/check.ts';
import type { DestKey } from '../../model/services.ts';
import { mistake } from '../diagnostic.ts';
import type { Suggest } from '../nearest.ts';
import type { WrittenCheck } from '../schema/checks.ts';
import { composeHttp } from './http.ts';
import type { Say } from './say.ts';
import type { Weight } from './tracks.ts';

/** What checks may follow, by name, and a finder of what was meant. */
export interface Followable {
  readonly files: ReadonlyMap<string, Weight>;
  readonly bfd: ReadonlyMap<string, unknown>;
  readonly suggest: Suggest;
}

/** keepalived's SMTP_DEFAULT_HELO. */
export const HELO = 'smtpchecker.keepalived.org';
export const MOST_REPLY = 255;

/** A check at these times, and what it asks. `say` takes paths below the check, `sayServer` says what only this server lacks. */
export function composeProbe(
  timing: CheckTiming,
  written: WrittenCheck,
  key: DestKey,
  followable: Followable,
  say: Say,
  sayServer: Say,
): CheckConfig {
  switch (written.type) {
    // Keys behind a spread cost V8 (Node 20) microseconds and hundreds of bytes an object, and there are many checks.
    case 'tcp':
      return { type: 'tcp', ...reachOf(written, key, say, sayServer), ...timing };
    case 'http':
    case 'https':
      return { ...composeHttp(written, say), ...reachOf(written, key, say, sayServer), ...timing };
    case 'smtp':
      return {
        type: 'smtp',
        helo: written.helo ?? HELO,
        ...reachOf(written, key, say, sayServer),
        ...timing,
      };
    case 'dns':
      return {
        type: 'dns',
        question: written.query_type ?? 'SOA',
        name: written.name ?? '.',
        ...reachOf(written, key, say, sayServer),
        ...timing,
      };
    case 'udp':
      return {
        type: 'udp',
        payload: bytesOf(written.payload ?? '').bytes,
        reply: replyOf(written, say),
        ...reachOf(written, key, say, sayServer),
        ...timing,
      };
    case 'ping':
      return { type: 'ping', ...reachOf(written, key, say, sayServer), ...timing };
    case 'misc':
      return { ...composeMisc(written, say), ...timing };
    case 'file':
      return { ...composeFile(written, followable, say), ...timing };
    case 'bfd':
      sayUnknown('session', written.session, followable.bfd, 'BFD session', followable.suggest, say);
      return { type: 'bfd', session: written.session ?? '', ...timing };
  }
}

function reachOf(written: WrittenCheck, key: DestKey, say: Say, sayServer: Say): Reach {
  const { connect_ip: address = key.address, connect_port: port = key.port, bind_ip } = written;
  if (port === 0 && written.type !== 'ping') {
    sayServer([], mistake('missing_key', 'a server on all ports needs "connect_port" in its check'));
  }
  if (bind_ip !== undefined && ipFamily(bind_ip) !== ipFamily(address)) {
    say(
      ['bind_ip'],
      mistake('mixed_families', `this is not of the family of ${address}, which it is to reach`),
    );
  }
  const isAtServer = address === key.address && port === key.port;
  return { target: isAtServer ? key : { address, port }, source: sourceOf(written) };
}

const ANYWHERE: ProbeSource = { address: null, port: null, interface: null, fwmark: null };

function sourceOf({ bind_ip, bind_port, bind_if, fwmark }: WrittenCheck): ProbeSource {
  const isChosen = [bind_ip, bind_port, bind_if, fwmark].some((each) => each !== undefined);
  if (!isChosen) return ANYWHERE;
  return {
    address: bind_ip ?? null,
    port: bind_port ?? null,
    interface: bind_if ?? null,
    fwmark: fwmark ?? null,
  };
}

function replyOf(
  { reply, min_reply_length: least, max_reply_length: most }: WrittenCheck,
  say: Say,
): UdpReply | null {
  if (reply === undefined) {
    for (const [word, value] of [['min_reply_length', least] as const, ['max_reply_length', most] as const]) {
      if (value !== undefined)
        say([word], mistake('conflicting_keys', `"${word}" needs a "reply", which may be empty`));
    }
    return null;
  }
  if ((least ?? 0) > (most ?? MOST_REPLY)) {
    say(
      ['min_reply_length'],
      mistake('out_of_range', `this is above the greatest length of ${most ?? MOST_REPLY}`),
    );
  }
  return { ...bytesOf(reply), least: least ?? 0, most: most ?? MOST_REPLY };
}

/** Bytes in hex, and which of their bits count: X stands for any digit. */
function bytesOf(text: string): Pick<UdpReply, 'bytes' | 'mask'> {
  const pairs = text.match(/[0-9a-fA-FxX]{2}/g) ?? [];
  const read = (any: string, digit: (found: string) => string) =>
    Uint8Array.from(pairs, (pair) =>
      Number.parseInt(
        pair.replace(/./g, (x) => (/x/i.test(x) ? any : digit(x))),
        16,
      ),
    );
  return { bytes: read('0', (x) => x), mask: read('0', () => 'f') };
}

function composeMisc({ command, user, group, dynamic }: WrittenCheck, say: Say): MiscProbe {
  if (command === undefined) say(['command'], mistake('missing_key', 'a check by misc needs a "command"'));
  if (group !== undefined && user === undefined) {
    say(['group'], mistake('missing_key', 'a "group" needs the "user" beside it'));
  }
  return {
    type: 'misc',
    command: { argv: command ?? [''], user: user ?? null, group: group ?? null },
    isDynamic: dynamic ?? false,
  };
}

function composeFile(
  { tracker, weight, reverse }: WrittenCheck,
  { files, suggest }: Followable,
  say: Say,
): ProbeConfig {
  sayUnknown('tracker', tracker, files, 'tracked file', suggest, say);
  const usual = files.get(tracker ?? '') ?? { weight: 0, reverse: false };
  return {
    type: 'file',
    tracker: tracker ?? '',
    weight: weight ?? usual.weight,
    isReversed: reverse ?? usual.reverse,
  };
}

function sayUnknown(
  word: 'tracker' | 'session',
  name: string | undefined,
  known: ReadonlyMap<string, unknown>,
  what: string,
  suggest: Suggest,
  say: Say,
): void {
  if (name === undefined) say([word], mistake('missing_key', `the key "${word}" is missing`));
  else if (!known.has(name)) {
    const suggestion = suggest(name, known.keys());
    const allowed = known.size === 0 ? null : [...known.keys()];
    say([word], mistake('unknown_value', `there is no ${what} "${name}"`, { suggestion, allowed }));
  }
}
