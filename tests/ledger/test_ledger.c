#include "tests/ledger/place.h"

#include "core/hash.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/decision.h"
#include "ledger/outbox.h"
#include "ledger/reading.h"
#include "ledger/rebuild.h"

static int64_t append(struct place *place, const char *kind, int64_t number)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t seq = 0;
    doc_put_int(body, "number", number);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(ledger_append(txn, kind, (struct utc){0}, body, &seq, NULL, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return seq;
}

static void entries_are_chained_canonical_json(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    CHECK_INT(append(&place, "drill", 7), 1);
    CHECK_INT(append(&place, "drill", -8), 2);
    AUTO(entry_free) struct entry first = {0}, second = {0};
    CHECK_OK(ledger_entry(place.ledger, 1, &first, &place.err), place.err);
    AUTO(entry_free) struct entry next = {0};
    CHECK_OK(ledger_entry(place.ledger, 2, &next, &place.err), place.err);
    CHECK_TEXT(first.text,
               "{\"at\":\"1970-01-01T00:00:00Z\",\"kind\":\"drill\",\"number\":7,\"seq\":1}");
    // Computed apart from gong: (head -c 32 /dev/zero; printf '%s' "$TEXT") | sha256sum
    CHECK_TEXT(hash_hex(first.hash).at,
               "20d162e20b3f0f75b7cbeb81d0686d5125091849bdfd54a4f379049afca8a675");
    CHECK(hash_same(next.hash, hash_of_pair(first.hash, str_of(next.text))));
    CHECK_INT(ledger_entry(place.ledger, 3, &second, &place.err), ERR_MISSING);
    CHECK_HAS(place.err.text, "no entry 3");
}

// Nor a number that other tools would round.
static void numbers_are_kept_by_every_tool(void **state)
{
    (void)state;
    const int64_t most = INT64_C(1) << 53;
    AUTO(place_free) struct place place = place_new();
    for (int64_t number = most - 1; number <= most + 1; number++) {
        AUTO(ledger_undo) struct txn *txn = NULL;
        AUTO(doc_free) struct doc *body = doc_object();
        int64_t seq = 0;
        doc_put_int(body, "number", -number);
        CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
        CHECK_INT(ledger_append(txn, "drill", (struct utc){0}, body, &seq, NULL, &place.err),
                  number <= most ? OK : ERR_INPUT);
    }
    CHECK_HAS(place.err.text,
              "kind drill holds a number beyond 9,007,199,254,740,992: leave it out");
}

// What jq writes otherwise is in no entry: its bytes are those of jq -cS.
static void controls_are_in_no_entry(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *said;
        bool taken;
    } rows[] = {
        {"a line end and a tab", "a\n\tb", "\"a\\n\\tb\"", true},
        {"a backslash before a u", "C:\\u001f", "\"C:\\\\u001f\"", true},
        {"marks", "\"\\", "\"\\\"\\\\\"", true},
        {"letters with their marks", "Đắk Nông", "\"Đắk Nông\"", true},
        {"no letters, but composed", "\xe2\x88\x9e \xf0\x9f\x8c\xa7", "\xe2\x88\x9e", true},
        {"a mark by itself", "a\xcc\x82", "not composed (NFC)", false},
        {"a letter that composes otherwise", "\xe2\x84\xa6", "not composed (NFC)", false},
        {"an escape character", "a\x1b[0m", "", false},
        {"a bell behind a backslash", "\\\x07", "", false},
        {"DEL", "a\x7f", "", false},
    };
    AUTO(place_free) struct place place = place_new();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(ledger_undo) struct txn *txn = NULL;
        AUTO(doc_free) struct doc *body = doc_object();
        AUTO(entry_free) struct entry entry = {0};
        int64_t seq = 0;
        doc_put_text(body, "text", rows[i].text);
        CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
        enum err_kind kind =
            ledger_append(txn, "drill", (struct utc){0}, body, &seq, NULL, &place.err);
        CHECK_INT(kind, rows[i].taken ? OK : ERR_INPUT);
        if (!rows[i].taken) {
            CHECK_HAS(place.err.text, *rows[i].said ? rows[i].said : "a control character");
            continue;
        }
        CHECK_OK(ledger_commit(&txn, &place.err), place.err);
        CHECK_OK(ledger_entry(place.ledger, seq, &entry, &place.err), place.err);
        CHECK_HAS(entry.text, rows[i].said);
    }
    int64_t seq = 0;
    struct hash head;
    CHECK_OK(ledger_head(place.ledger, &seq, &head, &place.err), place.err);
    CHECK_INT(seq, 5);
}

