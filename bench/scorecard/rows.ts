import type { Row } from './row.ts';
import { row1 } from './rows/01-stop.ts';
import { row2 } from './rows/02-restart.ts';
import { row3 } from './rows/03-many-stop.ts';
import { row4 } from './rows/04-most-routers.ts';
import { row6 } from './rows/06-starvation.ts';
import { row7 } from './rows/07-kill-all.ts';
import { row8 } from './rows/08-kill-worker.ts';
import { row9 } from './rows/09-freeze-worker.ts';
import { row10 } from './rows/10-one-way.ts';
import { row11 } from './rows/11-isolated.ts';
import { row12 } from './rows/12-carrier.ts';
import { row15 } from './rows/15-wall-clock.ts';
import { row16 } from './rows/16-overrun.ts';
import { row17 } from './rows/17-deleted-address.ts';
import { row18 } from './rows/18-arp-claim.ts';
import { row20 } from './rows/20-junk.ts';
import { row21 } from './rows/21-fuzzed.ts';
import { row22 } from './rows/22-forged.ts';
import { row23 } from './rows/23-unlisted-peer.ts';
import { row24 } from './rows/24-replay.ts';

/** The scorecard, by its numbers. */
export const ROWS: readonly Row[] = [
  row1,
  row2,
  row3,
  row4,
  row6,
  row7,
  row8,
  row9,
  row10,
  row11,
  row12,
  row15,
  row16,
  row17,
  row18,
  row20,
  row21,
  row22,
  row23,
  row24,
];
