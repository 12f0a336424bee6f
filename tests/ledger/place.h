#ifndef GONG_TESTS_LEDGER_PLACE_H
#define GONG_TESTS_LEDGER_PLACE_H

#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "ledger/reading.h"
#include "tests/check.h"

#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

// Where the stores of the tests are: GONG_TEST_STORE in the environment names a PostgreSQL (started
// by tests/ledger/on_pg.sh), in which each place has schemas of its own; otherwise files.
static inline const char *place_store(void)
{
    return getenv("GONG_TEST_STORE");
}

// A folder for one test with the three empty databases in it.
struct place {
    char folder[64];
    struct ledger *ledger;
    struct people *people;
    struct map *map;
    char schema[16]; // what its schemas' names begin with
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

// Settings of a place, with the store that the test was given.
static inline void place_settings(const struct place *place, const char *settings)
{
    char path[100];
    (void)snprintf(path, sizeof(path), "%s/gong.yaml", place->folder);
    FILE *file = fopen(path, "we");
    CHECK(file != NULL);
    if (place_store())
        (void)fprintf(file, "store: %s\nstore_schema: t_%s\n", place_store(), place->schema);
    (void)fprintf(file, "%s", settings);
    CHECK(fclose(file) == 0);
}

// `base` is where it is made: "/tmp", or memory for tests that commit thousands of times.
static inline struct place place_in(const char *base)
{
    struct place place = {.ledger = NULL};
    (void)snprintf(place.folder, sizeof(place.folder), "%s/gong-test-XXXXXX", base);
    CHECK(mkdtemp(place.folder) != NULL);
    const char *last = strrchr(place.folder, '-') + 1; // six letters, of which case counts
    for (size_t i = 0; last[i]; i++)
        (void)snprintf(place.schema + 2 * i, 3, "%02x", (unsigned char)last[i]);
    if (place_store())
        place_settings(&place, "");
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

// Keeps a reading, in a commit of its own; its hash.
static inline struct hash place_keep(struct place *place, const struct reading *reading)
{
    struct hash hash;
    bool fresh;
    struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(reading_put(txn, reading, &fresh, &hash, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return hash;
}

// Who edits the store itself is not held by triggers or foreign keys.
static inline void place_unguard(struct place *place)
{
    CHECK_OK(db_run(ledger_db(place->ledger),
                    place_store() ? "SET session_replication_role = replica"
                                  : "DROP TRIGGER IF EXISTS entry_stays;"
                                    "DROP TRIGGER IF EXISTS entry_kept; PRAGMA foreign_keys=OFF",
                    &place->err),
             place->err);
}

static inline void place_free(struct place *place)
{
    if (place_store()) {
        char drop[200];
        (void)snprintf(drop, sizeof(drop), "DROP SCHEMA t_%s_ledger, t_%s_people, t_%s_map CASCADE",
                       place->schema, place->schema, place->schema);
        CHECK_OK(db_run(map_db(place->map), drop, &place->err), place->err);
    }
    ledger_close(&place->ledger);
    people_close(&place->people);
    map_close(&place->map);
    (void)nftw(place->folder, place_remove, 16, FTW_DEPTH | FTW_PHYS);
}

// One decision entry for messages to have as their cause.
static inline int64_t cause_of(struct place *place)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t seq = 0;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(ledger_append(txn, "drill", (struct utc){0}, body, &seq, NULL, &place->err),
             place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return seq;
}

#endif