static enum err_kind no_policy(void *self, const char *hash, struct str *out, struct err *err)
{
    (void)self;
    (void)out;
    return err_set(err, ERR_MISSING, "no policy %s", hash);
}

// An older program wrote such, and its ledger is as honest as ours.
static void controls_of_an_older_ledger_are_made_again(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(entry_free) struct entry made = {0};
    static const char line[] = "{\"at\":\"1970-01-01T00:00:00Z\",\"kind\":\"drill\",\"seq\":1,"
                               "\"text\":\"a\\u0001\"}";
    CHECK_OK(rebuild_entries(place.ledger, STR(line), no_policy, NULL, &place.err), place.err);
    CHECK_OK(ledger_entry(place.ledger, 1, &made, &place.err), place.err);
    CHECK_TEXT(made.text, line);
}

static void an_undone_transaction_leaves_nothing(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    append(&place, "drill", 1);
    {
        AUTO(ledger_undo) struct txn *txn = NULL;
        AUTO(doc_free) struct doc *body = doc_object();
        int64_t seq = 0;
        CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
        CHECK_OK(ledger_append(txn, "drill", (struct utc){0}, body, &seq, NULL, &place.err),
                 place.err);
        CHECK_INT(seq, 2);
    }
    int64_t seq = 0;
    struct hash head;
    CHECK_OK(ledger_head(place.ledger, &seq, &head, &place.err), place.err);
    CHECK_INT(seq, 1);
    CHECK_INT(append(&place, "drill", 2), 2);
}

static void two_programs_append_to_one_chain(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct place other = place;
    CHECK_OK(ledger_open(place.folder, LEDGER_WRITE, &other.ledger, &other.err), other.err);
    for (int i = 0; i < 20; i++)
        CHECK_INT(append(i % 2 ? &place : &other, "drill", i), i + 1);
    ledger_close(&other.ledger);
    struct ledger_report report;
    CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
    CHECK_INT(report.entries, 20);
}

static void put_message(struct txn *txn, int64_t cause, struct err *err)
{
    bool fresh = false;
    char body[] = "{\"amount_vnd\":\"500000\",\"contract\":\"C-1\",\"period\":\"1970-01\","
                  "\"policy\":\"rain\"}";
    struct outbox_item pay = {.channel = "pay",
                              .key = "pay/C-1/1970-01/rain",
                              .person = "P-1",
                              .contract = "C-1",
                              .lane = 1,
                              .expires = UTC_NEVER,
                              .cause = cause,
                              .body = body};
    CHECK_OK(outbox_put(txn, &pay, &fresh, err), *err);
}

static void pay(struct place *place)
{
    struct err *err = &place->err;
    struct outbox_claim claim = {"pay", "w", 10, INT32_MAX, {7200}, 1000, 2000, NULL};
    AUTO(outbox_items_free) struct outbox_items items = {0};
    CHECK_OK(outbox_take(place->ledger, &claim, &items, err), *err);
    CHECK_INT(items.count, 1);
    struct outbox_answer answer = {items.at[0].id, 1, OUTCOME_DONE, NULL, 0, {7200}, "", "file"};
    CHECK_OK(outbox_settle(place->ledger, &answer, 1, 5, err), *err);
}

