/*
 * The least that it takes to make an IPVS table: SERVICES services by TCP with SERVERS servers each, by direct routing, as
 * many messages to a datagram as fit BYTES, one acknowledgement for each datagram. A scheduler other than rr is bound last.
 * Prints the microseconds that one change took, of SERVICES * (SERVERS + 1).
 *
 *   programming SERVICES SERVERS SCHEDULER BYTES
 */
#define _GNU_SOURCE
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A message of this program takes less. */
#define LARGEST 256

static int fd;
static uint32_t seq;
static uint16_t family;
static size_t limit, used;
static char *batch;
static struct nlmsghdr *last;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void put(struct nlmsghdr *m, uint16_t type, const void *data, uint16_t length) {
  struct nlattr *a = (struct nlattr *)((char *)m + m->nlmsg_len);
  a->nla_len = NLA_HDRLEN + length;
  a->nla_type = type;
  memcpy(a + 1, data, length);
  memset((char *)(a + 1) + length, 0, NLA_ALIGN(length) - length);
  m->nlmsg_len += NLA_HDRLEN + NLA_ALIGN(length);
}

static struct nlattr *nest(struct nlmsghdr *m, uint16_t type) {
  struct nlattr *a = (struct nlattr *)((char *)m + m->nlmsg_len);
  a->nla_type = type | NLA_F_NESTED;
  m->nlmsg_len += NLA_HDRLEN;
  return a;
}

static void end(struct nlmsghdr *m, struct nlattr *a) { a->nla_len = (char *)m + m->nlmsg_len - (char *)a; }

static void flush(void) {
  char answer[4096];
  if (used == 0) return;
  last->nlmsg_flags |= NLM_F_ACK;
  if (send(fd, batch, used, 0) < 0) die("send");
  if (recv(fd, answer, sizeof(answer), 0) < 0) die("recv");
  struct nlmsgerr *error = NLMSG_DATA((struct nlmsghdr *)answer);
  if (error->error != 0) {
    fprintf(stderr, "refused: %s\n", strerror(-error->error));
    exit(1);
  }
  used = 0;
}

static struct nlmsghdr *begin(uint16_t type, uint8_t command, uint8_t version) {
  if (used + LARGEST > limit) flush();
  last = (struct nlmsghdr *)(batch + used);
  *last = (struct nlmsghdr){.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = ++seq};
  *(struct genlmsghdr *)(last + 1) = (struct genlmsghdr){.cmd = command, .version = version};
  return last;
}

static void done(struct nlmsghdr *m) { used += m->nlmsg_len; }

static void address(struct nlmsghdr *m, uint16_t type, uint8_t third, uint8_t net, uint8_t host) {
  uint8_t bytes[16] = {10, net, third, host};
  put(m, type, bytes, sizeof(bytes));
}

static void service(struct nlmsghdr *m, int s, const char *scheduler) {
  struct nlattr *a = nest(m, IPVS_CMD_ATTR_SERVICE);
  put(m, IPVS_SVC_ATTR_AF, &(uint16_t){AF_INET}, 2);
  put(m, IPVS_SVC_ATTR_PROTOCOL, &(uint16_t){IPPROTO_TCP}, 2);
  address(m, IPVS_SVC_ATTR_ADDR, s >> 8, 200, s & 255);
  put(m, IPVS_SVC_ATTR_PORT, &(uint16_t){htons(80)}, 2);
  if (scheduler != NULL) {
    struct ip_vs_flags flags = {0, ~0u};
    put(m, IPVS_SVC_ATTR_SCHED_NAME, scheduler, strlen(scheduler) + 1);
    put(m, IPVS_SVC_ATTR_FLAGS, &flags, sizeof(flags));
    put(m, IPVS_SVC_ATTR_TIMEOUT, &(uint32_t){0}, 4);
    put(m, IPVS_SVC_ATTR_NETMASK, &(uint32_t){~0u}, 4);
  }
  end(m, a);
}

static void server(struct nlmsghdr *m, int d) {
  struct nlattr *a = nest(m, IPVS_CMD_ATTR_DEST);
  put(m, IPVS_DEST_ATTR_ADDR_FAMILY, &(uint16_t){AF_INET}, 2);
  address(m, IPVS_DEST_ATTR_ADDR, d >> 8, 201, d & 255);
  put(m, IPVS_DEST_ATTR_PORT, &(uint16_t){htons(80)}, 2);
  put(m, IPVS_DEST_ATTR_FWD_METHOD, &(uint32_t){IP_VS_CONN_F_DROUTE}, 4);
  put(m, IPVS_DEST_ATTR_WEIGHT, &(uint32_t){1}, 4);
  put(m, IPVS_DEST_ATTR_U_THRESH, &(uint32_t){0}, 4);
  put(m, IPVS_DEST_ATTR_L_THRESH, &(uint32_t){0}, 4);
  end(m, a);
}

static void look_up(void) {
  char answer[8192];
  struct nlmsghdr *m = begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
  put(m, CTRL_ATTR_FAMILY_NAME, "IPVS", 5);
  if (send(fd, m, m->nlmsg_len, 0) < 0 || recv(fd, answer, sizeof(answer), 0) < 0) die("family");
  m = (struct nlmsghdr *)answer;
  struct nlattr *a = (struct nlattr *)(answer + NLMSG_HDRLEN + GENL_HDRLEN);
  if (m->nlmsg_type != GENL_ID_CTRL) die("family");
  while (a->nla_type != CTRL_ATTR_FAMILY_ID) a = (struct nlattr *)((char *)a + NLA_ALIGN(a->nla_len));
  family = *(uint16_t *)(a + 1);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int services = atoi(argv[1]), servers = atoi(argv[2]);
  const char *scheduler = strcmp(argv[3], "rr") == 0 ? NULL : argv[3];
  limit = atoi(argv[4]);
  batch = malloc(limit + LARGEST);
  fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
  if (fd < 0 || bind(fd, (struct sockaddr *)&(struct sockaddr_nl){.nl_family = AF_NETLINK}, sizeof(struct sockaddr_nl)) != 0) die("socket");
  look_up();
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (int s = 0; s < services; s++) {
    struct nlmsghdr *m = begin(family, IPVS_CMD_NEW_SERVICE, 1);
    service(m, s, "rr");
    done(m);
    for (int d = 0; d < servers; d++) {
      m = begin(family, IPVS_CMD_NEW_DEST, 1);
      service(m, s, NULL);
      server(m, d);
      done(m);
    }
    if (scheduler != NULL) {
      m = begin(family, IPVS_CMD_SET_SERVICE, 1);
      service(m, s, scheduler);
      done(m);
    }
  }
  flush();
  clock_gettime(CLOCK_MONOTONIC, &to);
  double us = (to.tv_sec - from.tv_sec) * 1e6 + (to.tv_nsec - from.tv_nsec) / 1e3;
  printf("%f\n", us / (services * (servers + 1.0)));
}
