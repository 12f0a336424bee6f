// The texts that leave as SMS, policy by policy, as people read them: tests/golden/sms.txt.
#include "core/phrase.h"
#include "core/sms_fit.h"
#include "policies/message.h"
#include "policies/message_sample.h"
#include "policies/policy.h"
#include "policies/short_text.h"
#include "tests/check.h"
#include "tests/notify/golden.h"

enum { ROOM = 1 << 20 };

static struct message_values values_of(const struct policy *policy)
{
    struct err err = {0};
    struct message_values values = {.commune = "Xã Tuy Đức",
                                    .index_milli = 116400,
                                    .probability_milli = 650,
                                    .amount_vnd = 1500000,
                                    .contract = "DN-000031",
                                    .period = "2024",
                                    .event = 4711};
    CHECK_OK(utc_parse(STR("2024-09-06T00:00:00Z"), &values.from, &err), err);
    CHECK_OK(utc_parse(STR("2024-09-07T00:00:00Z"), &values.to, &err), err);
    values.issued = values.from;
    values.next = (struct utc){values.from.s + policy->next_update_s};
    return values;
}

struct made {
    struct buf whole, brief, former, official;
};

static void made_free(struct made *made)
{
    buf_free(&made->whole);
    buf_free(&made->brief);
    buf_free(&made->former);
    buf_free(&made->official);
}

// What a message's body has: its text, the parts of it that may go, the short text.
static void make(const struct policy *policy, const struct message_values *values,
                 enum language language, bool drill, struct made *out)
{
    *out = (struct made){buf_new(ROOM), buf_new(ROOM), buf_new(ROOM), buf_new(ROOM)};
    message_render(policy, values, language, drill, &out->whole);
    short_text(policy, values, language, drill, &out->brief);
    message_former(values, language_names[language], &out->former);
    message_official(values, language_names[language], &out->official);
}

static struct sms_texts texts_of(const struct made *made)
{
    return (struct sms_texts){made->whole.at, {made->former.at, made->official.at}, made->brief.at};
}

static void write_ways(const struct policy *policy, const struct message_values *values,
                       enum language language, bool drill, struct buf *out)
{
    AUTO(made_free) struct made made;
    make(policy, values, language, drill, &made);
    struct sms_texts texts = texts_of(&made);
    buf_print(out, "  %s\n", made.whole.at);
    for (size_t p = 0; sms_policy_names[p]; p++) {
        struct err err = {0};
        struct sms_fitted fitted;
        struct sms_limits limits = {(enum sms_policy)p, 3};
        AUTO(buf_free) struct buf sent = buf_new(ROOM);
        CHECK_OK(sms_fit(&texts, &limits, &sent, &fitted, &err), err);
        const char *said = sms_said_names[fitted.said];
        buf_print(out, "  %s: %s, %zu units, %zu parts%s%s%s: %s\n", sms_policy_names[p],
                  sms_coding_names[fitted.size.coding], fitted.size.units, fitted.size.parts,
                  *said ? ", " : "", said, fitted.plain ? ", accents off" : "", sent.at);
    }
}

// What goes out in one language by each policy of a route, in one part, two and three: always
// something, and a warning always with its place.
static void check_sent(const struct policy *policy, const struct message_values *values,
                       enum language language, bool drill)
{
    AUTO(made_free) struct made made;
    make(policy, values, language, drill, &made);
    struct sms_texts texts = texts_of(&made);
    for (size_t p = 0; p < 3 * SMS_POLICY_AUTO + 3; p++) {
        struct err err = {0};
        struct sms_fitted fitted;
        struct sms_limits limits = {(enum sms_policy)(p / 3), p % 3 + 1};
        AUTO(buf_free) struct buf sent = buf_new(ROOM), plain = buf_new(ROOM);
        CHECK_OK(sms_fit(&texts, &limits, &sent, &fitted, &err), err);
        CHECK(fitted.size.parts >= 1 && fitted.size.parts <= limits.parts_max);
        CHECK_INT(fitted.lost, 0);
        (void)text_ascii(buf_slice(&sent), &plain);
        CHECK_HAS(plain.at, policy->kind == POLICY_ALERT ? "Nong truong Viet Trung" : "DN-000031");
        CHECK_HAS(plain.at, "4711");
    }
}