// A whole small life: a reading, a batch, two decisions, a payout, two messages, a payment.
static void live(struct place *place)
{
    struct err *err = &place->err;
    int32_t value[2] = {120500, READING_NONE};
    uint16_t cover[2] = {READING_COVER_FULL, 0};
    struct reading reading = {.meta = {.source = "drill",
                                       .variable = "rain",
                                       .boundary_set = "two",
                                       .valid_to = {3600},
                                       .issued_at = UTC_NEVER,
                                       .member = MEMBER_NONE},
                              .communes = 2,
                              .value = value,
                              .cover = cover};
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct hash hash;
    bool fresh = false;
    CHECK_OK(ledger_begin(place->ledger, &txn, err), *err);
    CHECK_OK(reading_put(txn, &reading, &fresh, &hash, err), *err);
    CHECK(fresh);
    struct str yaml = STR("gong: 1\n");
    struct batch batch = {.policy = "rain",
                          .version = 1,
                          .policy_hash = hash_of(yaml),
                          .boundary_set = "two",
                          .period = "1970-01",
                          .as_of = {7200},
                          .basis = hash};
    CHECK_OK(policy_text_put(txn, batch.as_of, "rain", 1, batch.policy_hash, yaml, err), *err);
    AUTO(doc_free) struct doc *inputs = doc_object();
    struct doc *list = doc_array();
    doc_push_text(list, hash_hex(hash).at);
    doc_put(inputs, "readings", list);
    AUTO(doc_free) struct doc *trace = doc_array();
    int64_t batch_seq = 0, seq[2];
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, err), *err);
    struct decision yes = {"00001", ANSWER_YES, true, 120500, trace, 0, NULL};
    struct decision unknown = {"00002", ANSWER_UNKNOWN, false, 0, trace, 0, NULL};
    CHECK_OK(decision_put(txn, &batch, batch_seq, &yes, &seq[0], err), *err);
    CHECK_OK(decision_put(txn, &batch, batch_seq, &unknown, &seq[1], err), *err);
    struct payout payout = {"C-1", "1970-01", "rain", VND(500000), seq[0]};
    struct money standing;
    CHECK_OK(payout_put(txn, batch.as_of, &payout, &fresh, &standing, err), *err);
    CHECK(fresh);
    payout.amount = VND(900000);
    CHECK_OK(payout_put(txn, batch.as_of, &payout, &fresh, &standing, err), *err);
    CHECK(!fresh);
    CHECK_INT(standing.minor, 500000);
    put_message(txn, seq[0], err);
    CHECK_OK(ledger_commit(&txn, err), *err);
    pay(place);
}

static void a_whole_life_verifies(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    live(&place);
    struct ledger_report report;
    CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
    CHECK_INT(report.entries, 7); // policy, basis, two decisions, payout, messages, payment
    CHECK_INT(report.bad_seq, 0);
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    CHECK_OK(payout_list(place.ledger, "C-1", &rows, &place.err), place.err);
    CHECK_INT(rows.count, 1);
    CHECK_TEXT(rows.at[0].state, "paid");
}

// One run of the alert policy "flood": commune 00001 is on since the first, 00002 was and speaks
// for it again, 00003 never was. An older program's decisions have no notes of that.
static void put_run(struct place *place, int64_t as_of_s, bool notes)
{
    struct err *err = &place->err;
    struct str yaml = STR("gong: 1\n"), basis = {(const char *)&as_of_s, sizeof(as_of_s)};
    struct batch batch = {.policy = "flood",
                          .version = 1,
                          .policy_hash = hash_of(yaml),
                          .boundary_set = "three",
                          .period = as_of_s == 3600 ? "1970-01-01T01:00" : "1970-01-01T02:00",
                          .as_of = {as_of_s},
                          .basis = hash_of(basis)};
    const char *const text[] = {"{\"level\":1,\"since\":\"1970-01-01T01:00:00Z\",\"reached\":"
                                "[\"1970-01-01T01:00:00Z\"],\"told\":\"1970-01-01T01:00:00Z\","
                                "\"told_level\":1}",
                                "{\"level\":0,\"runs\":1,\"told\":\"1970-01-01T00:10:00Z\","
                                "\"told_level\":2}",
                                NULL};
    struct alert_state state[] = {
        {.on = true, .level = 1, .since = {3600}, .told = {3600}, .told_level = 1},
        {.runs = notes, .since = {900}, .told = {600}, .told_level = 2},
        alert_state_none(),
    };
    static const char *const commune[] = {"00001", "00002", "00003"};
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(doc_free) struct doc *trace = doc_array();
    int64_t batch_seq = 0, seq;
    CHECK_OK(ledger_begin(place->ledger, &txn, err), *err);
    CHECK_OK(policy_text_put(txn, batch.as_of, "flood", 1, batch.policy_hash, yaml, err), *err);
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, err), *err);
    for (size_t i = 0; i < COUNT_OF(commune); i++) {
        AUTO(doc_free) struct doc *note = NULL;
        for (int level = 0; level < ALERT_LEVELS; level++)
            state[i].reached[level] = level < state[i].level ? (struct utc){3600} : UTC_NEVER;
        if (notes && text[i])
            CHECK_OK(doc_parse(str_of(text[i]), "note", &note, err), *err);
        struct decision decision = {commune[i], i < 2 ? ANSWER_YES : ANSWER_NO, false, 0, trace, 0,
                                    note};
        CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &seq, err), *err);
        state[i].seen = batch.as_of;
        CHECK_OK(alert_state_put(txn, "flood", commune[i], &state[i], err), *err);
    }
    CHECK_OK(ledger_commit(&txn, err), *err);
}

