import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { printLine, type RecordedOutput } from '../../src/daemon/vrrp-recorder.ts';
import { eventOf } from './compare.ts';
import { type InputLine, parseLine, type Recording } from './recording.ts';
import { Replay } from './replay.ts';

/**
 * Writes a recording as a scenario that `test/scenario/scenario.test.ts` plays: about.md, 01-in.jsonl, and in
 * 01-out.jsonl what the machine of this tree makes of it.
 */
export async function writeScenario(directory: string, { begin, turns }: Recording): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const replay = new Replay();
  const inputs = [begin, ...turns.map(({ input }) => input)];
  const outputs: RecordedOutput[] = [];
  const told: string[] = [];
  for (const input of inputs) {
    const played = await replay.play(input);
    outputs.push(...played);
    for (const event of played.flatMap((output) => eventOf(output) ?? [])) {
      told.push(`- ${showAfter(begin.at, input.at)} ${event.message}`);
    }
  }
  const title = `# ${path.basename(directory).replaceAll('-', ' ')}`;
  const about = [
    `Recorded with \`lbd --record\` by lbd ${begin.version}.`,
    '',
    'Input 01: what the vrrp process heard.',
    'Output 01: what it does then. It says:',
  ];
  const file = (name: string, text: string) => writeFileSync(path.join(directory, name), text);
  const lines = (some: readonly unknown[]) => some.map((one) => `${printLine(one)}\n`).join('');
  file('about.md', `${[title, '', ...about, '', ...told].join('\n')}\n`);
  file('01-in.jsonl', lines(inputs));
  file('01-out.jsonl', lines(outputs));
}

/** Plays the input lines of such a scenario; its outputs are as JSON has them. */
export class RecordedStage {
  private readonly replay = new Replay();

  async play(input: object): Promise<readonly object[]> {
    const outputs = await this.replay.play(parseLine(JSON.stringify(input)) as InputLine);
    return outputs.map((output) => JSON.parse(printLine(output)));
  }
}

/** `+12.345s`. */
export const showAfter = (from: number, at: number): string => `+${((at - from) / 1e6).toFixed(3)}s`;
