#ifndef GONG_TESTS_LEDGER_PLACE_H
#define GONG_TESTS_LEDGER_PLACE_H

#include "ledger/ledger.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "tests/check.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

// A folder for one test with the three empty databases in it.
struct place {
    char folder[64];
    struct ledger *ledger;
    struct people *people;
    struct map *map;
    struct err err;
};

static inline int place_remove(const char *path, const struct stat *status, int type,
                               struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

// `base` is where it is made: "/tmp", or memory for tests that commit thousands of times.
static inline struct place place_in(const char *base)
{
    struct place place = {.ledger = NULL};
    (void)snprintf(place.folder, sizeof(place.folder), "%s/gong-test-XXXXXX", base);
    CHECK(mkdtemp(place.folder) != NULL);
    CHECK_OK(ledger_create(place.folder, &place.err), place.err);
    CHECK_OK(people_create(place.folder, &place.err), place.err);
    CHECK_OK(map_create(place.folder, &place.err), place.err);
    CHECK_OK(ledger_open(place.folder, LEDGER_WRITE, &place.ledger, &place.err), place.err);
    CHECK_OK(people_open(place.folder, LEDGER_WRITE, &place.people, &place.err), place.err);
    CHECK_OK(map_open(place.folder, LEDGER_WRITE, &place.map, &place.err), place.err);
    return place;
}

static inline struct place place_new(void)
{
    return place_in("/tmp");
}

static inline void place_free(struct place *place)
{
    ledger_close(&place->ledger);
    people_close(&place->people);
    map_close(&place->map);
    (void)nftw(place->folder, place_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
