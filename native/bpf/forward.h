#pragma once
#include <linux/if_ether.h>

#include "count.h"
#include "maps.h"
#include "packet.h"
#include "tunnel.h"

_Static_assert(offsetof(struct server, destination_mac) == 0 && offsetof(struct server, source_mac) == ETH_ALEN,
               "the two addresses are written as a word and a half");

static __always_inline void write_macs(void *frame, const struct server *server) {
  const void *macs = server;
  *(__u64 *)frame = *(const __u64 *)macs;
  *(__u32 *)(frame + 8) = *(const __u32 *)(macs + 8);
}

static __always_inline int forward(struct xdp_md *ctx, const struct packet *p, struct server *server, __u32 index,
                                   __u64 hash, __u32 connections) {
  if (!(server->flags & SERVER_REACHABLE)) return dropped(COUNTER_SERVER_UNREACHABLE);
  if (server->method != METHOD_DR) {
    int verdict = encapsulate(ctx, p, server, hash);
    if (verdict != XDP_PASS) return verdict;
  }
  void *data = (void *)(long)ctx->data;
  void *end = (void *)(long)ctx->data_end;
  if (data + ETH_HLEN > end) return dropped(COUNTER_MALFORMED);
  write_macs(data, server);
  count_traffic(index, p->length, connections);
  if (server->ifindex == ctx->ingress_ifindex) return XDP_TX;
  return bpf_redirect(server->ifindex, 0);
}
