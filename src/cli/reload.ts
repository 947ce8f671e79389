import { EXIT, put, type Terminal } from './command.ts';

export interface ReloadOptions {
  readonly output: 'text' | 'json';
}

/** Has the daemon read its file again; tells what came of it. */
export async function reloadDaemon(
  terminal: Terminal,
  runDir: string,
  { output }: ReloadOptions,
): Promise<number> {
  const answer = await put(terminal, runDir, {
    method: 'POST',
    target: '/v1/reload',
    accept: 'application/json',
  });
  if (typeof answer === 'number') return answer;
  if (output === 'json') {
    terminal.out(answer.body);
    return EXIT.ok;
  }
  const { generation, warnings, problems }: Reloaded = JSON.parse(answer.body);
  for (const warning of warnings) terminal.error(`warning: ${warning}\n`);
  for (const problem of problems) terminal.error(`problem: ${problem}\n`);
  terminal.out(`configuration ${generation} is in force\n`);
  return EXIT.ok;
}

interface Reloaded {
  readonly generation: number;
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
}
