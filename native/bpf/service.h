#pragma once
#include "maps.h"
#include "packet.h"

static __always_inline void service_key_of(struct service_key *key, const struct packet *p, __be16 port,
                                           __u8 protocol) {
  __builtin_memcpy(key->address, p->destination, sizeof(key->address));
  key->port = port;
  key->protocol = protocol;
  key->family = p->family;
}

/* The service whose address this machine holds and that the packet is for, else null. */
static __always_inline struct service *find_service(const struct config *c, const struct packet *p,
                                                    __u32 *index) {
  struct service_key key;
  service_key_of(&key, p, p->destination_port, p->protocol);
  __u32 *found = bpf_map_lookup_elem(&service_keys, &key);
  if (!found && c->any_port) {
    key.port = 0;
    found = bpf_map_lookup_elem(&service_keys, &key);
  }
  if (!found) return NULL;
  *index = *found;
  struct service *service = bpf_map_lookup_elem(&services, index);
  __u32 needed = SERVICE_USED | SERVICE_OWNED;
  return service && (service->flags & needed) == needed ? service : NULL;
}

/* Whether the packet is for the address of a service that is held here, whatever the rest of it says. */
static __always_inline _Bool is_for_service_address(const struct packet *p) {
  struct service_key key;
  service_key_of(&key, p, 0, ADDRESS_PROTOCOL);
  __u32 *held = bpf_map_lookup_elem(&service_keys, &key);
  return held && *held;
}

/* The server at `index`, if flows of its go on, else null. */
static __always_inline struct server *find_server(__u32 index) {
  struct server *server = bpf_map_lookup_elem(&servers, &index);
  return server && (READ_ONCE(server->flags) & SERVER_USED) ? server : NULL;
}
