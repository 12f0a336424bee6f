#include "triggers/split.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

// The list is a counter: no lock, and nothing else that two threads write.
struct list {
    void (*run)(void *self, size_t worker, size_t item);
    void *self;
    size_t items, next;
};

struct worker {
    struct list *list;
    size_t number;
};

static void *work(void *self)
{
    const struct worker *worker = self;
    struct list *list = worker->list;
    for (;;) {
        size_t item = __atomic_fetch_add(&list->next, 1, __ATOMIC_RELAXED);
        if (item >= list->items)
            return NULL;
        list->run(list->self, worker->number, item);
    }
}

void split_run(size_t threads, size_t items, void (*run)(void *self, size_t worker, size_t item),
               void *self)
{
    struct list list = {run, self, items, 0};
    struct worker worker[SPLIT_MAX];
    pthread_t thread[SPLIT_MAX];
    bool started[SPLIT_MAX] = {false};
    size_t workers = threads < items ? threads : items;
    workers = workers > SPLIT_MAX ? SPLIT_MAX : workers < 1 ? 1 : workers;
    for (size_t i = 0; i < workers; i++)
        worker[i] = (struct worker){&list, i};
    // Where no thread is to be had the others do its work.
    for (size_t i = 1; i < workers; i++)
        started[i] = pthread_create(&thread[i], NULL, work, &worker[i]) == 0;
    (void)work(&worker[0]);
    for (size_t i = 1; i < workers; i++) {
        if (started[i])
            (void)pthread_join(thread[i], NULL);
    }
}

size_t split_threads(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > SPLIT_MAX ? SPLIT_MAX : (size_t)count;
}
