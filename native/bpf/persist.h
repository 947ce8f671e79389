#pragma once
#include "choose.h"
#include "flow.h"
#include "hash.h"
#include "service.h"

/* Of the client, as far as the mask has it, and of the service by its name: the same on every director. */
static __always_inline __u64 hash_template(const struct config *c, const struct packet *p,
                                           const struct service *service) {
  const __u32 *mask = service->persist_mask;
  __u64 rest = HASH_PERSIST | ((__u64)p->protocol << 32) | service->port;
  __u32 client[4] = {p->source[0] & mask[0]};
  if (p->family == 4) return hash4(c, client[0], p->destination[0], rest);
  client[1] = p->source[1] & mask[1];
  client[2] = p->source[2] & mask[2];
  client[3] = p->source[3] & mask[3];
  return hash6(c, client, p->destination, rest);
}

/*
 * The server of a client, as far as the mask of the service tells clients apart. It is chosen when the client comes
 * first, and kept while it comes again in time. `may_store` is whether this packet may be its first.
 */
static __always_inline __u32 choose_persistent(const struct config *c, const struct packet *p,
                                               struct service *service, __u32 now, _Bool may_store) {
  __u64 ring = READ_ONCE(service->ring);
  __u64 hash = hash_template(c, p, service);
  __u64 by_client = hash_client(c, p, service->persist_mask, HASH_SOURCE);
  struct flow_bucket *bucket = flow_bucket(hash);
  __u64 word = 0;
  if (!bucket) return NO_SERVER;
  __u32 expires = now + service->persist_timeout;
  struct flow *flow = flow_find(bucket, hash, now, &word);
  if (flow && find_server(flow_server(word))) {
    __u64 later = flow_word(flow_server(word), FLOW_PERSIST, expires);
    if (later != word) flow_change(flow, word, later);
    return flow_server(word);
  }
  if (!may_store) return choose_by_hash(ring, by_client);
  __u32 server = choose(service, ring, by_client);
  if (server == NO_SERVER) return server;
  __u64 next = flow_word(server, FLOW_PERSIST, expires);
  if (flow ? flow_change(flow, word, next) : flow_store(hash, now, next)) return server;
  return choose_by_hash(ring, by_client);
}
