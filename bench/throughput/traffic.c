/*
 * Datagrams that come back, and a download without an end:
 *
 *   traffic answer PORT ADDRESS…                sends datagrams back that come to these addresses, until it is killed
 *   traffic ask ADDRESS PORT SOCKETS SECONDS    has one datagram of 64 bytes on its way from each socket, and sends the next when
 *                                               it is back, or after 200 ms, when it counts as lost; says how many came back,
 *                                               how many were lost, and the median and the 99th percentile of the time that
 *                                               one took, in microseconds
 *   traffic fetch ADDRESS PORT PATH BYTES SECONDS   asks one HTTP server for a file of so many bytes again and again, on one
 *                                               connection and without a pause between two; says how many bytes came
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define MOST 1024
#define LENGTH 64
/* Nanoseconds. */
#define PATIENCE 200000000
/* A time is counted in steps of 1 µs up to 1 s. */
#define STEPS 1000000

static int64_t now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int open_socket(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (fd < 0) die("socket");
  return fd;
}

static struct sockaddr_in place(const char *address, const char *port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  at.sin_addr.s_addr = inet_addr(address);
  return at;
}

static void answer(const char *port, char **addresses, int count) {
  struct pollfd sockets[MOST];
  char data[2048];
  if (count > MOST) die("too many addresses");
  for (int i = 0; i < count; i++) {
    struct sockaddr_in own = place(addresses[i], port);
    sockets[i] = (struct pollfd){.fd = open_socket(), .events = POLLIN};
    if (bind(sockets[i].fd, (struct sockaddr *)&own, sizeof(own)) != 0) die("bind");
  }
  for (;;) {
    poll(sockets, (nfds_t)count, -1);
    for (int i = 0; i < count; i++) {
      struct sockaddr_in from;
      socklen_t size = sizeof(from);
      ssize_t length;
      while ((length = recvfrom(sockets[i].fd, data, sizeof(data), 0, (struct sockaddr *)&from, &size)) >= 0)
        sendto(sockets[i].fd, data, (size_t)length, 0, (struct sockaddr *)&from, size);
    }
  }
}

struct asker {
  int fd;
  uint64_t number;
  int64_t sent;
};

static void send_next(struct asker *asker, int64_t at) {
  char data[LENGTH] = {0};
  asker->number++;
  asker->sent = at;
  memcpy(data, &asker->number, sizeof(asker->number));
  /* One that cannot be sent is one that is lost. */
  send(asker->fd, data, sizeof(data), 0);
}

static uint32_t times[STEPS];

static double percentile(uint64_t total, double share) {
  uint64_t wanted = (uint64_t)((double)total * share), seen = 0;
  for (uint32_t step = 0; step < STEPS; step++)
    if ((seen += times[step]) > wanted) return step;
  return 0;
}

static void ask(const char *address, const char *port, int count, double seconds) {
  static struct asker askers[MOST];
  struct sockaddr_in to = place(address, port);
  struct epoll_event events[MOST];
  int epoll = epoll_create1(0);
  uint64_t returned = 0, lost = 0;
  if (count > MOST) die("too many sockets");
  int64_t at = now(), end = at + (int64_t)(seconds * 1e9), looked = at;
  for (int i = 0; i < count; i++) {
    askers[i].fd = open_socket();
    if (connect(askers[i].fd, (struct sockaddr *)&to, sizeof(to)) != 0) die("connect");
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    epoll_ctl(epoll, EPOLL_CTL_ADD, askers[i].fd, &event);
    send_next(&askers[i], at);
  }
  while (at < end) {
    int ready = epoll_wait(epoll, events, MOST, 10);
    for (int e = 0; e < ready; e++) {
      struct asker *asker = &askers[events[e].data.u32];
      char data[LENGTH];
      uint64_t number = 0;
      if (recv(asker->fd, data, sizeof(data), 0) != LENGTH) continue;
      memcpy(&number, data, sizeof(number));
      if (number != asker->number) continue;
      at = now();
      int64_t step = (at - asker->sent) / 1000;
      times[step < STEPS ? step : STEPS - 1]++;
      returned++;
      send_next(asker, at);
    }
    at = now();
    if (at - looked < PATIENCE / 2) continue;
    looked = at;
    for (int i = 0; i < count; i++) {
      if (at - askers[i].sent < PATIENCE) continue;
      lost++;
      send_next(&askers[i], at);
    }
  }
  printf("%llu %llu %.0f %.0f\n", (unsigned long long)returned, (unsigned long long)lost, percentile(returned, 0.5),
         percentile(returned, 0.99));
}

static void fetch(const char *address, const char *port, const char *path, uint64_t bytes, double seconds) {
  static char data[1 << 18];
  char request[512];
  struct sockaddr_in to = place(address, port);
  uint64_t received = 0, asked = 0;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int length = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, address);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) die("connect");
  for (int64_t end = now() + (int64_t)(seconds * 1e9); now() < end;) {
    /* One request is always waiting at the server. The headers of answers only make the next one come earlier. */
    for (; asked < received / bytes + 2; asked++)
      if (send(fd, request, (size_t)length, 0) != length) die("send");
    ssize_t piece = recv(fd, data, sizeof(data), 0);
    if (piece <= 0) die("the connection ended");
    received += (uint64_t)piece;
  }
  printf("%llu\n", (unsigned long long)received);
}

int main(int count, char **words) {
  if (count > 3 && strcmp(words[1], "answer") == 0) answer(words[2], words + 3, count - 3);
  if (count == 6 && strcmp(words[1], "ask") == 0) {
    ask(words[2], words[3], atoi(words[4]), atof(words[5]));
    return 0;
  }
  if (count == 7 && strcmp(words[1], "fetch") == 0) {
    fetch(words[2], words[3], words[4], strtoull(words[5], NULL, 10), atof(words[6]));
    return 0;
  }
  fprintf(stderr, "traffic answer PORT ADDRESS… | ask ADDRESS PORT SOCKETS SECONDS | fetch ADDRESS PORT PATH BYTES SECONDS\n");
  return 2;
}
