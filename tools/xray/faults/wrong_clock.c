/* A wall clock that is wrong by as many seconds as a file says: preloaded into one process.
 *
 * libfaketime does the same and more; its answer to clock_nanosleep with an absolute time, which
 * Python sleeps by since 3.11, is EINVAL or no end, so that no Python process lives under it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long offset_s(void) {
    const char *path = getenv("WRONG_CLOCK_FILE");
    FILE *file = path ? fopen(path, "r") : NULL;
    long offset = 0;
    if (file) {
        if (fscanf(file, "%ld", &offset) != 1) offset = 0;
        fclose(file);
    }
    return offset;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (!failed && clock == CLOCK_REALTIME) now->tv_sec += offset_s();
    return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
    static int (*real)(struct timeval *, void *);
    if (!real) real = dlsym(RTLD_NEXT, "gettimeofday");
    int failed = real(now, zone);
    if (!failed) now->tv_sec += offset_s();
    return failed;
}

time_t time(time_t *where) {
    static time_t (*real)(time_t *);
    if (!real) real = dlsym(RTLD_NEXT, "time");
    time_t now = real(NULL) + offset_s();
    if (where) *where = now;
    return now;
}
