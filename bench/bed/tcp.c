/*
 * Takes or makes TCP connections by the thousand, in C, beside which a program is measured. Until SIGTERM:
 *
 *   tcp accept PORT                        takes connections to any address and closes them; at the end says, a line each,
 *                                          CLOCK_MONOTONIC in microseconds and how many were begun in the 10 ms from then on
 *   tcp connect ADDRESS COUNT PORT RATE    connects to COUNT addresses from ADDRESS on, in turn, RATE a second in batches
 *                                          of 1 ms, and closes each as soon as it is there: socket, connect, epoll, close
 *                                          and nothing else; says how many it has made
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUCKET 10000
#define MOST 60000
#define MOST_OPEN 4096

static volatile sig_atomic_t ended;

static void end(int signal) {
  (void)signal;
  ended = 1;
}

static int64_t now(clockid_t clock) {
  struct timespec at;
  clock_gettime(clock, &at);
  return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

/* Hears the SYN of every connection to a port that comes to this host, with the kernel's time of its arrival. */
static int hear(uint16_t port) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 7),
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 4),
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog filter = {sizeof(program) / sizeof(program[0]), program};
  int one = 1, room = 64 << 20;
  int heard = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
  setsockopt(heard, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
  setsockopt(heard, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
  setsockopt(heard, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
  if (heard < 0 || bind(heard, (struct sockaddr *)&all, sizeof(all)) != 0) die("packet socket");
  return heard;
}

/* The time of the next arrival, CLOCK_REALTIME in microseconds; 0 for none. */
static int64_t arrival(int heard) {
  char byte, control[128];
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
  if (recvmsg(heard, &message, 0) < 0) return 0;
  struct cmsghdr *stamp = CMSG_FIRSTHDR(&message);
  if (stamp == NULL || stamp->cmsg_type != SCM_TIMESTAMPNS) die("no time");
  struct timespec at;
  memcpy(&at, CMSG_DATA(stamp), sizeof(at));
  return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void take(uint16_t port) {
  static uint32_t counts[MOST];
  int one = 1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (bind(listener, (struct sockaddr *)&any, sizeof(any)) != 0 || listen(listener, 4096) != 0) die("listen");
  int heard = hear(port);
  int64_t began = now(CLOCK_MONOTONIC), beganReal = now(CLOCK_REALTIME), at;
  printf("ready\n");
  fflush(stdout);
  struct pollfd ready[] = {{.fd = listener, .events = POLLIN}, {.fd = heard, .events = POLLIN}};
  while (!ended) {
    poll(ready, 2, 1000);
    while ((at = arrival(heard)) != 0) {
      int64_t bucket = (at - beganReal) / BUCKET;
      if (bucket >= 0 && bucket < MOST) counts[bucket]++;
    }
    for (int taken; (taken = accept4(listener, NULL, NULL, 0)) >= 0;) close(taken);
  }
  int64_t last = (now(CLOCK_MONOTONIC) - began) / BUCKET;
  for (int64_t i = 0; i < MOST && i < last; i++) printf("%lld %u\n", (long long)(began + i * BUCKET), counts[i]);
}

static uint64_t finish(int epoll) {
  struct epoll_event events[256];
  int ready = epoll_wait(epoll, events, 256, 1);
  for (int i = 0; i < ready; i++) {
    int error = 0;
    socklen_t length = sizeof(error);
    getsockopt(events[i].data.fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) fprintf(stderr, "%s\n", strerror(error));
    close(events[i].data.fd);
  }
  return ready > 0 ? (uint64_t)ready : 0;
}

static void make(uint32_t first, uint32_t count, uint16_t port, double rate) {
  int epoll = epoll_create1(0);
  int64_t began = now(CLOCK_MONOTONIC);
  uint64_t made = 0, done = 0;
  printf("ready\n");
  fflush(stdout);
  while (!ended) {
    while (made < (double)(now(CLOCK_MONOTONIC) - began) / 1e6 * rate && made - done < MOST_OPEN) {
      struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
      to.sin_addr.s_addr = htonl(first + made++ % count);
      int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      if (fd < 0) die("socket");
      if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS) die("connect");
      struct epoll_event event = {.events = EPOLLOUT, .data.fd = fd};
      epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
    done += finish(epoll);
  }
  printf("%llu\n", (unsigned long long)done);
}

int main(int count, char **words) {
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  if (count == 3 && strcmp(words[1], "accept") == 0) {
    take((uint16_t)atoi(words[2]));
    return 0;
  }
  if (count == 6 && strcmp(words[1], "connect") == 0) {
    make(ntohl(inet_addr(words[2])), (uint32_t)atoi(words[3]), (uint16_t)atoi(words[4]), atof(words[5]));
    return 0;
  }
  fprintf(stderr, "tcp accept PORT | tcp connect ADDRESS COUNT PORT RATE\n");
  return 2;
}
