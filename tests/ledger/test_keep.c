#include "ledger/track.h"
#include "tests/ledger/place.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/keep.h"
#include "ledger/reading.h"

static struct hash name_of(int number)
{
    struct hash hash = {{0}};
    hash.at[0] = (uint8_t)number;
    return hash;
}

// A raw file `number` of source "s", fetched on day `day`, in a state; with a reading of step
// `step` when step is not 0. Returns the reading's name.
static struct hash put(struct place *place, int number, int day, enum raw_state state, int step,
                       int value)
{
    struct raw raw = {.hash = name_of(number), .source = "s", .fetched_at = {day * DAY_S}};
    AUTO(mem_drop) char *url = mem_text("file:///x");
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct hash made = {{0}};
    bool fresh;
    raw.url = url;
    raw.bytes = 10;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(raw_put(txn, &raw, &fresh, &place->err), place->err);
    if (state != RAW_FETCHED)
        CHECK_OK(raw_settle(txn, raw.hash, "s", state, "", 1, &place->err), place->err);
    if (step) {
        int32_t values[1] = {value};
        uint16_t cover[1] = {READING_COVER_FULL};
        struct reading reading = {.meta = {.source = "s",
                                           .variable = "rain",
                                           .boundary_set = "two",
                                           .valid_to = {step},
                                           .issued_at = UTC_NEVER,
                                           .member = MEMBER_NONE,
                                           .raw = raw.hash},
                                  .communes = 1,
                                  .value = values,
                                  .cover = cover};
        CHECK_OK(reading_put(txn, &reading, &fresh, &made, &place->err), place->err);
        CHECK(fresh);
    }
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return made;
}

