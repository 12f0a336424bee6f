// What a decision puts into the outbox for people: in earnest a warning goes stale and is replaced
// by a newer one of its place; a drill shows every one of them.
#include "triggers/notice.h"

#include "core/file.h"
#include "core/phrase.h"
#include "ledger/outbox.h"
#include "ledger/people.h"
#include "policies/period.h"
#include "policies/policy.h"
#include "tests/ledger/place.h"
#include "triggers/evaluate.h"

enum { AS_OF_S = 1725472800, WITHIN_S = 3 * DAY_S }; // 2024-09-05 01:00 in Việt Nam

static char code[] = "01840", name[] = "Xã Ba Bể", zone[] = "former-bac-kan";

struct desk {
    struct place place;
    struct policy *policy;
    struct phrase_book *phrases;
    int64_t runs;
    bool kept; // the runs that come say less than the stage that stands
};

static void desk_free(struct desk *desk)
{
    policy_free(&desk->policy);
    phrase_free(&desk->phrases);
    place_free(&desk->place);
}

static struct desk desk_new(void)
{
    struct desk desk = {.place = place_new()};
    struct err err = {0};
    CHECK_OK(policy_load("policies/bac-kan-heavy-rain.yaml", &desk.policy, &err), err);
    CHECK_OK(phrase_load("policies/messages", &desk.phrases, &err), err);
    return desk;
}

// The next run of the forecast warns the commune, or ends its alert: two people, of whom one has
// two contracts.
static void warn(struct desk *desk, bool drill, bool cancel, int64_t ask_after_s)
{
    struct err *err = &desk->place.err;
    struct utc as_of = {AS_OF_S + desk->runs * 12 * HOUR_S};
    struct occasion occasion = {.as_of = as_of, .from = as_of, .to = {as_of.s + WITHIN_S}};
    (void)snprintf(occasion.period, sizeof(occasion.period), "%s", utc_text(as_of).at);
    struct commune commune = {.code = code, .name = name, .zone = zone};
    struct decision_result result = {.index_milli = 116400, .probability_milli = 650};
    struct contract contract[] = {{.id = "C-1", .person = "P-1"},
                                  {.id = "C-2", .person = "P-1"},
                                  {.id = "C-3", .person = "P-2"}};
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    size_t sent = 0;
    struct notice notice = {.policy = desk->policy,
                            .occasion = &occasion,
                            .commune = &commune,
                            .result = &result,
                            .drill = drill,
                            .phrases = desk->phrases,
                            .ask_after_s = ask_after_s,
                            .cancel = cancel,
                            .kept = desk->kept};
    desk->runs++;
    CHECK_OK(ledger_begin(desk->place.ledger, &txn, err), *err);
    CHECK_OK(ledger_append(txn, "drill", as_of, body, &notice.cause, NULL, err), *err);
    CHECK_OK(notice_alert(txn, &notice, contract, COUNT_OF(contract), &sent, err), *err);
    CHECK_INT(sent, 2);
    CHECK_OK(ledger_commit(&txn, err), *err);
}

static size_t take(struct desk *desk, int64_t now_s, struct outbox_items *items)
{
    struct outbox_claim claim = {.channel = "sms",
                                 .worker = "w",
                                 .max = 20,
                                 .lane_max = 9,
                                 .now = {now_s},
                                 .now_ms = now_s * 1000,
                                 .lease_until_ms = now_s * 1000 + 60000};
    outbox_items_free(items);
    CHECK_OK(outbox_take(desk->place.ledger, &claim, items, &desk->place.err), desk->place.err);
    return items->count;
}

static int64_t count_of(struct desk *desk, enum outbox_state state)
{
    int64_t count[OUTBOX_STATES];
    CHECK_OK(outbox_count(desk->place.ledger, "sms", count, &desk->place.err), desk->place.err);
    return count[state];
}

static void a_warning_goes_stale_in_earnest(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool drill;
        int64_t after_s; // that it is taken after it was issued
        size_t taken;
        enum outbox_state rest;
    } rows[] = {
        {"in time", false, WITHIN_S - 1, 2, OUTBOX_READY},
        {"what it warned of is over", false, WITHIN_S, 0, OUTBOX_EXPIRED},
        {"a drill is run on any date", true, 1000 * DAY_S, 2, OUTBOX_READY},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(desk_free) struct desk desk = desk_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        warn(&desk, rows[i].drill, false, 0);
        CHECK_INT(take(&desk, AS_OF_S + rows[i].after_s, &items), rows[i].taken);
        CHECK_INT(count_of(&desk, rows[i].rest), 2 - (int64_t)rows[i].taken);
        for (size_t k = 0; k < items.count; k++)
            CHECK_INT(items.at[k].lane, 0);
    }
}

