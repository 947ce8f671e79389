import { z } from 'zod';
import { micros, seconds } from '../../base/units.ts';
import { duration, hostAddress, MILLISECOND, objectName, SECOND, wholeNumber } from './scalars.ts';
import { MOST_WEIGHT } from './track.ts';

/** Intervals on the wire are microseconds in 32 bits (RFC 5880 §4.1). */
export const LONGEST_BFD_INTERVAL = seconds(4294);
const interval = (least = MILLISECOND) => duration({ least, most: LONGEST_BFD_INTERVAL, step: micros(1) });

const session = z.strictObject({
  neighbor_ip: hostAddress.describe('Address of the other end'),
  source_ip: hostAddress.optional().describe('Own address; what the kernel chooses unless given'),
  min_rx: interval().prefault('10ms').describe('Packets may come this often'),
  min_tx: interval().prefault('10ms').describe('Packets go out this often'),
  idle_tx: interval(SECOND)
    .prefault('1s')
    .describe('Packets go out this often while the session is not up; at least 1s (RFC 5880 §6.8.3)'),
  multiplier: wholeNumber(1, 255).prefault(5).describe('Missed packets that take the session down'),
  passive: z.boolean().prefault(false).describe('Waits for the other end to begin'),
  ttl: wholeNumber(1, 255).prefault(255).describe('TTL or hop limit of packets (RFC 5881 §5 asks for 255)'),
  max_hops: wholeNumber(0, 255)
    .prefault(0)
    .describe('How many routers packets may have passed; 255 for any number'),
  multihop: z.boolean().prefault(false).describe('The other end is behind routers (RFC 5883, port 4784)'),
  weight: wholeNumber(-MOST_WEIGHT.bfd, MOST_WEIGHT.bfd)
    .prefault(0)
    .describe('What it does to the priority of who follows it; 0 makes a lost session a fault'),
  reverse: z.boolean().prefault(false).describe('Up and down change places'),
});

export type WrittenBfd = z.output<typeof session>;

export const BFD_KEYS = {
  bfd: z.record(objectName, session).prefault({}).describe('BFD sessions that instances follow, by name'),
};