static void check_stage(const struct policy *policy, const char *stage)
{
    struct message_values values = values_of(policy);
    values.commune = "Thị trấn Nông trường Việt Trung mở rộng";
    values.stage = stage;
    values.official = "VN-2024-0917";
    values.former = "Đắk Buk So, Đắk R'Tih, Quảng Tâm";
    for (int i = 0; i < 4 * LANGUAGES; i++) {
        bool cancels = i >= 2 * LANGUAGES;
        if (cancels && policy->kind != POLICY_ALERT)
            continue;
        values.cancel = cancels;
        check_sent(policy, &values, (enum language)(i % LANGUAGES), i / LANGUAGES % 2);
    }
    values.cancel = false;
    values.kept = true;
    for (int i = 0; i < 2 * LANGUAGES && policy->kind == POLICY_ALERT; i++)
        check_sent(policy, &values, (enum language)(i % LANGUAGES), i / LANGUAGES);
}

static void test_all_are_sent(void **state)
{
    (void)state;
    static const char *const folders[] = {"policies", "policies/products"};
    size_t count = 0;
    for (size_t f = 0; f < COUNT_OF(folders); f++) {
        struct err err = {0};
        AUTO(file_names_free) char **names = NULL;
        CHECK_OK(file_names(folders[f], &names, &err), err);
        for (size_t i = 0; names[i]; i++) {
            AUTO(policy_free) struct policy *policy = NULL;
            if (!str_ends(str_of(names[i]), ".yaml"))
                continue;
            AUTO(mem_drop) char *path = file_join(folders[f], names[i]);
            CHECK_OK(policy_load(path, &policy, &err), err);
            ROW(names[i]);
            count++;
            if (!policy->stages)
                check_stage(policy, NULL);
            for (size_t s = 0; policy->stages && s < policy->parts; s++)
                check_stage(policy, policy->part[s].name);
        }
    }
    CHECK(count >= 25);
}

// What people prepare, and what they do now: each stage of an alert in its own words.
static void write_stages(struct buf *out)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    CHECK_OK(policy_load("policies/products/dak-nong-heavy-rain.yaml", &policy, &err), err);
    struct message_values values = values_of(policy);
    for (size_t s = 0; s < policy->parts; s++) {
        values.stage = policy->part[s].name;
        for (int i = 0; i < LANGUAGES; i++) {
            buf_print(out, "%s %s, stage %s\n", policy->id, language_names[i], values.stage);
            write_ways(policy, &values, (enum language)i, false, out);
        }
    }
    values.stage = "readiness";
    values.kept = true;
    for (int i = 0; i < LANGUAGES; i++) {
        buf_print(out, "%s %s, fallen to readiness and kept there\n", policy->id,
                  language_names[i]);
        write_ways(policy, &values, (enum language)i, false, out);
    }
}

