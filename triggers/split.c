#include "triggers/split.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

struct part {
    void (*run)(void *self, size_t first, size_t count);
    void *self;
    size_t first, count;
};

static void *run_part(void *self)
{
    const struct part *part = self;
    part->run(part->self, part->first, part->count);
    return NULL;
}

void split_run(size_t threads, size_t count, size_t grain,
               void (*run)(void *self, size_t first, size_t count), void *self)
{
    assert(grain > 0);
    struct part part[SPLIT_MAX];
    pthread_t thread[SPLIT_MAX];
    bool started[SPLIT_MAX] = {false};
    size_t grains = (count + grain - 1) / grain, parts = threads < grains ? threads : grains;
    parts = parts > SPLIT_MAX ? SPLIT_MAX : parts < 1 ? 1 : parts;
    for (size_t i = 0; i < parts; i++) {
        size_t first = grains * i / parts * grain, end = grains * (i + 1) / parts * grain;
        end = i + 1 == parts ? count : end;
        part[i] = (struct part){run, self, first, end - first};
    }
    for (size_t i = 1; i < parts; i++)
        started[i] = pthread_create(&thread[i], NULL, run_part, &part[i]) == 0;
    for (size_t i = 0; i < parts; i++) {
        if (!started[i]) // here, when there is no thread to be had
            (void)run_part(&part[i]);
    }
    for (size_t i = 1; i < parts; i++) {
        if (started[i])
            (void)pthread_join(thread[i], NULL);
    }
}

size_t split_threads(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > SPLIT_MAX ? SPLIT_MAX : (size_t)count;
}
