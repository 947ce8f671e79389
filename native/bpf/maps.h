#pragma once
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "layout.h"

#define READ_ONCE(x) (*(volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))

/* Written by the loader before the program is verified, which then knows the values. */
const volatile struct constants constants = {};

static __always_inline struct config *the_config(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&config, &zero);
}
