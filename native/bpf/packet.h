#pragma once
#include <linux/types.h>

/* What there is to know of a frame before it is decided where it goes. */
enum kind {
  KIND_PASS,           /* nothing for this program */
  KIND_MALFORMED,      /* its destination is known, and nothing further */
  KIND_WHOLE,
  KIND_FIRST_FRAGMENT,
  KIND_LATER_FRAGMENT, /* no ports */
  KIND_ICMP_ERROR,     /* the tuple is that of the packet that it is about, turned round */
};

struct packet {
  __u32 source[4]; /* of IPv4, all but the first words are 0 */
  __u32 destination[4];
  __be16 source_port;
  __be16 destination_port;
  __u32 fragment_id;
  __u16 l2;     /* length of the Ethernet header with its tags */
  __u16 length; /* of the IP packet */
  __u8 family;  /* 4 or 6 */
  __u8 protocol;
  __u8 tcp_flags;
  __u8 traffic_class;
  __u8 kind;
  __u8 is_known; /* there is an entry of its flow */
  __u8 pad[2];
};

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

static __always_inline _Bool opens_connection(__u8 tcp_flags) {
  return (tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}
