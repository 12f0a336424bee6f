// Raw files that were read with the help of others: which are to be read again when one of these is
// corrected, and which a decision did not stand on.
#include "ledger/raw.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/reread.h"
#include "tests/ledger/place.h"

// A file: its number is its hash's first byte; it was read in the entry of that number, too.
struct file {
    int number;
    const char *url;
    enum raw_state state;
    int base[3]; // 0: no more
};

static struct hash name_of(int number)
{
    return (struct hash){{(uint8_t)number}};
}

static void put_why(struct place *place, const char *source, const struct file *file,
                    const char *why)
{
    bool fresh;
    struct raw raw = {.hash = name_of(file->number), .url = mem_text(file->url), .bytes = 1};
    AUTO(ledger_undo) struct txn *txn = NULL;
    (void)snprintf(raw.source, sizeof(raw.source), "%s", source);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(raw_put(txn, &raw, &fresh, &place->err), place->err);
    if (file->state != RAW_FETCHED)
        CHECK_OK(raw_settle(txn, raw.hash, source, file->state, why, file->number, &place->err),
                 place->err);
    for (size_t i = 0; i < COUNT_OF(file->base) && file->base[i]; i++)
        CHECK_OK(raw_base_put(txn, source, raw.hash, name_of(file->base[i]), &place->err),
                 place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    raw_free(&raw);
}

static void put(struct place *place, const char *source, const struct file *file)
{
    put_why(place, source, file, "");
}

static void say(struct buf *out, struct hash hash)
{
    buf_print(out, "%s%d", out->len ? " " : "", hash.at[0]);
}

static void test_based(void **state)
{
    (void)state;
    static const struct file files[] = {
        {1, "f003", RAW_READ, {0}},    {2, "f006", RAW_READ, {1}},
        {3, "f009", RAW_READ, {1, 2}}, {4, "f012", RAW_REFUSED, {1}},
        {5, "f015", RAW_FETCHED, {1}}, {6, "f006", RAW_READ, {1}}, // a correction of it
        {7, "f003", RAW_READ, {0}},                                // and one of the first
    };
    static const struct {
        const char *name, *source, *url, *want;
    } rows[] = {
        {"of each address the newest that was read, in the order of reading", "s", "f003", "3 6"},
        {"of the second", "s", "f006", "3"},
        {"of what nothing was counted from", "s", "f009", ""},
        {"of an address that is not known", "s", "f018", ""},
        {"of another source with the same addresses", "t", "f003", "9"},
    };
    AUTO(place_free) struct place place = place_new();
    for (size_t i = 0; i < COUNT_OF(files); i++)
        put(&place, "s", &files[i]);
    put(&place, "t", &(struct file){8, "f003", RAW_READ, {0}});
    put(&place, "t", &(struct file){9, "f006", RAW_READ, {8}});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(raws_free) struct raws raws = {0};
        AUTO(buf_free) struct buf got = buf_new(100);
        CHECK_OK(raw_list_based(place.ledger, rows[i].source, rows[i].url, &raws, &place.err),
                 place.err);
        for (size_t k = 0; k < raws.count; k++)
            say(&got, raws.at[k].hash);
        CHECK_TEXT(got.at ? got.at : "", rows[i].want);
    }
}

static void test_state(void **state)
{
    (void)state;
    static const struct {
        const char *name, *source;
        int of;
        enum raw_state want;
    } rows[] = {
        {"of one that was read", "s", 1, RAW_READ},
        {"of one whose bytes are gone", "s", 2, RAW_RELEASED},
        {"another source's file is not this one's", "t", 1, RAW_FETCHED},
    };
    AUTO(place_free) struct place place = place_new();
    put(&place, "s", &(struct file){1, "f003", RAW_READ, {0}});
    put(&place, "s", &(struct file){2, "f006", RAW_RELEASED, {0}});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        enum raw_state got = RAW_REFUSED;
        CHECK_OK(raw_state_of(place.ledger, rows[i].source, name_of(rows[i].of), &got, &place.err),
                 place.err);
        CHECK_INT(got, rows[i].want);
    }
}

