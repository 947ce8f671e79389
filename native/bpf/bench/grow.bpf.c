/* What putting 20 bytes in front of a packet costs before any is written. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp") int grow(struct xdp_md *ctx) { return bpf_xdp_adjust_head(ctx, -20) ? XDP_DROP : XDP_TX; }
