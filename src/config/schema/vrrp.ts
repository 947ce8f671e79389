import { z } from 'zod';
import { type Ip, parseIp } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { micros, seconds } from '../../base/units.ts';
import { mistake, type Problem } from '../diagnostic.ts';
import { hmacSchema } from './hmac.ts';
import { NOTIFY_KEYS } from './notify.ts';
import { virtualRoute, virtualRule } from './routes.ts';
import { deviceName, duration, hostAddress, MILLISECOND, parsed, SECOND, wholeNumber } from './scalars.ts';
import { takeoverSchema } from './takeover.ts';
import { TRACK_KEYS } from './track.ts';
import { virtualAddress } from './virtual-address.ts';

/** The unit of version 3 on the wire. */
const CENTISECOND = micros(10_000);

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

const peer = z.strictObject({
  address: hostAddress.describe('Address of another director'),
  min_ttl: wholeNumber(0, 255)
    .prefault(0)
    .describe('Least TTL or hop limit of its adverts; 255 for the same link'),
  max_ttl: wholeNumber(0, 255).prefault(255).describe('Greatest TTL or hop limit of its adverts'),
});

/** An address, or a mapping with the limits of its TTL. Giving a limit turns the check of sources on. */
export type WrittenPeer = z.output<typeof peer> & { readonly isLimited: boolean };

export const unicastPeer = z.union([
  parsed(
    hostAddress,
    (address): Result<WrittenPeer, Problem> => ok({ address, min_ttl: 0, max_ttl: 255, isLimited: false }),
  ),
  parsed(peer, (written): Result<WrittenPeer, Problem> => {
    const isLimited = written.min_ttl !== 0 || written.max_ttl !== 255;
    return written.min_ttl <= written.max_ttl
      ? ok({ ...written, isLimited })
      : err(mistake('bad_value', `min_ttl ${written.min_ttl} is above max_ttl ${written.max_ttl}`));
  }),
]);

const mac = z
  .string()
  .regex(
    /^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/,
    'a MAC address has six pairs of hexadecimal digits with : between',
  )
  .describe("MAC address; the virtual router's own unless given");

const vmac = z.strictObject({
  name: deviceName
    .optional()
    .describe('Name of the interface; vrrp.VRID, or vrrp6.VRID for IPv6, unless given'),
  mac: mac.optional(),
});

export const multicastAddress = parsed(
  z.string().meta({ title: 'a multicast address' }),
  (text): Result<Ip, Problem> => {
    const address = parseIp(text);
    return address !== null && /^(22[4-9]\.|23\d\.|ff[\da-f]2:)/.test(address)
      ? ok(address)
      : err(
          mistake(
            'bad_value',
            `"${text}" is no multicast address${address?.startsWith('ff') ? ' of a link' : ''}`,
          ),
        );
  },
);

