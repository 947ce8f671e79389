// npm run lab -- [--directors N] [--servers N] [--no-web] [--vip ADDRESS] [COMMAND…]
import { spawn } from 'node:child_process';
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
  process.stderr.write('For example: ip netns exec $LAB_CLIENT curl $LAB_VIP\n');
}
// A Ctrl-C is the program's to answer; the lab is taken down when the program ends.
process.on('SIGINT', () => undefined);
const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...lab.env } });
const code = await new Promise<number>((resolve) => {
  child.once('error', (error) => {
    process.stderr.write(`${program}: ${error.message}\n`);
    resolve(127);
  });
  child.once('exit', (exit, signal) => resolve(signal === null ? (exit ?? 1) : 128));
});
await lab.close();
process.exit(code);
