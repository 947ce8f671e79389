import { z } from 'zod';
import { micros, seconds } from '../../base/units.ts';
import { deviceName, duration } from './scalars.ts';

const MICROSECOND = micros(1);
const ZERO = micros(0);
const pause = () => duration({ least: ZERO, most: seconds(3600), step: MICROSECOND });
const hold = () => duration({ least: ZERO, most: seconds(255), step: MICROSECOND });

const garpGroup = z.strictObject({
  interfaces: z.array(deviceName).min(1, 'a group needs interfaces').describe('They share this pace'),
  garp_interval: pause().prefault(0).describe('Least pause between gratuitous ARPs'),
  gna_interval: pause().prefault(0).describe('Least pause between unsolicited neighbour advertisements'),
});
export type WrittenGarpGroup = z.output<typeof garpGroup>;

const linkDelay = z.strictObject({
  down: hold().prefault(0).describe('An interface that goes down counts as up for so long'),
  up: hold().prefault(0).describe('An interface that comes up counts as down for so long'),
});

/** What holds for all instances together. */
export const PACE_KEYS = {
  vrrp_startup_delay: duration({ least: ZERO, step: MICROSECOND })
    .prefault(0)
    .describe('No election before the daemon has run this long'),
  vrrp_delay_after_boot: duration({ least: ZERO, step: MICROSECOND })
    .prefault(0)
    .describe('No election before the machine has run this long'),
  vrrp_garp_interval: pause()
    .prefault(0)
    .describe('Least pause between gratuitous ARPs on each interface that is in no garp_groups'),
  vrrp_gna_interval: pause().prefault(0).describe('The same for unsolicited neighbour advertisements'),
  garp_groups: z
    .array(garpGroup)
    .prefault([])
    .describe('Interfaces that share a pace of announcements, as behind one switch'),
  interface_up_down_delays: z
    .record(deviceName, linkDelay)
    .prefault({})
    .describe('How long a change of a link must last before it counts, by interface'),
};
