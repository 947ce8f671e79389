#pragma once
#include "flow.h"
#include "forward.h"
#include "hash.h"
#include "service.h"

/* Notes where the first fragment of a packet goes, since the others have no ports. */
static __noinline void note_fragment(const struct config *c, const struct packet *p, __u32 server, __u32 now) {
  __u64 hash = hash_fragment(c, p);
  __u64 next = flow_word(server, FLOW_FRAGMENT, now + c->timeouts[FLOW_FRAGMENT]);
  struct flow_bucket *bucket = flow_bucket(hash);
  __u64 word = 0;
  if (!bucket) return;
  struct flow *flow = flow_find(bucket, hash, now, &word);
  if (flow)
    flow_change(flow, word, next);
  else
    flow_store(hash, now, next);
}

static __noinline int forward_fragment(struct xdp_md *ctx, struct config *c, const struct packet *p) {
  __u64 hash = hash_fragment(c, p);
  struct flow_bucket *bucket = flow_bucket(hash);
  __u64 word = 0;
  if (!is_for_service_address(p)) return XDP_PASS;
  if (bucket && flow_find(bucket, hash, the_time(c), &word)) {
    __u32 index = flow_server(word);
    struct server *server = find_server(index);
    if (server) return forward(ctx, p, server, index, hash, 0);
  }
  return dropped(COUNTER_FRAGMENT_UNKNOWN);
}
