import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Millis, microsToMillis, millis } from '../base/units.ts';
import { parseDuration } from '../config/duration.ts';
import { MOST_WEIGHT, parseOrderedWeight } from '../model/orders.ts';
import { ask } from './client.ts';
import { EXIT, put, type Refusal, refusalOf, refuse, type Terminal } from './command.ts';

type Output = 'text' | 'json';

interface Options {
  readonly output: Output;
}

interface DrainOptions extends Options {
  readonly timeout?: Millis;
  readonly wait: boolean;
}

/** The part of the daemon's answers that is looked at here. */
interface Answer {
  readonly text: string;
  readonly notes: readonly string[];
  readonly done: boolean;
  /** Of orders: false where lbd keeps it, but the kernel may not have it yet. */
  readonly confirmed?: boolean;
  readonly servers: readonly {
    readonly order: { readonly kind: string; readonly ended: { readonly cut: number } | null } | null;
    /** Null where that cannot be seen. */
    readonly is_in_table: boolean | null;
    readonly active_conns: number;
  }[];
}

const SERVER = 'ADDRESS or ADDRESS:PORT of all services that have it, or SERVER@SERVICE of one';
const WAITING = `
Waits until the server has left the table; an interrupted lbctl does not end the drain. Exit code 4: connections ended
with it, or lbd keeps the order but cannot see what has come of it. lbctl ready takes the order back.`;

/** The commands that take real servers out and put them back. */
export function addServerCommands(lbctl: Command, terminal: Terminal, end: (code: number) => void): void {
  const runDirOf = (command: Command) => command.optsWithGlobals<{ runDir: string }>().runDir;
  const add = (name: string, description: string) =>
    lbctl
      .command(name)
      .description(description)
      .argument('<server>', SERVER)
      .addOption(
        new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'),
      );

  add('drain', 'no new connections to a server; it leaves the table when those it has are over')
    .option('--timeout <duration>', "at most so long (default: the service's drain_timeout)", parseTimeout)
    .option('--no-wait', 'return at once')
    .addHelpText('after', WAITING)
    .action(async (server: string, { timeout, wait, output }: DrainOptions, command: Command) => {
      const limit = timeout === undefined ? '' : `&timeout=${timeout}`;
      const order = { runDir: runDirOf(command), target: `/v1/drain?name=${named(server)}${limit}`, output };
      end(wait ? await drainServer(terminal, order, named(server)) : await orderServer(terminal, order));
    });
  add('maint', 'takes a server out of the table at once; its checks go on').action(
    async (server: string, { output }: Options, command: Command) => {
      end(
        await orderServer(terminal, {
          runDir: runDirOf(command),
          target: `/v1/maint?name=${named(server)}`,
          output,
        }),
      );
    },
  );
  add('ready', 'ends what was ordered of a server: its health and its file decide again').action(
    async (server: string, { output }: Options, command: Command) => {
      end(
        await orderServer(terminal, {
          runDir: runDirOf(command),
          target: `/v1/ready?name=${named(server)}`,
          output,
        }),
      );
    },
  );
  add(
    'weight',
    'gives a server another weight until lbctl ready; with 0 it gets no new connections and counts nothing for the quorum',
  )
    .argument('<weight>', 'a weight, or so many percent of its own, as 50%', parseWeight)
    .action(async (server: string, weight: string, { output }: Options, command: Command) => {
      const target = `/v1/weight?name=${named(server)}&weight=${encodeURIComponent(weight)}`;
      end(await orderServer(terminal, { runDir: runDirOf(command), target, output }));
    });
}

interface Order {
  readonly runDir: string;
  readonly target: string;
  readonly output: Output;
}

async function orderServer(terminal: Terminal, { runDir, target, output }: Order): Promise<number> {
  const answer = await put(terminal, runDir, { method: 'POST', target, accept: 'application/json' }, output);
  if (typeof answer === 'number') return answer;
  const { text, notes, confirmed }: Answer = JSON.parse(answer.body);
  terminal.out(output === 'json' ? answer.body : text);
  if (output === 'text') tell(terminal, notes);
  return confirmed === false ? EXIT.problems : EXIT.ok;
}

/** A second between two looks; what is the same is said again every ten. */
const PACE = millis(1000);
const REPEAT = 10;
/** For so many paces looks may fail: lbd may be started again in between. */
const PATIENCE = 30;

/** Orders a drain and follows it to its end. `name` is the server as it goes into a target. */
export async function drainServer(
  terminal: Terminal,
  { runDir, target, output }: Order,
  name: string,
  pace = PACE,
): Promise<number> {
  const question = { method: 'POST', target, accept: 'application/json' } as const;
  const begun = await put(terminal, runDir, question, output);
  if (typeof begun === 'number') return begun;
  let last: Answer = JSON.parse(begun.body);
  let body = begun.body;
  const say = (text: string) => terminal.out(output === 'text' ? text : '');
  say(last.text);
  if (output === 'text') tell(terminal, last.notes);
  let failedAt: number | null = null;
  const isBlind = last.servers.every((server) => server.is_in_table === null);
  for (let turn = 1; !isBlind && !last.done && last.servers.some(isOrdered); turn++) {
    await sleep(pace);
    const looked = await look(runDir, name);
    if (!('body' in looked)) {
      failedAt ??= performance.now();
      if (looked.mayPass && performance.now() - failedAt < PATIENCE * pace) continue;
      const { code, message } = looked.because;
      refuse(terminal, output, { code, message: `${message}${looked.mayPass ? '; the drain goes on' : ''}` });
      return looked.code;
    }
    failedAt = null;
    const next: Answer = JSON.parse(looked.body);
    if (next.done || countOf(next) !== countOf(last) || turn % REPEAT === 0) say(next.text);
    last = next;
    body = looked.body;
  }
  if (output === 'json') terminal.out(body);
  if (isBlind) return EXIT.problems;
  if (!last.servers.every(isOrdered)) {
    terminal.error('lbctl: somebody has ordered otherwise\n');
    return EXIT.refused;
  }
  return last.servers.some(({ order }) => (order?.ended?.cut ?? 0) > 0) ? EXIT.problems : EXIT.ok;
}

const isOrdered = ({ order }: Answer['servers'][number]): boolean => order?.kind === 'drain';
const countOf = ({ servers }: Answer): string => servers.map((server) => server.active_conns).join(' ');

async function look(
  runDir: string,
  name: string,
): Promise<
  { readonly body: string } | { readonly because: Refusal; readonly code: number; readonly mayPass: boolean }
> {
  const target = `/v1/drain?name=${name}`;
  const answer = await ask(runDir, { method: 'GET', target, accept: 'application/json' });
  if (!answer.ok) return { because: answer.error, code: EXIT.unreachable, mayPass: true };
  const { status, body } = answer.value;
  if (status === 200) return { body };
  const mayPass = status === 503;
  return { because: refusalOf(answer.value), code: mayPass ? EXIT.problems : EXIT.refused, mayPass };
}

const tell = (terminal: Terminal, notes: readonly string[]): void => {
  for (const note of notes) terminal.error(`note: ${note}\n`);
};

const named = (server: string): string => encodeURIComponent(server);

function parseTimeout(text: string): Millis {
  const read = parseDuration(/^\d+$/.test(text) ? Number(text) : text);
  if (!read.ok) throw new InvalidArgumentError('Write 90s, 5m or 1h; a bare number is seconds.');
  return microsToMillis(read.value);
}

function parseWeight(text: string): string {
  if (parseOrderedWeight(text) === null)
    throw new InvalidArgumentError(`Write a whole number up to ${MOST_WEIGHT}, or percent as 50%.`);
  return text;
}
