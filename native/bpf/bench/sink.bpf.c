/* The other end: counts what came back, and which server each good flow was sent to. */
#include "bench.h"

struct totals {
  __u64 frames;
  __u64 good;
  __u64 moved; /* of good flows, to another server than the first time */
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct totals);
  __uint(max_entries, 1);
  __uint(map_flags, BPF_F_MMAPABLE);
} totals SEC(".maps");

/* By good flow: the last 32 bits of the MAC address of its server; 0 before its first frame. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u32);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_MMAPABLE);
} owners SEC(".maps");

SEC("xdp") int sink(struct xdp_md *ctx) {
  void *end = (void *)(long)ctx->data_end;
  struct ethhdr *ethernet = (void *)(long)ctx->data;
  struct iphdr *ip = (void *)(ethernet + 1);
  __u32 zero = 0;
  struct totals *sum = bpf_map_lookup_elem(&totals, &zero);
  if ((void *)(ip + 1) > end || !sum || ethernet->h_proto != bpf_htons(ETH_P_IP)) return XDP_DROP;
  sum->frames++;
  __u32 client = bpf_ntohl(ip->saddr);
  if ((client & 0xff000000) != GOOD_CLIENTS) return XDP_DROP;
  sum->good++;
  __u32 flow = client & 1023;
  __u32 server = *(__u32 *)(ethernet->h_dest + 2);
  __u32 *owner = bpf_map_lookup_elem(&owners, &flow);
  if (!owner) return XDP_DROP;
  if (*owner == 0)
    *owner = server;
  else if (*owner != server)
    sum->moved++;
  return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
