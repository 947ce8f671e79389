/* Made of src/wire/xdp/layout.ts by "npm run gen". */
#pragma once
#include <stddef.h>

#define LAYOUT_VERSION 2
#define TICK_SHIFT 30
#define FLOW_WAYS 4
#define ADDRESS_PROTOCOL 0
#define INTERFACE_SLOTS 1024
#define HINTS 32768

enum scheduler_values {
  SCHEDULER_RR = 1,
  SCHEDULER_WRR = 2,
  SCHEDULER_LC = 3,
  SCHEDULER_WLC = 4,
  SCHEDULER_MH = 5,
  SCHEDULER_SH = 6,
};

enum method_values {
  METHOD_NONE = 0,
  METHOD_DR = 1,
  METHOD_IP4 = 2,
  METHOD_IP6 = 3,
  METHOD_GUE4 = 4,
  METHOD_GUE6 = 5,
};

enum service_values {
  SERVICE_USED = 1,
  SERVICE_OWNED = 2,
  SERVICE_ONE_PACKET = 4,
  SERVICE_PERSISTENT = 8,
  SERVICE_SOURCE_HASH = 16,
};

enum server_values {
  SERVER_USED = 1,
  SERVER_REACHABLE = 2,
  SERVER_AVAILABLE = 4,
};

enum interface_values {
  INTERFACE_USED = 1,
  INTERFACE_VIRTUAL_MAC = 2,
};

enum flow_values {
  FLOW_NONE = 0,
  FLOW_SYN = 1,
  FLOW_ESTABLISHED = 2,
  FLOW_FIN = 3,
  FLOW_UDP = 4,
  FLOW_SCTP = 5,
  FLOW_PERSIST = 6,
  FLOW_FRAGMENT = 7,
};

enum counter_values {
  COUNTER_MALFORMED = 0,
  COUNTER_FRAGMENT_UNKNOWN = 1,
  COUNTER_NO_SERVER = 2,
  COUNTER_SERVER_UNREACHABLE = 3,
  COUNTER_TOO_BIG = 4,
  COUNTER_NO_HEADROOM = 5,
  COUNTER_TOO_BIG_TOLD = 6,
  COUNTER_NOT_STORED = 7,
};

struct config {
  __u32 version;
  __u32 unowned;
  __u32 any_port;
  __u32 new_flows;
  __u32 key_changes;
  __u32 pad;
  __u64 clock;
  __u64 keys[5];
  __u32 timeouts[8];
};
_Static_assert(sizeof(struct config) == 104, "config");
_Static_assert(offsetof(struct config, version) == 0, "config.version");
_Static_assert(offsetof(struct config, unowned) == 4, "config.unowned");
_Static_assert(offsetof(struct config, any_port) == 8, "config.any_port");
_Static_assert(offsetof(struct config, new_flows) == 12, "config.new_flows");
_Static_assert(offsetof(struct config, key_changes) == 16, "config.key_changes");
_Static_assert(offsetof(struct config, pad) == 20, "config.pad");
_Static_assert(offsetof(struct config, clock) == 24, "config.clock");
_Static_assert(offsetof(struct config, keys) == 32, "config.keys");
_Static_assert(offsetof(struct config, timeouts) == 72, "config.timeouts");

struct interface {
  __u32 ifindex;
  __u8 mac[6];
  __u16 flags;
  __u32 pad;
};
_Static_assert(sizeof(struct interface) == 16, "interface");
_Static_assert(offsetof(struct interface, ifindex) == 0, "interface.ifindex");
_Static_assert(offsetof(struct interface, mac) == 4, "interface.mac");
_Static_assert(offsetof(struct interface, flags) == 10, "interface.flags");
_Static_assert(offsetof(struct interface, pad) == 12, "interface.pad");

struct hint {
  __u64 word;
};
_Static_assert(sizeof(struct hint) == 8, "hint");
_Static_assert(offsetof(struct hint, word) == 0, "hint.word");

struct service_key {
  __u32 address[4];
  __be16 port;
  __u8 protocol;
  __u8 family;
};
_Static_assert(sizeof(struct service_key) == 20, "service_key");
_Static_assert(offsetof(struct service_key, address) == 0, "service_key.address");
_Static_assert(offsetof(struct service_key, port) == 16, "service_key.port");
_Static_assert(offsetof(struct service_key, protocol) == 18, "service_key.protocol");
_Static_assert(offsetof(struct service_key, family) == 19, "service_key.family");