static void test_golden(void **state)
{
    (void)state;
    static const char *const files[] = {"policies/bac-kan-heavy-rain.yaml",
                                        "policies/bac-kan-excess-rain.yaml",
                                        "policies/dak-nong-coffee-drought.yaml"};
    AUTO(buf_free) struct buf out = buf_new(ROOM);
    for (size_t f = 0; f < COUNT_OF(files); f++) {
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        CHECK_OK(policy_load(files[f], &policy, &err), err);
        struct message_values values = values_of(policy);
        for (int i = 0; i < 2 * LANGUAGES; i++) {
            bool drill = i >= LANGUAGES;
            buf_print(&out, "%s %s%s\n", policy->id, language_names[i % LANGUAGES],
                      drill ? " drill" : "");
            write_ways(policy, &values, (enum language)(i % LANGUAGES), drill, &out);
        }
    }
    write_stages(&out);
    // A commune with its former names: what a warning is for who knows the old ones only.
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    CHECK_OK(policy_load(files[0], &policy, &err), err);
    struct message_values values = values_of(policy);
    values.former = "Đắk Buk So, Đắk R'Tih, Quảng Tâm";
    buf_print(&out, "%s vi, former names\n", policy->id);
    write_ways(policy, &values, LANGUAGE_VI, false, &out);
    values.former = NULL;
    values.official = "VN-2024-0917";
    for (int i = 0; i < LANGUAGES; i++) {
        buf_print(&out, "%s %s, an official bulletin\n", policy->id, language_names[i]);
        write_ways(policy, &values, (enum language)i, false, &out);
    }
    golden("sms.txt", buf_slice(&out));
}

// What stands in the code for vi and en is what stands in their files.
static void test_same_words(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(phrase_free) struct phrase_book *book = NULL;
    AUTO(policy_free) struct policy *policy = NULL;
    CHECK_OK(phrase_load("policies/messages", &book, &err), err);
    CHECK_OK(policy_load("policies/bac-kan-heavy-rain.yaml", &policy, &err), err);
    struct message_values values = values_of(policy);
    struct phrase_value event = {"event", "4711"};
    for (int i = 0; i < LANGUAGES; i++) {
        AUTO(buf_free) struct buf text = buf_new(ROOM), start = buf_new(ROOM), end = buf_new(ROOM);
        message_render(policy, &values, (enum language)i, true, &text);
        (void)phrase_say(book, PHRASE_DRILL, language_names[i], NULL, 0, &start);
        buf_char(&end, ' ');
        (void)phrase_say(book, PHRASE_NOT_OFFICIAL, language_names[i], NULL, 0, &end);
        buf_char(&end, ' ');
        (void)phrase_say(book, PHRASE_EVENT, language_names[i], &event, 1, &end);
        CHECK(str_starts(buf_slice(&text), start.at));
        CHECK(str_ends(buf_slice(&text), end.at));
    }
}

static void test_samples(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(phrase_free) struct phrase_book *book = NULL;
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(doc_free) struct doc *list = doc_array();
    CHECK_OK(phrase_load("policies/messages", &book, &err), err);
    CHECK_OK(policy_load("policies/bac-kan-heavy-rain.yaml", &policy, &err), err);
    message_samples(policy, book, 3, list);
    CHECK_INT(doc_count(list), 14);
    CHECK_TEXT(doc_text(doc_get(doc_at(list, 10), "language"), ""), "tay");
    CHECK_TEXT(doc_text(doc_get(doc_at(list, 10), "missing"), ""),
               "not approved yet; Vietnamese is sent");
    const struct doc *vi = doc_at(list, 12), *over = doc_at(list, 13);
    CHECK_TEXT(doc_text(doc_get(vi, "language"), ""), "vi");
    CHECK_TEXT(doc_text(doc_get(doc_get(vi, "accents"), "coding"), ""), "UCS-2");
    CHECK_INT(doc_int(doc_get(doc_get(vi, "plain"), "parts"), 0), 4); // with all former names
    CHECK(doc_bool(doc_get(over, "over"), false));
    CHECK_HAS(doc_text(doc_get(over, "text"), ""), "Cảnh báo mưa rất to: Phường Bắc Gia Nghĩa (");
    CHECK_HAS(doc_text(doc_get(over, "text"), ""), "), hết cảnh báo lúc 19h 18/11. Không phải");
    const struct doc *sent = doc_get(vi, "sent");
    CHECK_TEXT(doc_text(doc_get(doc_get(sent, "ascii160"), "said"), ""), "the short text");
    CHECK_HAS(doc_text(doc_get(doc_get(sent, "ascii160"), "text"), ""), "Goi 112.");
    CHECK_TEXT(doc_text(doc_get(doc_get(sent, "ucs2"), "said"), ""),
               "without what may be left out, accents off");
    CHECK_TEXT(doc_text(doc_get(doc_get(sent, "auto"), "said"), "?"),
               "without what may be left out");
    AUTO(doc_free) struct doc *wide = doc_array(), *narrow = doc_array();
    message_samples(policy, book, SMS_PARTS_MAX, wide);
    message_samples(policy, book, 1, narrow);
    sent = doc_get(doc_at(wide, 12), "sent");
    CHECK_TEXT(doc_text(doc_get(doc_get(sent, "ucs2"), "said"), "?"), "");
    sent = doc_get(doc_at(narrow, 12), "sent");
    CHECK_TEXT(doc_text(doc_get(doc_get(sent, "ucs2"), "said"), "?"), "the short text");
}

