import { explain, printExplained, suggestKey } from '../config/explain.ts';
import { EXIT, type Terminal } from './command.ts';

/** Prints what a key of the configuration or a keyword of keepalived means. */
export function explainKey(terminal: Terminal, word: string): number {
  const explained = explain(word);
  if (explained !== null) {
    terminal.out(printExplained(explained));
    return EXIT.ok;
  }
  const suggestion = suggestKey(word);
  const meant = suggestion === null ? '' : ` — did you mean "${suggestion}"?`;
  terminal.error(`lbctl: there is no key or keyword "${word}"${meant}\n`);
  return EXIT.refused;
}
