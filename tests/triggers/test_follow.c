// Alerts from entry to entry: what a run makes of one is written, read, told in words, kept over a
// restart, and comes out again.
#include "triggers/follow.h"

#include "core/mem.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "tests/ledger/place.h"
#include "triggers/alert_note.h"

static struct part stage[2] = {{.level = 1,
                                .lead_s = (int64_t)48 * HOUR_S,
                                .cut_off_s = (int64_t)24 * HOUR_S,
                                .index = {.within_s = (int64_t)24 * HOUR_S}},
                               {.level = 2, .index = {.within_s = (int64_t)24 * HOUR_S}}};
static const char id[] = "rain";
static const struct policy policy = {.id = "rain",
                                     .persistence = 1,
                                     .persistence_off = 1,
                                     .cool_down_s = (int64_t)6 * HOUR_S,
                                     .stages = true,
                                     .parts = 2,
                                     .part = stage};

static struct alert_said said_at(int64_t hour, int64_t level)
{
    return (struct alert_said){
        level ? SPEAKS_ON : SPEAKS_OFF, level, 0, {1767225600 + hour * HOUR_S}};
}

// The note of a run; NULL: none. The caller frees it.
static struct doc *note_of(struct alert_state *state, int64_t hour, int64_t level)
{
    const struct alert_rule rule = alert_rule_of(&policy);
    struct alert_said said = said_at(hour, level);
    struct alert_state before = *state;
    struct alert_taken taken = alert_take(state, &said, &rule);
    return alert_note_doc(&before, state, &taken);
}

static void what_is_noted(void **test)
{
    (void)test;
    static const struct {
        int64_t hour, level;
        const char *note, *vi, *en;
    } rows[] = {
        {0, 0, NULL, NULL, NULL},
        {6, 1,
         "{\"level\":1,\"reached\":[\"2026-01-01T06:00:00Z\"],\"since\":\"2026-01-01T06:00:00Z\","
         "\"tells\":true,\"told\":\"2026-01-01T06:00:00Z\",\"told_level\":1,\"turn\":\"on\"}",
         "cảnh báo: cấp 1 từ 13:00 01/01/2026; bản tin này bật, có báo cho dân",
         "alert: level 1 since 13:00 01/01/2026; this run turned it on, which is told"},
        {24, 2,
         "{\"level\":2,\"reached\":[\"2026-01-01T06:00:00Z\",\"2026-01-02T00:00:00Z\"],"
         "\"since\":\"2026-01-02T00:00:00Z\",\"tells\":true,\"told\":\"2026-01-02T00:00:00Z\","
         "\"told_level\":2,\"turn\":\"up\"}",
         "cảnh báo: cấp 2 từ 07:00 02/01/2026; bản tin này nâng cấp, có báo cho dân; từ cấp 1 trở "
         "lên từ 13:00 01/01/2026",
         "alert: level 2 since 07:00 02/01/2026; this run raised it, which is told; level 1 or "
         "above since 13:00 01/01/2026"},
        {36, 0,
         "{\"kept\":1,\"level\":1,\"reached\":[\"2026-01-01T06:00:00Z\"],\"since\":"
         "\"2026-01-02T12:00:00Z\",\"tells\":true,\"told\":\"2026-01-02T12:00:00Z\","
         "\"told_level\":1,\"turn\":\"down\"}",
         "cảnh báo: cấp 1 từ 19:00 02/01/2026; bản tin này hạ cấp, có báo cho dân; không xuống "
         "dưới "
         "cấp 1: đã qua điểm không thể rút lại của cấp đó",
         "alert: level 1 since 19:00 02/01/2026; this run lowered it, which is told; not below "
         "level 1: that stage is past its cut-off"},
        {78, 0,
         "{\"level\":0,\"tells\":true,\"told\":\"2026-01-02T12:00:00Z\",\"told_level\":1,"
         "\"turn\":\"off\"}",
         "cảnh báo: tắt; bản tin này kết thúc, có báo cho dân",
         "alert: off; this run ended it, which is told"},
        {84, 0, NULL, NULL, NULL},
    };
    struct alert_state state = alert_state_none();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(doc_free) struct doc *note = note_of(&state, rows[i].hour, rows[i].level);
        AUTO(buf_free) struct buf text = buf_new(4096), vi = buf_new(4096), en = buf_new(4096);
        CHECK((note == NULL) == (rows[i].note == NULL));
        if (!note)
            continue;
        ROW(rows[i].en);
        doc_canonical(note, &text);
        alert_note_say(note, LANGUAGE_VI, &vi);
        alert_note_say(note, LANGUAGE_EN, &en);
        CHECK_TEXT(text.at, rows[i].note);
        CHECK_TEXT(vi.at, rows[i].vi);
        CHECK_TEXT(en.at, rows[i].en);
        struct err err = {0};
        struct alert_state read = alert_state_none();
        CHECK_OK(alert_note_read(note, &read, &err), err);
        CHECK_INT(read.level, state.level);
        CHECK_INT(read.told.s, state.told.s);
        CHECK_INT(read.told_level, state.told_level);
        for (size_t l = 0; l < ALERT_LEVELS; l++)
            CHECK_INT(read.reached[l].s, state.reached[l].s);
    }
}

