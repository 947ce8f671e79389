import { z } from 'zod';
import { micros, seconds } from '../../base/units.ts';
import { hmacKey } from './hmac.ts';
import { duration, hostAddress, MILLISECOND, wholeNumber } from './scalars.ts';

/** What an instance asks before it takes over from a silent master. */
export const takeoverSchema = z.strictObject({
  gateway: hostAddress
    .optional()
    .describe('Neighbour that has to answer ARP or neighbour discovery: without it this machine is cut off'),
  suspect_hold: duration({ least: micros(0), most: seconds(3600), step: MILLISECOND })
    .optional()
    .describe(
      'How long a silent master is left in its place while somebody still answers for its addresses; 0 unless given, with lease: strict twice the lease',
    ),
  witness: z
    .enum(['required', 'preferred'])
    .optional()
    .describe(
      'required: master only with the grant of a majority of the witnesses, and never without; preferred: no takeover that they deny while they answer',
    ),
});

export type WrittenTakeover = z.output<typeof takeoverSchema>;

const path = z.strictObject({
  local: hostAddress.describe('Own address on the path'),
  peer: hostAddress.describe('Address of the other director, or of the witness, on the path'),
  port: wholeNumber(1, 65_535).prefault(7112).describe('UDP port at both ends'),
  interval: duration({ least: micros(1000), most: seconds(10), step: MILLISECOND })
    .prefault('200ms')
    .describe('Time between heartbeats; a path is lost after three'),
  failover: z
    .boolean()
    .prefault(false)
    .describe(
      'A master that falls silent on this path is dead: a backup takes over without waiting for adverts',
    ),
  witness: z
    .boolean()
    .prefault(false)
    .describe('The peer is no director but a witness, whose grant takeover.witness asks for'),
});

export type WrittenPath = z.output<typeof path>;

export const HEARTBEAT_KEYS = {
  heartbeat: z
    .array(path)
    .prefault([])
    .describe(
      'Second paths between the directors: what tells a director that died from adverts that do not arrive',
    ),
  heartbeat_key: hmacKey
    .optional()
    .describe(
      'Signs heartbeats, the same on all nodes: 32 to 64 characters, hex: and digits, or file: and a path',
    ),
};
