/*
 * The least that a master does for its adverts: sends those of COUNT virtual routers (VRID 1 and on, 10.99.0.VRID, priority 200,
 * version 3) every INTERVAL microseconds, all with one system call, on DEVICE from the address SOURCE. Until SIGTERM; says "ready" first.
 *
 *   adverts DEVICE SOURCE COUNT INTERVAL
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define MOST 255
#define PROTOCOL 112
#define GROUP "224.0.0.18"

struct advert {
  uint8_t version_type, vrid, priority, addresses;
  uint16_t interval, checksum;
  uint32_t address;
};

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint32_t sum(const void *data, size_t length, uint32_t before) {
  const uint8_t *bytes = data;
  for (size_t i = 0; i + 1 < length; i += 2) before += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
  return before;
}

/* RFC 9568 5.2.8: over the pseudo header too. */
static uint16_t checksum(const struct advert *advert, uint32_t source, uint32_t group) {
  uint32_t total = sum(&source, 4, 0);
  total = sum(&group, 4, total) + PROTOCOL + sizeof(*advert);
  total = sum(advert, sizeof(*advert), total);
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return htons((uint16_t)~total);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  uint32_t source = inet_addr(argv[2]), group = inet_addr(GROUP);
  unsigned count = (unsigned)atoi(argv[3]);
  long interval = atol(argv[4]);
  if (count == 0 || count > MOST || interval < 1000) return 2;

  int fd = socket(AF_INET, SOCK_RAW, PROTOCOL);
  if (fd < 0) die("socket");
  struct ip_mreqn here = {.imr_ifindex = (int)if_nametoindex(argv[1])};
  int ttl = 255, loop = 0;
  if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &here, sizeof(here)) || setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)) ||
      setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &loop, sizeof(loop)))
    die("setsockopt");
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = source}, to = {.sin_family = AF_INET, .sin_addr.s_addr = group};
  if (bind(fd, (struct sockaddr *)&from, sizeof(from))) die("bind");

  static struct advert adverts[MOST];
  static struct iovec parts[MOST];
  static struct mmsghdr messages[MOST];
  for (unsigned i = 0; i < count; i++) {
    adverts[i] = (struct advert){.version_type = 0x31, .vrid = (uint8_t)(i + 1), .priority = 200, .addresses = 1};
    adverts[i].interval = htons((uint16_t)(interval / 10000));
    adverts[i].address = htonl(0x0a630000 + i + 1);
    adverts[i].checksum = checksum(&adverts[i], source, group);
    parts[i] = (struct iovec){&adverts[i], sizeof(adverts[i])};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &parts[i], .msg_iovlen = 1};
  }

  int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  struct timespec each = {interval / 1000000, interval % 1000000 * 1000};
  struct itimerspec pace = {each, each};
  if (timer < 0 || timerfd_settime(timer, 0, &pace, NULL)) die("timerfd");
  puts("ready");
  fflush(stdout);
  for (;;) {
    uint64_t expired;
    if (read(timer, &expired, sizeof(expired)) != sizeof(expired)) die("read");
    if (sendmmsg(fd, messages, count, 0) < 0) die("sendmmsg");
  }
}
