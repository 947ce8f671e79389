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
  const question = { method: 'POST', target: '/v1/reload', accept: 'application/json' } as const;
  const answer = await put(terminal, runDir, question, output);
  if (typeof answer === 'number') return answer;
  const { generation, warnings, problems }: Reloaded = JSON.parse(answer.body);
  const code = problems.length === 0 ? EXIT.ok : EXIT.problems;
  if (output === 'json') {
    terminal.out(answer.body);
    return code;
  }
  for (const warning of warnings) terminal.error(`warning: ${warning}\n`);
  for (const problem of problems) terminal.error(`problem: ${problem}\n`);
  const how = problems.length === 0 ? 'is in force' : 'is accepted, but has problems';
  terminal.out(`configuration ${generation} ${how}\n`);
  return code;
}

interface Reloaded {
  readonly generation: number;
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
}
