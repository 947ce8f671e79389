import { type Command, Option } from 'commander';
import { TRACE_FLAGS } from '../model/trace.ts';
import { show, type Terminal } from './command.ts';

interface TraceOptions {
  readonly protocol: string;
  readonly flags?: string;
  readonly interface?: string;
  readonly output: 'text' | 'json';
}

/** The command that asks where a packet would go. */
export function addTraceCommand(lbctl: Command, terminal: Terminal, end: (code: number) => void): void {
  lbctl
    .command('trace')
    .description(
      'which server XDP would give a packet of this client now, and why: the program is run on one that is made up, and leaves no trace',
    )
    .argument('<client>', 'ADDRESS:PORT that it comes from')
    .argument('<service>', 'VIP:PORT that it is for')
    .addOption(new Option('--protocol <protocol>').choices(['tcp', 'udp', 'sctp']).default('tcp'))
    .addOption(
      new Option('--flags <flag>', 'what the packet of TCP is (default: "syn")').choices(TRACE_FLAGS),
    )
    .option('--interface <dev>', 'where it arrives; default: the first that XDP is on')
    .addOption(
      new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'),
    )
    .action(async (client: string, service: string, options: TraceOptions, command: Command) => {
      const { protocol, flags, interface: dev, output } = options;
      const query = new URLSearchParams({ source: client, destination: service, protocol });
      if (flags !== undefined) query.set('flags', flags);
      if (dev !== undefined) query.set('interface', dev);
      const accept = output === 'json' ? 'application/json' : 'text/plain';
      const { runDir } = command.optsWithGlobals<{ runDir: string }>();
      end(await show(terminal, runDir, { method: 'GET', target: `/v1/trace?${query}`, accept }));
    });
}