struct service {
  __u64 ring;
  __u8 scheduler;
  __u8 family;
  __u16 flags;
  __u32 persist_timeout;
  __u32 persist_mask[4];
  __u32 address[4];
  __be16 port;
  __u8 protocol;
  __u8 scheduler_flags;
  __u32 ring_of;
  __u32 persist_seconds;
  __u8 persist_prefix;
  __u8 pad[3];
  __u64 counter;
  __u64 folded_conns;
  __u64 folded_packets;
  __u64 folded_bytes;
  __u64 end_pad[4];
};
_Static_assert(sizeof(struct service) == 128, "service");
_Static_assert(offsetof(struct service, ring) == 0, "service.ring");
_Static_assert(offsetof(struct service, scheduler) == 8, "service.scheduler");
_Static_assert(offsetof(struct service, family) == 9, "service.family");
_Static_assert(offsetof(struct service, flags) == 10, "service.flags");
_Static_assert(offsetof(struct service, persist_timeout) == 12, "service.persist_timeout");
_Static_assert(offsetof(struct service, persist_mask) == 16, "service.persist_mask");
_Static_assert(offsetof(struct service, address) == 32, "service.address");
_Static_assert(offsetof(struct service, port) == 48, "service.port");
_Static_assert(offsetof(struct service, protocol) == 50, "service.protocol");
_Static_assert(offsetof(struct service, scheduler_flags) == 51, "service.scheduler_flags");
_Static_assert(offsetof(struct service, ring_of) == 52, "service.ring_of");
_Static_assert(offsetof(struct service, persist_seconds) == 56, "service.persist_seconds");
_Static_assert(offsetof(struct service, persist_prefix) == 60, "service.persist_prefix");
_Static_assert(offsetof(struct service, pad) == 61, "service.pad");
_Static_assert(offsetof(struct service, counter) == 64, "service.counter");
_Static_assert(offsetof(struct service, folded_conns) == 72, "service.folded_conns");
_Static_assert(offsetof(struct service, folded_packets) == 80, "service.folded_packets");
_Static_assert(offsetof(struct service, folded_bytes) == 88, "service.folded_bytes");
_Static_assert(offsetof(struct service, end_pad) == 96, "service.end_pad");

struct server {
  __u8 destination_mac[6];
  __u8 source_mac[6];
  __u32 ifindex;
  __u8 method;
  __u8 flags;
  __u16 mtu;
  __u32 weight;
  __u32 outer_source[4];
  __u32 outer_destination[4];
  __be16 tunnel_port;
  __u16 hot_pad;
  __u32 service;
  __u32 address[4];
  __be16 port;
  __u8 family;
  __u8 state;
  __u32 upper_threshold;
  __u32 lower_threshold;
  __u32 configured_weight;
  __u8 is_configured;
  __u8 forward;
  __u8 tunnel_type;
  __u8 tunnel_checksum;
  __u32 pad[7];
};
_Static_assert(sizeof(struct server) == 128, "server");
_Static_assert(offsetof(struct server, destination_mac) == 0, "server.destination_mac");
_Static_assert(offsetof(struct server, source_mac) == 6, "server.source_mac");
_Static_assert(offsetof(struct server, ifindex) == 12, "server.ifindex");
_Static_assert(offsetof(struct server, method) == 16, "server.method");
_Static_assert(offsetof(struct server, flags) == 17, "server.flags");
_Static_assert(offsetof(struct server, mtu) == 18, "server.mtu");
_Static_assert(offsetof(struct server, weight) == 20, "server.weight");
_Static_assert(offsetof(struct server, outer_source) == 24, "server.outer_source");
_Static_assert(offsetof(struct server, outer_destination) == 40, "server.outer_destination");
_Static_assert(offsetof(struct server, tunnel_port) == 56, "server.tunnel_port");
_Static_assert(offsetof(struct server, hot_pad) == 58, "server.hot_pad");
_Static_assert(offsetof(struct server, service) == 60, "server.service");
_Static_assert(offsetof(struct server, address) == 64, "server.address");
_Static_assert(offsetof(struct server, port) == 80, "server.port");
_Static_assert(offsetof(struct server, family) == 82, "server.family");
_Static_assert(offsetof(struct server, state) == 83, "server.state");
_Static_assert(offsetof(struct server, upper_threshold) == 84, "server.upper_threshold");
_Static_assert(offsetof(struct server, lower_threshold) == 88, "server.lower_threshold");
_Static_assert(offsetof(struct server, configured_weight) == 92, "server.configured_weight");
_Static_assert(offsetof(struct server, is_configured) == 96, "server.is_configured");
_Static_assert(offsetof(struct server, forward) == 97, "server.forward");
_Static_assert(offsetof(struct server, tunnel_type) == 98, "server.tunnel_type");
_Static_assert(offsetof(struct server, tunnel_checksum) == 99, "server.tunnel_checksum");
_Static_assert(offsetof(struct server, pad) == 100, "server.pad");

