#pragma once
#include "maps.h"
#include "packet.h"

/* What a hash is of, so that no two kinds of entries have the same. In bits 40 and up of `rest`. */
#define HASH_FLOW (0ULL << 40)
#define HASH_FRAGMENT (1ULL << 40)
#define HASH_PERSIST (2ULL << 40)
#define HASH_SOURCE (3ULL << 40)

/* The product of two sums of 32 bits (NH, RFC 4418 §5.2.2): who does not know the keys cannot make two alike. */
static __always_inline __u64 hash_pair(__u32 a, __u32 b, __u64 key) {
  return (__u64)(__u32)(a + (__u32)key) * (__u32)(b + (__u32)(key >> 32));
}

static __always_inline __u64 hash_end(__u64 h) {
  h ^= h >> 32;
  h *= 0x9e3779b97f4a7c15ULL;
  return h ^ (h >> 32);
}

/* The low half gives the bucket, the high half the place in a ring, and all of it the tag. */
static __always_inline __u64 hash4(const struct config *c, __u32 source, __u32 destination, __u64 rest) {
  return hash_end(rest * c->keys[4] + hash_pair(source, destination, c->keys[0]));
}

static __always_inline __u64 hash6(const struct config *c, const __u32 *source, const __u32 *destination,
                                   __u64 rest) {
  __u64 h = rest * c->keys[4];
  h += hash_pair(source[0], source[1], c->keys[0]);
  h += hash_pair(source[2], source[3], c->keys[1]);
  h += hash_pair(destination[0], destination[1], c->keys[2]);
  h += hash_pair(destination[2], destination[3], c->keys[3]);
  return hash_end(h);
}

static __always_inline __u64 hash_any(const struct config *c, const struct packet *p, __u64 rest) {
  return p->family == 4 ? hash4(c, p->source[0], p->destination[0], rest)
                        : hash6(c, p->source, p->destination, rest);
}

static __always_inline __u64 hash_flow(const struct config *c, const struct packet *p) {
  __u64 rest = HASH_FLOW | ((__u64)p->protocol << 32) | ((__u64)p->destination_port << 16) | p->source_port;
  return hash_any(c, p, rest);
}

static __always_inline __u64 hash_fragment(const struct config *c, const struct packet *p) {
  /* RFC 8200 §4.5: an identification of IPv6 is of two addresses, whatever the protocol. */
  __u64 protocol = p->family == 4 ? p->protocol : 0;
  return hash_any(c, p, HASH_FRAGMENT | (protocol << 32) | p->fragment_id);
}

/* Of the service that a packet is for, whichever there is. */
static __always_inline __u32 hash_destination(const struct config *c, const struct packet *p) {
  __u32 rest = ((__u32)p->destination_port << 16) | p->protocol;
  __u64 h = hash_pair(p->destination[0], rest, c->keys[0]);
  if (p->family != 4) {
    h += hash_pair(p->destination[1], p->destination[2], c->keys[1]);
    h += hash_pair(p->destination[3], 0, c->keys[2]);
  }
  return h >> 32;
}

/* Of the client alone, as far as the mask has it; the same for every service and on every director. */
static __always_inline __u64 hash_client(const struct config *c, const struct packet *p, const __u32 *mask,
                                         __u64 rest) {
  __u32 client[4] = {p->source[0] & mask[0]};
  __u32 none[4] = {};
  if (p->family == 4) return hash4(c, client[0], 0, rest);
  client[1] = p->source[1] & mask[1];
  client[2] = p->source[2] & mask[2];
  client[3] = p->source[3] & mask[3];
  return hash6(c, client, none, rest);
}
