#pragma once
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "checksum.h"
#include "count.h"
#include "ethernet.h"
#include "icmp4.h"
#include "packet.h"

/* Bytes of the packet that an answer quotes: more than any header that a sender looks for. */
#define QUOTED 128

/* Turns a frame into an answer to its sender, of `outer` bytes and the beginning of the packet. Null where it cannot. */
static __always_inline void *turn_round(struct xdp_md *ctx, const struct packet *p, __u32 outer, __be16 protocol) {
  void *data = (void *)(long)ctx->data;
  void *end = (void *)(long)ctx->data_end;
  struct tags tags;
  __u8 macs[2 * ETH_ALEN];
  if (!read_tags(data, end, &tags)) return NULL;
  __builtin_memcpy(macs, data + ETH_ALEN, ETH_ALEN);
  __builtin_memcpy(macs + ETH_ALEN, data, ETH_ALEN);
  __s64 length = end - data;
  barrier_var(length); /* the verifier knows differences of pointers in 64 bits alone */
  __s64 excess = length - p->l2 - QUOTED;
  if (excess < 0) return NULL;
  if (bpf_xdp_adjust_tail(ctx, -(int)excess) || bpf_xdp_adjust_head(ctx, -(int)outer)) return NULL;
  data = (void *)(long)ctx->data;
  end = (void *)(long)ctx->data_end;
  void *l3 = write_tags(data, end, p->l2, &tags, protocol);
  if (l3) __builtin_memcpy(data, macs, sizeof(macs));
  return l3;
}

/* RFC 1191 §3: the mtu of what is beyond this hop. */
static __always_inline _Bool tell_too_big4(struct xdp_md *ctx, const struct packet *p, __u32 mtu) {
  struct iphdr *ip = turn_round(ctx, p, sizeof(struct iphdr) + sizeof(struct icmp4), bpf_htons(ETH_P_IP));
  if (!ip) return 0;
  void *end = (void *)(long)ctx->data_end;
  struct icmp4 *icmp = (void *)(ip + 1);
  if ((void *)(icmp + 1) + QUOTED > end) return 0;
  write_ip4(ip, 0, sizeof(*ip) + sizeof(*icmp) + QUOTED, IPPROTO_ICMP, p->destination[0], p->source[0]);
  icmp->type = ICMP_DEST_UNREACH;
  icmp->code = ICMP_FRAG_NEEDED;
  icmp->checksum = 0;
  icmp->unused = 0;
  icmp->mtu = bpf_htons(mtu);
  icmp->checksum = fold_checksum(bpf_csum_diff(NULL, 0, (__be32 *)icmp, sizeof(*icmp) + QUOTED, 0));
  return 1;
}

/* RFC 4443 §3.2. */
static __always_inline _Bool tell_too_big6(struct xdp_md *ctx, const struct packet *p, __u32 mtu) {
  struct ipv6hdr *ip = turn_round(ctx, p, sizeof(struct ipv6hdr) + sizeof(struct icmp6hdr), bpf_htons(ETH_P_IPV6));
  if (!ip) return 0;
  void *end = (void *)(long)ctx->data_end;
  struct icmp6hdr *icmp = (void *)(ip + 1);
  if ((void *)(icmp + 1) + QUOTED > end) return 0;
  __u16 length = sizeof(*icmp) + QUOTED;
  *(__be32 *)ip = bpf_htonl(0x60000000);
  ip->payload_len = bpf_htons(length);
  ip->nexthdr = IPPROTO_ICMPV6;
  ip->hop_limit = 64;
  __builtin_memcpy(&ip->saddr, p->destination, 16);
  __builtin_memcpy(&ip->daddr, p->source, 16);
  icmp->icmp6_type = ICMPV6_PKT_TOOBIG;
  icmp->icmp6_code = 0;
  icmp->icmp6_cksum = 0;
  icmp->icmp6_mtu = bpf_htonl(mtu);
  /* RFC 8200 §8.1: the pseudo-header has the addresses, the length and the protocol. */
  __u64 sum = bpf_htons(length) + bpf_htons(IPPROTO_ICMPV6);
  sum += (__u32)bpf_csum_diff(NULL, 0, (__be32 *)&ip->saddr, 32, 0);
  sum += (__u32)bpf_csum_diff(NULL, 0, (__be32 *)icmp, sizeof(*icmp) + QUOTED, 0);
  icmp->icmp6_cksum = fold_checksum(sum);
  return 1;
}

/* Tells the sender, who need not have forbidden to fragment: nobody here could. */
static __noinline int too_big(struct xdp_md *ctx, const struct packet *p, __u32 mtu) {
  /* RFC 1122 §3.2.2: no error about an error. */
  if (p->kind != KIND_WHOLE && p->kind != KIND_FIRST_FRAGMENT) return dropped(COUNTER_TOO_BIG);
  if (p->length < QUOTED) return dropped(COUNTER_TOO_BIG);
  _Bool told = p->family == 4 ? tell_too_big4(ctx, p, mtu) : tell_too_big6(ctx, p, mtu);
  return told ? counted(COUNTER_TOO_BIG_TOLD, XDP_TX) : dropped(COUNTER_TOO_BIG);
}