static void test_bases(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int of;
        int64_t upto;
        const char *want;
    } rows[] = {
        {"all, and what these were read with", 4, INT64_MAX, "4 2 3 1"},
        {"not what was read first after the decision", 4, 2, "4 2 1"},
        {"nothing of one that stands alone", 1, INT64_MAX, "1"},
    };
    AUTO(place_free) struct place place = place_new();
    put(&place, "s", &(struct file){1, "f003", RAW_READ, {0}});
    put(&place, "s", &(struct file){2, "f006", RAW_READ, {1}});
    put(&place, "s", &(struct file){3, "f006", RAW_READ, {1}}); // a correction
    put(&place, "s", &(struct file){4, "f009", RAW_READ, {2, 3}});
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        size_t count = 1;
        struct hash *hash = mem_new(1, sizeof(*hash));
        AUTO(buf_free) struct buf got = buf_new(100);
        hash[0] = name_of(rows[i].of);
        CHECK_OK(raw_add_bases(place.ledger, rows[i].upto, &hash, &count, &place.err), place.err);
        for (size_t k = 0; k < count; k++)
            say(&got, hash[k]);
        CHECK_TEXT(got.at, rows[i].want);
        mem_free(&hash);
    }
}

static size_t count_of(struct place *place, enum raw_state state)
{
    AUTO(raws_free) struct raws raws = {0};
    CHECK_OK(raw_list(place->ledger, "s", state, 0, &raws, &place->err), place->err);
    return raws.count;
}

static struct raw file_of(struct place *place, int number)
{
    bool found = false;
    struct raw raw = {0};
    CHECK_OK(raw_get(place->ledger, "s", name_of(number), &found, &raw, &place->err), place->err);
    CHECK(found);
    return raw;
}

