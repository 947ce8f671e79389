#pragma once
#include "balance.h"
#include "choose.h"
#include "flow.h"
#include "forward.h"
#include "hash.h"
#include "service.h"

/*
 * An error about a packet that a server sent goes to that server, or it would never learn of a smaller MTU. Where
 * nothing tells the server, the machine gets the error, as it does without this program.
 */
static __noinline int forward_icmp_error(struct xdp_md *ctx, struct config *c, const struct packet *p) {
  __u64 word = 0;
  struct service *service = find_service(c, p);
  if (!service) return XDP_PASS;
  __u64 hash = hash_flow(c, p);
  struct flow_bucket *bucket = flow_bucket(hash);
  if (!bucket) return XDP_PASS;
  __u32 to = NO_SERVER;
  if (flow_find(bucket, hash, the_time(c), &word)) to = flow_server(word);
  struct server *server = find_server(to);
  if (!server) {
    if (!chooses_by_hash(service)) return XDP_PASS;
    to = choose_by_hash(READ_ONCE(service->ring), hash_for_choice(c, p, service, hash));
    server = find_server(to);
    if (!server) return XDP_PASS;
  }
  return forward(ctx, p, server, to, hash, 0);
}