// A storm's track out of a file.
static struct hash put_track(struct place *place, int number, int degrees_north)
{
    bool fresh;
    struct hash made;
    struct track_fix fix = {.at = {600}, .latitude_milli = degrees_north * 1000};
    struct track track = {.source = "s",
                          .storm = "2411",
                          .issued_at = UTC_NEVER,
                          .member = MEMBER_NONE,
                          .raw = name_of(number),
                          .count = 1,
                          .fix = &fix};
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(track_put(txn, &track, &fresh, &made, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return made;
}

// What a decision stands on, each by its name: a reading of communes, one of a gauge, a track, a
// file that was refused; NULL: none.
struct stands {
    const struct hash *reading, *gauge, *track, *refused;
};

static struct doc *list_of(const struct hash *name)
{
    struct doc *list = doc_array();
    if (name)
        doc_push_text(list, hash_hex(*name).at);
    return list;
}

static void decide(struct place *place, const struct stands *on)
{
    AUTO(doc_free) struct doc *body = doc_object();
    struct doc *inputs = doc_object();
    int64_t seq;
    doc_put(inputs, "readings", list_of(on->reading));
    if (on->gauge) {
        struct doc *stations = doc_object();
        doc_put(stations, "@station 0 s rain", list_of(on->gauge));
        doc_put(inputs, "stations", stations);
    }
    if (on->track)
        doc_put(inputs, "tracks", list_of(on->track));
    if (on->refused)
        doc_put_text(inputs, "raw_refused", hash_hex(*on->refused).at);
    doc_put(body, "inputs", inputs);
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(ledger_append(txn, "basis", (struct utc){0}, body, &seq, NULL, &place->err),
             place->err);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(place->ledger), "INSERT INTO batch (seq, policy, version, policy_hash,"
                                          " boundary_set, period, as_of, basis, replaces) VALUES"
                                          " (?1, 'p', 1, x'00', 'vn', ?1, 0, x'00', 0)");
    stmt_int(stmt, 1, seq);
    CHECK_OK(stmt_run(stmt, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// The numbers of what may go, newest first.
static void check_free(struct place *place, int day, const char *want)
{
    AUTO(raws_free) struct raws raws = {0};
    AUTO(buf_free) struct buf got = buf_new(200);
    CHECK_OK(keep_free(place->ledger, "s", (struct utc){day * DAY_S}, &raws, &place->err),
             place->err);
    for (size_t i = 0; i < raws.count; i++)
        buf_print(&got, "%s%d", i ? " " : "", raws.at[i].hash.at[0]);
    CHECK_TEXT(got.at ? got.at : "", want);
}

static void read_with(struct place *place, int file, int base)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(raw_base_put(txn, "s", name_of(file), name_of(base), &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static void what_is_needed_stays(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    put(&place, 1, 10, RAW_READ, 100, 5);
    put(&place, 2, 10, RAW_REFUSED, 0, 0);
    put(&place, 3, 10, RAW_FETCHED, 0, 0);
    put(&place, 4, 20, RAW_READ, 200, 6);
    ROW("old enough, read or refused; not what nobody has read yet");
    check_free(&place, 11, "2 1");
    ROW("the day itself is not before");
    check_free(&place, 10, "");
    ROW("all");
    check_free(&place, 100, "4 2 1");

    ROW("a decision stands on its reading");
    struct hash five = put(&place, 5, 30, RAW_READ, 300, 7);
    decide(&place, &(struct stands){.reading = &five});
    check_free(&place, 100, "4 2 1");
    ROW("a decision stands on its refusal");
    struct hash two = name_of(2);
    decide(&place, &(struct stands){.refused = &two});
    check_free(&place, 100, "4 1");

    ROW("a decision stands on a later revision of its step");
    put(&place, 6, 31, RAW_READ, 400, 1);
    struct hash seven = put(&place, 7, 32, RAW_READ, 400, 2);
    decide(&place, &(struct stands){.reading = &seven});
    check_free(&place, 100, "4 1");
    ROW("a later revision that nobody needs goes; the earlier ones stay");
    put(&place, 8, 33, RAW_READ, 400, 3);
    check_free(&place, 100, "8 4 1");
    ROW("it stays while the later revision of its step is too young to go");
    put(&place, 9, 40, RAW_READ, 200, 9);
    check_free(&place, 39, "8 1");
    ROW("and goes with it");
    check_free(&place, 100, "9 8 4 1");

    ROW("a decision stands on a gauge's reading");
    struct hash ten = put(&place, 10, 50, RAW_READ, 500, 4);
    check_free(&place, 100, "10 9 8 4 1");
    decide(&place, &(struct stands){.gauge = &ten});
    check_free(&place, 100, "9 8 4 1");

    ROW("a decision stands on a track, which had another revision before");
    put(&place, 11, 60, RAW_READ, 0, 0);
    put(&place, 12, 61, RAW_READ, 0, 0);
    (void)put_track(&place, 11, 20);
    struct hash track = put_track(&place, 12, 21);
    check_free(&place, 100, "12 11 9 8 4 1");
    decide(&place, &(struct stands){.track = &track});
    check_free(&place, 100, "9 8 4 1");

    ROW("a decision stands on what another file was read with");
    put(&place, 13, 70, RAW_READ, 0, 0);
    check_free(&place, 100, "13 9 8 4 1");
    read_with(&place, 10, 13);
    check_free(&place, 100, "9 8 4 1");
}

static void releasing_is_an_entry(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(raws_free) struct raws raws = {0};
    AUTO(mem_drop) struct hash *names = NULL;
    size_t count = 0;
    bool is_free = true;
    put(&place, 1, 10, RAW_READ, 100, 5);
    put(&place, 2, 20, RAW_READ, 200, 6);
    CHECK_OK(keep_free(place.ledger, "s", (struct utc){11 * DAY_S}, &raws, &place.err), place.err);
    CHECK_INT(raws.count, 1);
    CHECK_OK(keep_is_free(place.ledger, name_of(1), &is_free, &place.err), place.err);
    CHECK(!is_free);
    {
        AUTO(ledger_undo) struct txn *txn = NULL;
        CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
        CHECK_OK(keep_release(txn, "s", &raws, (struct utc){99 * DAY_S}, &place.err), place.err);
        CHECK_OK(ledger_commit(&txn, &place.err), place.err);
    }
    CHECK_OK(keep_is_free(place.ledger, name_of(1), &is_free, &place.err), place.err);
    CHECK(is_free);
    AUTO(entry_free) struct entry entry = {0};
    CHECK_OK(ledger_entry(place.ledger, 1, &entry, &place.err), place.err);
    CHECK_TEXT(entry.kind, "released");
    CHECK_HAS(entry.text, hash_hex(name_of(1)).at);
    CHECK_HAS(entry.text, "\"bytes\":10");
    ROW("its reading stays, but can no longer be made again");
    CHECK_OK(reading_names(place.ledger, &names, &count, &place.err), place.err);
    CHECK_INT(count, 1);
    ROW("it is not let go of twice");
    check_free(&place, 100, "2");
    CHECK_OK(readings_verify(place.ledger, &place.err), place.err);
}

TEST_MAIN(cmocka_unit_test(what_is_needed_stays), cmocka_unit_test(releasing_is_an_entry))
