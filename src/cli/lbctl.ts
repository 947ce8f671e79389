import { Command, CommanderError, Option } from 'commander';
import { VERSION } from '../base/version.ts';
import { EXIT, show, type Terminal } from './command.ts';

const HELP = `
Exit codes: 0 done, 1 lbd answered with an error, 2 wrong usage, 3 lbd cannot be reached.`;

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
  const lbctl = new Command('lbctl')
    .description('Asks a running lbd.')
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
      code = await show(terminal, runDirOf(command), '/v1/status', accept);
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
      code = await show(terminal, runDirOf(command), target, 'text/plain');
    });

  try {
    await lbctl.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

const runDirOf = (command: Command): string => command.optsWithGlobals<{ runDir: string }>().runDir;
