/*
 * Makes frames in front of a director: run with BPF_F_TEST_XDP_LIVE_FRAMES. Pages come back as the director left them, so
 * whatever it writes is written anew. One frame of `good_every` is of a good flow, an ACK; the others are the load.
 */
#include <linux/tcp.h>

#include "bench.h"

struct constants {
  __u32 to; /* ifindex */
  __u32 flow_mask;
  __u32 good_every; /* a power of two; 0 for no good flows */
  __u32 good_mask; /* how many good flows, a power of two less 1 */
  __u32 syn; /* whether the load is SYN and not ACK */
};
const volatile struct constants constants = {};

SEC("xdp") int source(struct xdp_md *ctx) {
  void *end = (void *)(long)ctx->data_end;
  struct ethhdr *ethernet = (void *)(long)ctx->data;
  struct iphdr *ip = (void *)(ethernet + 1);
  struct tcphdr *tcp = (void *)(ip + 1);
  if ((void *)(tcp + 1) > end) return XDP_ABORTED;
  __u64 n = next_frame();
  /* The director is 02:00:00:00:00:01, the client 02:00:00:00:00:02. */
  *(__u32 *)ethernet->h_dest = bpf_htonl(0x02000000);
  *(__u16 *)(ethernet->h_dest + 4) = bpf_htons(1);
  *(__u32 *)ethernet->h_source = bpf_htonl(0x02000000);
  *(__u16 *)(ethernet->h_source + 4) = bpf_htons(2);
  if (constants.good_every && (n & (constants.good_every - 1)) == 0) {
    ip->saddr = bpf_htonl(GOOD_CLIENTS + (n / constants.good_every & constants.good_mask));
    ((__u8 *)tcp)[13] = 0x10;
  } else {
    ip->saddr = bpf_htonl(CLIENTS + (n & constants.flow_mask));
    ((__u8 *)tcp)[13] = constants.syn ? 0x02 : 0x10;
  }
  return bpf_redirect(constants.to, 0);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
