// Loaded into every Node.js process that a profiled measurement starts. A process of lbd records what its processor
// time is spent on and writes that when it ends by itself. It is what node's --cpu-prof does, which Node 20 does not
// take from NODE_OPTIONS; nothing else reaches the processes that lbd starts.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import path from 'node:path';
import { ENDING, PROFILE_PACE, PROFILES } from './recording.ts';

const directory = process.env[PROFILES];
const main = /\/daemon\/(?:(vrrp|check)-)?main\.js$/.exec(process.argv[1] ?? '');

if (directory !== undefined && main !== null) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  const pace = process.env[PROFILE_PACE];
  if (pace !== undefined) session.post('Profiler.setSamplingInterval', { interval: Number(pace) });
  session.post('Profiler.start');
  process.once('exit', () =>
    session.post('Profiler.stop', (_, { profile }) =>
      writeFileSync(
        path.join(directory, `${main[1] ?? 'core'}-${process.pid}${ENDING}`),
        JSON.stringify(profile),
      ),
    ),
  );
}
