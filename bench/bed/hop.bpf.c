// The least that a director can do: what is TCP or UDP for ADDRESS and comes to its own MAC (a bridge floods frames for a host that
// is gone) goes on to the one server that there is. Compiled with
// ADDRESS, and SERVER and DIRECTOR, which are MAC addresses, as lists of bytes.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

static const __u8 address[4] = {ADDRESS};
static const __u8 server[ETH_ALEN] = {SERVER};
static const __u8 director[ETH_ALEN] = {DIRECTOR};

#ifdef HELD
/* As IPVS does, which sees only what is delivered here: not for an address that this machine does not hold. */
static __always_inline int is_held(struct xdp_md *ctx, struct iphdr *ip) {
  /* Asked for a packet of lo, whose forwarding is on (without it the kernel does not look); the machine forwards nothing. */
  struct bpf_fib_lookup lookup = {.family = 2, .ifindex = 1, .ipv4_src = ip->saddr, .ipv4_dst = ip->daddr};
  return bpf_fib_lookup(ctx, &lookup, sizeof(lookup), 0) == BPF_FIB_LKUP_RET_NOT_FWDED;
}
#else
#define is_held(ctx, ip) 1
#endif

SEC("xdp")
int hop(struct xdp_md *ctx) {
  struct ethhdr *eth = (void *)(long)ctx->data;
  struct iphdr *ip = (void *)(eth + 1);
  if ((void *)(ip + 1) > (void *)(long)ctx->data_end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  if (__builtin_memcmp(&ip->daddr, address, sizeof(address)) != 0) return XDP_PASS;
#pragma unroll
  for (int i = 0; i < ETH_ALEN; i++)
    if (eth->h_dest[i] != director[i]) return XDP_PASS;
  if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP) return XDP_PASS;
  if (!is_held(ctx, ip)) return XDP_PASS;
  __builtin_memcpy(eth->h_dest, server, ETH_ALEN);
  __builtin_memcpy(eth->h_source, director, ETH_ALEN);
  return XDP_TX;
}

char _license[] SEC("license") = "GPL";