static void the_newest_word_on_a_place_goes_out(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool drill, cancel;
        size_t taken;
        const char *word;
    } rows[] = {
        {"a newer run", false, false, 2, "alert/"},
        {"its end", false, true, 2, "cancel/"},
        {"a drill shows both, one after the other", true, false, 2, "alert/"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(desk_free) struct desk desk = desk_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        warn(&desk, rows[i].drill, false, 0);
        warn(&desk, rows[i].drill, rows[i].cancel, 0);
        CHECK_INT(take(&desk, AS_OF_S + DAY_S, &items), rows[i].taken);
        CHECK_INT(count_of(&desk, OUTBOX_SUPERSEDED), rows[i].drill ? 0 : 2);
        CHECK_INT(count_of(&desk, OUTBOX_READY), rows[i].drill ? 2 : 0);
        for (size_t k = 0; k < items.count; k++) {
            CHECK(str_starts(str_of(items.at[k].key), rows[i].word));
            const char *actions = strstr(items.at[k].body, "\"actions\":{\"step\":\"prepare\","
                                                           "\"text\":{\"en\":\"Prepare: keep");
            CHECK((actions == NULL) == rows[i].cancel);
            CHECK_INT(items.at[k].expires.s,
                      rows[i].drill ? UTC_NEVER.s : AS_OF_S + 12 * HOUR_S + WITHIN_S);
        }
    }
}

static void who_falls_to_a_stage_that_a_run_does_not_say_is_asked_by_the_run_that_did(void **state)
{
    (void)state;
    AUTO(desk_free) struct desk kept = desk_new();
    AUTO(outbox_items_free) struct outbox_items of_older = {0};
    warn(&kept, false, false, HOUR_S);
    kept.kept = true;
    warn(&kept, false, false, HOUR_S);
    CHECK_INT(count_of(&kept, OUTBOX_SUPERSEDED), 2); // the older warnings, no question
    // When the newer warnings are over, too.
    CHECK_INT(take(&kept, AS_OF_S + 12 * HOUR_S + WITHIN_S, &of_older), 2);
    for (size_t i = 0; i < of_older.count; i++)
        CHECK_HAS(of_older.at[i].key, utc_text((struct utc){AS_OF_S}).at);
}

static void people_are_asked_once_when_it_is_over(void **state)
{
    (void)state;
    AUTO(desk_free) struct desk desk = desk_new();
    AUTO(outbox_items_free) struct outbox_items items = {0};
    warn(&desk, false, false, HOUR_S);
    warn(&desk, false, false, HOUR_S);
    int64_t over_s = AS_OF_S + 12 * HOUR_S + WITHIN_S + HOUR_S; // of the newer alert
    ROW("not before");
    CHECK_INT(take(&desk, over_s - 1, &items), 0);
    CHECK_INT(count_of(&desk, OUTBOX_EXPIRED), 2); // the newer warnings; the older were replaced
    ROW("one question a person, for the newest alert of the place");
    CHECK_INT(take(&desk, over_s, &items), 2);
    CHECK_INT(count_of(&desk, OUTBOX_SUPERSEDED), 4);
    for (size_t i = 0; i < items.count; i++) {
        CHECK(str_starts(str_of(items.at[i].key), "question/bac-kan-heavy-rain/01840/2024-09-05T"));
        CHECK_HAS(items.at[i].body, "\"kind\":\"question\"");
        CHECK_HAS(items.at[i].body, "Xã Ba Bể: từ 13:00 05/09/2024 đến 13:00 08/09/2024 ở chỗ bạn "
                                    "có mưa lớn không? Trả lời CO hoặc KHONG");
        CHECK_HAS(items.at[i].body,
                  "\"vi\":\"Xa Ba Be: tu 13h 5/9 den 13h 8/9 co mua lon khong? Tra loi CO hoac "
                  "KHONG, thiet hai ghi phia sau.\"");
        CHECK_HAS(items.at[i].body,
                  "\"en\":\"Xa Ba Be: from 13:00 5 Sep to 13:00 8 Sep, did it rain hard?");
        CHECK(!strstr(items.at[i].body, "DIỄN TẬP"));
        CHECK_INT(items.at[i].expires.s, over_s + 3 * DAY_S);
    }
    CHECK(strcmp(items.at[0].person, items.at[1].person) != 0);
    ROW("an end asks nobody");
    AUTO(desk_free) struct desk ended = desk_new();
    warn(&ended, false, true, HOUR_S);
    CHECK_INT(count_of(&ended, OUTBOX_READY), 2);
    ROW("who was warned of heat is not asked whether it rained");
    AUTO(desk_free) struct desk heat = desk_new();
    memcpy(heat.policy->variable, "temperature", sizeof("temperature"));
    warn(&heat, false, false, HOUR_S);
    CHECK_INT(count_of(&heat, OUTBOX_READY), 2);
    ROW("nor who was warned of drought");
    AUTO(desk_free) struct desk drought = desk_new();
    drought.policy->trigger.compare = COMPARE_LESS;
    warn(&drought, false, false, HOUR_S);
    CHECK_INT(count_of(&drought, OUTBOX_READY), 2);
    ROW("a drill asks at once, and says what it is");
    AUTO(desk_free) struct desk drill = desk_new();
    AUTO(outbox_items_free) struct outbox_items asked = {0};
    warn(&drill, true, false, HOUR_S);
    CHECK_INT(take(&drill, AS_OF_S, &asked), 2); // the warnings: one in flight a person
    CHECK_INT(count_of(&drill, OUTBOX_READY), 2);
    for (size_t i = 0; i < asked.count; i++) {
        struct outbox_answer answer = {
            .id = asked.at[i].id, .attempt = 1, .outcome = OUTCOME_DONE, .ref = "", .why = ""};
        CHECK_OK(outbox_settle(drill.place.ledger, &answer, 1, 5, &drill.place.err),
                 drill.place.err);
    }
    CHECK_INT(take(&drill, AS_OF_S, &asked), 2);
    for (size_t i = 0; i < asked.count; i++) {
        CHECK_HAS(asked.at[i].body, "[DIỄN TẬP] Xã Ba Bể: từ 01:00 05/09/2024");
        CHECK_HAS(asked.at[i].body, "[DRILL] Xã Ba Bể");
    }
}

