// npm run lab -- [--directors N] [--servers N] [--no-web] [--vip ADDRESS] [COMMAND…]
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { createLab } from './lab.ts';

const words = process.argv.slice(2);
const firstWord = words.findIndex(
  (word, i) => !word.startsWith('-') && !/^--(directors|servers|vip)$/.test(words[i - 1] ?? ''),
);
const [options, command] =
  firstWord === -1 ? [words, []] : [words.slice(0, firstWord), words.slice(firstWord)];
const { values } = parseArgs({
  args: options,
  options: {
    directors: { type: 'string', default: '2' },
    servers: { type: 'string', default: '2' },
    vip: { type: 'string', default: '172.25.1.100' },
    'no-web': { type: 'boolean', default: false },
  },
});
if (process.getuid?.() !== 0) {
  process.stderr.write('lab: building network namespaces needs root\n');
  process.exit(1);
}

const lab = await createLab({
  directors: Number(values.directors),
  servers: Number(values.servers),
  web: !values['no-web'],
  vip: values.vip,
});
const [program = 'bash', ...args] = command;
if (command.length === 0) {
  process.stderr.write('The hosts of the lab; leave with exit or Ctrl-D:\n');
  for (const [name, value] of Object.entries(lab.env)) process.stderr.write(`  ${name}=${value}\n`);
  process.stderr.write('For example: ip netns exec $LAB_CLIENT curl $LAB_RS1_ADDRESS\n');
}

const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...lab.env } });
// A signal ends this process, and the lab with it; an interactive shell would outlive a SIGTERM.
process.on('exit', () => child.kill('SIGHUP'));
const code = await new Promise<number>((resolve) => {
  child.once('error', (error) => {
    process.stderr.write(`${program}: ${error.message}\n`);
    resolve(127);
  });
  child.once('exit', (exit, signal) =>
    resolve(exit ?? 128 + (signal === null ? 0 : constants.signals[signal])),
  );
});
await lab.close();
process.exit(code);
