#pragma once
/*
 * What the XDP program asks of the kernel, for a program on the host that is checked by sanitizers. It comes before the
 * headers of the program and stands in for bpf/bpf_helpers.h. A packet is in memory of its own that ends where it ends,
 * and that goes when a helper moves one of its ends: whoever reads beyond it, or where it was, is found.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The program's packet pointers are of 32 bits in the kernel's struct, which rewrites the access to them. */
#define xdp_md kernel_xdp_md
#include <linux/bpf.h>
#undef xdp_md

struct xdp_md {
  unsigned long data;
  unsigned long data_end;
  __u32 ingress_ifindex;
  /* What an Ethernet driver leaves free in front. */
  __u32 headroom;
};

/* The maps of layout.h are wanted, the helpers of libbpf are not. */
#define __bpf__
#define __BPF_HELPERS__
#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
#define barrier_var(var) asm volatile("" : "+r"(var))

struct host_map {
  const void *map;
  char *memory;
  __u32 entries;
};

#define HOST_MAPS 16
static struct host_map host_maps[HOST_MAPS];
static __u64 host_nanoseconds;

/* A hash is read from a list of keys with their values behind them. */
static void *host_lookup(const void *map, const void *key, __u32 type, size_t key_size, size_t value_size) {
  for (int i = 0; i < HOST_MAPS; i++) {
    struct host_map *found = &host_maps[i];
    if (found->map != map) continue;
    if (type == BPF_MAP_TYPE_ARRAY) {
      __u32 index = *(const __u32 *)key;
      return index < found->entries ? found->memory + index * value_size : NULL;
    }
    for (__u32 j = 0; j < found->entries; j++) {
      char *entry = found->memory + j * (key_size + value_size);
      if (memcmp(entry, key, key_size) == 0) return entry + key_size;
    }
    return NULL;
  }
  fprintf(stderr, "a map without memory\n");
  abort();
}

#define bpf_map_lookup_elem(map, key_at)                                                                       \
  host_lookup((map), (key_at), sizeof(*(map)->type) / sizeof(int), sizeof(*(map)->key), sizeof(*(map)->value))

static __u64 bpf_ktime_get_coarse_ns(void) { return host_nanoseconds; }
/* Of a nanosecond each, so that the clock is read for every packet. */
static __u64 bpf_jiffies64(void) { return host_nanoseconds; }
static __u32 bpf_get_smp_processor_id(void) { return 0; }
static long bpf_redirect(__u32 ifindex, __u64 flags) { return flags == 0 && ifindex != 0 ? XDP_REDIRECT : XDP_ABORTED; }

static long bpf_loop(__u32 rounds, void *callback, void *context, __u64 flags) {
  long (*step)(__u32, void *) = (long (*)(__u32, void *))callback;
  (void)flags;
  for (__u32 i = 0; i < rounds; i++)
    if (step(i, context)) return i + 1;
  return rounds;
}

/* Of whole words, as the kernel's; the first half of its work, which takes a sum away, is not asked for. */
static __s64 bpf_csum_diff(__be32 *from, __u32 from_size, __be32 *to, __u32 to_size, __u32 seed) {
  __u64 sum = seed;
  if (from || from_size || to_size % 4) return -22;
  for (__u32 i = 0; i < to_size / 4; i++) {
    sum += to[i];
    sum = (sum & 0xffffffff) + (sum >> 32);
  }
  return sum;
}

/* A packet of `length` bytes with as many bytes of the one before, from `skip` on, as fit behind `room` bytes. */
static void host_move(struct xdp_md *ctx, size_t length, size_t skip, size_t room) {
  char *before = (char *)ctx->data;
  size_t had = ctx->data_end - ctx->data - skip;
  char *after = malloc(length);
  if (!after) abort();
  memset(after, 0xa5, length);
  memcpy(after + room, before + skip, had < length - room ? had : length - room);
  free(before);
  ctx->data = (unsigned long)after;
  ctx->data_end = ctx->data + length;
}

#define SHORTEST_FRAME 14

static long bpf_xdp_adjust_head(struct xdp_md *ctx, int change) {
  long length = (long)(ctx->data_end - ctx->data) - change;
  if (length < SHORTEST_FRAME || -change > (long)ctx->headroom) return -22;
  ctx->headroom += change;
  host_move(ctx, length, change > 0 ? change : 0, change > 0 ? 0 : -change);
  return 0;
}

static long bpf_xdp_adjust_tail(struct xdp_md *ctx, int change) {
  long length = (long)(ctx->data_end - ctx->data) + change;
  if (length < SHORTEST_FRAME || change > 0) return -22;
  host_move(ctx, length, 0, 0);
  return 0;
}