// Replaces one text by another in a file of the phrase book.
static void write_phrases(const char *folder, const char *file, const char *from, const char *to)
{
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(1 << 16), made = buf_new(1 << 17);
    AUTO(mem_drop) char *source = file_join("policies/messages", file);
    AUTO(mem_drop) char *path = file_join(folder, file);
    CHECK_OK(file_read(source, &text, &err), err);
    buf_char(&text, '\0');
    const char *at = strstr(text.at, from);
    CHECK(at != NULL);
    buf_add(&made, text.at, (size_t)(at - text.at));
    buf_text(&made, to);
    buf_text(&made, at + strlen(from));
    CHECK_OK(file_write(path, buf_slice(&made), 0600, &err), err);
}

// What somebody translated and approved goes out in that language, with the marks and numbers that
// every message has; what nobody approved does not.
static void a_translation_that_was_approved_goes_out(void **state)
{
    (void)state;
    static const char policies[] =
        "policies:\n  bac-kan-heavy-rain: \"(bản dịch diễn tập) {commune} {index} {when} {issued} "
        "{next}. {actions}.\"\n";
    static const char actions[] =
        "  bac-kan-heavy-rain/actions: \"Việc cần làm: đưa gia súc lên cao\"\n";
    static const char unapproved[] = "approved_by: \"\"\n";
    static const struct {
        const char *name, *actions, *by, *wanted; // NULL: no such text
    } rows[] = {
        {"nobody approved it", actions, unapproved, NULL},
        {"what to do is not translated", "", "approved_by: Sở NN (diễn tập)\n", NULL},
        {"it was approved", actions, "approved_by: Sở NN (diễn tập)\n",
         "\"tay\":\"(bản dịch diễn tập) Xã Ba Bể 116,4 mm từ 1h 5/9 đến 1h 8/9 01:00 05/09/2024 "
         "13:00 05/09/2024. Việc cần làm: đưa gia súc lên cao. Không phải cấp độ rủi ro thiên tai "
         "chính thức. Tin số "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(desk_free) struct desk desk = desk_new();
        AUTO(outbox_items_free) struct outbox_items items = {0};
        AUTO(mem_drop) char *folder = file_join(desk.place.folder, "messages");
        char head[600];
        struct err err = {0};
        CHECK_OK(file_make_folder(folder, 0700, &err), err);
        (void)snprintf(head, sizeof(head), "%s%s%s", policies, rows[i].actions, rows[i].by);
        write_phrases(folder, "vi.yaml", "gong_messages", "gong_messages");
        write_phrases(folder, "en.yaml", "gong_messages", "gong_messages");
        write_phrases(folder, "tay.yaml", unapproved, head);
        phrase_free(&desk.phrases);
        CHECK_OK(phrase_load(folder, &desk.phrases, &err), err);
        warn(&desk, false, false, 0);
        CHECK_INT(take(&desk, AS_OF_S, &items), 2);
        CHECK_INT(strstr(items.at[0].body, "\"tay\"") != NULL, rows[i].wanted != NULL);
        if (rows[i].wanted)
            CHECK_HAS(items.at[0].body, rows[i].wanted);
    }
}

TEST_MAIN(
    cmocka_unit_test(a_translation_that_was_approved_goes_out),
    cmocka_unit_test(a_warning_goes_stale_in_earnest),
    cmocka_unit_test(the_newest_word_on_a_place_goes_out),
    cmocka_unit_test(people_are_asked_once_when_it_is_over),
    cmocka_unit_test(who_falls_to_a_stage_that_a_run_does_not_say_is_asked_by_the_run_that_did))
