// What throughput.ts starts in the guest: the tables of IPVS beside XDP, into the file named.
import { writeFileSync } from 'node:fs';
import { measureWays } from './rounds.ts';
import { tablesOf } from './tables.ts';
import { IPVSADM, LBD_IPVS, LBD_XDP } from './ways.ts';

const WAYS = [IPVSADM, LBD_IPVS, LBD_XDP];

const measured = await measureWays(WAYS, { rounds: 3, seconds: 4, warmup: 2 }, (line) =>
  process.stderr.write(`in the guest: ${line}\n`),
);
writeFileSync(process.argv[2] ?? '', JSON.stringify(tablesOf(measured, WAYS, 'in the guest, emulated: ')));
