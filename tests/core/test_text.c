#include "core/text.h"

#include "tests/check.h"

static void test_fields(void **state)
{
    (void)state;
    struct str rest = STR("a,,b,"), field;
    const char *want[] = {"a", "", "b", ""};
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        CHECK(str_take_field(&rest, ',', &field));
        CHECK(str_is(field, want[i]));
    }
    CHECK(!str_take_field(&rest, ',', &field));

    rest = STR("one\r\ntwo\n");
    CHECK(str_take_line(&rest, &field) && str_is(field, "one"));
    CHECK(str_take_line(&rest, &field) && str_is(field, "two"));
    CHECK(!str_take_line(&rest, &field));
}

static void test_buffer_never_grows_past_its_maximum(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf buf = buf_new(10);
    buf_text(&buf, "12345");
    buf_text(&buf, "6789012");
    CHECK(buf.full);
    CHECK_TEXT(buf.at, "12345");
    buf_clear(&buf);
    buf_print(&buf, "%d-%s", 12, "ab");
    CHECK_TEXT(buf.at, "12-ab");
}

static void test_nfc(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *want, *error;
    } rows[] = {
        {"composed text stays", "Đắk Nông", "Đắk Nông", NULL},
        {"decomposed text is composed", "a\xcc\x86\xcc\x81", "ắ", NULL},
        {"bytes that are no UTF-8", "a\xff", NULL, "not UTF-8"},
        {"a control character", "a\x01", NULL, "control character 1 at byte 1"},
        {"DEL", "a\x7f", NULL, "control character 127"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(buf_free) struct buf out = buf_new(100);
        enum err_kind kind = text_nfc(str_of(rows[i].text), &out, &err);
        CHECK_INT(kind, rows[i].error ? ERR_INPUT : OK);
        if (rows[i].error)
            CHECK_HAS(err.text, rows[i].error);
        else
            CHECK_TEXT(out.at, rows[i].want);
    }
}

static void test_ascii(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *want;
        size_t lost;
    } rows[] = {
        {"Vietnamese letters lose their marks", "Cảnh báo lũ quét: xã Đắk R’Tih đêm nay",
         "Canh bao lu quet: xa Dak R'Tih dem nay", 0},
        {"Rade letters", "ƀ č ĕ ŏ", "b c e o", 0},
        {"typographic marks", "“a” – b… ≥ 5", "\"a\" - b... >= 5", 0},
        {"what cannot be said is counted", "語a", "?a", 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf out = buf_new(200);
        CHECK_INT(text_ascii(str_of(rows[i].text), &out), rows[i].lost);
        CHECK_TEXT(out.at, rows[i].want);
    }
}

// The table of common letters says what Unicode's decomposition says, for each letter of it.
static void test_every_letter(void **state)
{
    (void)state;
    static const char letters[] =
        "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
        "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴ";
    size_t count = 0;
    for (const char *at = letters; *at; count++) {
        size_t len = (unsigned char)*at < 0xe0 ? 2 : 3;
        char one[8] = "", rest[8] = "";
        memcpy(one, at, len);
        ROW(one);
        AUTO(buf_free) struct buf fast = buf_new(16), slow = buf_new(16), same = buf_new(16);
        CHECK_INT(text_ascii(str_of(one), &fast), 0);
        // A letter that the table does not know sends the whole text the long way.
        (void)snprintf(rest, sizeof(rest), "%sč", one);
        CHECK_INT(text_ascii(str_of(rest), &slow), 0);
        CHECK_INT(slow.len, 2);
        CHECK_INT(fast.at[0], slow.at[0]);
        struct err err = {0};
        CHECK_OK(text_nfc(str_of(one), &same, &err), err);
        CHECK_TEXT(same.at, one);
        at += len;
    }
    CHECK_INT(count, 134 - 2); // all but đ and Đ, which decompose to nothing
}

