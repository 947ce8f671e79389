#pragma once
#include "hash.h"
#include "maps.h"
#include "packet.h"

static __always_inline void service_key_of(struct service_key *key, const struct packet *p, __be16 port,
                                           __u8 protocol) {
  __builtin_memcpy(key->address, p->destination, sizeof(key->address));
  key->port = port;
  key->protocol = protocol;
  key->family = p->family;
}

static __always_inline _Bool is_destination(const struct service *service, const struct packet *p) {
  return service->family == p->family && service->protocol == p->protocol &&
         (service->port == p->destination_port || service->port == 0) &&
         service->address[0] == p->destination[0] &&
         (p->family == 4 ||
          (service->address[1] == p->destination[1] && service->address[2] == p->destination[2] &&
           service->address[3] == p->destination[3]));
}

static __always_inline struct service *service_at(__u32 slot) {
  struct service *service = bpf_map_lookup_elem(&services, &slot);
  __u32 needed = SERVICE_USED | SERVICE_OWNED;
  return service && (service->flags & needed) == needed ? service : NULL;
}

/* The service whose address this machine holds and that the packet is for, else null. */
static __always_inline struct service *find_service(const struct config *c, const struct packet *p) {
  /* Before the keys are looked at: if they change meanwhile, what is noted holds no longer. Zeros are no hint. */
  __u64 changes = ((__u64)READ_ONCE(c->key_changes) + 1) << 32;
  __u32 place = hash_destination(c, p) % HINTS;
  struct hint *hint = bpf_map_lookup_elem(&hints, &place);
  if (!hint) return NULL;
  __u64 word = READ_ONCE(hint->word);
  if ((word ^ changes) >> 32 == 0) {
    struct service *service = service_at(word);
    if (service && is_destination(service, p)) return service;
  }
  struct service_key key;
  service_key_of(&key, p, p->destination_port, p->protocol);
  __u32 *found = bpf_map_lookup_elem(&service_keys, &key);
  if (!found && c->any_port) {
    key.port = 0;
    found = bpf_map_lookup_elem(&service_keys, &key);
  }
  if (!found) return NULL;
  __u32 slot = READ_ONCE(*found);
  struct service *service = service_at(slot);
  if (service) WRITE_ONCE(hint->word, changes | slot);
  return service;
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
