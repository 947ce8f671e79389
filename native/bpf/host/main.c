/*
 * The XDP program on the host. It reads packets and answers what the program made of each:
 *   xdp-host DIRECTORY TICK STEP
 * DIRECTORY has the memory of each map in a file of its name, and the constants; TICK is the time, STEP the
 * nanoseconds between two packets. A packet is its length (u32) and its bytes; an answer is a struct answer and
 * the bytes that the packet has then. When there are no more packets, the maps are written back.
 */
#include "kernel.h"

#include "../lb.bpf.c"

#include <sys/mman.h>
#include <unistd.h>

/* Where sanitizers end the process: which packet it was. */
void __sanitizer_set_death_callback(void (*callback)(void));

struct answer {
  __u32 length;
  __u8 verdict;
  __u8 counted; /* a bit for each event that was counted */
  __u8 kind;
  __u8 family;
  __u8 protocol;
  __u8 tcp_flags;
  __u8 traffic_class;
  __u8 l2;
  __u16 ip_length;
  __be16 source_port;
  __be16 destination_port;
  __u16 pad;
  __u32 fragment_id;
  __u32 source[4];
  __u32 destination[4];
};
_Static_assert(sizeof(struct answer) == 56, "answer");

#define LONGEST 65536
static __u8 now[LONGEST];
static __u32 now_length;
static __u64 packets;

static void tell_packet(void) {
  fprintf(stderr, "packet %llu of %u bytes:", (unsigned long long)packets, now_length);
  for (__u32 i = 0; i < now_length; i++) fprintf(stderr, " %02x", now[i]);
  fprintf(stderr, "\n");
}

static void fail(const char *what) {
  perror(what);
  exit(2);
}

static FILE *open_file(const char *directory, const char *name, const char *mode) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/%s", directory, name);
  FILE *file = fopen(path, mode);
  if (!file) fail(path);
  return file;
}

static char *read_whole(const char *directory, const char *name, size_t *size) {
  FILE *file = open_file(directory, name, "r");
  if (fseek(file, 0, SEEK_END)) fail(name);
  *size = ftell(file);
  rewind(file);
  char *memory = aligned_alloc(64, (*size + 63) & ~(size_t)63);
  if (!memory || fread(memory, 1, *size, file) != *size) fail(name);
  fclose(file);
  return memory;
}

static void add_map(const char *directory, const char *name, const void *map, size_t entry_size) {
  static int count;
  size_t size;
  char *memory = read_whole(directory, name, &size);
  if (count == HOST_MAPS || size % entry_size) fail(name);
  host_maps[count++] = (struct host_map){.map = map, .memory = memory, .entries = size / entry_size};
}

#define ENTRY(map) (sizeof(*(map).key) + sizeof(*(map).value))
#define ADD_ARRAY(name) add_map(directory, #name, &(name), sizeof(*(name).value))
#define WRITE_ARRAY(name) write_map(directory, #name, &(name), sizeof(*(name).value))

static void write_map(const char *directory, const char *name, const void *map, size_t entry_size) {
  for (int i = 0; i < HOST_MAPS; i++) {
    if (host_maps[i].map != map) continue;
    FILE *file = open_file(directory, name, "w");
    if (fwrite(host_maps[i].memory, entry_size, host_maps[i].entries, file) != host_maps[i].entries) fail(name);
    fclose(file);
  }
}

/* As the loader does, before anybody reads them. */
static void set_constants(const char *directory) {
  size_t size;
  char *value = read_whole(directory, "constants", &size);
  unsigned long at = (unsigned long)&constants;
  unsigned long page = at & ~(sysconf(_SC_PAGESIZE) - 1);
  if (size != sizeof(constants) || mprotect((void *)page, 2 * sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE))
    fail("constants");
  barrier_var(at); /* the compiler leaves out writes to what it knows to be constant */
  memcpy((void *)at, value, size);
  free(value);
}

/* What the program learns of a packet, by its own parts. */
static void parse(struct xdp_md *ctx, struct answer *answer) {
  struct packet p = {};
  __be16 protocol = 0;
  void *data = (void *)ctx->data;
  void *end = (void *)ctx->data_end;
  p.kind = KIND_PASS;
  p.l2 = parse_ethernet(data, end, &protocol);
  if (p.l2 && protocol == bpf_htons(ETH_P_IP)) {
    p.family = 4;
    p.kind = parse4(&p, data + p.l2, end);
  } else if (p.l2 && protocol == bpf_htons(ETH_P_IPV6)) {
    p.family = 6;
    p.kind = parse6(ctx, &p);
  }
  answer->kind = p.kind;
  answer->family = p.family;
  answer->protocol = p.protocol;
  answer->tcp_flags = p.tcp_flags;
  answer->traffic_class = p.traffic_class;
  answer->l2 = p.l2;
  answer->ip_length = p.length;
  answer->source_port = p.source_port;
  answer->destination_port = p.destination_port;
  answer->fragment_id = p.fragment_id;
  memcpy(answer->source, p.source, sizeof(p.source));
  memcpy(answer->destination, p.destination, sizeof(p.destination));
}

static void run(const struct counted *counts) {
  struct answer answer = {};
  struct xdp_md ctx = {.ingress_ifindex = 1, .headroom = 256};
  struct counted before = *counts;
  char *packet = malloc(now_length);
  if (!packet) abort();
  memcpy(packet, now, now_length);
  ctx.data = (unsigned long)packet;
  ctx.data_end = ctx.data + now_length;
  parse(&ctx, &answer);
  answer.verdict = lbd(&ctx);
  for (int i = 0; i < 8; i++)
    if (counts->of[i] != before.of[i]) answer.counted |= 1 << i;
  answer.length = ctx.data_end - ctx.data;
  if (fwrite(&answer, sizeof(answer), 1, stdout) != 1) fail("answer");
  if (fwrite((void *)ctx.data, 1, answer.length, stdout) != answer.length) fail("answer");
  free((void *)ctx.data);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  const char *directory = argv[1];
  __u64 step = strtoull(argv[3], NULL, 10);
  __sanitizer_set_death_callback(tell_packet);
  set_constants(directory);
  add_map(directory, "service_keys", &service_keys, ENTRY(service_keys));
  ADD_ARRAY(config);
  ADD_ARRAY(interfaces);
  ADD_ARRAY(hints);
  ADD_ARRAY(services);
  ADD_ARRAY(servers);
  ADD_ARRAY(rings);
  ADD_ARRAY(conns);
  ADD_ARRAY(flows);
  ADD_ARRAY(marks);
  ADD_ARRAY(stored);
  ADD_ARRAY(traffic);
  ADD_ARRAY(counters);
  __u32 zero = 0;
  const struct counted *counts = bpf_map_lookup_elem(&counters, &zero);
  host_nanoseconds = strtoull(argv[2], NULL, 10) << TICK_SHIFT;
  while (fread(&now_length, sizeof(now_length), 1, stdin) == 1) {
    if (now_length > LONGEST || fread(now, 1, now_length, stdin) != now_length) fail("packet");
    /* Who sends packets waits for the answers to all of them. */
    if (now_length == 0) {
      fflush(stdout);
      continue;
    }
    run(counts);
    packets++;
    host_nanoseconds += step;
  }
  WRITE_ARRAY(conns);
  WRITE_ARRAY(flows);
  WRITE_ARRAY(traffic);
  WRITE_ARRAY(counters);
  return 0;
}
