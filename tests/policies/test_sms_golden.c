// The texts that leave as SMS, policy by policy, as people read them: tests/golden/sms.txt.
#include "core/phrase.h"
#include "core/sms.h"
#include "policies/message.h"
#include "policies/message_sample.h"
#include "policies/policy.h"
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

static void write_ways(struct str text, struct buf *out)
{
    for (size_t p = 0; sms_policy_names[p]; p++) {
        struct err err = {0};
        struct sms_size size;
        struct sms_limits limits = {(enum sms_policy)p, 3};
        AUTO(buf_free) struct buf sent = buf_new(ROOM);
        buf_print(out, "  %s: ", sms_policy_names[p]);
        if (sms_prepare(text, &limits, &sent, &size, &err))
            buf_print(out, "refused: %s\n", err.text);
        else
            buf_print(out, "%s, %zu units, %zu parts: %s\n", sms_coding_names[size.coding],
                      size.units, size.parts, sent.at);
    }
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
            AUTO(buf_free) struct buf text = buf_new(ROOM);
            message_render(policy, &values, (enum language)i, false, &text);
            buf_print(out, "%s %s, stage %s\n  %s\n", policy->id, language_names[i], values.stage,
                      text.at);
            write_ways(buf_slice(&text), out);
        }
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
            AUTO(buf_free) struct buf text = buf_new(ROOM);
            bool drill = i >= LANGUAGES;
            message_render(policy, &values, (enum language)(i % LANGUAGES), drill, &text);
            buf_print(&out, "%s %s%s\n  %s\n", policy->id, language_names[i % LANGUAGES],
                      drill ? " drill" : "", text.at);
            write_ways(buf_slice(&text), &out);
        }
    }
    write_stages(&out);
    // A commune with its former names: what a warning is for who knows the old ones only.
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(buf_free) struct buf text = buf_new(ROOM);
    CHECK_OK(policy_load(files[0], &policy, &err), err);
    struct message_values values = values_of(policy);
    values.former = "Đắk Buk So, Đắk R'Tih, Quảng Tâm";
    message_render(policy, &values, LANGUAGE_VI, false, &text);
    buf_print(&out, "%s vi, former names\n  %s\n", policy->id, text.at);
    write_ways(buf_slice(&text), &out);
    buf_clear(&text);
    values.former = NULL;
    values.official = "VN-2024-0917";
    for (int i = 0; i < LANGUAGES; i++) {
        buf_clear(&text);
        message_render(policy, &values, (enum language)i, false, &text);
        buf_print(&out, "%s %s, an official bulletin\n  %s\n", policy->id, language_names[i],
                  text.at);
        write_ways(buf_slice(&text), &out);
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
    message_samples(policy, book, list);
    CHECK_INT(doc_count(list), 7);
    CHECK_TEXT(doc_text(doc_get(doc_at(list, 5), "language"), ""), "tay");
    CHECK_TEXT(doc_text(doc_get(doc_at(list, 5), "missing"), ""),
               "not approved yet; Vietnamese is sent");
    const struct doc *vi = doc_at(list, 6);
    CHECK_TEXT(doc_text(doc_get(vi, "language"), ""), "vi");
    CHECK_TEXT(doc_text(doc_get(doc_get(vi, "accents"), "coding"), ""), "UCS-2");
    CHECK_INT(doc_int(doc_get(doc_get(vi, "plain"), "parts"), 0), 3);
}

TEST_MAIN(cmocka_unit_test(test_golden), cmocka_unit_test(test_same_words),
          cmocka_unit_test(test_samples))