static void a_note_that_is_none_is_refused(void **test)
{
    (void)test;
    static const struct {
        const char *note, *says;
    } rows[] = {
        {"{}", "levels are not of 1 to 5"},
        {"{\"level\":6,\"reached\":[]}", "levels are not of 1 to 5"},
        {"{\"level\":1,\"since\":\"2026-01-01T06:00:00Z\"}", "levels are not of 1 to 5"},
        {"{\"level\":1,\"reached\":[\"2026-01-01T06:00:00Z\"]}", "a time of the alert is missing"},
        {"{\"level\":0,\"told\":7}", "a time of the alert is missing"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = {0};
        AUTO(doc_free) struct doc *note = NULL;
        struct alert_state state = alert_state_none();
        ROW(rows[i].note);
        CHECK_OK(doc_parse(str_of(rows[i].note), "note", &note, &err), err);
        CHECK_INT(alert_note_read(note, &state, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
    }
}

static void put_state(struct place *place, const struct alert_state *state)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(alert_state_put(txn, id, "00001", state, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// After each run the site is closed and opened again.
static void each_stage_counts_on_over_a_restart(void **test)
{
    (void)test;
    static const int64_t hours[] = {0, 18, 30, 66, 72}, said[] = {1, 2, 0, 0, 0};
    static const int64_t level[] = {1, 2, 1, 1, 0};
    AUTO(place_free) struct place place = place_new();
    for (size_t i = 0; i < COUNT_OF(hours); i++) {
        struct alert_state state;
        CHECK_OK(alert_state_get(place.ledger, id, "00001", &state, &place.err), place.err);
        AUTO(doc_free) struct doc *note = note_of(&state, hours[i], said[i]);
        CHECK(note != NULL);
        CHECK_INT(state.level, level[i]);
        put_state(&place, &state);
        ledger_close(&place.ledger);
        CHECK_OK(ledger_open(place.folder, LEDGER_WRITE, &place.ledger, &place.err), place.err);
    }
}

static void clear_at(struct place *place, int64_t hour, int64_t *seq)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_text(body, "policy", id);
    doc_put_text(body, "commune", "00001");
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(
        ledger_append(txn, "alert_clear", said_at(hour, 0).as_of, body, seq, NULL, &place->err),
        place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static bool comes_out(struct follow *follow, int64_t seq, int64_t hour, int64_t level,
                      const struct doc *note)
{
    struct err err = {0};
    bool same = false;
    const struct followed one = {seq, &policy, "00001", said_at(hour, level), note};
    CHECK_OK(follow_take(follow, &one, &same, &err), err);
    return same;
}

static void alerts_are_followed(void **test)
{
    (void)test;
    int64_t seq = 0;
    AUTO(place_free) struct place place = place_new();
    clear_at(&place, 20, &seq);
    struct alert_state state = alert_state_none();
    AUTO(doc_free) struct doc *on = note_of(&state, 6, 1);
    AUTO(doc_free) struct doc *up = note_of(&state, 18, 2);
    CHECK(alert_clear(&state, said_at(20, 0).as_of));
    AUTO(doc_free) struct doc *anew = note_of(&state, 24, 1);

    ROW("as it was, with a person who cleared it before the third");
    AUTO(follow_free) struct follow *follow = NULL;
    CHECK_OK(follow_new(place.ledger, &follow, &place.err), place.err);
    CHECK(comes_out(follow, seq - 2, 6, 1, on));
    CHECK(comes_out(follow, seq - 1, 18, 2, up));
    CHECK(comes_out(follow, seq + 1, 24, 1, anew));
    CHECK(!comes_out(follow, seq + 2, 30, 0, anew));
    follow_free(&follow);

    ROW("an entry that tells another alert, or none, differs");
    CHECK_OK(follow_new(place.ledger, &follow, &place.err), place.err);
    CHECK(comes_out(follow, seq - 2, 6, 1, on));
    CHECK(!comes_out(follow, seq - 1, 18, 2, on));
    CHECK(!comes_out(follow, seq + 1, 24, 1, NULL));
    follow_free(&follow);

    ROW("what was decided before entries told it is not compared, what comes then is");
    CHECK_OK(follow_new(place.ledger, &follow, &place.err), place.err);
    CHECK(comes_out(follow, seq - 2, 6, 1, NULL));
    CHECK(comes_out(follow, seq - 1, 18, 2, up));
    CHECK(comes_out(follow, seq + 1, 24, 1, anew));
    CHECK(!comes_out(follow, seq + 2, 30, 2, NULL));
}

TEST_MAIN(cmocka_unit_test(what_is_noted), cmocka_unit_test(a_note_that_is_none_is_refused),
          cmocka_unit_test(each_stage_counts_on_over_a_restart),
          cmocka_unit_test(alerts_are_followed))