// What was on before notes were written is known from the first that tells all of it.
static void alerts_of_an_older_ledger_are_as_they_were(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sql;
        bool older, newer; // found by the older program's entries, with those that have notes
    } rows[] = {
        {"nothing", "UPDATE alert_state SET is_on = is_on", false, false},
        {"on that never was", "UPDATE alert_state SET is_on = 1, level = 4 WHERE commune = '00003'",
         true, true},
        {"told that never was", "UPDATE alert_state SET told = 5 WHERE commune = '00003'", true,
         true},
        {"off that is on", "UPDATE alert_state SET is_on = 0, level = 0 WHERE commune = '00001'",
         false, true},
        {"told later", "UPDATE alert_state SET told = 3601 WHERE commune = '00001'", false, true},
        {"on that is off", "UPDATE alert_state SET is_on = 1, level = 1 WHERE commune = '00002'",
         false, true},
        {"taken out", "DELETE FROM alert_state WHERE commune = '00002'", true, true},
    };
    for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
        bool newer = i % 2, found = newer ? rows[i / 2].newer : rows[i / 2].older;
        AUTO(place_free) struct place place = place_new();
        struct ledger_report report;
        ROW(rows[i / 2].name);
        put_run(&place, 3600, false);
        if (newer)
            put_run(&place, 7200, true);
        CHECK_OK(db_run(ledger_db(place.ledger), rows[i / 2].sql, &place.err), place.err);
        CHECK_INT(ledger_verify(place.ledger, &report, &place.err), found ? ERR_BROKEN : OK);
        if (found)
            CHECK_HAS(place.err.text, "is not what the table of alerts says");
    }
}

