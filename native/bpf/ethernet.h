#pragma once
#include <linux/if_ether.h>

#include "maps.h"

/* What follows the addresses of a frame that is to get another header: at most two tags, which it keeps. */
struct tags {
  __u32 first;
  __u32 second;
};

#define LONGEST_L2 (ETH_HLEN + 8)

static __always_inline _Bool read_tags(void *data, void *end, struct tags *tags) {
  if (data + LONGEST_L2 > end) return 0;
  tags->first = *(__u32 *)(data + 12);
  tags->second = *(__u32 *)(data + 16);
  return 1;
}

/* Writes the tags and the protocol of a header of `l2` bytes; gives where the packet begins, null without room. */
static __always_inline void *write_tags(void *data, void *end, __u32 l2, const struct tags *tags, __be16 protocol) {
  if (data + LONGEST_L2 > end || l2 > LONGEST_L2) return NULL;
  if (l2 == LONGEST_L2) {
    *(__u32 *)(data + 12) = tags->first;
    *(__u32 *)(data + 16) = tags->second;
    *(__be16 *)(data + 20) = protocol;
  } else if (l2 == LONGEST_L2 - 4) {
    *(__u32 *)(data + 12) = tags->first;
    *(__be16 *)(data + 16) = protocol;
  } else {
    *(__be16 *)(data + 12) = protocol;
  }
  return data + l2;
}
