/* The floor: a program that does nothing. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp") int empty(struct xdp_md *ctx) {
  (void)ctx;
  return XDP_TX;
}