// Every edit of a value that somebody could want to make is found.
static const struct {
    const char *name, *sql, *words;
} edits[] = {
    {"an entry's text", "UPDATE entry SET text = replace(text, '500000', '900000') WHERE seq = 5",
     "entry 5 or the one before it was changed"},
    {"an entry's hash", "UPDATE entry SET hash = zeroblob(32) WHERE seq = 2", "entry 2"},
    {"an entry taken out", "DELETE FROM entry WHERE seq = 3", "entry 3 is missing"},
    {"the last entry taken out", "DELETE FROM entry WHERE seq = 7",
     "state no payment entry bears out"},
    {"an entry's kind", "UPDATE entry SET kind = 'x' WHERE seq = 4", "another number or kind"},
    {"a decision's answer", "UPDATE decision SET answer = 0 WHERE commune = '00001'",
     "table of decisions"},
    {"a decision's index", "UPDATE decision SET index_milli = 1 WHERE commune = '00001'",
     "table of decisions"},
    {"a decision's commune", "UPDATE decision SET commune = '9' WHERE commune = '00002'",
     "table of decisions"},
    {"a decision taken out", "DELETE FROM decision WHERE commune = '00002'",
     "missing in the table of decisions"},
    {"a batch's period", "UPDATE batch SET period = '1970-02'", "says"},
    {"a batch's basis", "UPDATE batch SET basis = zeroblob(32)", "table of batches"},
    {"a payout's amount", "UPDATE payout SET amount = 600000", "table of payouts"},
    {"a payout's contract", "UPDATE payout SET contract = 'C-2'", "table of payouts"},
    {"a payout's state", "UPDATE payout SET state = 'planned'", "says paid"},
    {"a payout taken out", "DELETE FROM payout", "table of payouts"},
    {"a message's amount", "UPDATE outbox SET body = replace(body, '500000', '700000')",
     "message to pay"},
    {"whom a message is to", "UPDATE outbox SET person = 'P-2'",
     "entry 6 is not what the outbox holds of its messages"},
    {"whose contract it is about", "UPDATE outbox SET contract = 'C-2'", "what the outbox holds"},
    {"what takes its place", "UPDATE outbox SET thread = 'x'", "what the outbox holds"},
    {"till when it is sent", "UPDATE outbox SET expires = 1", "what the outbox holds"},
    {"its number", "UPDATE outbox SET id = id + 1; UPDATE intent SET message = message + 1",
     "what the outbox holds"},
    {"a message put in",
     "INSERT INTO outbox SELECT id + 1, 'sms', 'k', person, contract, '', 1, expires, cause,"
     " body, 0, 0, 0, 0, 0, 0, 0, 0, '', '' FROM outbox",
     "messages after number 1, of which no entry tells"},
    {"a message put in before the first",
     "INSERT INTO outbox SELECT id - 1, 'sms', 'k', person, contract, '', 1, expires, cause,"
     " body, 0, 0, 0, 0, 0, 0, 0, 0, '', '' FROM outbox",
     "what the outbox holds"},
    {"a payment to be sent again", "UPDATE outbox SET state = 0",
     "entry 5 is a payout whose message is in another state"},
    {"a reading's value", "UPDATE reading SET value = x'0000000000000000'",
     "was changed after it was stored"},
    {"a reading's time", "UPDATE reading SET valid_to = 7200", "was changed"},
    {"a reading taken out", "DELETE FROM reading", "stands on a reading that is not there"},
    {"a batch's version", "UPDATE batch SET version = 2", "table of batches"},
    {"a batch's time", "UPDATE batch SET as_of = as_of + 1", "table of batches"},
    {"a message's key", "UPDATE outbox SET key = key || 'x'",
     "under another key than its payout's"},
    {"an intent's reference", "UPDATE intent SET reference = 'another'",
     "another reference than its message's key gives"},
    {"an intent's day", "UPDATE intent SET day = day + 1", "counts for another day"},
    {"an intent's time", "UPDATE intent SET at = at + 86400", "counts for another day"},
    {"what was spent", "UPDATE spent SET amount = amount - 1 WHERE what LIKE 'day/%'",
     "that caps are held to for day/0 is 499999, its payouts are 500000"},
    {"what an event spent", "DELETE FROM spent WHERE what LIKE 'event/%'",
     "that caps are held to for event/rain/1970-01 is 0, its payouts are 500000"},
    {"what a sum is of", "UPDATE spent SET what = what || 'x'", "that caps are held to"},
    {"a policy's text", "UPDATE policy_text SET yaml = 'gong: 2'", "whose text was changed"},
    {"a policy's name", "UPDATE policy_text SET id = 'other'", "table of policies"},
    {"a policy's version", "UPDATE policy_text SET version = 9", "table of policies"},
    {"a policy's text hash", "UPDATE policy_text SET hash = zeroblob(32)",
     "policy whose text is not there"},
};

static void every_edit_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        ROW(edits[i].name);
        AUTO(place_free) struct place place = place_new();
        live(&place);
        struct db *db = ledger_db(place.ledger);
        place_unguard(&place);
        CHECK_OK(db_run(db, edits[i].sql, &place.err), place.err);
        struct ledger_report report;
        CHECK_INT(ledger_verify(place.ledger, &report, &place.err), ERR_BROKEN);
        CHECK_HAS(place.err.text, edits[i].words);
    }
}

static void the_database_itself_refuses_edits(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    live(&place);
    struct db *db = ledger_db(place.ledger);
    CHECK_INT(db_run(db, "UPDATE entry SET text = '' WHERE seq = 1", &place.err), ERR_BROKEN);
    CHECK_HAS(place.err.text, "never changed");
    CHECK_INT(db_run(db, "DELETE FROM entry WHERE seq = 1", &place.err), ERR_BROKEN);
    CHECK_HAS(place.err.text, "never removed");
}

