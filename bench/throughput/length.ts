import { parseArgs } from 'node:util';
import { wholeNumberOf } from '../report/options.ts';

export interface Length {
  readonly rounds: number;
  /** Each load, each way. */
  readonly seconds: number;
}

/** What the words of throughput ask for, and how long it is unless they say so. wrk takes whole seconds. */
export function readLength(
  args: readonly string[],
  { rounds, seconds }: Length,
): { readonly length: Length; readonly hasGuest: boolean } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: String(rounds) },
      seconds: { type: 'string', default: String(seconds) },
      'no-guest': { type: 'boolean', default: false },
    },
  });
  return {
    length: {
      rounds: wholeNumberOf('rounds', values.rounds),
      seconds: wholeNumberOf('seconds', values.seconds, 2),
    },
    hasGuest: !values['no-guest'],
  };
}
