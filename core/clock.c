#include "core/clock.h"

#include <time.h>

static struct utc system_now(void *self)
{
    (void)self;
    return (struct utc){(int64_t)time(NULL)};
}

static void system_pause_ms(void *self, int64_t ms)
{
    (void)self;
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    (void)nanosleep(&span, NULL); // a signal ends the pause early, and should
}

const struct clock clock_system = {system_now, system_pause_ms, NULL};

static struct utc fixed_now(void *self)
{
    return *(struct utc *)self;
}

struct clock clock_fixed(struct utc *now)
{
    return (struct clock){fixed_now, system_pause_ms, now};
}

int64_t clock_ticks_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_ticks_ms(void)
{
    return clock_ticks_ns() / 1000000;
}

int64_t clock_wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
