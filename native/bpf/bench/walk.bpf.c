/*
 * BPF_PROG_TEST_RUN gives the same packet again at every repeat. In front of a program, this one makes of it the packet of
 * the next flow, or takes away what the program put in front of it.
 */
#include "bench.h"

struct constants {
  __u32 flow_mask; /* how many flows, a power of two less 1; ~0 for a packet that stays as it is */
  __u32 services;
  __u32 longest; /* of a packet that has nothing in front of it */
};
const volatile struct constants constants = {};

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __type(key, __u32);
  __type(value, __u32);
  __uint(max_entries, 1);
} next SEC(".maps");

SEC("xdp") int walk(struct xdp_md *ctx) {
  void *data = (void *)(long)ctx->data;
  void *end = (void *)(long)ctx->data_end;
  if (end - data > constants.longest) {
    struct ethhdr ethernet;
    if (data + ETH_HLEN > end) return XDP_ABORTED;
    __builtin_memcpy(&ethernet, data, ETH_HLEN);
    if (bpf_xdp_adjust_head(ctx, 20)) return XDP_ABORTED;
    data = (void *)(long)ctx->data;
    end = (void *)(long)ctx->data_end;
    if (data + ETH_HLEN > end) return XDP_ABORTED;
    __builtin_memcpy(data, &ethernet, ETH_HLEN);
  }
  if (constants.flow_mask != ~0u) {
    struct iphdr *ip = data + ETH_HLEN;
    if ((void *)(ip + 1) > end) return XDP_ABORTED;
    __u32 flow = next_frame() & constants.flow_mask;
    ip->saddr = bpf_htonl(CLIENTS + flow);
    if (constants.services > 1) ip->daddr = bpf_htonl(SERVICES + flow % constants.services);
  }
  bpf_tail_call_static(ctx, &next, 0);
  return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
