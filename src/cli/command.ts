import { ask } from './client.ts';

/** What lbctl exits with. */
export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3 } as const;

/** Where a command writes. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
}

/** Prints what the daemon answers, byte for byte; gives the exit code. */
export async function show(
  terminal: Terminal,
  runDir: string,
  target: string,
  accept: 'application/json' | 'text/plain',
): Promise<number> {
  const answer = await ask(runDir, target, accept);
  if (!answer.ok) {
    terminal.error(`lbctl: ${answer.error.message}\n`);
    return EXIT.unreachable;
  }
  if (answer.value.status !== 200) {
    terminal.error(`lbctl: ${refusalOf(answer.value.body) ?? `lbd answered ${answer.value.status}`}\n`);
    return EXIT.refused;
  }
  terminal.out(answer.value.body);
  return EXIT.ok;
}

/** The message of an error answer; null when it is not one. */
function refusalOf(body: string): string | null {
  try {
    const answer: { error?: { message?: unknown } } | null = JSON.parse(body);
    const message = answer?.error?.message;
    return typeof message === 'string' ? message : null;
  } catch {
    return null;
  }
}
