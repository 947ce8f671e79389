import { type Command, Option } from 'commander';
import { show, type Terminal } from './command.ts';
import { followEvents } from './events.ts';

interface Output {
  readonly output: 'text' | 'json';
}

/** The commands that ask about the past. */
export function addJournalCommands(lbctl: Command, terminal: Terminal, end: (code: number) => void): void {
  const asFormat = () =>
    new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text');
  const runDirOf = (command: Command) => command.optsWithGlobals<{ runDir: string }>().runDir;
  const acceptOf = ({ output }: Output) => (output === 'json' ? 'application/json' : 'text/plain');
  const named = (name: string | undefined) => (name === undefined ? '' : `?name=${encodeURIComponent(name)}`);

  lbctl
    .command('why')
    .description(
      'why an instance is in its state, or a real server in or out: the last change and what led to it',
    )
    .argument('<name>', 'an instance, a sync group, or a real server as ADDRESS[:PORT][@SERVICE]')
    .addOption(asFormat())
    .action(async (name: string, options: Output, command: Command) => {
      const target = `/v1/why${named(name)}`;
      end(await show(terminal, runDirOf(command), { method: 'GET', target, accept: acceptOf(options) }));
    });

  lbctl
    .command('vrrp')
    .description('the counters of the virtual routers, by the names of RFC 6527, and where peers differ')
    .argument('[instance]', 'one of them, or those of a sync group; default: all')
    .addOption(asFormat())
    .action(async (name: string | undefined, options: Output, command: Command) => {
      const target = `/v1/vrrp${named(name)}`;
      end(await show(terminal, runDirOf(command), { method: 'GET', target, accept: acceptOf(options) }));
    });

  lbctl
    .command('events')
    .description('the last 1000 events of the log: TIME LEVEL PROCESS EVENT message')
    .option('-f, --follow', 'and those to come, until it is interrupted')
    .addOption(asFormat())
    .action(async (options: Output & { readonly follow?: boolean }, command: Command) => {
      const accept = acceptOf(options);
      if (options.follow) end(await followEvents(terminal, runDirOf(command), accept));
      else end(await show(terminal, runDirOf(command), { method: 'GET', target: '/v1/events', accept }));
    });
}