// The file comes once more, and is read (`why` NULL) or refused.
static void once_more(struct place *place, int number, const char *why)
{
    struct raw raw = {.hash = name_of(number), .source = "s", .fetched_at = {77}};
    AUTO(doc_free) struct doc *body = doc_object();
    AUTO(ledger_undo) struct txn *txn = NULL;
    doc_put_text(body, "raw", hash_hex(raw.hash).at);
    doc_put_text(body, "source", "s");
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(reread_begin(txn, &raw, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    CHECK_INT(count_of(place, RAW_FETCHED), 1);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(reread_end(txn, &raw, (struct utc){99}, body, why, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    CHECK_INT(count_of(place, RAW_FETCHED), 0);
}

static void test_reread(void **state)
{
    (void)state;
    int64_t head = 0;
    struct hash ignored;
    AUTO(place_free) struct place place = place_new();
    put(&place, "s", &(struct file){1, "a", RAW_READ, {0}});
    put(&place, "s", &(struct file){2, "b", RAW_READ, {0}});
    CHECK_OK(ledger_head(place.ledger, &head, &ignored, &place.err), place.err);

    ROW("what waits to be read once more is the last that came, and still what it was");
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct raw again = {.hash = name_of(1), .source = "s", .fetched_at = {77}};
    CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
    CHECK_OK(reread_begin(txn, &again, &place.err), place.err);
    CHECK_OK(ledger_commit(&txn, &place.err), place.err);
    AUTO(raws_free) struct raws read = {0};
    CHECK_OK(raw_list(place.ledger, "s", RAW_READ, 0, &read, &place.err), place.err);
    CHECK_INT(read.count, 2);
    CHECK_INT(read.at[1].hash.at[0], 1);
    CHECK_INT(read.at[1].state, RAW_READ);
    CHECK_INT(read.at[1].entry, 1);
    CHECK_INT(read.at[1].fetched_at.s, 77);
    CHECK_TEXT(read.at[1].url, "a");

    ROW("read once more it keeps the entry that it had");
    once_more(&place, 1, NULL);
    AUTO(raw_free) struct raw twice = file_of(&place, 1);
    CHECK_INT(twice.entry, 1);
    CHECK_INT(twice.state, RAW_READ);
    AUTO(rereads_free) struct rereads one = {0};
    CHECK_OK(rereads_load(place.ledger, &one, &place.err), place.err);
    CHECK_INT(one.count, 1);
    CHECK_INT(one.at[0].at.s, 99);
    CHECK_INT(reread_last(&one, &twice, INT64_MAX), head + 1);
    CHECK_INT(reread_last(&one, &twice, head), 1);

    ROW("refused after it was read it stays read");
    once_more(&place, 1, "a reason");
    CHECK_INT(count_of(&place, RAW_READ), 2);
}

static void test_refused_again(void **state)
{
    (void)state;
    int64_t head = 0;
    struct hash ignored;
    AUTO(place_free) struct place place = place_new();
    CHECK_OK(ledger_head(place.ledger, &head, &ignored, &place.err), place.err);
    ROW("refused, again in the same words, in others, and read at last");
    put(&place, "s", &(struct file){3, "c", RAW_FETCHED, {0}});
    once_more(&place, 3, "too early");
    once_more(&place, 3, "too early");
    once_more(&place, 3, "still too early");
    CHECK_INT(count_of(&place, RAW_REFUSED), 1);
    once_more(&place, 3, NULL);
    AUTO(rereads_free) struct rereads all = {0};
    AUTO(raw_free) struct raw last = file_of(&place, 3);
    CHECK_OK(rereads_load(place.ledger, &all, &place.err), place.err);
    CHECK_INT(all.count, 2);
    CHECK_INT(last.entry, head + 3);
    CHECK_INT(last.state, RAW_READ);
    CHECK_TEXT(last.why, "");
    CHECK_TEXT(reread_refused(&all, &last, INT64_MAX)->why, "still too early");
    CHECK_TEXT(reread_refused(&all, &last, head + 1)->why, "too early");
    CHECK(reread_refused(&all, &last, head) == NULL);

    ROW("a file that never came");
    struct raw none = {.hash = name_of(9), .source = "s"};
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
    CHECK_INT(reread_begin(txn, &none, &place.err), ERR_MISSING);
}

static void test_add_new(void **state)
{
    (void)state;
    ROW("what is in the list already, from an index on, is left");
    struct raws list = {0}, more = {0};
    list.count = more.count = 2;
    list.at = mem_new(2, sizeof(*list.at));
    more.at = mem_new(2, sizeof(*more.at));
    for (int i = 0; i < 2; i++) {
        list.at[i].hash = name_of(1 + i);
        more.at[i].hash = name_of(1 + i);
        list.at[i].url = mem_text("a");
        more.at[i].url = mem_text("b");
        list.at[i].why = mem_text("");
        more.at[i].why = mem_text("");
    }
    raws_add_new(&list, 1, &more);
    CHECK_INT(list.count, 3);
    CHECK_TEXT(list.at[2].url, "b");
    CHECK_INT(list.at[2].hash.at[0], 1);
    CHECK(!more.at[0].url && more.at[1].url);
    raws_free(&list);
    raws_free(&more);
}

// Which grid is taken when none is at its path. A file that was refused has a why.
static void test_base_last(void **state)
{
    (void)state;
    static const struct {
        struct file file;
        const char *why, *url, *want; // afterwards, of that address
    } steps[] = {
        {{1, "cells:a", RAW_READ, {0}}, "", "cells:a", "1 untried"},
        {{2, "x", RAW_REFUSED, {1}}, "other", "cells:a", ""},
        {{3, "x", RAW_READ, {1}}, "", "cells:a", "1 tried"},
        {{4, "cells:a", RAW_READ, {0}}, "", "cells:a", "4 untried"},
        {{5, "x", RAW_REFUSED, {4}}, "other", "cells:a", "1 tried"},
        {{6, "x", RAW_READ, {4}}, "", "cells:a", "4 tried"},
        {{7, "x", RAW_READ, {1}}, "", "cells:a", "1 tried"},
        {{8, "cells:b", RAW_READ, {0}}, "", "cells:a", "1 tried"},
        {{9, "cells:c", RAW_RELEASED, {0}}, "", "cells:c", ""},
    };
    AUTO(place_free) struct place place = place_new();
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        ROW(steps[i].file.url);
        AUTO(raw_free) struct raw got = {.url = NULL};
        AUTO(buf_free) struct buf said = buf_new(100);
        bool found = false, tried = false;
        put_why(&place, "s", &steps[i].file, steps[i].why);
        put(&place, "t", &(struct file){100 + (int)i, "cells:a", RAW_READ, {0}});
        CHECK_OK(raw_base_last(place.ledger, "s", steps[i].url, &found, &tried, &got, &place.err),
                 place.err);
        if (found)
            buf_print(&said, "%d %s", got.hash.at[0], tried ? "tried" : "untried");
        CHECK_TEXT(said.at ? said.at : "", steps[i].want);
    }
}

// It keeps its place in the order of arrival, and its state until that is settled.
static void test_bring(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(raw_free) struct raw now = {.url = NULL};
    AUTO(mem_drop) char *url = mem_text("cells:a");
    struct raw raw = {.hash = name_of(1), .source = "s", .url = url, .fetched_at = {7}};
    bool found = false;
    put(&place, "s", &(struct file){1, "x", RAW_REFUSED, {0}});
    put(&place, "t", &(struct file){1, "x", RAW_REFUSED, {0}});
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
    CHECK_OK(raw_bring(txn, &raw, &place.err), place.err);
    CHECK_OK(ledger_commit(&txn, &place.err), place.err);
    CHECK_OK(raw_find(place.ledger, "s", "cells:a", &found, &now, &place.err), place.err);
    CHECK(found);
    CHECK_INT(now.position, 1);
    CHECK_INT(now.state, RAW_REFUSED);
    CHECK_INT(now.fetched_at.s, 7);
    found = true;
    AUTO(raw_free) struct raw other = {.url = NULL};
    CHECK_OK(raw_find(place.ledger, "t", "cells:a", &found, &other, &place.err), place.err);
    CHECK(!found);
}

// What is read beside a file that came at a position: each version in its turn.
static void test_partner(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t position;
        struct file file; // that comes, or of which something becomes, before it is asked
        int want;         // 0: there is none
    } steps[] = {
        {"another address", 1, {1, "u", RAW_FETCHED, {0}}, 0},
        {"the only one, though it came later", 1, {2, "v", RAW_FETCHED, {0}}, 2},
        {"the oldest that came later", 1, {3, "v", RAW_FETCHED, {0}}, 2},
        {"the oldest that came before and waits", 9, {4, "v", RAW_FETCHED, {0}}, 2},
        {"one that was read, before one that comes later", 1, {2, "v", RAW_READ, {0}}, 2},
        {"one that waits in its turn", 9, {2, "v", RAW_READ, {0}}, 3},
        {"the newest of which something became", 3, {4, "v", RAW_REFUSED, {0}}, 4},
        {"when all were read", 9, {3, "v", RAW_READ, {0}}, 4},
    };
    AUTO(place_free) struct place place = place_new();
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        ROW(steps[i].name);
        AUTO(raw_free) struct raw got = {.url = NULL};
        bool found = false;
        put(&place, "s", &steps[i].file);
        put(&place, "t", &(struct file){50 + (int)i, "v", RAW_READ, {0}});
        CHECK_OK(raw_partner(place.ledger, "s", "v", steps[i].position, &found, &got, &place.err),
                 place.err);
        CHECK_INT(found ? got.hash.at[0] : 0, steps[i].want);
    }
}

TEST_MAIN(cmocka_unit_test(test_partner), cmocka_unit_test(test_based),
          cmocka_unit_test(test_base_last), cmocka_unit_test(test_bring),
          cmocka_unit_test(test_state), cmocka_unit_test(test_bases), cmocka_unit_test(test_reread),
          cmocka_unit_test(test_refused_again), cmocka_unit_test(test_add_new))
