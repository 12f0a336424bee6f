// What alerts are called in CAP: the words of a policy, and those of a stage.
#include "core/doc.h"
#include "core/mem.h"
#include "core/yaml.h"
#include "notify/cap_called.h"
#include "notify/cap_check.h"
#include "tests/check.h"
#include "tests/notify/cap_alert.h"

#include <stdio.h>

#define WORDS                                                                                      \
    "p:\n  event_vi: Mưa\n  event_en: Rain\n  code: OET-159\n  category: Met\n"                   \
    "  severity: Severe\n  urgency: Expected\n  certainty: Possible\n  response: Prepare\n"

static const char prepare[] =
    "\"actions\":{\"step\":\"prepare\",\"text\":{\"en\":\"e\",\"vi\":\"v\"}}";
static const char now[] = "\"actions\":{\"step\":\"now\",\"text\":{\"en\":\"e\",\"vi\":\"v\"}}";

static void test_words_of_a_stage(void **state)
{
    (void)state;
    static const struct {
        const char *name, *more, *stage, *actions, *said;
    } rows[] = {
        {"what may come", "", "", prepare, "Expected/Severe/Possible/Prepare/Rain"},
        {"of a stage that is forecast", "", "\"stage\":\"first\",", now,
         "Expected/Severe/Possible/Execute/Rain"},
        {"what was measured at a stage", "", "\"stage\":\"seen\",\"measured\":true,", now,
         "Immediate/Severe/Observed/Execute/Rain"},
        {"a policy without stages that measures says itself how sure it is", "",
         "\"measured\":true,", now, "Expected/Severe/Possible/Execute/Rain"},
        {"a stage with words of its own",
         "  stages: {first: {severity: Moderate, certainty: Likely, event_en: Some rain}}\n",
         "\"stage\":\"first\",", prepare, "Expected/Moderate/Likely/Prepare/Some rain"},
        {"they are not those of another stage", "  stages: {first: {severity: Moderate}}\n",
         "\"stage\":\"second\",", prepare, "Expected/Severe/Possible/Prepare/Rain"},
        {"and go before what follows from measuring", "  stages: {seen: {urgency: Expected}}\n",
         "\"stage\":\"seen\",\"measured\":true,", now, "Expected/Severe/Observed/Execute/Rain"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(yaml_file_free) struct yaml_file *file = NULL;
        AUTO(doc_free) struct doc *body = NULL;
        AUTO(mem_drop) struct cap_called *called = mem_new(1, sizeof(*called));
        AUTO(buf_free) struct buf text = buf_new(2000), json = buf_new(2000), said = buf_new(2000);
        buf_print(&text, WORDS "%s", rows[i].more);
        buf_print(&json, "{%s%s}", rows[i].stage, rows[i].actions);
        CHECK_OK(yaml_parse(buf_slice(&text), "cap.yaml", &file, &err), err);
        CHECK_OK(doc_parse(buf_slice(&json), "body", &body, &err), err);
        CHECK_OK(cap_called_read(yaml_get(yaml_root(file), "p"), body, called, &err), err);
        buf_print(&said, "%s/%s/%s/%s/%s", called->urgency, called->severity, called->certainty,
                  called->response, called->event_en);
        CHECK_TEXT(said.at, rows[i].said);
        CHECK_TEXT(called->how_vi, "v");
    }
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *says;
    } rows[] = {
        {"a word that is missing", "p:\n  event_vi: Mưa\n", "event_en"},
        {"a word that is none", WORDS "  sevrity: Minor\n", "cap.yaml:10:3"},
        {"one of a stage that is none", WORDS "  stages: {seen: {certanty: Observed}}\n",
         "did you mean \"certainty\""},
        {"a stage without words", WORDS "  stages: {seen: Observed}\n", "the words of a stage"},
        {"stages that are no map", WORDS "  stages: Observed\n", "stages are"},
        {"no map at all", "p: Rain\n", "the words of a policy"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(yaml_file_free) struct yaml_file *file = NULL;
        AUTO(mem_drop) struct cap_called *called = mem_new(1, sizeof(*called));
        CHECK_OK(yaml_parse(str_of(rows[i].text), "cap.yaml", &file, &err), err);
        CHECK_INT(cap_called_read(yaml_get(yaml_root(file), "p"), NULL, called, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
    }
}

// A word is whole or refused, never cut in the middle of a letter.
static void test_long_words(void **state)
{
    (void)state;
    static const struct {
        const char *name, *before, *after;
    } rows[] = {
        {"a response",
         "p:\n  event_vi: Mưa\n  event_en: Rain\n  code: OET-159\n  category: Met\n"
         "  severity: Severe\n  urgency: Expected\n  certainty: Possible\n  response: ",
         "\n"},
        {"what to do", WORDS "  instruction_en: e\n  instruction_vi: ", "\n"},
        {"an event of a stage that is not on", WORDS "  stages: {seen: {event_vi: ", "}}\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t letters = 1000; letters >= 999; letters--) {
            ROW(rows[i].name);
            struct err err = {0};
            AUTO(yaml_file_free) struct yaml_file *file = NULL;
            AUTO(doc_free) struct doc *body = doc_object();
            AUTO(mem_drop) struct cap_called *called = mem_new(1, sizeof(*called));
            AUTO(buf_free) struct buf text = buf_new(4000);
            buf_text(&text, rows[i].before);
            for (size_t k = 0; k < letters; k++)
                buf_text(&text, "ư");
            buf_text(&text, rows[i].after);
            CHECK_OK(yaml_parse(buf_slice(&text), "cap.yaml", &file, &err), err);
            enum err_kind kind =
                cap_called_read(yaml_get(yaml_root(file), "p"), body, called, &err);
            CHECK_INT(kind, letters > 999 ? ERR_INPUT : OK);
            CHECK_HAS(err.text, letters > 999 ? "at most 1999 are written" : "");
        }
    }
}

// The words that come with the program are such as the schema has, for each of their stages.
static void test_words_that_are_shipped(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    CHECK_OK(yaml_load("data/cap.yaml", &file, &err), err);
    const struct yaml *all = yaml_root(file);
    CHECK(all->count > 10);
    for (size_t i = 0; i < all->count; i++) {
        const struct yaml *stages = yaml_get(all->item[i], "stages");
        for (size_t s = 0; s < 1 + (stages ? stages->count : 0); s++) {
            AUTO(doc_free) struct doc *body = NULL;
            AUTO(mem_drop) struct cap_called *called = mem_new(1, sizeof(*called));
            AUTO(buf_free) struct buf json = buf_new(2000), out = buf_new(CAP_BYTES_MAX);
            buf_print(&json, "{\"stage\":\"%.*s\",%s}", s ? (int)stages->key[s - 1]->text.len : 0,
                      s ? stages->key[s - 1]->text.at : "", now);
            CHECK_OK(doc_parse(buf_slice(&json), "body", &body, &err), err);
            CHECK_OK(cap_called_read(all->item[i], body, called, &err), err);
            struct cap_alert alert = alert_of(true);
            alert.category = called->category;
            alert.severity = called->severity;
            alert.urgency = called->urgency;
            alert.certainty = called->certainty;
            alert.response = called->response;
            alert.event_code = called->code;
            CHECK_OK(cap_write(&alert, &out, &err), err);
        }
    }
}

TEST_MAIN(cmocka_unit_test(test_words_of_a_stage), cmocka_unit_test(test_what_is_refused),
          cmocka_unit_test(test_long_words), cmocka_unit_test(test_words_that_are_shipped))
