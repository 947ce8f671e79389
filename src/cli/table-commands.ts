import { type Command, Option } from 'commander';
import { EXIT, show, type Terminal } from './command.ts';
import { pour } from './pour.ts';

interface Output {
  readonly output: 'text' | 'json';
}

const TABLES = [
  {
    name: 'services',
    description: 'a line for each virtual service: how many servers are up, connections, whether it serves',
    of: null,
  },
  {
    name: 'servers',
    description: 'a line for each real server: weight and connections in the kernel, health, orders',
    of: 'service',
  },
  {
    name: 'checks',
    description:
      "a line for each check: its last result in HAProxy's words (L4OK, L7STS/404, …), how old it is, when it is made again",
    of: 'server',
  },
  {
    name: 'rates',
    description: 'what passes in a second, by service and server, the most first',
    of: 'service',
  },
  {
    name: 'stats',
    description: 'what has passed since they were made, by service and server, the most first',
    of: 'service',
  },
] as const;

const WHAT = {
  service: 'a name, VIP:PORT, VIP, "tcp VIP:PORT" or "fwmark N"; default: all',
  server: 'ADDRESS[:PORT][@SERVICE], or a service as for servers; default: all',
} as const;

/** The commands that ask for services, servers and their connections. */
export function addTableCommands(lbctl: Command, terminal: Terminal, end: (code: number) => void): void {
  const asFormat = () =>
    new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text');
  const runDirOf = (command: Command) => command.optsWithGlobals<{ runDir: string }>().runDir;
  const acceptOf = ({ output }: Output) => (output === 'json' ? 'application/json' : 'text/plain');

  for (const { name, description, of } of TABLES) {
    const table = lbctl.command(name).description(description).addOption(asFormat());
    const ask = async (word: string | undefined, options: Output, command: Command) => {
      const query = word === undefined ? '' : `?${of}=${encodeURIComponent(word)}`;
      const target = `/v1/${name}${query}`;
      end(await show(terminal, runDirOf(command), { method: 'GET', target, accept: acceptOf(options) }));
    };
    if (of === null) table.action((options: Output, command: Command) => ask(undefined, options, command));
    else table.argument(`[${of}]`, WHAT[of]).action(ask);
  }

  lbctl
    .command('connections')
    .description("the kernel's connection entries, as ipvsadm -Lnc prints them, and how many there are")
    .option('--service <service>', WHAT.service.replace('; default: all', ''))
    .option('--server <server>', 'ADDRESS or ADDRESS:PORT')
    .option('--persistent', 'only which server a client stays with')
    .option('--limit <number>', 'so many are shown, all are counted', '1000')
    .addOption(asFormat())
    .action(async (options: ConnectionOptions, command: Command) => {
      const { service, server, persistent, limit } = options;
      if (!/^\d{1,9}$/.test(limit)) {
        command.error(`error: --limit takes a number, not ${limit}`, { exitCode: EXIT.usage });
      }
      const query = new URLSearchParams({ limit });
      if (service !== undefined) query.set('service', service);
      if (server !== undefined) query.set('server', server);
      if (persistent) query.set('persistent', '1');
      const target = `/v1/connections?${query}`;
      end(await pour(terminal, runDirOf(command), { target, accept: acceptOf(options) }));
    });
}

interface ConnectionOptions extends Output {
  readonly service?: string;
  readonly server?: string;
  readonly persistent?: boolean;
  readonly limit: string;
}