// A stage that an alert can fall to is seen as that too, where the data lower it at all: not the
// last one, nor from level 3 on.
static void test_kept_samples(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(phrase_free) struct phrase_book *book = NULL;
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(doc_free) struct doc *list = doc_array();
    CHECK_OK(phrase_load("policies/messages", &book, &err), err);
    CHECK_OK(policy_load("policies/products/dak-nong-heavy-rain.yaml", &policy, &err), err);
    message_samples(policy, book, 3, list);
    size_t kept = 0;
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *one = doc_at(list, i);
        if (!doc_bool(doc_get(one, "kept"), false))
            continue;
        kept++;
        CHECK_TEXT(doc_text(doc_get(one, "stage"), ""), "readiness");
        if (strcmp(doc_text(doc_get(one, "language"), ""), "vi") == 0)
            CHECK_HAS(doc_text(doc_get(one, "text"), ""),
                      "), hạ xuống mức sẵn sàng lúc 19h 18/11, chưa hết cảnh báo. Chuẩn bị: dự");
    }
    CHECK_INT(kept, phrase_languages(book));
}

// What the author sees is possible: an index on the side of its threshold that sets it off.
static void test_sample_values(void **state)
{
    (void)state;
    static const struct {
        const char *file, *has;
    } rows[] = {
        {"products/bac-kan-drought-spei.yaml", "SPEI -1.31"},
        {"products/bac-kan-cold.yaml", "3 days in a row"},
        {"products/bac-kan-storm-wind.yaml", "8 Bft"},
        {"products/bac-kan-typhoon-distance.yaml", "288 km"},
        {"products/bac-kan-maize-wrsi.yaml", "77.7 %"},
        {"products/bac-kan-livestock-mortality.yaml", "17.3 %"},
        {"dak-nong-coffee-drought.yaml", "only 87.7 mm"},
        {"bac-kan-excess-rain.yaml", "112.3 mm"},
    };
    struct err err = {0};
    AUTO(phrase_free) struct phrase_book *book = NULL;
    CHECK_OK(phrase_load("policies/messages", &book, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].file);
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(doc_free) struct doc *list = doc_array();
        AUTO(mem_drop) char *path = file_join("policies", rows[i].file);
        CHECK_OK(policy_load(path, &policy, &err), err);
        message_samples(policy, book, 3, list);
        const struct doc *en = doc_at(list, policy->kind == POLICY_ALERT ? 2 : 1);
        CHECK_TEXT(doc_text(doc_get(en, "language"), ""), "en");
        CHECK_HAS(doc_text(doc_get(en, "text"), ""), rows[i].has);
    }
}

TEST_MAIN(cmocka_unit_test(test_golden), cmocka_unit_test(test_all_are_sent),
          cmocka_unit_test(test_same_words), cmocka_unit_test(test_samples),
          cmocka_unit_test(test_kept_samples), cmocka_unit_test(test_sample_values))
