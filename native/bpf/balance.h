#pragma once
#include "choose.h"
#include "flow.h"
#include "forward.h"
#include "fragment.h"
#include "hash.h"
#include "persist.h"
#include "service.h"

static __always_inline _Bool chooses_by_hash(const struct service *service) {
  return (service->scheduler == SCHEDULER_MH || service->scheduler == SCHEDULER_SH) &&
         !(service->flags & SERVICE_PERSISTENT);
}

static __always_inline __u64 hash_for_choice(const struct config *c, const struct packet *p,
                                             const struct service *service, __u64 hash) {
  const __u32 all[4] = {~0, ~0, ~0, ~0};
  return service->flags & SERVICE_SOURCE_HASH ? hash_client(c, p, all, HASH_SOURCE) : hash;
}

/* The state of a flow after a packet of the client, which is all that is seen of it. */
static __always_inline __u32 next_state(__u32 state, const struct packet *p) {
  if (p->protocol != IPPROTO_TCP) return state;
  if (p->tcp_flags & (TCP_FIN | TCP_RST)) return FLOW_FIN;
  if (state == FLOW_SYN && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_ACK) return FLOW_ESTABLISHED;
  return state;
}

static __always_inline __u64 flow_word_for(const struct config *c, __u32 server, __u32 state, __u32 now) {
  return flow_word(server, state, now + c->timeouts[state & 7]);
}

/* The state of a flow that its first packet stores; none where it stores nothing. */
static __always_inline __u32 first_state(const struct packet *p, _Bool is_by_hash) {
  if (p->protocol == IPPROTO_TCP) {
    if (is_by_hash) {
      /* Until the client has answered, the ring gives the same server again. */
      __u8 ends = TCP_SYN | TCP_FIN | TCP_RST;
      return (p->tcp_flags & (ends | TCP_ACK)) == TCP_ACK ? FLOW_ESTABLISHED : FLOW_NONE;
    }
    return opens_connection(p->tcp_flags) ? FLOW_SYN : FLOW_NONE;
  }
  if (is_by_hash) return FLOW_NONE;
  return p->protocol == IPPROTO_UDP ? FLOW_UDP : FLOW_SCTP;
}

/* Puts another word in the place of what there is of a flow, or where there is room. */
static __always_inline _Bool keep_flow(__u64 hash, __u32 now, __u64 word) {
  struct flow_bucket *bucket = flow_bucket(hash);
  __u64 before = 0;
  struct flow *flow = bucket ? flow_find(bucket, hash, now, &before) : NULL;
  return flow ? flow_change(flow, before, word) : flow_store(hash, now, word);
}

/*
 * A packet of no flow, or of one that has to be chosen anew; `hash` is that of the flow. This is a function of its own to
 * the verifier too, for which there would be too many ways through all of the program.
 */
__noinline int balance_new(struct xdp_md *ctx, const struct config *c, const struct packet *p, __u64 hash,
                           __u32 now) {
  if (!c || !p) return XDP_PASS;
  __u32 connections = 0;
  struct service *service = find_service(c, p);
  if (!service) return XDP_PASS;
  __u64 ring = READ_ONCE(service->ring);
  _Bool is_by_hash = chooses_by_hash(service);
  __u64 choice = hash_for_choice(c, p, service, hash);
  __u32 state = first_state(p, is_by_hash);
  __u32 to;

  if (state != FLOW_NONE && p->protocol == IPPROTO_TCP && !p->is_known && !may_store_connection(c, now)) {
    state = FLOW_NONE;
    counted(COUNTER_NOT_STORED, 0);
  }

  if (service->flags & SERVICE_PERSISTENT) {
    to = choose_persistent(c, p, service, now, state != FLOW_NONE);
  } else if (service->flags & SERVICE_ONE_PACKET) {
    to = choose(service, ring, choice);
  } else if (state == FLOW_NONE || is_by_hash) {
    to = choose_by_hash(ring, choice);
  } else {
    to = choose(service, ring, choice);
  }
  if (to == NO_SERVER) return dropped(COUNTER_NO_SERVER);

  if (service->flags & SERVICE_ONE_PACKET) {
    connections = 1;
  } else if (state != FLOW_NONE) {
    connections = 1;
    if (!keep_flow(hash, now, flow_word_for(c, to, state, now))) {
      counted(COUNTER_NOT_STORED, 0);
      /* So that the packets after this one, which cannot know of a choice, find the same server. */
      if (!is_by_hash && !(service->flags & SERVICE_PERSISTENT)) to = choose_by_hash(ring, choice);
    }
  }
  struct server *server = find_server(to);
  if (!server) return dropped(COUNTER_NO_SERVER);
  if (p->kind == KIND_FIRST_FRAGMENT) note_fragment(c, p, to, now);
  return forward(ctx, p, server, to, hash, connections);
}

static __always_inline int balance(struct xdp_md *ctx, struct config *c, struct packet *p) {
  __u64 hash = hash_flow(c, p);
  __u32 now = the_time(c);
  __u64 found = 0;
  /* A flow may be of a service whose address went to another machine. */
  if (c->unowned && !find_service(c, p)) return XDP_PASS;
  if (!flow_may_be_there(hash)) return balance_new(ctx, c, p, hash, now);
  struct flow_bucket *bucket = flow_bucket(hash);
  struct flow *flow = bucket ? flow_find(bucket, hash, now, &found) : NULL;
  if (!flow) return balance_new(ctx, c, p, hash, now);
  p->is_known = 1;

  __u32 state = flow_state(found);
  __u32 to = flow_server(found);
  struct server *server = find_server(to);
  if (!server || (state == FLOW_FIN && opens_connection(p->tcp_flags))) return balance_new(ctx, c, p, hash, now);
  __u64 word = flow_word_for(c, to, next_state(state, p), now);
  if (word != found) flow_change(flow, found, word);
  if (p->kind == KIND_FIRST_FRAGMENT) note_fragment(c, p, to, now);
  return forward(ctx, p, server, to, hash, 0);
}
