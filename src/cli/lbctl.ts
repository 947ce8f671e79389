import { Command, CommanderError, Option } from 'commander';
import { VERSION } from '../base/version.ts';
import { EXIT, show, type Terminal, unsteered } from './command.ts';
import { addFileCommands } from './file-commands.ts';
import { addIpvsCommands } from './ipvs-commands.ts';
import { addJournalCommands } from './journal-commands.ts';
import { addLocalCommands } from './local-commands.ts';
import { addOrderCommands } from './order-commands.ts';
import { addServerCommands } from './server-commands.ts';
import { addSimulateCommand } from './simulate.ts';
import { addTableCommands } from './table-commands.ts';
import { addTraceCommand } from './trace.ts';

const HELP = `
Exit codes: 0 done, 1 refused, or mistakes or errors found, 2 wrong usage, 3 lbd cannot be reached,
4 done, but with problems: of reload that are not the file's, of drain that connections were cut,
of drain, maint, ready and weight that lbd keeps the order but cannot confirm it yet,
of ipvs restore that the kernel refused something;
of plan, simulate and ipvs restore --dry-run: 0 no changes, 2 changes, 1 anything else.`;

/** Runs the words after `lbctl`; gives the exit code. */
export async function runLbctl(words: readonly string[], given: Terminal): Promise<number> {
  const terminal = unsteered(given);
  let code: number = EXIT.ok;
  let misused: number = EXIT.usage;
  const end = (given: number) => {
    code = given;
  };
  const lbctl = new Command('lbctl')
    .description('Asks and directs a running lbd, and checks its configuration.')
    .option('--run-dir <dir>', 'directory of the control socket', '/run/lbd')
    .version(VERSION, '--version', 'print the version')
    .addHelpText('after', HELP)
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.error })
    .exitOverride();

  lbctl
    .command('status')
    .description('the virtual routers, then the table of virtual services with the health of each server')
    .addOption(
      new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'),
    )
    .action(async ({ output }: { output: 'text' | 'json' }, command: Command) => {
      const accept = output === 'json' ? 'application/json' : 'text/plain';
      end(await show(terminal, runDirOf(command), { method: 'GET', target: '/v1/status', accept }));
    });

  addIpvsCommands(lbctl, terminal, end);
  addTableCommands(lbctl, terminal, end);
  addTraceCommand(lbctl, terminal, end);
  addJournalCommands(lbctl, terminal, end);
  addOrderCommands(lbctl, terminal, end);
  addServerCommands(lbctl, terminal, end);
  addSimulateCommand(lbctl, terminal, end);
  addFileCommands(lbctl, terminal, end);
  addLocalCommands(lbctl, terminal, end);
  const all = lbctl.commands.flatMap((command) => [command, ...command.commands]);
  for (const command of all.filter((one) => ['plan', 'simulate', 'restore'].includes(one.name()))) {
    command.exitOverride((error) => {
      // 2 would say that there are changes.
      misused = EXIT.refused;
      throw error;
    });
  }

  try {
    await lbctl.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : misused;
  }
}

const runDirOf = (command: Command): string => command.optsWithGlobals<{ runDir: string }>().runDir;
