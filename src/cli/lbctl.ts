import { Command, CommanderError, Option } from 'commander';
import { VERSION } from '../base/version.ts';
import { EXIT, show, type Terminal } from './command.ts';
import { addFileCommands } from './file-commands.ts';
import { addJournalCommands } from './journal-commands.ts';
import { addOrderCommands } from './order-commands.ts';
import { addSimulateCommand } from './simulate.ts';

const HELP = `
Exit codes: 0 done, 1 refused or mistakes found, 2 wrong usage, 3 lbd cannot be reached,
4 reloaded, but with problems that are not the file's (see the message);
of plan and simulate: 0 no changes, 2 changes, 1 anything else.`;

interface IpvsOptions {
  readonly list?: boolean;
  readonly l?: boolean;
  readonly numeric?: boolean;
  readonly stats?: boolean;
  readonly rate?: boolean;
  readonly exact?: boolean;
}

/** Runs the words after `lbctl`; gives the exit code. */
export async function runLbctl(words: readonly string[], terminal: Terminal): Promise<number> {
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

  lbctl
    .command('ipvs')
    .description("the kernel's table as ipvsadm prints it: lbctl ipvs -Ln [--stats | --rate] [--exact]")
    .option('-L, --list', 'list the table')
    .option('-l', 'the same')
    .option('-n, --numeric', 'addresses and ports as numbers')
    .option('--stats', 'counters instead of weights and connections')
    .option('--rate', 'what passes in a second')
    .option('--exact', 'numbers with all their digits, with --stats or --rate')
    .action(async ({ list, l, numeric, stats, rate, exact }: IpvsOptions, command: Command) => {
      if (!(list ?? l))
        command.error('error: say what to do with the table: -L lists it', { exitCode: EXIT.usage });
      if (!numeric) command.error('error: lbd knows no names: list with -Ln', { exitCode: EXIT.usage });
      // Given both, ipvsadm shows the counters.
      const view = stats ? 'stats' : rate ? 'rate' : 'list';
      const target = `/v1/ipvs?view=${view}${exact ? '&exact=1' : ''}`;
      end(await show(terminal, runDirOf(command), { method: 'GET', target, accept: 'text/plain' }));
    });

  addJournalCommands(lbctl, terminal, end);
  addOrderCommands(lbctl, terminal, end);
  addSimulateCommand(lbctl, terminal, end);
  addFileCommands(lbctl, terminal, end);
  for (const command of lbctl.commands.filter((one) => ['plan', 'simulate'].includes(one.name()))) {
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
