import { parseIp } from '../../base/ip.ts';
import { warning } from '../diagnostic.ts';
import { pathTo, type Scope } from './compose-scope.ts';
import type { Statement, Word } from './statement.ts';

/** Blocks of lines that hold addresses and have no effect. */
const HOLDERS = [
  'static_ipaddress',
  'static_routes',
  'static_rules',
  'virtual_routes',
  'virtual_rules',
  'virtual_ipaddress_excluded',
  'unicast_peer',
];

/** Says which words of lines without effect look like addresses and are none; `scope` is that of the statements. */
export function sayMalformed(statements: readonly Statement[], scope: Scope): void {
  for (const { words, block } of statements) {
    const [keyword] = words;
    if (!HOLDERS.includes(keyword.text)) continue;
    for (const word of (block ?? []).flatMap((line) => line.words)) {
      if (isSound(word)) continue;
      const text = `"${word.text.slice(0, 60)}" is no address: keepalived skips this line`;
      scope.notes.say(word, warning('entry_skipped', text), pathTo(scope, keyword.text));
    }
  }
}

/** Whether a word is an address, with a prefix or not, or does not look like one. */
function isSound({ text }: Word): boolean {
  if (text.length > 60 || !/^(\d+\.[\d.]*|[\da-f]*:[\da-f:.]*)(\/.*)?$/i.test(text)) return true;
  const [host = '', bits] = text.split('/');
  const address = parseIp(host);
  if (address === null) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (address.includes(':') ? 128 : 32));
}
