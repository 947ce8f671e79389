/** One measurement with the words behind its name. */
export interface Asked {
  readonly name: string;
  readonly args: readonly string[];
}

/** What the words of a command line ask for. */
export type Command =
  | { readonly does: 'help' }
  | { readonly does: 'list' }
  | { readonly does: 'measure'; readonly asked: readonly Asked[] }
  | { readonly does: 'profile'; readonly asked: readonly Asked[] }
  /** Measures what the file has, with other words than then if there are any. */
  | { readonly does: 'compare'; readonly before: string; readonly asked: readonly Asked[] }
  | { readonly does: 'compareFiles'; readonly before: string; readonly now: string }
  | { readonly does: 'refuse'; readonly because: string };

const refuse = (because: string): Command => ({ does: 'refuse', because });

/**
 * `names` are those of all measurements. A name ends the words of the one before it; no name at all asks for all of
 * them.
 */
export function parseCommand(words: readonly string[], names: readonly string[]): Command {
  const [first, ...rest] = words;
  if (first === '--help' || first === '-h') return { does: 'help' };
  if (first === '--list') return { does: 'list' };
  if (first === '--compare') return parseCompare(rest, names);
  const asked = parseAsked(first === '--profile' ? rest : words, names);
  if (typeof asked === 'string') return refuse(asked);
  if (first === '--profile')
    return asked.length > 0
      ? { does: 'profile', asked }
      : refuse(`--profile takes a name: ${names.join(', ')}`);
  const all = names.map((name) => ({ name, args: [] }));
  return { does: 'measure', asked: asked.length > 0 ? asked : all };
}

function parseCompare([before, ...rest]: readonly string[], names: readonly string[]): Command {
  if (before === undefined) return refuse('--compare takes the JSON file of an earlier run');
  const [now] = rest;
  if (rest.length === 1 && now?.endsWith('.json')) return { does: 'compareFiles', before, now };
  const asked = parseAsked(rest, names);
  return typeof asked === 'string' ? refuse(asked) : { does: 'compare', before, asked };
}

/** Measurements with their words, or why not. */
function parseAsked(words: readonly string[], names: readonly string[]): readonly Asked[] | string {
  const asked: { name: string; args: string[] }[] = [];
  for (const [i, word] of words.entries()) {
    const last = asked.at(-1);
    if (names.includes(word)) asked.push({ name: word, args: [] });
    else if (last === undefined && word.startsWith('-')) return `there is no option ${word}`;
    // Behind an option may stand its value.
    else if (last !== undefined && (word.startsWith('-') || words[i - 1]?.startsWith('-')))
      last.args.push(word);
    else return `there is no measurement ${word}: ${names.join(', ')}`;
  }
  return asked;
}
