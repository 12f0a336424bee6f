#include "core/doc.h"

#include "tests/check.h"

static void test_canonical_is_what_jq_prints(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(doc_free) struct doc *doc = NULL;
    CHECK_OK(doc_parse(STR("{ \"b\" : [1, -2, true, null, \"Đắk\\u0020\\\"x\\\"\"],\n \"a\":{} }"),
                       "t", &doc, &err),
             err);
    AUTO(buf_free) struct buf out = buf_new(1000);
    doc_canonical(doc, &out);
    CHECK_TEXT(out.at, "{\"a\":{},\"b\":[1,-2,true,null,\"Đắk \\\"x\\\"\"]}");
}

static void test_getters(void **state)
{
    (void)state;
    AUTO(doc_free) struct doc *doc = doc_object();
    doc_put_text(doc, "text", "mưa");
    doc_put_int(doc, "int", INT64_MAX);
    doc_put_bool(doc, "bool", true);
    doc_put_null(doc, "null");
    struct doc *list = doc_array();
    doc_push_int(list, 7);
    doc_push_text(list, "x");
    doc_put(doc, "list", list);
    CHECK_TEXT(doc_text(doc_get(doc, "text"), ""), "mưa");
    CHECK_INT(doc_int(doc_get(doc, "int"), 0), INT64_MAX);
    CHECK(doc_bool(doc_get(doc, "bool"), false));
    CHECK(doc_is_null(doc_get(doc, "null")));
    CHECK_INT(doc_count(doc_get(doc, "list")), 2);
    CHECK_INT(doc_int(doc_at(doc_get(doc, "list"), 0), 0), 7);
    CHECK_TEXT(doc_text(doc_get(doc, "int"), "no text"), "no text");
    CHECK(doc_get(doc, "missing") == NULL);
    CHECK_INT(doc_int(doc_get(doc, "missing"), -1), -1);
    struct err err = {0};
    const char *text = NULL;
    int64_t number = 0;
    CHECK_INT(doc_need_text(doc, "int", &text, &err), ERR_INPUT);
    CHECK_HAS(err.text, "\"int\" is missing or no text");
    CHECK_INT(doc_need_int(doc, "text", &number, &err), ERR_INPUT);
    CHECK_HAS(err.text, "\"text\" is missing or no whole number");
    size_t members = 0;
    for (const char *key = doc_next_key(doc, NULL); key; key = doc_next_key(doc, key))
        members++;
    CHECK_INT(members, 5);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf deep = buf_new(1000);
    for (int i = 0; i < 65; i++)
        buf_char(&deep, '[');
    const struct {
        const char *name, *text, *error;
    } rows[] = {
        {"a key twice", "{\"a\":1,\"a\":2}", "name:1:"},
        {"text behind it", "{} x", "name:1:"},
        {"not a number", "{\"a\": NaN}", "name:1:"},
        {"a number over the range", "[1e400]", "name:1:"},
        {"bytes that are no UTF-8", "[\"\xff\"]", "name:1:"},
        {"a lone surrogate", "[\"\\ud800\"]", "name:1:"},
        {"nothing", "", "name:"},
        {"deep nesting", deep.at, "nested deeper than 64"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct doc *doc = NULL;
        CHECK_INT(doc_parse(str_of(rows[i].text), "name", &doc, &err), ERR_INPUT);
        CHECK(doc == NULL);
        CHECK_HAS(err.text, rows[i].error);
    }
}

// A text that fits is never called full, wherever its first escape stands.
static void test_room(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        size_t bytes;
    } rows[] = {
        {"a line's end, then plain bytes", "\nxxxxxxxxxxxxxxxx", 20},
        {"quotes", "\"\\", 6},
        {"a control character", "\x1f", 8},
        {"one with a short name, one without", "\b\v", 10},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(doc_free) struct doc *list = doc_array();
        AUTO(buf_free)
        struct buf out = buf_new(rows[i].bytes + 2), small = buf_new(rows[i].bytes + 1);
        doc_push_text(list, rows[i].text);
        doc_canonical(list, &out);
        doc_canonical(list, &small);
        CHECK(!out.full);
        CHECK_INT(out.len, rows[i].bytes + 2);
        CHECK(small.full);
    }
}

TEST_MAIN(cmocka_unit_test(test_room), cmocka_unit_test(test_canonical_is_what_jq_prints),
          cmocka_unit_test(test_getters), cmocka_unit_test(test_what_is_refused))
