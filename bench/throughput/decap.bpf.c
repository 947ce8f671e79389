// A server's end of a tunnel, where the kernel has none: takes IPIP, and GUE at PORT, from around packets, and passes them up.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* draft-ietf-intarea-gue §3, without options. */
#define GUE 4

SEC("xdp")
int decap(struct xdp_md *ctx) {
  struct ethhdr *eth = (void *)(long)ctx->data;
  struct iphdr *ip = (void *)(eth + 1);
  struct udphdr *udp = (void *)(ip + 1);
  if ((void *)(udp + 1) > (void *)(long)ctx->data_end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  int around = sizeof(*ip);
  if (ip->protocol == IPPROTO_UDP && udp->dest == bpf_htons(PORT))
    around += sizeof(*udp) + GUE;
  else if (ip->protocol != IPPROTO_IPIP)
    return XDP_PASS;
  struct ethhdr copy = *eth;
  if (bpf_xdp_adjust_head(ctx, around) != 0) return XDP_ABORTED;
  eth = (void *)(long)ctx->data;
  if ((void *)(eth + 1) > (void *)(long)ctx->data_end) return XDP_ABORTED;
  *eth = copy;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
