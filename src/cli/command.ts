import { printableLines } from '../base/printable.ts';
import { type Answer, ask, type Question } from './client.ts';

/** What lbctl exits with. */
export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3, problems: 4 } as const;

/** Where a command writes. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
}

/** The same terminal, which nothing that is printed can steer: servers and scripts have their say in it. */
export const unsteered = ({ out, error }: Terminal): Terminal => ({
  out: (text) => out(printableLines(text)),
  error: (text) => error(printableLines(text)),
});

/** Why a command gives up: a name for programs, and what to say, of one line or several. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Tells why a command gives up; for `-o json` also as `{"error":{"code":…,"message":…}}`, as lbd itself does. */
export function refuse(terminal: Terminal, output: 'text' | 'json', { code, message }: Refusal): void {
  if (output === 'json') terminal.out(`${JSON.stringify({ error: { code, message } })}\n`);
  terminal.error(`lbctl: ${message}\n`);
}

/** Prints what the daemon answers to a question, byte for byte; gives the exit code. */
export async function show(terminal: Terminal, runDir: string, question: Question): Promise<number> {
  const output = question.accept === 'application/json' ? 'json' : 'text';
  const answer = await put(terminal, runDir, question, output);
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
    refuse(terminal, output, answer.error);
    return EXIT.unreachable;
  }
  if (answer.value.status === 200) return { body: answer.value.body };
  refuse(terminal, output, refusalOf(answer.value));
  return EXIT.refused;
}

/** What an answer other than 200 says. */
export function refusalOf({ status, body }: Answer): Refusal {
  const unexplained = { code: 'no_answer', message: `lbd answered ${status}` };
  try {
    const answer: { error?: Partial<Record<keyof Refusal, unknown>> } | null = JSON.parse(body);
    const { code, message } = answer?.error ?? {};
    return typeof code === 'string' && typeof message === 'string' ? { code, message } : unexplained;
  } catch {
    // No answer of lbd's.
    return unexplained;
  }
}
