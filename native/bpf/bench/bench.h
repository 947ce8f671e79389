#pragma once
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Clients of the load are 198.0.0.0 and up, one for each flow; those of good flows 203.0.0.0 and up. */
#define CLIENTS 0xc6000000
#define GOOD_CLIENTS 0xcb000000
/* Services are 10.64.0.0 and up. */
#define SERVICES 0x0a400000

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u64);
  __uint(max_entries, 1);
  __uint(map_flags, BPF_F_MMAPABLE);
} made SEC(".maps");

/* Which frame this is, counted from 0. Only one processor makes frames. */
static __always_inline __u64 next_frame(void) {
  __u32 zero = 0;
  __u64 *count = bpf_map_lookup_elem(&made, &zero);
  return count ? (*count)++ : 0;
}
