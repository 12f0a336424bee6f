#include "triggers/bulletin.h"

#include "ledger/decision.h"
#include "ledger/outbox.h"
#include "ledger/subscriber.h"
#include "policies/policy.h"
#include "tests/ledger/place.h"
#include "triggers/evaluate.h"
#include "triggers/notice.h"

// Sixty communes are warned at once, and one officer is told of all of them.
enum { COMMUNES = 60, MESSAGE_BYTES = 900 };

static char zone[] = "north", plain[] = "Tuy Đức", quoted[] = "Xã \"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"",
            code[COMMUNES][24], former[200], text[MESSAGE_BYTES + 40];

static void put_all(struct place *place, char *name, const struct policy *policy)
{
    struct subscriber officer = {
        .id = "officer", .channel = "mail", .language = "vi", .wants = {true, true, true, true}};
    const struct subscribers to = {&officer, 1};
    const struct occasion occasion = {.period = "2024-09-07"};
    const struct decision_result result = {0};
    const struct alert_state state = {.on = true, .level = 1};
    struct commune commune[COMMUNES];
    AUTO(bulletin_free) struct bulletin *bulletin = bulletin_new(&to);
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct notice notice = {.policy = policy,
                            .occasion = &occasion,
                            .result = &result,
                            .cause = cause_of(place),
                            .drill = true};
    for (size_t i = 0; i < COMMUNES; i++) {
        (void)snprintf(code[i], sizeof(code[i]), "%05zu", i + 1);
        commune[i] =
            (struct commune){.code = code[i], .name = name, .zone = zone, .formerly = former};
        notice.commune = &commune[i];
        bulletin_note_alert(bulletin, &notice, &state, true);
    }
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(bulletin_send(txn, bulletin, &notice, notice.cause, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// All messages, and how many of the communes each names.
static size_t take_all(struct place *place, size_t *communes)
{
    size_t messages = 0;
    for (;;) {
        const struct outbox_claim claim = {.channel = "mail",
                                           .worker = "w",
                                           .max = 1,
                                           .lane_max = 9,
                                           .now_ms = 1000,
                                           .lease_until_ms = 100000};
        AUTO(outbox_items_free) struct outbox_items items = {0};
        CHECK_OK(outbox_take(place->ledger, &claim, &items, &place->err), place->err);
        if (items.count == 0)
            return messages;
        messages++;
        CHECK(!strstr(items.at[0].body, "Quảng Tâm"));
        for (size_t i = 0; i < COMMUNES; i++) {
            char key[48];
            (void)snprintf(key, sizeof(key), "\"commune\":\"%.20s\"", code[i]);
            *communes += strstr(items.at[0].body, key) != NULL;
        }
        struct outbox_answer answer = {.id = items.at[0].id,
                                       .attempt = items.at[0].attempt,
                                       .outcome = OUTCOME_DONE,
                                       .ref = "",
                                       .why = ""};
        CHECK_OK(outbox_settle(place->ledger, &answer, 1, 5, &place->err), place->err);
    }
}

static void test_pages(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        char *commune;
        size_t bytes, pages;
    } rows[] = {
        {"short texts: one message", plain, 60, 1},
        {"long texts: more than one body has room for", plain, MESSAGE_BYTES, 2},
        {"names that JSON writes longer", quoted, MESSAGE_BYTES, 2},
    };
    (void)snprintf(former, sizeof(former), "Đắk Buk So, Đắk R'Tih, Quảng Tâm, %0100d", 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct place place = place_new();
        struct policy policy = {.id = "rain", .version = 1, .kind = POLICY_ALERT};
        int len = snprintf(text, sizeof(text), "{commune}: {issued}, {next}. ");
        memset(text + len, 'x', rows[i].bytes);
        text[(size_t)len + rows[i].bytes] = '\0';
        policy.message.at[LANGUAGE_VI] = policy.title.at[LANGUAGE_VI] = text;
        policy.message.at[LANGUAGE_EN] = policy.title.at[LANGUAGE_EN] = text;
        size_t communes = 0;
        put_all(&place, rows[i].commune, &policy);
        CHECK_INT(take_all(&place, &communes), rows[i].pages);
        CHECK_INT(communes, COMMUNES);
        place_free(&place);
    }
}

// An SMS of payouts waits for the end of quiet hours: nothing that somebody waits for waits with
// it.
static void test_lanes(void **state)
{
    (void)state;
    static const struct {
        const char *channel;
        int64_t lane;
        const char *short_text; // NULL: none is needed
    } rows[] = {{"mail", 1, NULL}, {"sms", 2, "\"short\":{\"vi\":\"[DIỄN TẬP] "}};
    struct policy policy = {.id = "cover", .version = 1, .kind = POLICY_INSURANCE};
    policy.title.at[LANGUAGE_VI] = policy.title.at[LANGUAGE_EN] = plain;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].channel);
        AUTO(place_free) struct place place = place_new();
        struct subscriber officer = {
            .id = "officer", .to = "P-1", .language = "vi", .wants = {true, true}};
        (void)snprintf(officer.channel, sizeof(officer.channel), "%s", rows[i].channel);
        const struct subscribers to = {&officer, 1};
        const struct occasion occasion = {.period = "2024"};
        const struct decision_result result = {0};
        struct commune commune = {.code = code[0], .name = plain, .zone = zone};
        AUTO(bulletin_free) struct bulletin *bulletin = bulletin_new(&to);
        AUTO(ledger_undo) struct txn *txn = NULL;
        struct notice notice = {.policy = &policy,
                                .occasion = &occasion,
                                .result = &result,
                                .commune = &commune,
                                .cause = cause_of(&place),
                                .drill = true};
        bulletin_note_payout(bulletin, &notice, (struct money){1000, "VND"});
        CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
        CHECK_OK(bulletin_send(txn, bulletin, &notice, notice.cause, &place.err), place.err);
        CHECK_OK(ledger_commit(&txn, &place.err), place.err);
        AUTO(stmt_done)
        struct stmt *stmt =
            stmt_of(ledger_db(place.ledger), "SELECT lane, channel, body FROM outbox");
        bool row = false;
        CHECK_OK(stmt_next(stmt, &row, &place.err), place.err);
        CHECK(row);
        CHECK_TEXT(row_text(stmt, 1), rows[i].channel);
        CHECK_INT(row_int(stmt, 0), rows[i].lane);
        if (rows[i].short_text)
            CHECK_HAS(row_text(stmt, 2), rows[i].short_text);
        else
            CHECK(!strstr(row_text(stmt, 2), "short"));
    }
}

TEST_MAIN(cmocka_unit_test(test_pages), cmocka_unit_test(test_lanes))
