import { z } from 'zod';
import { err, ok, type Result } from '../../base/result.ts';
import { micros, seconds } from '../../base/units.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { deviceName, duration, ipv4Address, MILLISECOND, parsed, SECOND, wholeNumber } from './scalars.ts';
import { virtualAddress } from './virtual-address.ts';

const pause = () => duration({ least: micros(0), step: MILLISECOND });

const authentication = z.strictObject({
  type: parsed(
    z.enum(['pass', 'PASS', 'ah', 'AH']),
    (type): Result<'pass', Problem> =>
      type.toLowerCase() === 'pass'
        ? ok('pass')
        : err(mistake('not_supported', 'authentication by AH is not supported', { allowed: ['pass'] })),
  ).describe('pass: a password sent in clear (RFC 2338 §5.3.6)'),
  password: z
    .string()
    .regex(/^[ -~]+$/, 'a password is of printable ASCII characters')
    .describe('1 to 8 characters, the same on all nodes; in quotes when it is all digits'),
});

/** One entry of `vrrp`, in keepalived's words for a vrrp_instance. */
export const instanceSchema = z.strictObject({
  interface: deviceName.describe('Interface that carries the adverts'),
  virtual_router_id: wholeNumber(1, 255).describe(
    'VRID: the same on all nodes, unique on the network segment',
  ),
  version: parsed(
    z.int(),
    (version): Result<2, Problem> =>
      version === 2
        ? ok(2)
        : err(mistake('not_supported', `VRRP version ${version} is not supported yet`, { allowed: ['2'] })),
  )
    .prefault(2)
    .describe('Protocol version'),
  state: z
    .enum(['MASTER', 'BACKUP'])
    .optional()
    .describe(
      'A wish that no election asks for; without a priority MASTER means priority 255, with one it ends nopreempt',
    ),
  priority: wholeNumber(1, 255)
    .optional()
    .describe('The highest becomes master; 100 unless given, 255 owns the address'),
  preempt: z.boolean().optional().describe('Take over from a master of lower priority; true unless given'),
  nopreempt: z.boolean().optional().describe("keepalived's word for preempt: false"),
  advert_int: duration({ least: SECOND, most: seconds(255), step: SECOND })
    .prefault('1s')
    .describe('Time between adverts, the same on all nodes; VRRPv2 counts whole seconds'),
  authentication: authentication.optional().describe('Only as strong as the network segment is closed'),
  mcast_src_ip: ipv4Address
    .optional()
    .describe("Source of adverts; the interface's primary address unless given"),
  virtual_addresses: z
    .array(virtualAddress)
    .min(1, 'an instance needs a virtual address')
    .max(255, 'an advert counts its addresses in one byte: at most 255')
    .describe('What the master owns, in the order of adverts: "address/prefix dev IF scope S label L brd A"'),
  garp_master_delay: pause()
    .prefault('5s')
    .describe('Pause before the second burst of gratuitous ARP; 0 for none'),
  garp_master_repeat: wholeNumber(1, 100).prefault(5).describe('Gratuitous ARPs per address in a burst'),
  garp_master_refresh: pause().prefault(0).describe('Period of gratuitous ARP while master; 0 for never'),
  garp_master_refresh_repeat: wholeNumber(1, 100)
    .prefault(1)
    .describe('Gratuitous ARPs per address in a refresh'),
});

export type WrittenInstance = z.output<typeof instanceSchema>;
