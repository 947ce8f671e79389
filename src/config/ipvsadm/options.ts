import { mistake, type Problem } from '../diagnostic.ts';
import { nearest } from '../nearest.ts';
import type { Span } from '../source.ts';

/** A piece of the text without blanks. */
export interface Word extends Span {
  readonly text: string;
}

/** An option with the word behind it, or null where it takes or has none. */
export interface Option {
  /** As it was written: `-t`. */
  readonly word: Word;
  readonly argument: Word | null;
}

/** The options of a line by their long names. */
export type Options = ReadonlyMap<string, Option>;

export type WordReport = (at: Span, problem: Problem) => void;

type Takes = 'nothing' | 'argument' | 'argument if any';

/** Those of ipvsadm 1.31 that a virtual service or a server has, with the commands that they may stand behind. */
const OPTIONS: readonly (readonly [long: string, short: string, takes: Takes])[] = [
  ['add-service', 'A', 'nothing'],
  ['add-server', 'a', 'nothing'],
  ['edit-service', 'E', 'nothing'],
  ['edit-server', 'e', 'nothing'],
  ['delete-service', 'D', 'nothing'],
  ['delete-server', 'd', 'nothing'],
  ['clear', 'C', 'nothing'],
  ['restore', 'R', 'nothing'],
  ['save', 'S', 'nothing'],
  ['list', 'L', 'nothing'],
  ['list', 'l', 'nothing'],
  ['zero', 'Z', 'nothing'],
  ['set', '', 'nothing'],
  ['start-daemon', '', 'nothing'],
  ['stop-daemon', '', 'nothing'],
  ['tcp-service', 't', 'argument'],
  ['udp-service', 'u', 'argument'],
  ['sctp-service', '', 'argument'],
  ['fwmark-service', 'f', 'argument'],
  ['ipv6', '6', 'nothing'],
  ['scheduler', 's', 'argument'],
  ['persistent', 'p', 'argument if any'],
  ['netmask', 'M', 'argument'],
  ['pe', '', 'argument'],
  ['sched-flags', 'b', 'argument'],
  ['ops', 'o', 'nothing'],
  ['real-server', 'r', 'argument'],
  ['gatewaying', 'g', 'nothing'],
  ['ipip', 'i', 'nothing'],
  ['masquerading', 'm', 'nothing'],
  ['weight', 'w', 'argument'],
  ['u-threshold', 'x', 'argument'],
  ['l-threshold', 'y', 'argument'],
  ['tun-type', '', 'argument'],
  ['tun-port', '', 'argument'],
  ['tun-nocsum', '', 'nothing'],
  ['tun-csum', '', 'nothing'],
  ['tun-remcsum', '', 'nothing'],
];

/** Version 1.26 saved these without their dashes. */
const BARE: ReadonlySet<string> = new Set(['pe', 'ops']);

/** Splits a line as ipvsadm -R does: at blanks, without quotes. `start` is where the line begins in the text. */
export function wordsOf(line: string, start: number): readonly Word[] {
  return [...line.matchAll(/\S+/g)].map(({ 0: text, index }) => ({
    text,
    start: start + index,
    end: start + index + text.length,
  }));
}

/** The options of a line by their long names. What is none of them, or is there twice, is reported and left out. */
export function optionsOf(words: readonly Word[], report: WordReport): Options {
  const options = new Map<string, Option>();
  const rest = [...words];
  const add = (name: string, option: Option) => {
    if (options.has(name)) report(option.word, mistake('duplicate_key', `${option.word.text} is here twice`));
    else options.set(name, option);
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.text.startsWith('#')) {
      report(word, mistake('surplus_value', 'a comment needs a line of its own'));
      return options;
    }
    if (!word.text.startsWith('-') && !BARE.has(word.text)) {
      report(word, mistake('surplus_value', `"${word.text}" belongs to no option`));
      continue;
    }
    const found = parts(word, report);
    // What stands behind an unknown option is probably its value.
    if (found === null && rest[0]?.text.startsWith('-') === false) rest.shift();
    for (const { name, option, takes } of found ?? []) {
      const next = rest[0];
      const wanted =
        takes === 'argument' ||
        (takes === 'argument if any' && next !== undefined && !/^-|^(pe|ops)$/.test(next.text));
      if (option.argument !== null || !wanted || next === undefined) {
        if (takes === 'argument' && option.argument === null) {
          report(option.word, mistake('missing_value', `${option.word.text} needs a value after it`));
        }
        add(name, option);
      } else {
        rest.shift();
        add(name, { ...option, argument: next });
      }
    }
  }
  return options;
}

interface Part {
  readonly name: string;
  readonly takes: Takes;
  readonly option: Option;
}

/**
 * The options in one word: `--weight=2`, `-w2`, or several letters, of which the last may take the rest or the
 * next word. Null when one is unknown.
 */
function parts(word: Word, report: WordReport): readonly Part[] | null {
  const [, long, value] = /^(?:--)?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word.text) ?? [];
  if (long !== undefined) return longOption(word, long, value, report);
  const found: Part[] = [];
  for (let at = 1; at < word.text.length; at++) {
    const start = at === 1 ? word.start : word.start + at;
    const letter = { text: `-${word.text[at]}`, start, end: word.start + at + 1 };
    const known = OPTIONS.find(([, short]) => short !== '' && short === word.text[at]);
    if (known === undefined) {
      report(letter, mistake('unknown_key', `unknown option "${letter.text}"`));
      return null;
    }
    const [name, , takes] = known;
    const behind = takes === 'nothing' ? '' : word.text.slice(at + 1).replace(/^=/, '');
    const argument = behind === '' ? null : { text: behind, start: word.end - behind.length, end: word.end };
    found.push({ name, takes, option: { word: letter, argument } });
    if (takes !== 'nothing') return found;
  }
  return found;
}

function longOption(
  word: Word,
  name: string,
  value: string | undefined,
  report: WordReport,
): readonly Part[] | null {
  const known = OPTIONS.find(([long]) => long === name);
  if (known === undefined) {
    const meant = nearest(
      name,
      OPTIONS.map(([long]) => long),
    );
    const suggestion = meant === null ? null : `--${meant}`;
    report(word, mistake('unknown_key', `unknown option "--${name}"`, { suggestion }));
    return null;
  }
  const takes = known[2];
  if (value !== undefined && takes === 'nothing') {
    report(word, mistake('surplus_value', `--${name} takes no value`));
    return [];
  }
  const option = { ...word, text: `--${name}` };
  const argument =
    value === undefined ? null : { text: value, start: word.end - value.length, end: word.end };
  return [{ name, takes, option: { word: option, argument } }];
}
