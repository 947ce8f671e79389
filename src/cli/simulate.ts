import { type Command, Option } from 'commander';
import { put, type Terminal } from './command.ts';

/** As of `plan`: nobody would notice, something would change, or no answer at all. */
export const SIMULATE_EXIT = { unnoticed: 0, failed: 1, changes: 2 } as const;

interface SimulateOptions {
  readonly peerLoss: readonly string[];
  readonly link: readonly string[];
  readonly server: readonly string[];
  readonly tracker: readonly string[];
  readonly stop?: boolean;
  readonly output: 'text' | 'json';
}

/** The command that tells what would happen, and changes nothing. */
export function addSimulateCommand(lbctl: Command, terminal: Terminal, end: (code: number) => void): void {
  const many = (flags: string, what: string) =>
    new Option(flags, what)
      .default([], 'none')
      .argParser((word: string, before: readonly string[]) => [...before, word]);
  lbctl
    .command('simulate')
    .description('what would happen, in order, if these were lost now; nothing is changed')
    .addOption(
      many('--peer-loss <instance>', 'the master that an instance or sync group hears; all: every one'),
    )
    .addOption(many('--link <interface>', 'the carrier of an interface'))
    .addOption(many('--server <server>', 'a real server, as ADDRESS or ADDRESS:PORT'))
    .addOption(
      many('--tracker <tracker>', 'script:NAME, process:NAME, interface:NAME, bfd:NAME or file:NAME=NUMBER'),
    )
    .option('--stop', 'this daemon')
    .addOption(
      new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'),
    )
    .action(async (options: SimulateOptions, command: Command) => {
      const { runDir } = command.optsWithGlobals<{ runDir: string }>();
      end(await simulate(terminal, runDir, options));
    });
}

async function simulate(terminal: Terminal, runDir: string, options: SimulateOptions): Promise<number> {
  const { peerLoss, link, server, tracker, stop, output } = options;
  const query = new URLSearchParams();
  for (const name of peerLoss) query.append('peer-loss', name);
  for (const name of link) query.append('link', name);
  for (const name of server) query.append('server', name);
  for (const name of tracker) query.append('tracker', name);
  if (stop) query.append('stop', '1');
  const target = `/v1/simulate?${query}`;
  const question = { method: 'POST', target, accept: 'application/json' } as const;
  const answer = await put(terminal, runDir, question, output);
  if (typeof answer === 'number') return SIMULATE_EXIT.failed;
  const drill: { readonly steps: readonly unknown[]; readonly text: string } = JSON.parse(answer.body);
  terminal.out(output === 'json' ? answer.body : drill.text);
  return drill.steps.length === 0 ? SIMULATE_EXIT.unnoticed : SIMULATE_EXIT.changes;
}
