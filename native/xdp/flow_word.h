// Entries of the flow table, as flow.h of the program has them.
#pragma once
#include <linux/types.h>
#include <stdint.h>
#include <time.h>

#define _Static_assert static_assert
#include "layout.h"

inline uint32_t Tick() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (now.tv_sec * 1000000000ull + now.tv_nsec) >> TICK_SHIFT;
}

inline uint32_t State(uint64_t word) { return (word >> 24) & 0xff; }
inline uint32_t Server(uint64_t word) { return word & 0xffffff; }
inline uint32_t Expires(uint64_t word) { return word >> 32; }

// As count_connection of flow.h; `counts` are those of the server.
inline void Count(struct conns* counts, uint64_t word, int change) {
  uint32_t state = State(word);
  if (state == FLOW_NONE || state >= FLOW_PERSIST) return;
  bool is_inactive = state == FLOW_FIN || state == FLOW_UDP;
  __atomic_fetch_add(is_inactive ? &counts->inactive : &counts->active, change, __ATOMIC_RELAXED);
}
