import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Terminal } from './command.ts';
import type { DoctorOptions } from './doctor.ts';
import type { RealServerOptions } from './realserver.ts';

/** Not that of lbd: it belongs to the user lbd, who must not tell root what to write. */
export const REAL_SERVER_STATE = '/var/lib/lbd-realserver';

/** The commands that look at this machine itself, or set it up; what they need is loaded only by them. */
export function addLocalCommands(lbctl: Command, terminal: Terminal, end: (code: number) => void): void {
  const asJson = () =>
    new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text');
  const tunnel = () =>
    new Option('--tunnel <type>', 'packets come in a tunnel (forward: tun)').choices(['ipip', 'gre', 'gue']);
  const tunnelPort = () => new Option('--tunnel-port <port>', 'UDP port of --tunnel gue').argParser(portOf);

  lbctl
    .command('doctor')
    .description(
      'what stops this director, or with --realserver this real server, from working, and what to do about it',
    )
    .argument(
      '[words...]',
      'a configuration to look at in place of that of lbd; with --realserver, virtual addresses',
    )
    .option('--realserver', 'look at a real server of these addresses')
    .addOption(tunnel())
    .addOption(tunnelPort())
    .option('--strict', 'warnings fail too')
    .addOption(asJson())
    .action(async (words: string[], options: DoctorOptions, command: Command) => {
      const { examineDirector, examineRealServer } = await import('./doctor.ts');
      const { runDir } = command.optsWithGlobals<{ runDir: string }>();
      if (options.realserver) end(await examineRealServer(terminal, words, options));
      else end(await examineDirector(terminal, runDir, words, options));
    });

  lbctl
    .command('bench')
    .description(
      'measures lbd beside its peers on this machine, in network namespaces of its own; what runs is left alone',
    )
    .argument('[words...]', 'names of measurements and their options; --list has them')
    .helpOption(false)
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { runBench } = await import('./bench.ts');
      end(await runBench(terminal, words));
    });

  const realserver = lbctl
    .command('realserver')
    .description('makes this machine a real server of virtual addresses, or takes that back; asks no daemon');
  for (const [order, description] of [
    ['up', 'adds the addresses where nobody asks for them, and what they need; what is so already is told'],
    ['down', 'takes away what up has added, and with the last address what was changed for it'],
  ] as const) {
    const command = realserver
      .command(order)
      .description(description)
      .argument('<vip...>', 'virtual addresses')
      .option(
        '--persist',
        order === 'up' ? 'and at each start, by a unit of systemd' : 'and removes the unit',
      )
      .option('--dry-run', 'only tells what would be done')
      .option('--state-dir <dir>', 'where it is remembered what was changed', REAL_SERVER_STATE)
      .addOption(asJson());
    if (order === 'down') {
      for (const flags of ['--tunnel <type>', '--tunnel-port <port>', '--dev <interface>']) {
        command.addOption(new Option(flags).hideHelp().argParser(notForDown));
      }
    } else {
      command
        .addOption(tunnel())
        .addOption(tunnelPort())
        .addOption(
          new Option('--dev <interface>', 'where the addresses go').default('lo').conflicts('tunnel'),
        );
    }
    command.action(async (vips: string[], options: RealServerOptions) => {
      const { setRealServer } = await import('./realserver.ts');
      end(await setRealServer(terminal, order, vips, options));
    });
  }
}

function notForDown(): never {
  throw new InvalidArgumentError('realserver down needs none of this: it knows what up has set up.');
}

function portOf(word: string): number {
  const port = Number(word);
  if (/^\d+$/.test(word) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It is a number from 1 to 65535.');
}
