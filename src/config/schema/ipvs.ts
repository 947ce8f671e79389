import { z } from 'zod';
import { type Ip, parseIp } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { seconds } from '../../base/units.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { deviceName, duration, objectName, parsed, SECOND, wholeNumber } from './scalars.ts';

/** The longest that keepalived takes. */
const timeout = () => duration({ least: SECOND, most: seconds(31 * 86_400), step: SECOND }).optional();

const timeoutsSchema = z.strictObject({
  tcp: timeout().describe('Of an established TCP connection; 15m in the kernel'),
  tcp_fin: timeout().describe('Of a TCP connection that one end has closed; 2m in the kernel'),
  udp: timeout().describe('Of a UDP flow; 5m in the kernel'),
});

/** Of any scope: other than adverts it may be routed. */
export const syncGroupAddress = parsed(
  z.string().meta({ title: 'a multicast address' }),
  (text): Result<Ip, Problem> => {
    const address = parseIp(text);
    return address !== null && /^(22[4-9]\.|23\d\.|ff[\da-f]{2}:)/.test(address)
      ? ok(address)
      : err(mistake('bad_value', `"${text}" is no multicast address`));
  },
);

const syncDaemonSchema = z.strictObject({
  interface: deviceName.describe('Where directors tell each other of their connections'),
  instance: objectName
    .optional()
    .describe('The VRRP instance whose master tells and whose backups learn; without it each does both'),
  id: wholeNumber(0, 255)
    .optional()
    .describe(
      'Who has another id is not heard, 0 hears all; the virtual_router_id of the instance unless given, or 0',
    ),
  max_length: wholeNumber(1, 65_507)
    .optional()
    .describe('Most bytes in a message; what fits the interface unless given'),
  port: wholeNumber(1, 65_535).prefault(8848).describe('UDP port'),
  ttl: wholeNumber(1, 255).prefault(1).describe('TTL or hop limit'),
  group: syncGroupAddress.prefault('224.0.0.81').describe('Multicast group'),
});
export type WrittenSyncDaemon = z.output<typeof syncDaemonSchema>;

const ipvsSchema = z.strictObject({
  flush: z
    .boolean()
    .prefault(false)
    .describe('The start removes services that are in the kernel and not in this file'),
  flush_on_stop: z.boolean().prefault(false).describe('The stop removes all services, those of others too'),
  timeouts: timeoutsSchema.prefault({}).describe('How long connections stay that nothing is heard of'),
  sync_daemon: syncDaemonSchema
    .optional()
    .describe('Connection sync: connections outlive a failover because the other director knows them'),
});
export type WrittenIpvs = z.output<typeof ipvsSchema>;

/** The kernel's IPVS besides its services. */
export const IPVS_KEYS = {
  ipvs: ipvsSchema.prefault({}).describe('What IPVS is to be besides its services'),
};
