/*
 * The data plane: what comes for a service that this machine holds is sent on to one of its servers, and everything
 * else passes. A header for each step, in the order of a packet.
 */
#include "maps.h"
#include "packet.h"
#include "parse.h"
#include "hash.h"
#include "flow.h"
#include "service.h"
#include "choose.h"
#include "persist.h"
#include "count.h"
#include "forward.h"
#include "fragment.h"
#include "balance.h"
#include "icmp.h"

/* Frames to other machines are seen where an interface is in promiscuous mode. */
static __always_inline _Bool is_for_us(struct xdp_md *ctx, void *data) {
  __u32 ifindex = ctx->ingress_ifindex;
  __u32 slot = ifindex & (INTERFACE_SLOTS - 1);
  struct interface *interface = bpf_map_lookup_elem(&interfaces, &slot);
  if (!interface || interface->ifindex != ifindex) return 0;
  __u8 *mac = data;
  if (*(__u32 *)mac == *(__u32 *)interface->mac && *(__u16 *)(mac + 4) == *(__u16 *)(interface->mac + 4)) return 1;
  /* RFC 9568 §7.3: 00-00-5E-00-01 and a VRID, for IPv6 00-00-5E-00-02. */
  return (interface->flags & INTERFACE_VIRTUAL_MAC) && *(__u32 *)mac == bpf_htonl(0x00005e00) &&
         (mac[4] == 1 || mac[4] == 2);
}

SEC("xdp")
int lbd(struct xdp_md *ctx) {
  void *data = (void *)(long)ctx->data;
  void *end = (void *)(long)ctx->data_end;
  /* Functions that the verifier looks at alone want all of it written. */
  struct packet p = {};
  __be16 protocol;
  __u32 l2 = parse_ethernet(data, end, &protocol);
  if (l2 == 0 || !is_for_us(ctx, data)) return XDP_PASS;
  p.l2 = l2;
  if (protocol == bpf_htons(ETH_P_IP)) {
    p.family = 4;
    p.kind = parse4(&p, data + l2, end);
  } else if (protocol == bpf_htons(ETH_P_IPV6)) {
    p.family = 6;
    p.kind = parse6(ctx, &p);
  } else {
    return XDP_PASS;
  }
  struct config *c = the_config();
  if (!c) return XDP_PASS;
  switch (p.kind) {
    case KIND_WHOLE:
    case KIND_FIRST_FRAGMENT:
      return balance(ctx, c, &p);
    case KIND_LATER_FRAGMENT:
      return forward_fragment(ctx, c, &p);
    case KIND_ICMP_ERROR:
      return forward_icmp_error(ctx, c, &p);
    case KIND_MALFORMED:
      return is_for_service_address(&p) ? dropped(COUNTER_MALFORMED) : XDP_PASS;
    default:
      return XDP_PASS;
  }
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
