#pragma once
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "icmp4.h"
#include "maps.h"
#include "packet.h"

#ifndef IPPROTO_SCTP
#define IPPROTO_SCTP 132
#endif

#define EXTENSION_HEADERS 6

struct tag {
  __be16 control;
  __be16 protocol;
};

/*
 * The length of the Ethernet header with at most two VLAN tags; 0 where there is no packet behind it. A third tag is a
 * protocol that nobody here knows.
 */
static __always_inline __u32 parse_ethernet(void *data, void *end, __be16 *protocol) {
  struct ethhdr *eth = data;
  if ((void *)(eth + 1) > end) return 0;
  __u32 length = sizeof(*eth);
  *protocol = *(__be16 *)(data + 2 * ETH_ALEN);
#pragma unroll
  for (int i = 0; i < 2; i++) {
    if (*protocol != bpf_htons(ETH_P_8021Q) && *protocol != bpf_htons(ETH_P_8021AD)) break;
    struct tag *tag = data + length;
    if ((void *)(tag + 1) > end) return 0;
    *protocol = tag->protocol;
    length += sizeof(*tag);
  }
  return length;
}

static __always_inline _Bool is_balanced(__u8 protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

/* `left` is what the IP header says there is from `l4` on. */
static __always_inline enum kind parse_ports(struct packet *p, void *l4, void *end, __u32 left) {
  if (p->protocol == IPPROTO_TCP) {
    if (left < 20 || l4 + 20 > end) return KIND_MALFORMED;
    p->tcp_flags = *(__u8 *)(l4 + 13);
  } else {
    /* A header of SCTP has 12 bytes, of UDP 8. */
    __u32 least = p->protocol == IPPROTO_UDP ? 8 : 12;
    if (left < least || l4 + 8 > end) return KIND_MALFORMED;
    p->tcp_flags = 0;
  }
  p->source_port = *(__be16 *)l4;
  p->destination_port = *(__be16 *)(l4 + 2);
  return KIND_WHOLE;
}

/* The ports of a packet that an ICMP error quotes (RFC 792: 8 bytes of it at least), turned round. */
static __always_inline enum kind parse_quoted_ports(struct packet *p, void *l4, void *end, __u32 left) {
  if (!is_balanced(p->protocol)) return KIND_PASS;
  if (left < 8 || l4 + 8 > end) return KIND_MALFORMED;
  p->destination_port = *(__be16 *)l4;
  p->source_port = *(__be16 *)(l4 + 2);
  p->tcp_flags = 0;
  return KIND_ICMP_ERROR;
}

/* What lies behind `left` bytes is no part of the packet. */
static __always_inline enum kind parse_icmp4(struct packet *p, void *l4, void *end, __u32 left) {
  struct icmp4 *icmp = l4;
  struct iphdr *inner = (void *)(icmp + 1);
  if (left < sizeof(*icmp) || (void *)(icmp + 1) > end) return KIND_PASS;
  if (icmp->type != ICMP_DEST_UNREACH && icmp->type != ICMP_TIME_EXCEEDED && icmp->type != ICMP_PARAMETERPROB)
    return KIND_PASS;
  left -= sizeof(*icmp);
  if (left < sizeof(*inner) || (void *)(inner + 1) > end) return KIND_MALFORMED;
  if (inner->version != 4 || inner->ihl < 5) return KIND_MALFORMED;
  if (inner->saddr != p->destination[0]) return KIND_PASS;
  if (inner->frag_off & bpf_htons(0x1fff)) return KIND_PASS;
  p->source[0] = inner->daddr;
  p->protocol = inner->protocol;
  __u32 header = 4 * inner->ihl;
  return parse_quoted_ports(p, (void *)inner + header, end, left > header ? left - header : 0);
}

static __always_inline enum kind parse4(struct packet *p, void *l3, void *end) {
  struct iphdr *ip = l3;
  if ((void *)(ip + 1) > end) return KIND_PASS;
  __u8 version_and_length = *(__u8 *)l3;
  if (version_and_length >> 4 != 4) return KIND_PASS;
  p->source[0] = ip->saddr;
  p->destination[0] = ip->daddr;
  p->protocol = ip->protocol;
  p->traffic_class = ip->tos;
  p->length = bpf_ntohs(ip->tot_len);
  __u32 header = 4 * (version_and_length & 15);
  void *l4 = l3 + header;
  if (header < sizeof(*ip) || p->length < header || p->length > (__u64)(end - l3)) return KIND_MALFORMED;
  __u32 left = p->length - header;

  __u16 fragment = bpf_ntohs(ip->frag_off);
  if (p->protocol == IPPROTO_ICMP) return (fragment & 0x3fff) ? KIND_PASS : parse_icmp4(p, l4, end, left);
  if (!is_balanced(p->protocol)) return KIND_PASS;
  if (!(fragment & 0x3fff)) return parse_ports(p, l4, end, left);
  p->fragment_id = ip->id;
  if (fragment & 0x1fff) return KIND_LATER_FRAGMENT;
  enum kind kind = parse_ports(p, l4, end, left);
  return kind == KIND_WHOLE ? KIND_FIRST_FRAGMENT : kind;
}

/* Where the headers of an IPv6 packet end. */
struct headers {
  __u32 length; /* from the fixed header on */
  __u32 fragment_id;
  __u16 fragment; /* offset and flags of its fragment header; 0 where it has none */
  __u8 protocol;
  __u8 is_on_the_way; /* a routing header, the last that was read, names further nodes */
  __u8 is_fragment;
};

static __always_inline _Bool is_extension(__u8 protocol) {
  return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_DSTOPTS ||
         protocol == IPPROTO_AH || protocol == IPPROTO_FRAGMENT;
}

/*
 * Follows the extension headers from `h->length` behind `l3`, which is counted from the beginning of the frame; gives
 * 0 where they cannot be read. A later fragment has none behind its fragment header. This is a function of its own
 * to the verifier too, for which there would be too many ways through all of the program.
 */
__noinline int follow_extensions(struct xdp_md *ctx, __u32 l3, struct headers *h) {
  if (!h) return 0;
  void *end = (void *)(long)ctx->data_end;
  __u32 at = l3 + h->length;
  __u8 protocol = h->protocol;
  for (int i = 0; i < EXTENSION_HEADERS && is_extension(protocol); i++) {
    if (at > 0x7fff) return 0;
    __u8 *header = (void *)(long)ctx->data + at;
    if ((void *)(header + 8) > end) return 0;
    if (protocol == IPPROTO_FRAGMENT) {
      if (h->is_fragment) return 0;
      h->is_fragment = 1;
      h->fragment = bpf_ntohs(*(__be16 *)(header + 2));
      h->fragment_id = *(__u32 *)(header + 4);
      at += 8;
      protocol = header[0];
      if (h->fragment & 0xfff8) break;
      continue;
    }
    if (protocol == IPPROTO_ROUTING && header[3] > 0) h->is_on_the_way = 1;
    /* RFC 4302 §2.2 counts words of 4 bytes, all others 8. */
    at += protocol == IPPROTO_AH ? (header[1] + 2) * 4 : (header[1] + 1) * 8;
    protocol = header[0];
    if (h->is_on_the_way) break;
  }
  h->length = at - l3;
  h->protocol = protocol;
  return h->is_on_the_way || (h->fragment & 0xfff8) || !is_extension(protocol);
}

/* The headers of the packet at `l3`, whose first header behind the fixed one is `first`. */
static __always_inline _Bool parse_extensions(struct xdp_md *ctx, __u32 l3, struct headers *h, __u8 first) {
  *h = (struct headers){.length = sizeof(struct ipv6hdr), .protocol = first};
  if (!is_extension(first)) return 1;
  /* A copy, so that only packets with extensions have it in memory. */
  struct headers followed = *h;
  if (!follow_extensions(ctx, l3, &followed)) return 0;
  *h = followed;
  return 1;
}

static __always_inline void copy_address(__u32 *to, const struct in6_addr *from) {
  to[0] = from->in6_u.u6_addr32[0];
  to[1] = from->in6_u.u6_addr32[1];
  to[2] = from->in6_u.u6_addr32[2];
  to[3] = from->in6_u.u6_addr32[3];
}

static __always_inline _Bool is_address(const __u32 *a, const struct in6_addr *b) {
  return a[0] == b->in6_u.u6_addr32[0] && a[1] == b->in6_u.u6_addr32[1] && a[2] == b->in6_u.u6_addr32[2] &&
         a[3] == b->in6_u.u6_addr32[3];
}

static __always_inline enum kind parse_icmp6(struct xdp_md *ctx, struct packet *p, __u32 l4, __u32 left) {
  void *end = (void *)(long)ctx->data_end;
  struct icmp6hdr *icmp = (void *)(long)ctx->data + l4;
  struct ipv6hdr *inner = (void *)(icmp + 1);
  struct headers h;
  if (left < sizeof(*icmp) || (void *)(icmp + 1) > end) return KIND_PASS;
  if (icmp->icmp6_type < ICMPV6_DEST_UNREACH || icmp->icmp6_type > ICMPV6_PARAMPROB) return KIND_PASS;
  left -= sizeof(*icmp);
  if (left < sizeof(*inner) || (void *)(inner + 1) > end || inner->version != 6) return KIND_MALFORMED;
  if (!is_address(p->destination, &inner->saddr)) return KIND_PASS;
  copy_address(p->source, &inner->daddr);
  __u32 l3 = l4 + sizeof(*icmp);
  if (!parse_extensions(ctx, l3, &h, inner->nexthdr) || h.length > left) return KIND_MALFORMED;
  if (h.is_on_the_way || (h.fragment & 0xfff8)) return KIND_PASS;
  p->protocol = h.protocol;
  l3 += h.length;
  if (l3 > 0x7fff) return KIND_MALFORMED;
  return parse_quoted_ports(p, (void *)(long)ctx->data + l3, end, left - h.length);
}

static __always_inline enum kind parse6(struct xdp_md *ctx, struct packet *p) {
  void *end = (void *)(long)ctx->data_end;
  __u32 l3 = p->l2;
  struct ipv6hdr *ip = (void *)(long)ctx->data + l3;
  struct headers h;
  if ((void *)(ip + 1) > end || ip->version != 6) return KIND_PASS;
  copy_address(p->source, &ip->saddr);
  copy_address(p->destination, &ip->daddr);
  p->traffic_class = (ip->priority << 4) | (ip->flow_lbl[0] >> 4);
  __u32 length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
  p->length = length;
  if (length > 0xffff || length > (__u64)(end - (void *)ip)) return KIND_MALFORMED;
  if (!parse_extensions(ctx, l3, &h, ip->nexthdr)) return KIND_MALFORMED;
  if (h.length > length) return KIND_MALFORMED;
  if (h.is_on_the_way) return KIND_PASS;
  p->protocol = h.protocol;
  p->fragment_id = h.fragment_id;
  __u32 l4 = l3 + h.length;
  if (l4 > 0x7fff) return KIND_MALFORMED;
  if (h.protocol == IPPROTO_ICMPV6) return h.fragment & 0xfff9 ? KIND_PASS : parse_icmp6(ctx, p, l4, length - h.length);
  /* What an extension header of a later fragment leads to is in the first one. */
  _Bool is_later = h.fragment & 0xfff8;
  if (!is_balanced(h.protocol) && !(is_later && is_extension(h.protocol))) return KIND_PASS;
  if (is_later) return KIND_LATER_FRAGMENT;
  enum kind kind = parse_ports(p, (void *)(long)ctx->data + l4, end, length - h.length);
  return kind == KIND_WHOLE && (h.fragment & 1) ? KIND_FIRST_FRAGMENT : kind;
}