static void test_clean(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *clean;
    } rows[] = {
        {"clean text", "lũ quét ở Đắk R'Tih 🌧", "lũ quét ở Đắk R'Tih 🌧"},
        {"nothing", "", ""},
        {"another coding", "l\xfc qu\xe9t", "l? qu?t"},
        {"no letter at all", "\xff\xfe\x80 a", "??? a"},
        {"a letter cut after its first byte", "Đắk l\xe1", "Đắk l"},
        {"after its second", "Đắk l\xe1\xba", "Đắk l"},
        {"a picture cut", "mưa \xf0\x9f\x8c", "mưa "},
        {"a start that no letter has", "a\xc0", "a?"},
        {"half a pair", "a\xed\xa0\x80z", "a???z"},
        {"the end of a letter only", "a\x80", "a?"},
        {"taken apart", "lu\u0303 que\u0301t", "lũ quét"},
        {"a sign that stands for a letter", "5 k\u2126", "5 kΩ"},
        {"one that is longer composed", "a\u0958", "a?"},
        {"lines and bells", "a\r\nb\tc\ad\x7f", "a  b c d "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        char text[64];
        (void)snprintf(text, sizeof(text), "%s", rows[i].text);
        AUTO(buf_free) struct buf out = buf_new(200);
        struct err err = {0};
        // What cannot be composed for its bytes, not for a control character, is no UTF-8.
        bool wrong = text_nfc(str_of(text), &out, &err) && strstr(err.text, "UTF-8");
        CHECK_INT(text_is_utf8(str_of(text)), !wrong);
        text_clean(text);
        CHECK(text_is_utf8(str_of(text)));
        CHECK_TEXT(text, rows[i].clean);
    }
}

static void test_numbers_for_people(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t number;
        const char *grouped, *milli;
    } rows[] = {
        {"nothing", 0, "0", "0"},
        {"three digits", 500, "500", "0,5"},
        {"seven digits", 1500000, "1.500.000", "1500"},
        {"a negative one", -1234567, "-1.234.567", "-1234,567"},
        {"tenths", 187600, "187.600", "187,6"},
        {"the least", INT64_MIN, "-9.223.372.036.854.775.808", "-9223372036854775,808"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf out = buf_new(100);
        text_grouped(&out, rows[i].number, '.');
        CHECK_TEXT(out.at, rows[i].grouped);
        buf_clear(&out);
        text_milli(&out, rows[i].number, ',');
        CHECK_TEXT(out.at, rows[i].milli);
    }
}

static void test_bytes_are_taken_whole_or_not(void **state)
{
    (void)state;
    struct str rest = STR("abcde");
    char out[3] = "";
    CHECK(str_take_bytes(&rest, out, 3));
    CHECK(memcmp(out, "abc", 3) == 0 && rest.len == 2);
    CHECK(!str_take_bytes(&rest, out, 3));
    CHECK(memcmp(out, "abc", 3) == 0 && rest.len == 2);
    CHECK(str_take_bytes(&rest, out, 2) && rest.len == 0);
    CHECK(str_take_bytes(&rest, out, 0));
}

static void test_markup(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf out = buf_new(100);
    buf_markup(&out, STR("a < b & \"đ\" > 'c'"));
    CHECK_TEXT(out.at, "a &lt; b &amp; &quot;đ&quot; &gt; 'c'");
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const names[] = {"threshold", "index", "period", NULL};
    CHECK_TEXT(text_nearest(STR("treshold"), names), "threshold");
    CHECK_TEXT(text_nearest(STR("perido"), names), "period");
    CHECK(text_nearest(STR("cua_so"), names) == NULL);
}

static void test_copy(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from;
        size_t size;
        const char *to;
    } rows[] = {
        {"one that fits", "abc", 5, "abc"},          {"one that just fits", "abcd", 5, "abcd"},
        {"one too long is cut", "abcde", 5, "abcd"}, {"the empty one", "", 5, ""},
        {"room for the NUL alone", "abc", 1, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        char to[] = "......";
        text_copy(to, rows[i].size, rows[i].from);
        CHECK_TEXT(to, rows[i].to);
        CHECK_INT(to[5], '.');
    }
}

TEST_MAIN(cmocka_unit_test(test_fields), cmocka_unit_test(test_buffer_never_grows_past_its_maximum),
          cmocka_unit_test(test_nfc), cmocka_unit_test(test_ascii),
          cmocka_unit_test(test_every_letter), cmocka_unit_test(test_clean),
          cmocka_unit_test(test_numbers_for_people),
          cmocka_unit_test(test_bytes_are_taken_whole_or_not), cmocka_unit_test(test_markup),
          cmocka_unit_test(test_nearest), cmocka_unit_test(test_copy))
