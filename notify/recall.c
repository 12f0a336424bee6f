#include "notify/recall.h"

#include "core/mem.h"

#include <assert.h>
#include <string.h>

// One message: its id, and behind one another, each with its NUL, key, ref and why.
struct did {
    int64_t id; // 0: none
    char *words;
    size_t room;
};

struct recall {
    struct did did[RECALL_MESSAGES]; // [id % RECALL_MESSAGES]
};

struct recall *recall_new(void)
{
    return mem_new(1, sizeof(struct recall));
}

void recall_free(struct recall **recall)
{
    if (!*recall)
        return;
    for (size_t i = 0; i < RECALL_MESSAGES; i++)
        mem_free(&(*recall)->did[i].words);
    mem_free(recall);
}

static size_t place_of(int64_t id)
{
    return (size_t)((uint64_t)id % RECALL_MESSAGES);
}

void recall_keep(struct recall *recall, const struct job *job)
{
    const char *const words[] = {job->note->key, job->ref, job->why};
    struct did *did = &recall->did[place_of(job->note->id)];
    size_t size[COUNT_OF(words)], all = 0, at = 0;
    if (job->outcome != OUTCOME_DONE)
        return;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        all += size[i] = strlen(words[i]) + 1;
    if (all > did->room) {
        did->words = mem_resize(did->words, all, 1);
        did->room = all;
    }
    for (size_t i = 0; i < COUNT_OF(words); at += size[i], i++)
        memcpy(did->words + at, words[i], size[i]);
    did->id = job->note->id;
}

bool recall_find(const struct recall *recall, struct job *job)
{
    const struct did *did = &recall->did[place_of(job->note->id)];
    if (job->note->ask || did->id != job->note->id || !did->words ||
        strcmp(did->words, job->note->key) != 0)
        return false;
    const char *ref = did->words + strlen(did->words) + 1;
    const char *why = ref + strlen(ref) + 1;
    assert(strlen(ref) < sizeof(job->ref) && strlen(why) < sizeof(job->why));
    memcpy(job->ref, ref, strlen(ref) + 1);
    memcpy(job->why, why, strlen(why) + 1);
    job->outcome = OUTCOME_DONE;
    job->after_ms = 0;
    return true;
}
