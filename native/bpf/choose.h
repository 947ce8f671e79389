#pragma once
#include "maps.h"

#define NO_SERVER 0xffffffff
#define RING_LINE (sizeof(struct ring_words) / sizeof(__u32))

static __always_inline __u32 ring_slot(__u64 ring, __u32 slot) {
  __u32 at = (__u32)(ring >> 32) + slot;
  __u32 index = at / RING_LINE;
  struct ring_words *words = bpf_map_lookup_elem(&rings, &index);
  return words ? words->server[at % RING_LINE] : NO_SERVER;
}

/* The answer that every director gives with the same ring. */
static __always_inline __u32 choose_by_hash(__u64 ring, __u64 hash) {
  __u64 size = (__u32)ring;
  return size == 0 ? NO_SERVER : ring_slot(ring, ((hash >> 32) * size) >> 32);
}

struct least {
  __u64 ring;
  __u64 load;
  __u32 weight;
  __u32 server;
  _Bool is_weighted;
};

static long consider(__u32 slot, struct least *least) {
  __u32 index = ring_slot(least->ring, slot);
  struct server *server = bpf_map_lookup_elem(&servers, &index);
  struct conns *counts = bpf_map_lookup_elem(&conns, &index);
  if (!server || !counts || !(server->flags & SERVER_AVAILABLE)) return 0;
  /* ip_vs.h, ip_vs_dest_conn_overhead: an active connection weighs as much as 256 others. */
  __u64 load = ((__u64)READ_ONCE(counts->active) << 8) + READ_ONCE(counts->inactive);
  __u32 weight = least->is_weighted ? server->weight : 1;
  if (least->server != NO_SERVER && load * least->weight >= least->load * weight) return 0;
  least->load = load;
  least->weight = weight;
  least->server = index;
  return 0;
}

/* By load: the first of those that have the least (ip_vs_lc.c), for its weight (ip_vs_wlc.c). */
static __always_inline __u32 choose_by_load(__u64 ring, _Bool is_weighted) {
  struct least least = {.ring = ring, .server = NO_SERVER, .is_weighted = is_weighted};
  __u64 size = (__u32)ring;
  /* The verifier puts a loop in place of the call, which takes all 64 bits of what the compiler knows to be 32. */
  barrier_var(size);
  bpf_loop(size, consider, &least, 0);
  return least.server;
}

/* By the scheduler of the service. */
static __always_inline __u32 choose(struct service *service, __u64 ring, __u64 hash) {
  __u32 size = ring;
  if (size == 0) return NO_SERVER;
  switch (service->scheduler) {
    case SCHEDULER_RR:
    case SCHEDULER_WRR:
      return ring_slot(ring, __sync_fetch_and_add(&service->counter, 1) % size);
    case SCHEDULER_LC:
      return choose_by_load(ring, 0);
    case SCHEDULER_WLC:
      return choose_by_load(ring, 1);
    default:
      return choose_by_hash(ring, hash);
  }
}
