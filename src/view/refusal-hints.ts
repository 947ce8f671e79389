import type { Refusal } from '../model/counters.ts';

/** What a refusal means and what to compare, as the rest of a sentence that begins with the reason. */
export const REFUSAL_HINTS: Readonly<Record<Refusal, string>> = {
  ip_header: 'the packet is no whole IP packet: something on the way damages or forges it',
  destination:
    'unicast where we use multicast, or another group: compare unicast_peer and mcast_group of both sides',
  ttl: 'a TTL other than 255 comes from beyond a router: a unicast peer that is some hops away needs min_ttl',
  version: 'the other side speaks another version of VRRP: set the same version on both sides',
  type: 'no advertisement: VRRP has no other type',
  length: 'the packet is too short for what it says: something on the way cuts or forges it',
  checksum:
    'the checksum is wrong: damage on the way, or one side sums without the pseudo-header (v3_checksum_as_v2)',
  vrid: 'another virtual_router_id: another virtual router on this link, or the peer with a typing mistake',
  source:
    'not in our list of peers: add the address to unicast_peer or to the allowed sources, or find out who that is',
  self: 'our own address: a loop in the network, or two machines with the same address',
  owner: 'as owner of the addresses (priority 255) we listen to nobody',
  count: 'it names no addresses',
  auth_type: 'one side uses a password and the other none: compare authentication of both sides',
  auth: 'the password differs: compare auth_pass (only the first 8 characters count)',
  hmac_missing: 'it is not signed: give the peer the key, or set the mode to permissive meanwhile',
  hmac_malformed: 'what follows the advertisement is no signature',
  hmac_stale: 'its time is outside the time window: compare the clocks of both sides (chronyc tracking)',
  hmac_unknown_key: 'it is signed with a key that we have not: compare the key ids of both sides',
  hmac_invalid: 'the signature does not fit: the keys of both sides differ, or it is forged',
  hmac_replay: 'a signed advertisement that was there before: somebody repeats packets',
  interval: 'another advertisement interval: version 2 wants the same advert_int on both sides',
};
