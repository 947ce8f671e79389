import type { Command } from 'commander';
import { show, type Terminal } from './command.ts';

const ORDERS = [
  {
    name: 'failover',
    description:
      'hands an instance or sync group over without a gap, and stands back: it takes nothing back while the other lives',
  },
  { name: 'failback', description: 'ends standing back: a higher priority takes over again' },
] as const;

/** The commands that have the virtual routers do something. */
export function addOrderCommands(lbctl: Command, terminal: Terminal, end: (code: number) => void): void {
  for (const { name, description } of ORDERS) {
    lbctl
      .command(name)
      .description(description)
      .argument('<name>', 'an instance or a sync group')
      .action(async (whom: string, _options: unknown, command: Command) => {
        const { runDir } = command.optsWithGlobals<{ runDir: string }>();
        const target = `/v1/${name}?name=${encodeURIComponent(whom)}`;
        end(await show(terminal, runDir, { method: 'POST', target, accept: 'text/plain' }));
      });
  }
}
