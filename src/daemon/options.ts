import { Command, CommanderError } from 'commander';
import { VERSION } from '../base/version.ts';

export interface Options {
  readonly config: string;
  readonly runDir: string;
  /** Where the roles of virtual routers outlive a crash. */
  readonly stateDir: string;
  /** Where the vrrp process records what it hears and does; null for nowhere. */
  readonly record: string | null;
  /** What `@ID` lines of a keepalived.conf are compared with, in place of the host name. */
  readonly configId: string | null;
}

/** What lbd exits with: the LSB codes, which systemd shows by name. */
export const EXIT = {
  stopped: 0,
  cannotRun: 1,
  usage: 2,
  noPermission: 4,
  badConfig: 6,
  internal: 70,
} as const;

const HELP = `
Signals: SIGHUP reads the configuration again (a bad file changes nothing), SIGTERM and SIGINT stop cleanly.
Exit codes: 0 stopped, 1 cannot run (see the message), 2 wrong usage, 4 no permission, 6 bad configuration,
70 internal error.`;

/**
 * The options of a command line without its first two words. Prints help, version or the mistake itself, and then
 * gives the exit code.
 */
export function parseOptions(words: readonly string[]): Options | { readonly exit: number } {
  const command = new Command('lbd')
    .description('An L4 load balancer director: VRRP, IPVS and health checks. Runs in the foreground.')
    .option(
      '--config <file>',
      'configuration to run: YAML, or a keepalived.conf by its name',
      '/etc/lbd/lbd.yaml',
    )
    .option(
      '--config-id <id>',
      'what @ID lines of a keepalived.conf are compared with (default: the host name)',
    )
    .option('--run-dir <dir>', 'directory of the control socket', '/run/lbd')
    .option('--state-dir <dir>', 'directory of what outlives a crash, one for each lbd', '/var/lib/lbd')
    .option('--record <dir>', 'directory for what VRRP hears and does, to be replayed: the latest 128 MiB')
    .version(VERSION, '--version', 'print the version')
    .helpOption('--help', 'print this text')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
  try {
    const { config, runDir, stateDir, record, configId } = command
      .parse(words, { from: 'user' })
      .opts<{ config: string; runDir: string; stateDir: string; record?: string; configId?: string }>();
    return { config, runDir, stateDir, record: record ?? null, configId: configId ?? null };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exit: error.exitCode === 0 ? EXIT.stopped : EXIT.usage };
  }
}
