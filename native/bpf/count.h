#pragma once
#include "maps.h"

/* Counts an event, and gives the verdict that goes with it. */
static __always_inline int counted(__u32 event, int verdict) {
  __u32 processor = bpf_get_smp_processor_id();
  struct counted *counts = bpf_map_lookup_elem(&counters, &processor);
  if (counts && event < sizeof(counts->of) / sizeof(counts->of[0])) counts->of[event]++;
  return verdict;
}

static __always_inline int dropped(__u32 reason) { return counted(reason, XDP_DROP); }

/* Only this processor writes to its part, and nothing interrupts the program to run it once more. */
static __always_inline void count_traffic(__u32 server, __u32 bytes, __u32 connections) {
  __u32 index = bpf_get_smp_processor_id() * constants.servers + server;
  struct traffic *sent = bpf_map_lookup_elem(&traffic, &index);
  if (!sent) return;
  sent->packets++;
  sent->bytes += bytes;
  if (connections) sent->conns += connections;
}
