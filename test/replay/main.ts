// npm run replay -- FILE [--to-scenario DIR]: exit 0 all equal, 1 a difference, 2 wrong usage or no recording.
import { readFileSync } from 'node:fs';
import { printLine, type RecordedOutput } from '../../src/daemon/vrrp-recorder.ts';
import { compareReplay } from './compare.ts';
import { parseRecording, type Recording } from './recording.ts';
import { showAfter, writeScenario } from './scenario.ts';

const USAGE = 'usage: npm run replay -- FILE [--to-scenario DIR]\n';
const [file, option, directory] = process.argv.slice(2);
if (file === undefined || (option !== undefined && (option !== '--to-scenario' || directory === undefined))) {
  process.stderr.write(USAGE);
  process.exit(2);
}

const recording = read(file);
const { begin, turns } = recording;
if (begin.lost > 0) process.stdout.write(`${begin.lost} lines before this file were lost\n`);
const difference = await compareReplay(recording, (at, { event, message }) =>
  process.stdout.write(`${showAfter(begin.at, at)} ${event}: ${message}\n`),
);
if (directory !== undefined) await writeScenario(directory, recording);
const outputs = turns.reduce((sum, turn) => sum + turn.outputs.length, 0);
if (difference === null) {
  process.stdout.write(`all equal: ${turns.length} inputs, ${outputs} outputs\n`);
} else {
  const { input, recorded, replayed } = difference;
  process.stdout.write(
    [
      `differs at input ${input.n} of ${turns.at(-1)?.input.n}, ${showAfter(begin.at, input.at)}: ${input.in.on}`,
      `  recorded: ${show(recorded)}`,
      `  replayed: ${show(replayed)}`,
      '',
    ].join('\n'),
  );
  process.exitCode = 1;
}

function show(output: RecordedOutput | null): string {
  return output === null ? 'nothing' : printLine(output.out);
}

function read(name: string): Recording {
  try {
    return parseRecording(readFileSync(name, 'utf8'));
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}
