/*
 * Runs BPF programs that are open as descriptors 3 and up.
 *   run test ROUNDS REPEAT FRAME N   each of N programs in turn: a line for each round with the nanoseconds of one run of
 *                                    each, by the time of this thread, so that others on the processor do not count
 *   run live ROUNDS REPEAT FRAME     program 3 makes live frames; 4 is a map whose first word counts what arrived: a line
 *                                    for each round with the frames that arrived and the nanoseconds that passed
 *   run patient …                    the same, but whoever forwards goes before whoever makes: without it the kernel puts off
 *                                    work that lasts, and the queues of a veth overflow
 * FRAME is in hexadecimal digits.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static unsigned char frame[2048];
static unsigned int length;

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void run(int program, int repeat, int flags) {
  LIBBPF_OPTS(bpf_test_run_opts, options);
  options.data_in = frame;
  options.data_size_in = length;
  options.repeat = repeat;
  options.flags = flags;
  if (flags) options.batch_size = 64;
  if (bpf_prog_test_run_opts(program, &options) != 0) {
    perror("BPF_PROG_TEST_RUN");
    exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  int rounds = atoi(argv[2]);
  int repeat = atoi(argv[3]);
  for (; length < sizeof(frame) && sscanf(argv[4] + 2 * length, "%2hhx", &frame[length]) == 1; length++) continue;

  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(sched_getcpu(), &here);
  int is_patient = strcmp(argv[1], "patient") == 0;
  struct sched_param none = {0};
  int failed = sched_setaffinity(0, sizeof(here), &here);
  failed |= is_patient ? sched_setscheduler(0, SCHED_IDLE, &none) : setpriority(PRIO_PROCESS, 0, -20);
  if (failed) {
    perror("run");
    return 1;
  }
  if (is_patient || strcmp(argv[1], "live") == 0) {
    volatile unsigned long *arrived = mmap(NULL, getpagesize(), PROT_READ, MAP_SHARED, 4, 0);
    if (arrived == MAP_FAILED) {
      perror("mmap");
      return 1;
    }
    for (int round = 0; round < rounds; round++) {
      unsigned long before = *arrived;
      double from = now(CLOCK_MONOTONIC);
      run(3, repeat, BPF_F_TEST_XDP_LIVE_FRAMES);
      printf("%lu %.0f\n", *arrived - before, now(CLOCK_MONOTONIC) - from);
    }
    return 0;
  }
  int programs = argc > 5 ? 3 + atoi(argv[5]) : 3;
  for (int program = 3; program < programs; program++) run(program, repeat / 10 + 1, 0);
  for (int round = 0; round < rounds; round++) {
    for (int program = 3; program < programs; program++) {
      double from = now(CLOCK_THREAD_CPUTIME_ID);
      run(program, repeat, 0);
      printf("%.2f ", (now(CLOCK_THREAD_CPUTIME_ID) - from) / repeat);
    }
    printf("\n");
  }
  return 0;
}