static void a_batch_is_done_once_and_names_what_it_replaces(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    live(&place);
    struct batch batch = {.policy = "rain",
                          .version = 1,
                          .policy_hash = hash_of(STR("gong: 1\n")),
                          .boundary_set = "two",
                          .period = "1970-01",
                          .as_of = {7200},
                          .basis = hash_of(STR("other readings"))};
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(ledger_undo) struct txn *txn = NULL;
    int64_t seq = 0;
    bool done = true;
    CHECK_OK(
        batch_done(place.ledger, batch.policy_hash, batch.period, batch.basis, &done, &place.err),
        place.err);
    CHECK(!done);
    CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
    CHECK_OK(batch_put(txn, &batch, inputs, &seq, &place.err), place.err);
    CHECK_INT(batch_put(txn, &batch, inputs, &seq, &place.err), ERR_BROKEN);
    CHECK_OK(ledger_commit(&txn, &place.err), place.err);
    AUTO(entry_free) struct entry entry = {0};
    CHECK_OK(ledger_entry(place.ledger, seq, &entry, &place.err), place.err);
    CHECK_HAS(entry.text, "\"replaces\":2");
    struct decision_query query = {.policy = "rain", .newest_only = true};
    AUTO(decision_rows_free) struct decision_rows rows = {0};
    CHECK_OK(decision_list(place.ledger, &query, &rows, &place.err), place.err);
    CHECK_INT(rows.count, 0);
    query.newest_only = false;
    CHECK_OK(decision_list(place.ledger, &query, &rows, &place.err), place.err);
    CHECK_INT(rows.count, 2);
    CHECK_INT(rows.at[0].answer, ANSWER_YES);
    CHECK_INT(rows.at[0].index_milli, 120500);
    CHECK(!rows.at[1].has_index);
}

static void what_is_no_ledger_is_refused(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct ledger *ledger = NULL;
    CHECK_INT(ledger_create(place.folder, &place.err), ERR_INPUT);
    CHECK_HAS(place.err.text, "there already");
    CHECK_INT(ledger_open("/tmp/gong-no-such-folder", LEDGER_READ, &ledger, &place.err),
              ERR_MISSING);
    CHECK_OK(db_run(ledger_db(place.ledger),
                    place_store() ? "UPDATE gong_mark SET schema = 99" : "PRAGMA user_version=99",
                    &place.err),
             place.err);
    CHECK_INT(ledger_open(place.folder, LEDGER_READ, &ledger, &place.err), ERR_BROKEN);
    CHECK_HAS(place.err.text, "newer gong");
    char path[100];
    if (place_store()) // what follows is about files
        return;
    (void)snprintf(path, sizeof(path), "%s/people.db", place.folder);
    people_close(&place.people);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    for (int i = 0; i < 1000; i++)
        (void)fputs("this is no database at all ", file);
    (void)fclose(file);
    struct people *people = NULL;
    CHECK_INT(people_open(place.folder, LEDGER_READ, &people, &place.err), ERR_BROKEN);
    CHECK(people == NULL && ledger == NULL);
}

static void a_reader_cannot_write(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(ledger_close) struct ledger *reader = NULL;
    CHECK_OK(ledger_open(place.folder, LEDGER_READ, &reader, &place.err), place.err);
    CHECK(db_run(ledger_db(reader), "INSERT INTO entry VALUES (1, 'x', x'00', '{}')", &place.err) !=
          OK);
}

TEST_MAIN(cmocka_unit_test(entries_are_chained_canonical_json),
          cmocka_unit_test(controls_are_in_no_entry),
          cmocka_unit_test(numbers_are_kept_by_every_tool),
          cmocka_unit_test(controls_of_an_older_ledger_are_made_again),
          cmocka_unit_test(an_undone_transaction_leaves_nothing),
          cmocka_unit_test(two_programs_append_to_one_chain),
          cmocka_unit_test(a_whole_life_verifies),
          cmocka_unit_test(alerts_of_an_older_ledger_are_as_they_were),
          cmocka_unit_test(every_edit_is_found),
          cmocka_unit_test(the_database_itself_refuses_edits),
          cmocka_unit_test(a_batch_is_done_once_and_names_what_it_replaces),
          cmocka_unit_test(what_is_no_ledger_is_refused), cmocka_unit_test(a_reader_cannot_write))