struct flow {
  __u64 tag;
  __u64 word;
};
_Static_assert(sizeof(struct flow) == 16, "flow");
_Static_assert(offsetof(struct flow, tag) == 0, "flow.tag");
_Static_assert(offsetof(struct flow, word) == 8, "flow.word");

struct conns {
  __u32 active;
  __u32 inactive;
};
_Static_assert(sizeof(struct conns) == 8, "conns");
_Static_assert(offsetof(struct conns, active) == 0, "conns.active");
_Static_assert(offsetof(struct conns, inactive) == 4, "conns.inactive");

struct marks {
  __u32 bucket[16];
};
_Static_assert(sizeof(struct marks) == 64, "marks");
_Static_assert(offsetof(struct marks, bucket) == 0, "marks.bucket");

struct stored {
  __u32 tick;
  __u32 connections;
  __u64 pad[7];
};
_Static_assert(sizeof(struct stored) == 64, "stored");
_Static_assert(offsetof(struct stored, tick) == 0, "stored.tick");
_Static_assert(offsetof(struct stored, connections) == 4, "stored.connections");
_Static_assert(offsetof(struct stored, pad) == 8, "stored.pad");

struct traffic {
  __u64 conns;
  __u64 packets;
  __u64 bytes;
  __u64 pad;
};
_Static_assert(sizeof(struct traffic) == 32, "traffic");
_Static_assert(offsetof(struct traffic, conns) == 0, "traffic.conns");
_Static_assert(offsetof(struct traffic, packets) == 8, "traffic.packets");
_Static_assert(offsetof(struct traffic, bytes) == 16, "traffic.bytes");
_Static_assert(offsetof(struct traffic, pad) == 24, "traffic.pad");

struct ring_words {
  __u32 server[16];
};
_Static_assert(sizeof(struct ring_words) == 64, "ring_words");
_Static_assert(offsetof(struct ring_words, server) == 0, "ring_words.server");

struct counted {
  __u64 of[16];
};
_Static_assert(sizeof(struct counted) == 128, "counted");
_Static_assert(offsetof(struct counted, of) == 0, "counted.of");

struct constants {
  __u32 flow_mask;
  __u32 servers;
};
_Static_assert(sizeof(struct constants) == 8, "constants");
_Static_assert(offsetof(struct constants, flow_mask) == 0, "constants.flow_mask");
_Static_assert(offsetof(struct constants, servers) == 4, "constants.servers");

struct flow_bucket {
  struct flow way[FLOW_WAYS];
};

/* The loader, which shares the structs, has no use for the maps. */
#ifdef __bpf__
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct config);
  __uint(max_entries, 1);
  __uint(map_flags, BPF_F_MMAPABLE);
} config SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct interface);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_MMAPABLE);
} interfaces SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, struct service_key);
  __type(value, __u32);
  __uint(max_entries, 8192);
} service_keys SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct hint);
  __uint(max_entries, 32768);
  __uint(map_flags, BPF_F_MMAPABLE);
} hints SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct service);
  __uint(max_entries, 4096);
  __uint(map_flags, BPF_F_MMAPABLE);
} services SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct server);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_MMAPABLE);
} servers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct ring_words);
  __uint(max_entries, 262144);
  __uint(map_flags, BPF_F_MMAPABLE);
} rings SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct conns);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_MMAPABLE);
} conns SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct flow_bucket);
  __uint(max_entries, 262144);
  __uint(map_flags, BPF_F_MMAPABLE);
} flows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct marks);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_MMAPABLE);
} marks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct stored);
  __uint(max_entries, 1);
  __uint(map_flags, BPF_F_MMAPABLE);
} stored SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct traffic);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_MMAPABLE);
} traffic SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct counted);
  __uint(max_entries, 1);
  __uint(map_flags, BPF_F_MMAPABLE);
} counters SEC(".maps");

#endif
