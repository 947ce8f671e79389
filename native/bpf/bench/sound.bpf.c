/*
 * Makes frames that the kernel takes too, for which the checksum of the IP header has to be right: run with
 * BPF_F_TEST_XDP_LIVE_FRAMES. Pages may come back as the director left them, so whatever it writes is written anew.
 */
#include <linux/tcp.h>

#include "bench.h"

struct constants {
  __u32 to; /* ifindex */
  __u32 flow_mask;
  __u32 syn; /* SYN and not ACK */
  __u32 sum; /* of the 16-bit words of the IP header without its checksum and source, as they stand in memory */
};
const volatile struct constants constants = {};

SEC("xdp") int sound(struct xdp_md *ctx) {
  void *end = (void *)(long)ctx->data_end;
  struct ethhdr *ethernet = (void *)(long)ctx->data;
  struct iphdr *ip = (void *)(ethernet + 1);
  struct tcphdr *tcp = (void *)(ip + 1);
  if ((void *)(tcp + 1) > end) return XDP_ABORTED;
  /* The director is 02:00:00:00:00:01, the client 02:00:00:00:00:02. */
  *(__u32 *)ethernet->h_dest = bpf_htonl(0x02000000);
  *(__u16 *)(ethernet->h_dest + 4) = bpf_htons(1);
  *(__u32 *)ethernet->h_source = bpf_htonl(0x02000000);
  *(__u16 *)(ethernet->h_source + 4) = bpf_htons(2);
  __u32 client = bpf_htonl(CLIENTS + (next_frame() & constants.flow_mask));
  ip->saddr = client;
  ip->ttl = 64;
  __u32 sum = constants.sum + (client & 0xffff) + (client >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  ip->check = ~((sum & 0xffff) + (sum >> 16));
  ((__u8 *)tcp)[13] = constants.syn ? 0x02 : 0x10;
  return bpf_redirect(constants.to, 0);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