/** One entry of `vrrp`, in keepalived's words for a vrrp_instance. */
export const instanceSchema = z.strictObject({
  interface: deviceName.describe('Interface that carries the adverts'),
  virtual_router_id: wholeNumber(1, 255).describe(
    'VRID: the same on all nodes, unique on the network segment',
  ),
  version: z
    .literal([2, 3])
    .optional()
    .describe('Protocol version, the same on all nodes; 2 for IPv4 and 3 for IPv6 unless given'),
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
  preempt_delay: duration({ least: micros(0), most: seconds(1000), step: MILLISECOND })
    .prefault(0)
    .describe('How long a master of lower priority is left in its place'),
  advert_int: duration({ least: CENTISECOND, most: seconds(255), step: CENTISECOND })
    .prefault('1s')
    .describe(
      'Time between adverts, the same on all nodes: whole seconds up to 255s in version 2, 10ms to 40.95s in version 3',
    ),
  down_timer_adverts: wholeNumber(1, 100).prefault(3).describe('Missed adverts that make a master down'),
  lease: z
    .enum(['serve', 'strict', 'off'])
    .prefault('serve')
    .describe(
      'Lifetime of the addresses, which each advert renews: serve, longer than peers wait, so that a killed director serves until another does; strict, shorter, so that two never serve; off, for ever',
    ),
  takeover: takeoverSchema
    .optional()
    .describe(
      'What is asked before taking over from a silent master, for 0.3 of an advert_int, at most 300ms',
    ),
  authentication: authentication.optional().describe('Only as strong as the network segment is closed'),
  auth_hmac: hmacSchema
    .optional()
    .describe('Signs adverts with HMAC-SHA-256, as keepalived 2.4.2 and newer do; instead of authentication'),
  mcast_src_ip: hostAddress
    .optional()
    .describe("Source of adverts; the interface's primary or link-local address unless given"),
  unicast_src_ip: hostAddress.optional().describe('The same as mcast_src_ip, for unicast'),
  track_src_ip: z.boolean().prefault(false).describe('A source address that is on no interface is a fault'),
  mcast_dst_ip: multicastAddress.optional().describe('Group of adverts; 224.0.0.18 or ff02::12 unless given'),
  allowed_sources: z
    .array(hostAddress)
    .min(1, 'leave the key out to allow everyone')
    .optional()
    .describe('With multicast: addresses of the other directors; adverts of anyone else are refused'),
  unicast_peers: z
    .array(unicastPeer)
    .optional()
    .describe('Addresses of the other directors: adverts go to them and not to the multicast group'),
  unicast_ttl: wholeNumber(1, 255).prefault(255).describe('TTL or hop limit of adverts to peers'),
  check_unicast_src: z
    .boolean()
    .optional()
    .describe('Refuses adverts of others than the peers; off unless given, or a peer has a limit of its TTL'),
  unicast_fault_no_peer: z.boolean().prefault(false).describe('An empty list of peers is a fault'),
  v3_checksum_as_v2: z
    .boolean()
    .prefault(false)
    .describe(
      'Sends the checksum of RFC 9568, without a pseudo-header, in version 3 over IPv4; both are accepted',
    ),
  strict_mode: z.boolean().prefault(false).describe('Holds the instance to the letter of the RFC'),
  virtual_addresses: z
    .array(virtualAddress)
    .max(255, 'an advert counts its addresses in one byte: at most 255')
    .prefault([])
    .describe('What the master owns, in the order of adverts: "address/prefix dev IF scope S label L brd A"'),
  no_virtual_ipaddress: z.boolean().prefault(false).describe('Allows an instance without addresses'),
  excluded_addresses: z
    .array(virtualAddress)
    .prefault([])
    .describe(
      "What the master owns without telling in adverts, of either family: keepalived's virtual_ipaddress_excluded",
    ),
  virtual_routes: z.array(virtualRoute).prefault([]).describe('Routes while master, as for `ip route`'),
  virtual_rules: z.array(virtualRule).prefault([]).describe('Routing rules while master, as for `ip rule`'),
  promote_secondaries: z
    .boolean()
    .prefault(false)
    .describe(
      'Sets the sysctl of that name on the interface: other addresses stay when the first of a subnet goes',
    ),
  accept: z
    .boolean()
    .optional()
    .describe('Accepts packets to the addresses; true unless given, or strict_mode is on'),
  use_vmac: z
    .union([z.boolean(), vmac])
    .prefault(false)
    .describe('Puts the addresses on an interface with the MAC address of the virtual router'),
  vmac_xmit_base: z.boolean().prefault(false).describe('Sends adverts out of the underlying interface'),
  use_vmac_addr: z
    .boolean()
    .prefault(false)
    .describe('Makes such interfaces also for addresses on other interfaces'),
  dont_track_primary: z
    .boolean()
    .prefault(false)
    .describe('A fault of the own interface is none of the instance'),
  lower_prio_no_advert: z.boolean().prefault(false).describe('Does not answer an advert of lower priority'),
  higher_prio_send_advert: z.boolean().prefault(false).describe('Sends one more advert when it yields'),
  owner_ignore_adverts: z.boolean().prefault(false).describe('With priority 255, ignores all adverts'),
  garp_master_delay: pause()
    .prefault('5s')
    .describe('Pause before the second burst of gratuitous ARP; 0 for none'),
  garp_master_repeat: wholeNumber(1, 100).prefault(5).describe('Gratuitous ARPs per address in a burst'),
  garp_master_refresh: pause().prefault(0).describe('Period of gratuitous ARP while master; 0 for never'),
  garp_master_refresh_repeat: wholeNumber(1, 100)
    .prefault(1)
    .describe('Gratuitous ARPs per address in a refresh'),
  garp_lower_prio_delay: pause()
    .optional()
    .describe('Pause before the second burst after hearing a lower priority; garp_master_delay unless given'),
  garp_lower_prio_repeat: wholeNumber(0, 100)
    .optional()
    .describe('Gratuitous ARPs per address in such a burst, 0 for none; garp_master_repeat unless given'),
  garp_extra_if: duration({ least: micros(0), most: seconds(86_400), step: SECOND })
    .prefault(0)
    .describe('Period of announcements out of the underlying interface with use_vmac; 0 for never'),
  ...TRACK_KEYS,
  ...NOTIFY_KEYS,
});

export type WrittenInstance = z.output<typeof instanceSchema>;
