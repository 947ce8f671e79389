#pragma once
#include <linux/if_ether.h>

#include "count.h"
#include "maps.h"
#include "packet.h"
#include "tunnel.h"

/* Ethernet addresses, as a word and a half. */
static __always_inline void write_macs(void *frame, const struct server *server) {
  __builtin_memcpy(frame, server->destination_mac, ETH_ALEN);
  __builtin_memcpy(frame + ETH_ALEN, server->source_mac, ETH_ALEN);
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
