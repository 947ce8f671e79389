#pragma once
#include <linux/types.h>

/* RFC 792. linux/icmp.h cannot be had here: it includes headers of the C library. */
#define ICMP_DEST_UNREACH 3
#define ICMP_FRAG_NEEDED 4
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETERPROB 12

struct icmp4 {
  __u8 type;
  __u8 code;
  __be16 checksum;
  __be16 unused;
  __be16 mtu;
};
