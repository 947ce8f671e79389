/* Shifts CLOCK_REALTIME of the program that it is loaded into (LD_PRELOAD) by the seconds that the first 12 characters
 * of the file $WALL_CLOCK_SHIFT say, read at every look at the clock. Other clocks go on as they do. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift(void) {
  static int file = -1;
  char text[13] = {0};
  if (file < 0) {
    const char *name = getenv("WALL_CLOCK_SHIFT");
    if (name == NULL) return 0;
    file = open(name, O_RDONLY | O_CLOEXEC);
  }
  if (pread(file, text, 12, 0) <= 0) return 0;
  return atol(text);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (real == NULL) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(clock, now);
  if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
  return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec precise;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec precise;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
  if (out != NULL) *out = precise.tv_sec;
  return precise.tv_sec;
}
