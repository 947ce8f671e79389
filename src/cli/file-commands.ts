import { type Command, Option } from 'commander';
import type { CheckOptions } from './check.ts';
import type { Terminal } from './command.ts';
import type { ConvertOptions } from './convert.ts';

const DEFAULT_FILE = '/etc/lbd/lbd.yaml';

/** `lbctl` asks often and reads files seldom: what reading needs is loaded only by the commands that do. */
export function addFileCommands(lbctl: Command, terminal: Terminal, end: (code: number) => void): void {
  const asJson = () =>
    new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text');
  const runDirOf = (command: Command) => command.optsWithGlobals<{ runDir: string }>().runDir;
  const configId = () =>
    new Option(
      '--config-id <id>',
      'what @ID lines of a keepalived.conf are compared with (default: the host name)',
    );

  lbctl
    .command('check')
    .description('every mistake of a configuration, with its place; asks no daemon and needs no privilege')
    .argument('[file]', 'YAML, or a keepalived.conf; - for standard input', DEFAULT_FILE)
    .option('--strict', 'warnings fail too, but for keywords without effect')
    .option('--host', 'look at this machine as well: interfaces, subnets, sysctls, modules')
    .addOption(
      new Option('--format <language>', 'default: by name, then by text').choices(['yaml', 'keepalived']),
    )
    .addOption(configId())
    .addOption(asJson())
    .action(async (file: string, options: CheckOptions) => {
      const { checkFile } = await import('./check.ts');
      end(checkFile(terminal, file, options));
    });

  lbctl
    .command('convert')
    .description(
      'writes a keepalived.conf or the output of ipvsadm -Sn as YAML, or YAML as a keepalived.conf',
    )
    .argument('<file>', 'what to convert; - for standard input')
    .addOption(
      new Option('--from <language>', 'default: by name, then by text').choices([
        'yaml',
        'keepalived',
        'ipvsadm',
      ]),
    )
    .addOption(
      new Option('--to <language>', 'default: yaml, but keepalived from YAML').choices([
        'yaml',
        'keepalived',
      ]),
    )
    .addOption(configId())
    .action(async (file: string, options: ConvertOptions) => {
      const { convertFile } = await import('./convert.ts');
      end(convertFile(terminal, file, options));
    });

  lbctl
    .command('plan')
    .description('what a reload would change, compared with what runs and with the kernel; changes nothing')
    .argument('[file]', "another configuration than the daemon's own")
    .addOption(asJson())
    .action(async (file: string | undefined, options: { output: 'text' | 'json' }, command: Command) => {
      const { showPlanOf } = await import('./plan.ts');
      end(await showPlanOf(terminal, runDirOf(command), file, options));
    });

  lbctl
    .command('reload')
    .description('has the daemon read its configuration again: in force as a whole, or refused as a whole')
    .addOption(asJson())
    .action(async (options: { output: 'text' | 'json' }, command: Command) => {
      const { reloadDaemon } = await import('./reload.ts');
      end(await reloadDaemon(terminal, runDirOf(command), options));
    });

  lbctl
    .command('schema')
    .description('JSON Schema (draft-07) of the configuration in YAML, for editors')
    .action(async () => {
      const { jsonSchema } = await import('../config/schema/json-schema.ts');
      terminal.out(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
    });

  lbctl
    .command('explain')
    .description('what a key or keyword means: lbctl explain services.*.scheduler, lbctl explain lb_algo')
    .argument(
      '<key...>',
      'a key of the YAML configuration, whole or its last part, or a keyword of keepalived',
    )
    .action(async (words: string[]) => {
      const { explainKey } = await import('./explain.ts');
      end(explainKey(terminal, words.join(' ')));
    });
}
