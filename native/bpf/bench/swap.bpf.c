/* The least that sends a frame back: its addresses change places. */
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_helpers.h>

SEC("xdp") int swap(struct xdp_md *ctx) {
  void *end = (void *)(long)ctx->data_end;
  __u16 *mac = (void *)(long)ctx->data;
  if ((void *)(mac + 6) > end) return XDP_DROP;
#pragma unroll
  for (int i = 0; i < 3; i++) {
    __u16 half = mac[i];
    mac[i] = mac[i + 3];
    mac[i + 3] = half;
  }
  return XDP_TX;
}
