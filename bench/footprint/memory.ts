import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../test/support/eventually.ts';
import { compileTcp, Tcp } from '../checks/tcp.ts';
import type { Figures, Progress, Table } from '../report/report.ts';
import { type Bed, logOf, SPEECHES } from './bed.ts';
import { memoryOf, processesOf } from './processes.ts';

const SERVICES = 100;
const SERVERS_EACH = 100;
const PORT = 80;
/** Seconds between two checks of a server. */
const EVERY = 10;
const LIMIT = 120_000;
/** Every server has been checked twice by then. Milliseconds. */
const SETTLING = (2 * EVERY + 5) * 1000;

const CASE = '10,000 servers with checks';
const ROLES = ['main', 'vrrp', 'check'] as const;

const addressOf = (network: string, i: number) => `${network}.${i >> 8}.${i & 255}`;

function services(): string {
  return Array.from({ length: SERVICES }, (_, s) => {
    const servers = Array.from(
      { length: SERVERS_EACH },
      (_, i) =>
        `  real_server ${addressOf('10.64', s * SERVERS_EACH + i)} ${PORT} { TCP_CHECK { connect_timeout 3 } }\n`,
    );
    const head = `virtual_server ${addressOf('10.200', s)} ${PORT} {\n  delay_loop ${EVERY}\n  lb_kind DR\n  protocol TCP\n`;
    return `${head}${servers.join('')}}\n`;
  }).join('');
}

/** The memory of lbd, process by process, with ten thousand servers that are all well. */
export async function measureMemory(bed: Bed, rounds: number, progress: Progress): Promise<Table> {
  const { lab } = bed;
  await lab.host('rs1').exec('ip', ['route', 'add', 'local', '10.64.0.0/12', 'dev', 'lo']);
  await lab.host('d1').exec('ip', ['route', 'add', '10.64.0.0/12', 'via', lab.host('rs1').address]);
  const tcp = compileTcp(lab);
  const seen: number[][] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`memory with 10,000 servers, round ${round} of ${rounds}`);
    const listener = await Tcp.start(lab.host('rs1'), tcp, 'accept', String(PORT));
    seen.push(await memoryOnce(bed));
    await listener.stop();
  }
  const of = (i: number): Figures => ({ rounds: seen.map((one) => one[i] ?? 0) });
  const sum = { rounds: seen.map((one) => one.reduce((total, value) => total + value, 0)) };
  return {
    title: 'Memory (PSS) by process',
    columns: [...ROLES, 'sum'].map((name) => ({ name, unit: 'MB', better: 'less' })),
    rows: [
      { case: CASE, program: 'lbd', cells: [...ROLES.map((_, i) => of(i)), sum] },
      {
        case: CASE,
        program: 'keepalived',
        cells: ['left out: it checks nothing without IPVS', null, null, null],
      },
    ],
    targets: [{ case: CASE, program: 'lbd', column: 'sum', at: 'most', limit: 120 }],
  };
}

async function memoryOnce(bed: Bed): Promise<number[]> {
  const [speech] = SPEECHES;
  if (speech === undefined) throw new Error('no speech');
  const program = bed.program('lbd', 'd1', 200, 1, speech, services());
  const said = logOf(program).length;
  program.start();
  await eventually('lbd is ready', LIMIT, () => logOf(program).slice(said).includes('"event":"ready"'));
  await sleep(SETTLING);
  const processes = processesOf(program.pid);
  const memory = ROLES.map((wanted) => {
    const found = processes.find(({ role }) => role === wanted);
    return found === undefined ? 0 : memoryOf(found.pid).pss;
  });
  await program.terminate();
  return memory;
}
