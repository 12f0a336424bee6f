#include "core/csv.h"
#include "tests/check.h"

static void rows_and_fields(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *want; // fields joined by "|", rows ended by "/"
    } rows[] = {
        {"plain", "a,b\nc,d\n", "a|b/c|d/"},
        {"no line end at the end", "a,b\nc,d", "a|b/c|d/"},
        {"CRLF", "a,b\r\nc\r\n", "a|b/c/"},
        {"empty fields", ",\n,,\n", "|/||/"},
        {"empty lines are passed over", "a\n\n\r\nb\n", "a/b/"},
        {"quotes with a comma, a quote and a line break", "\"a,\"\"b\"\"\nc\",d\n",
         "a,\"b\"\nc|d/"},
        {"an empty quoted field", "\"\",x\n", "|x/"},
        {"a carriage return inside a line", "a\rb\n", "a\rb/"},
        {"a byte order mark", "\xEF\xBB\xBFx\n", "x/"},
        {"nothing", "", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(csv_free) struct csv csv;
        AUTO(buf_free) struct buf got = buf_new(1000);
        struct err err = {0};
        bool row = false;
        csv_start(&csv, str_of(rows[i].text));
        buf_text(&got, "");
        for (;;) {
            CHECK_OK(csv_next(&csv, &row, &err), err);
            if (!row)
                break;
            for (size_t f = 0; f < csv.count; f++)
                buf_print(&got, "%s" STR_FMT, f ? "|" : "", STR_ARG(csv.field[f]));
            buf_char(&got, '/');
        }
        CHECK_TEXT(got.at ? got.at : "", rows[i].want);
    }
}

static void what_is_refused_is_passed_over(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *words;
    } rows[] = {
        {"a quote inside", "ab\"c,d\nnext\n", "line 1: a quote inside"},
        {"text after a quote", "\"a\"b\nnext\n", "line 1: text after a closing quote"},
        {"a quote that is never closed costs one row", "\"a,b\nnext\nlast\n",
         "line 1: a quote is never closed"},
        {"nor does it when a later row has one", "a,\"b,c\nnext,\"d\",e\n",
         "line 1: text after a closing quote"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(csv_free) struct csv csv;
        struct err err = {0};
        bool row = false;
        csv_start(&csv, str_of(rows[i].text));
        CHECK_INT(csv_next(&csv, &row, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].words);
        CHECK_OK(csv_next(&csv, &row, &err), err);
        CHECK(row && str_is(csv.field[0], "next"));
        CHECK_INT(csv.line, 2);
    }
}

static void too_much_is_refused(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf text = buf_new(1 << 20);
    struct err err = {0};
    bool row = false;
    for (int i = 0; i < 1030; i++)
        buf_text(&text, "x,");
    buf_char(&text, '\n');
    for (int i = 0; i < 70000; i++)
        buf_char(&text, 'y');
    AUTO(csv_free) struct csv csv;
    csv_start(&csv, buf_slice(&text));
    CHECK_INT(csv_next(&csv, &row, &err), ERR_INPUT);
    CHECK_HAS(err.text, "1024 fields");
    CHECK_INT(csv_next(&csv, &row, &err), ERR_INPUT);
    CHECK_HAS(err.text, "64 KiB");
    CHECK_OK(csv_next(&csv, &row, &err), err);
    CHECK(!row);
}

// What is written is read again as it was, and stands in quotes only where it must.
static void fields_are_written(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", ""},
        {"Xã Đắk R'Tih", "Xã Đắk R'Tih"},
        {"a, b", "\"a, b\""},
        {"Xã \"Một\"", "\"Xã \"\"Một\"\"\""},
        {"a\nb", "\"a\nb\""},
        {"a\rb", "\"a\rb\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].want);
        AUTO(csv_free) struct csv csv;
        AUTO(buf_free) struct buf line = buf_new(1000);
        struct err err = {0};
        bool row = false;
        csv_put(&line, rows[i].text);
        CHECK(str_is(buf_slice(&line), rows[i].want));
        buf_text(&line, ",z\n");
        csv_start(&csv, buf_slice(&line));
        CHECK_OK(csv_next(&csv, &row, &err), err);
        CHECK(row && csv.count == 2 && str_is(csv.field[0], rows[i].text));
    }
}

TEST_MAIN(cmocka_unit_test(rows_and_fields), cmocka_unit_test(what_is_refused_is_passed_over),
          cmocka_unit_test(too_much_is_refused), cmocka_unit_test(fields_are_written))
