#pragma once
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "checksum.h"
#include "count.h"
#include "ethernet.h"
#include "packet.h"
#include "too_big.h"

/* Variant 0 of draft-ietf-intarea-gue §3: no options, what follows is an IP protocol. */
struct gue {
  struct udphdr udp;
  __u8 length;
  __u8 protocol;
  __be16 flags;
};

static __always_inline __u32 outer_length(__u8 method) {
  switch (method) {
    case METHOD_IP4:
      return sizeof(struct iphdr);
    case METHOD_IP6:
      return sizeof(struct ipv6hdr);
    case METHOD_GUE4:
      return sizeof(struct iphdr) + sizeof(struct gue);
    default:
      return sizeof(struct ipv6hdr) + sizeof(struct gue);
  }
}

/* A flow keeps its source port, so that it keeps its queue at the server. RFC 6936 allows the checksum of 0. */
static __always_inline void write_gue(struct gue *gue, const struct server *server, __u16 inner, __u8 protocol,
                                      __u64 hash) {
  gue->udp.source = bpf_htons(0xc000 | (hash & 0x3fff));
  gue->udp.dest = server->tunnel_port;
  gue->udp.len = bpf_htons(sizeof(*gue) + inner);
  gue->udp.check = 0;
  gue->length = 0;
  gue->protocol = protocol;
  gue->flags = 0;
}

static __always_inline void write_ip6(struct ipv6hdr *ip, __u8 traffic_class, __u16 payload, __u8 next,
                                      const struct server *server, __u64 hash) {
  /* RFC 6438: the flow label tells flows apart for whoever spreads them. */
  *(__be32 *)ip = bpf_htonl(0x60000000 | ((__u32)traffic_class << 20) | (hash & 0xfffff));
  ip->payload_len = bpf_htons(payload);
  ip->nexthdr = next;
  ip->hop_limit = 64;
  __builtin_memcpy(&ip->saddr, server->outer_source, 16);
  __builtin_memcpy(&ip->daddr, server->outer_destination, 16);
}

/* XDP_PASS when the outer headers are in front of the packet, else the verdict. The Ethernet addresses are left open. */
static __noinline int encapsulate(struct xdp_md *ctx, const struct packet *p, struct server *server, __u64 hash) {
  __u8 method = server->method;
  if (method < METHOD_IP4 || method > METHOD_GUE6) return dropped(COUNTER_SERVER_UNREACHABLE);
  __u32 outer = outer_length(method);
  __u32 room = server->mtu > outer ? server->mtu - outer : 0;
  if (p->length > room) return too_big(ctx, p, room);
  struct tags tags;
  if (!read_tags((void *)(long)ctx->data, (void *)(long)ctx->data_end, &tags)) return dropped(COUNTER_MALFORMED);
  if (bpf_xdp_adjust_head(ctx, -(int)outer)) return dropped(COUNTER_NO_HEADROOM);

  void *end = (void *)(long)ctx->data_end;
  _Bool is_ip4 = method == METHOD_IP4 || method == METHOD_GUE4;
  __be16 protocol = is_ip4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
  void *l3 = write_tags((void *)(long)ctx->data, end, p->l2, &tags, protocol);
  if (!l3 || l3 + sizeof(struct ipv6hdr) + sizeof(struct gue) > end) return dropped(COUNTER_MALFORMED);

  __u8 inner = p->family == 4 ? IPPROTO_IPIP : IPPROTO_IPV6;
  _Bool is_gue = method == METHOD_GUE4 || method == METHOD_GUE6;
  __u8 next = is_gue ? IPPROTO_UDP : inner;
  __u32 length = p->length + outer;
  if (is_gue)
    write_gue(l3 + (is_ip4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr)), server, p->length, inner, hash);
  if (is_ip4)
    write_ip4(l3, p->traffic_class, length, next, server->outer_source[0], server->outer_destination[0]);
  else
    write_ip6(l3, p->traffic_class, length - sizeof(struct ipv6hdr), next, server, hash);
  return XDP_PASS;
}
