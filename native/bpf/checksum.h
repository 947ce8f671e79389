#pragma once
#include <linux/ip.h>
#include <linux/types.h>

static __always_inline __u16 fold_checksum(__u64 sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~sum;
}

/* A header of IPv4 without options that is never fragmented (RFC 6864 §4.1: its identification may be anything). */
static __always_inline void write_ip4(struct iphdr *ip, __u8 tos, __u16 length, __u8 protocol, __u32 source,
                                      __u32 destination) {
  ip->version = 4;
  ip->ihl = 5;
  ip->tos = tos;
  ip->tot_len = bpf_htons(length);
  ip->id = 0;
  ip->frag_off = bpf_htons(0x4000);
  ip->ttl = 64;
  ip->protocol = protocol;
  ip->check = 0;
  ip->saddr = source;
  ip->daddr = destination;
  __u64 sum = 0;
#pragma unroll
  for (int i = 0; i < 10; i++) sum += ((__u16 *)ip)[i];
  ip->check = fold_checksum(sum);
}
