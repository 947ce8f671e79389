#pragma once
#include "maps.h"

/*
 * Flows are in buckets of four, each a cache line. Readers read the word before the tag; writers take an entry by
 * writing a word of no state, then the tag and its mark, then the word: whoever reads in between finds no flow, and
 * never one of somebody else. An entry is taken only when it has expired, so that no flood evicts a flow.
 */

/* For how long an entry is taken: longer than any processor stands still. Ticks. */
#define TAKEN 60

/* Buckets of a line of marks. */
#define MARKED (sizeof(struct marks) / sizeof(__u32))

static __always_inline __u64 flow_word(__u32 server, __u32 state, __u32 expires) {
  return (server & 0xffffff) | ((__u64)state << 24) | ((__u64)expires << 32);
}

static __always_inline __u32 flow_server(__u64 word) { return word & 0xffffff; }
static __always_inline __u32 flow_state(__u64 word) { return (word >> 24) & 0xff; }
static __always_inline __u32 flow_expires(__u64 word) { return word >> 32; }

/* The clock takes a call into the kernel, the count of jiffies is a word of its memory. */
static __always_inline __u32 the_time(struct config *c) {
  __u64 jiffies = bpf_jiffies64() << 32;
  __u64 clock = READ_ONCE(c->clock);
  if ((clock ^ jiffies) >> 32) {
    clock = jiffies | (__u32)(bpf_ktime_get_coarse_ns() >> TICK_SHIFT);
    WRITE_ONCE(c->clock, clock);
  }
  return clock;
}

/* Whether a new connection is to be stored: not under a flood, which would only fill the table. */
static __always_inline _Bool may_store_connection(const struct config *c, __u32 now) {
  __u32 processor = bpf_get_smp_processor_id();
  struct stored *here = bpf_map_lookup_elem(&stored, &processor);
  if (!here) return 0;
  if (here->tick != now) {
    here->tick = now;
    here->connections = 0;
  }
  return here->connections++ < c->new_flows;
}

static __always_inline struct flow_bucket *flow_bucket(__u64 hash) {
  __u32 index = hash & constants.flow_mask;
  return bpf_map_lookup_elem(&flows, &index);
}

static __always_inline __u32 *marks_of(__u64 hash) {
  __u32 bucket = hash & constants.flow_mask;
  __u32 index = bucket / MARKED;
  struct marks *line = bpf_map_lookup_elem(&marks, &index);
  return line ? &line->bucket[bucket % MARKED] : NULL;
}

/* False only where no entry of the bucket has this tag: then a packet costs no look at the bucket. */
static __always_inline _Bool flow_may_be_there(__u64 hash) {
  __u32 *found = marks_of(hash);
  if (!found) return 1;
  __u32 differences = READ_ONCE(*found) ^ ((__u32)(hash >> 56) * 0x01010101);
  return ((differences - 0x01010101) & ~differences & 0x80808080) != 0;
}

static __always_inline struct flow *flow_find(struct flow_bucket *bucket, __u64 hash, __u32 now, __u64 *word) {
#pragma unroll
  for (int i = 0; i < FLOW_WAYS; i++) {
    struct flow *flow = &bucket->way[i];
    __u64 found = READ_ONCE(flow->word);
    if (READ_ONCE(flow->tag) == hash && flow_state(found) != FLOW_NONE && flow_expires(found) > now) {
      *word = found;
      return flow;
    }
  }
  return NULL;
}

/* As ipvsadm -l tells them: what opens or is open is active, what closes and what knows no connections is not. */
static __always_inline void count_connection(__u64 word, int change) {
  __u32 state = flow_state(word);
  __u32 server = flow_server(word);
  if (state == FLOW_NONE || state >= FLOW_PERSIST) return;
  struct conns *counts = bpf_map_lookup_elem(&conns, &server);
  if (!counts) return;
  if (state == FLOW_FIN || state == FLOW_UDP)
    __sync_fetch_and_add(&counts->inactive, change);
  else
    __sync_fetch_and_add(&counts->active, change);
}

/* Puts another word in the place of the one that was read; gives false where somebody else was first. */
static __always_inline _Bool flow_change(struct flow *flow, __u64 from, __u64 to) {
  if (__sync_val_compare_and_swap(&flow->word, from, to) != from) return 0;
  if ((from ^ to) & 0xffffffff) {
    count_connection(from, -1);
    count_connection(to, 1);
  }
  return 1;
}

/* Puts a flow into an entry that has expired; false where there is none. */
static __always_inline _Bool flow_store(__u64 hash, __u32 now, __u64 word) {
  struct flow_bucket *bucket = flow_bucket(hash);
  __u8 *mark = (__u8 *)marks_of(hash);
  if (!bucket || !mark) return 0;
#pragma unroll
  for (int i = 0; i < FLOW_WAYS; i++) {
    struct flow *flow = &bucket->way[i];
    __u64 found = READ_ONCE(flow->word);
    if (flow_expires(found) > now) continue;
    if (__sync_val_compare_and_swap(&flow->word, found, flow_word(0, FLOW_NONE, now + TAKEN)) != found) continue;
    count_connection(found, -1);
    WRITE_ONCE(flow->tag, hash);
    WRITE_ONCE(mark[i], hash >> 56);
    /* An exchange, because it also keeps the order of the two writes. */
    __sync_lock_test_and_set(&flow->word, word);
    count_connection(word, 1);
    return 1;
  }
  return 0;
}
