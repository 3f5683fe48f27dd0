/* Loaded before the C library (LD_PRELOAD): the wall clock of a program is VIRGA_TEST_CLOCK_SECONDS ahead of the machine's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t ahead(void) {
    const char* text = getenv("VIRGA_TEST_CLOCK_SECONDS");
    return text ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
    const long result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += ahead();
    return (int)result;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
    (void)zone;
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t* result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

/* The kernel waits by its own clock. Times of the monotonic one are smaller by decades. */
int pthread_cond_timedwait(pthread_cond_t* restrict condition, pthread_mutex_t* restrict mutex,
                           const struct timespec* restrict until) {
    static int (*wait)(pthread_cond_t*, pthread_mutex_t*, const struct timespec*);
    if (!wait) *(void**)&wait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    struct timespec really = *until;
    if (really.tv_sec > 1000000000) really.tv_sec -= ahead();
    return wait(condition, mutex, &really);
}
