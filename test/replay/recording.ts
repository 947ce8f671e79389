import type { RecordedBegin, RecordedOutput, RecordedTurn } from '../../src/daemon/vrrp-recorder.ts';

export type InputLine = RecordedBegin | RecordedTurn;

/** One file of a recording: its inputs, each with the outputs that came of it. */
export interface Recording {
  readonly begin: RecordedBegin;
  readonly turns: readonly { readonly input: RecordedTurn; readonly outputs: readonly RecordedOutput[] }[];
}

/**
 * Reads the text of a recorded file; throws with the number of a line that is none of its. A last line without its end,
 * which was being written when the machine went down, is left out.
 */
export function parseRecording(text: string): Recording {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const [first, ...rest] = whole.split('\n').filter((line) => line !== '');
  const begin = first === undefined ? null : (parseLine(first) as InputLine);
  if (begin === null || !('file' in begin) || begin.file !== 1) throw new Error('line 1 begins no recording');
  const turns: { input: RecordedTurn; outputs: RecordedOutput[] }[] = [];
  for (const [i, line] of rest.entries()) {
    const one = parseLine(line) as RecordedTurn | RecordedOutput;
    if ('in' in one) turns.push({ input: one, outputs: [] });
    else if ('out' in one && turns.at(-1)?.input.n === one.n) turns.at(-1)?.outputs.push(one);
    else throw new Error(`line ${i + 2} is neither an input nor an output of the input before it`);
  }
  return { begin, turns };
}

/** The value of one line, with its bytes as bytes. */
export const parseLine = (line: string): unknown =>
  JSON.parse(line, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && 'hex' in value && typeof value.hex === 'string'
      ? Uint8Array.from(Buffer.from(value.hex, 'hex'))
      : value,
  );
