import { ask, type Question } from './client.ts';

/** What lbctl exits with. */
export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3, problems: 4 } as const;

/** Where a command writes. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
}

/** Prints what the daemon answers to a question, byte for byte; gives the exit code. */
export async function show(terminal: Terminal, runDir: string, question: Question): Promise<number> {
  const answer = await put(terminal, runDir, question);
  if (typeof answer === 'number') return answer;
  terminal.out(answer.body);
  return EXIT.ok;
}

/** What the daemon answers to a question; where it refuses or cannot be asked that is printed, and the exit code given. */
export async function put(
  terminal: Terminal,
  runDir: string,
  question: Question,
  output: 'text' | 'json' = 'text',
): Promise<{ readonly body: string } | number> {
  const answer = await ask(runDir, question);
  if (!answer.ok) {
    terminal.error(`lbctl: ${answer.error.message}\n`);
    return EXIT.unreachable;
  }
  if (answer.value.status === 200) return { body: answer.value.body };
  if (output === 'json') terminal.out(answer.value.body);
  terminal.error(`lbctl: ${refusalOf(answer.value.body) ?? `lbd answered ${answer.value.status}`}\n`);
  return EXIT.refused;
}

/** The message of an error answer; null when it is not one. */
export function refusalOf(body: string): string | null {
  try {
    const answer: { error?: { message?: unknown } } | null = JSON.parse(body);
    const message = answer?.error?.message;
    return typeof message === 'string' ? message : null;
  } catch {
    return null;
  }
}
