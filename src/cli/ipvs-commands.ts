import { type Command, Option } from 'commander';
import { EXIT, show, type Terminal } from './command.ts';
import { type IpvsOptions, ipvsTarget } from './ipvs-target.ts';
import { pour } from './pour.ts';
import type { RestoreOptions } from './restore.ts';

/** `lbctl ipvs`: ipvsadm's listings, and a table that is saved and restored. */
export function addIpvsCommands(lbctl: Command, terminal: Terminal, end: (code: number) => void): void {
  const runDirOf = (command: Command) => command.optsWithGlobals<{ runDir: string }>().runDir;

  const ipvs = lbctl
    .command('ipvs')
    .description("the kernel's table as ipvsadm prints it: lbctl ipvs -Ln, -Sn, -Lnc, with ipvsadm's options")
    .option('-L, --list', 'list the table')
    .option('-l', 'the same')
    .option('-S, --save', 'the table as ipvsadm saves it, without thresholds; with them: lbctl ipvs save')
    .option('-n, --numeric', 'addresses and ports as numbers')
    .option('-c, --connection', 'connection entries')
    .option('--timeout', 'timeouts of tcp, tcpfin and udp')
    .option('--daemon', 'the daemons of connection sync')
    .option('--stats', 'counters instead of weights and connections')
    .option('--rate', 'what passes in a second')
    .option('--thresholds', 'connection thresholds')
    .option('--persistent-conn', 'how many clients are kept to a server; with -c by what')
    .option('--tun-info', 'how tunnels are made')
    .option('-X, --exact', 'numbers with all their digits, with --stats or --rate')
    .option('--nosort', "in the kernel's order")
    .option('--sort', 'in order, which is the default')
    .option('-t, --tcp-service <address>', 'only the service at ADDRESS:PORT')
    .option('-u, --udp-service <address>', 'the same of udp')
    .option('--sctp-service <address>', 'the same of sctp')
    .option('-f, --fwmark-service <mark>', 'only the service of a firewall mark')
    .option('-6, --ipv6', 'of IPv6, with -f')
    .action(async (options: IpvsOptions, command: Command) => {
      const target = ipvsTarget(options);
      if (!target.ok) command.error(`error: ${target.error}`, { exitCode: EXIT.usage });
      else end(await pour(terminal, runDirOf(command), { target: target.value, accept: 'text/plain' }));
    });

  ipvs
    .command('save')
    .description('the whole table as commands of ipvsadm, with the thresholds that ipvsadm -S leaves out')
    .action(async (_options: unknown, command: Command) => {
      const question = { method: 'GET', target: '/v1/ipvs?view=lossless', accept: 'text/plain' } as const;
      end(await show(terminal, runDirOf(command), question));
    });

  ipvs
    .command('restore')
    .description(
      'makes the services of others what was saved of them, by changing what differs: connections are kept',
    )
    .argument('[file]', 'what lbctl ipvs save or ipvsadm -Sn has written; - for standard input', '-')
    .option('--prune', 'services of others that the file has not are removed')
    .option('--dry-run', 'only tells what it would do')
    .addOption(
      new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'),
    )
    .action(async (file: string, options: RestoreOptions, command: Command) => {
      const { restoreFile } = await import('./restore.ts');
      end(await restoreFile(terminal, runDirOf(command), file, options));
    });
}
