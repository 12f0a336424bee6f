// Canonical JSON: what doc_canonical writes, canonical_is takes, and nothing else.
#include "core/canonical.h"
#include "core/clock.h"
#include "core/doc.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/proc.h"

#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void what_is_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        bool is;
    } rows[] = {
        {"an empty object", "{}", true},
        {"all kinds of values", "{\"a\":[1,-2,true,false,null,\"Đắk\"],\"b\":{\"c\":\"\"}}", true},
        {"escapes that must be", "{\"a\":\"\\\"\\\\\\n\\t\\b\\f\\r\\u001F\\u0001\"}", true},
        {"the largest number", "{\"a\":9223372036854775807}", true},
        {"the smallest number", "{\"a\":-9223372036854775808}", true},
        {"a name that begins as the one before", "{\"a\":1,\"ab\":2,\"b\":3}", true},
        {"a character of four bytes", "{\"a\":\"\xf0\x9f\x8c\xa7\"}", true},
        {"no object", "[1]", false},
        {"nothing", "", false},
        {"a blank", "{\"a\": 1}", false},
        {"a line end behind it", "{}\n", false},
        {"names out of order", "{\"b\":1,\"a\":2}", false},
        {"names out of order, deep", "{\"x\":[{\"b\":1,\"a\":2}]}", false},
        {"a name twice", "{\"a\":1,\"a\":1}", false},
        {"the longer name first", "{\"ab\":1,\"a\":2}", false},
        {"a fraction", "{\"a\":1.5}", false},
        {"an exponent", "{\"a\":1e5}", false},
        {"a leading nought", "{\"a\":01}", false},
        {"minus nought", "{\"a\":-0}", false},
        {"a number one too large", "{\"a\":9223372036854775808}", false},
        {"a number one too small", "{\"a\":-9223372036854775809}", false},
        {"a number of 20 digits", "{\"a\":10000000000000000000}", false},
        {"an escape that need not be", "{\"a\":\"\\/\"}", false},
        {"a NUL", "{\"a\":\"\\u0000\"}", false},
        {"a letter as an escape", "{\"a\":\"\\u0041\"}", false},
        {"a line end by number", "{\"a\":\"\\u000A\"}", false},
        {"an escape in small letters", "{\"a\":\"\\u001f\"}", false},
        {"a control character", "{\"a\":\"\x01\"}", false},
        {"bytes that are no UTF-8", "{\"a\":\"\xff\"}", false},
        {"a character written too long", "{\"a\":\"\xc0\x80\"}", false},
        {"half a pair", "{\"a\":\"\xed\xa0\x80\"}", false},
        {"beyond the last character", "{\"a\":\"\xf4\x90\x80\x80\"}", false},
        {"a character cut off", "{\"a\":\"\xe1\xba\"}", false},
        {"a text without end", "{\"a\":\"x", false},
        {"an object without end", "{\"a\":1", false},
        {"a comma too many", "{\"a\":1,}", false},
        {"a comma too many in a list", "{\"a\":[1,]}", false},
        {"a word that is none", "{\"a\":nul}", false},
        {"two objects", "{}{}", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(canonical_is(str_of(rows[i].text), NULL, 0), rows[i].is);
    }
}

static void what_others_write_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *words; // words NULL: they do not
    } rows[] = {
        {"all kinds of values", "{\"a\":[1,-2,true,false,null,\"Đắk\"],\"b\":{\"c\":\"\"}}", NULL},
        {"escapes with a name", "{\"a\":\"\\\"\\\\\\n\\t\\b\\f\\r\"}", NULL},
        {"a backslash before a u", "{\"a\":\"\\\\u001F\"}", NULL},
        {"the largest number that a double holds", "{\"a\":9007199254740992}", NULL},
        {"the smallest", "{\"a\":-9007199254740992}", NULL},
        {"one more", "{\"a\":9007199254740993}", "a number beyond 9,007,199,254,740,992"},
        {"one less", "{\"a\":[[-9007199254740993]]}", "a number beyond"},
        {"an escape by number", "{\"a\":\"\\u001F\"}", "a control character"},
        {"DEL", "{\"a\":\"\x7f\"}", "a control character"},
        {"DEL in a name", "{\"\x7f\":1}", "a control character"},
        {"a mark by itself", "{\"a\":\"a\xcc\x82\"}", "not composed (NFC)"},
        {"the same in a name", "{\"a\xcc\x82\":1}", "not composed (NFC)"},
        {"Hangul in pieces", "{\"a\":\"\xe1\x84\x80\xe1\x85\xa1\"}", "not composed (NFC)"},
        {"what is beyond the plane", "{\"a\":\"\xf0\x9f\x8c\xa7\"}", NULL},
        {"a blank", "{\"a\": 1}", "no canonical JSON"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        const char *what = canonical_private(str_of(rows[i].text));
        CHECK((what == NULL) == (rows[i].words == NULL));
        CHECK_HAS(what ? what : "", rows[i].words ? rows[i].words : "");
    }
}

static void nested(size_t depth, struct buf *out)
{
    for (size_t i = 0; i < depth; i++)
        buf_text(out, "{\"a\":");
    buf_char(out, '1');
    for (size_t i = 0; i < depth; i++)
        buf_char(out, '}');
}

static void how_deep(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf deep = buf_new(10000);
    nested(64, &deep);
    CHECK(canonical_is(buf_slice(&deep), NULL, 0));
    buf_clear(&deep);
    nested(65, &deep);
    CHECK(!canonical_is(buf_slice(&deep), NULL, 0));
}

static void members_are_given(void **state)
{
    (void)state;
    struct canonical_member wanted[] = {{STR("kind"), {0}}, {STR("no"), {0}}, {STR("seq"), {0}}};
    CHECK(canonical_is(STR("{\"a\":{\"kind\":1,\"seq\":2},\"kind\":\"x\\ny\",\"seq\":70}"), wanted,
                       COUNT_OF(wanted)));
    CHECK(str_is(wanted[0].value, "\"x\\ny\""));
    CHECK(wanted[1].value.at == NULL);
    CHECK(str_is(wanted[2].value, "70"));
}

static void a_value_says_a_text_or_number(void **state)
{
    static const struct {
        const char *value, *text;
        bool says;
    } texts[] = {{"\"00001\"", "00001", true},
                 {"\"00001\"", "00002", false},
                 {"\"00001\"", "0000", false},
                 {"\"\"", "", true},
                 {"\"x\\ny\"", "x\ny", true},
                 {"\"x\\ny\"", "x\\ny", false},
                 {"\"x\\\\ny\"", "x\\ny", true},
                 {"\"x\\\"y\"", "x\"y", true},
                 {"12", "12", false},
                 {"\"Đắk Nông\"", "Đắk Nông", true},
                 {"\"x\\ny\"", "\xff", false},
                 {"null", "null", false}};
    static const struct {
        const char *value;
        int64_t number;
        bool says;
    } numbers[] = {{"0", 0, true},
                   {"7", 7, true},
                   {"70", 7, false},
                   {"7", 70, false},
                   {"-7", -7, true},
                   {"-7", 7, false},
                   {"7", -7, false},
                   {"1", 0, false},
                   {"", 0, false},
                   {"-9223372036854775808", INT64_MIN, true},
                   {"9223372036854775807", INT64_MAX, true},
                   {"\"7\"", 7, false}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        ROW(texts[i].value);
        CHECK_INT(canonical_says_text(str_of(texts[i].value), str_of(texts[i].text)),
                  texts[i].says);
    }
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        ROW(numbers[i].value);
        CHECK_INT(canonical_says_number(str_of(numbers[i].value), numbers[i].number),
                  numbers[i].says);
    }
    CHECK(!canonical_says_text((struct str){NULL, 0}, STR("")));
    CHECK(!canonical_says_number((struct str){NULL, 0}, 0));
}

static uint64_t dice(uint64_t *seed, uint64_t sides)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % sides;
}

static struct doc *random_value(uint64_t *seed, int depth);

// Now and then a piece that others write otherwise, or that composes with the one before.
static void random_text(uint64_t *seed, struct buf *out)
{
    static const char *const common[] = {"a",    "Z", "đ", "ắ", "\"", "\\", "\n", "\t", "/",
                                         "🌧", " ", "0", "{", "\b", "\f", "\r", "Ω",  "“"};
    static const char *const rare[] = {"\x01", "\x1f", "\x7f", "\xcc\x82", "\xe2\x84\xa6"};
    for (uint64_t i = dice(seed, 6); i > 0; i--)
        buf_text(out, dice(seed, 100) ? common[dice(seed, COUNT_OF(common))]
                                      : rare[dice(seed, COUNT_OF(rare))]);
}

static int64_t random_number(uint64_t *seed)
{
    uint64_t size = dice(seed, UINT32_MAX) * dice(seed, UINT32_MAX);
    if (dice(seed, 50))
        size >>= 11 + dice(seed, 50); // up to 2^53
    return (int64_t)size * (dice(seed, 2) ? 1 : -1);
}

static struct doc *random_object(uint64_t *seed, int depth)
{
    struct doc *object = doc_object();
    for (uint64_t i = dice(seed, 40); i > 0; i--) {
        char key[3] = {(char)('a' + dice(seed, 26)),
                       dice(seed, 2) ? (char)('A' + dice(seed, 26)) : '\0', '\0'};
        doc_put(object, key, random_value(seed, depth + 1));
    }
    return object;
}

static struct doc *random_value(uint64_t *seed, int depth)
{
    struct doc *holder = doc_array();
    AUTO(buf_free) struct buf text = buf_new(1000);
    switch (dice(seed, depth > 2 ? 4 : 6)) {
    case 0:
        doc_free(&holder);
        random_text(seed, &text);
        holder = doc_object();
        doc_put_str(holder, "t", buf_slice(&text));
        return holder;
    case 1:
        doc_push_int(holder, random_number(seed));
        return holder;
    case 2:
        doc_push_int(holder, 0);
        return holder;
    case 3:
        return holder;
    case 4:
        doc_free(&holder);
        return random_object(seed, depth);
    default:
        for (uint64_t i = dice(seed, 4); i > 0; i--)
            doc_push(holder, random_value(seed, depth + 1));
        return holder;
    }
}

// What is written is taken; what is taken after a byte was changed is what would be written.
static void as_the_slow_way(void **state)
{
    (void)state;
    enum { DOCUMENTS = 300, CHANGES = 60 };
    const char *given = getenv("GONG_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20261125;
    size_t taken = 0;
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < DOCUMENTS; i++) {
        struct err err = {0};
        AUTO(doc_free) struct doc *doc = random_object(&seed, 0);
        AUTO(buf_free) struct buf text = buf_new(1 << 20);
        doc_canonical(doc, &text);
        CHECK(canonical_is(buf_slice(&text), NULL, 0));
        AUTO(doc_free) struct doc *again = NULL;
        AUTO(buf_free) struct buf second = buf_new(1 << 20);
        CHECK_OK(doc_parse(buf_slice(&text), "text", &again, &err), err);
        doc_canonical(again, &second);
        CHECK(str_same(buf_slice(&text), buf_slice(&second)));
        for (int c = 0; c < CHANGES; c++) {
            size_t at = dice(&seed, text.len);
            char was = text.at[at];
            text.at[at] = dice(&seed, 2) ? (char)dice(&seed, 256) : "\",:{}[]0\\ "[dice(&seed, 10)];
            if (canonical_is(buf_slice(&text), NULL, 0)) {
                AUTO(doc_free) struct doc *changed = NULL;
                taken++;
                buf_clear(&second);
                CHECK_OK(doc_parse(buf_slice(&text), "text", &changed, &err), err);
                doc_canonical(changed, &second);
                CHECK(str_same(buf_slice(&text), buf_slice(&second)));
            }
            text.at[at] = was;
        }
    }
    (void)printf("# %zu changed texts were canonical\n", taken);
    CHECK(taken > 100); // else nothing was compared
}

// Who wrote a document and says that all in it is of every day says no less than who reads it
// again; and says so of most that are.
static void what_is_of_every_day(void **state)
{
    (void)state;
    enum { DOCUMENTS = 20000, VALUE_MAX = 40 };
    const char *given = getenv("GONG_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)clock_system.now(NULL).s;
    size_t everyday = 0, missed = 0, rare = 0;
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < DOCUMENTS; i++) {
        AUTO(doc_free) struct doc *doc = i % 2 ? doc_object() : random_object(&seed, 1);
        AUTO(buf_free) struct buf text = buf_new(1 << 20);
        char value[VALUE_MAX + 1] = {0};
        struct doc_member more[] = {{"~kind", value, 0}, {"~seq", NULL, 0}};
        // One byte in a text of ASCII, of any length, is another; or none is.
        for (size_t c = 0, len = dice(&seed, VALUE_MAX + 1); c < len; c++)
            value[c] = (char)('a' + dice(&seed, 26));
        size_t len = strlen(value);
        if (len && dice(&seed, 2))
            value[dice(&seed, len)] = "\x01\x1f\n\"\\ \x7f~"[dice(&seed, 8)];
        if (len > 1 && dice(&seed, 8) == 0)
            memcpy(value + dice(&seed, len - 1), "\xc3\xa1", 2);
        more[1].number = (int64_t)1 << 53;
        more[1].number += (int64_t)dice(&seed, 3) - 1;
        bool said = doc_canonical_with(doc, more, COUNT_OF(more), &text);
        const char *what = canonical_private(buf_slice(&text));
        CHECK(!said || !what);
        everyday += said;
        rare += what != NULL;
        missed += !said && !what;
    }
    (void)printf("# %zu of every day, %zu that are not to be written, %zu others\n", everyday, rare,
                 missed);
    CHECK(everyday > DOCUMENTS / 10 && rare > DOCUMENTS / 10); // else nothing was compared
}

// --- what another program makes of it

struct outside {
    FILE *file;
    char path[64];
    size_t lines, kept, private;
};

static void outside_add(struct outside *outside, struct str text)
{
    if (canonical_private(text)) {
        outside->private ++;
        return;
    }
    CHECK(fwrite(text.at, 1, text.len, outside->file) == text.len &&
          fputc('\n', outside->file) > 0);
    outside->kept++;
}

// A document and what becomes of it when bytes are turned: of all that nothing is said against...
static void outside_write(struct outside *outside, uint64_t *seed)
{
    enum { DOCUMENTS = 2000, CHANGES = 20 };
    for (int i = 0; i < DOCUMENTS; i++) {
        AUTO(doc_free) struct doc *doc = random_object(seed, 1);
        AUTO(buf_free) struct buf text = buf_new(1 << 20);
        doc_canonical(doc, &text);
        outside_add(outside, buf_slice(&text));
        for (int c = 0; c < CHANGES; c++) {
            size_t at = dice(seed, text.len);
            char was = text.at[at];
            text.at[at] = "0123456789abcdefuABCDEF\\-\x7f"[dice(seed, 26)];
            if (canonical_is(buf_slice(&text), NULL, 0))
                outside_add(outside, buf_slice(&text));
            text.at[at] = was;
        }
    }
}

// ...jq makes the very same bytes.
static void jq_writes_the_same(void **state)
{
    (void)state;
    const char *given = getenv("GONG_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)clock_system.now(NULL).s;
    struct outside outside = {.path = "/tmp/gong-canonical-XXXXXX"};
    struct err err = {0};
    AUTO(buf_free) struct buf before = buf_new(256 << 20);
    AUTO(buf_free) struct buf after = buf_new(256 << 20);
    AUTO(buf_free) struct buf says = buf_new(10000);
    int end = mkstemp(outside.path), code = -1;
    outside.file = end >= 0 ? fdopen(end, "w") : NULL;
    CHECK(outside.file != NULL);
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    outside_write(&outside, &seed);
    CHECK_INT(fclose(outside.file), 0);
    CHECK_OK(file_read(outside.path, &before, &err), err);
    const char *const argv[] = {"/usr/bin/jq", "-cS", ".", outside.path, NULL};
    CHECK_OK(proc_run(argv, -1, &(struct proc_limits){.output_bytes_max = 256 << 20}, &after, &says,
                      &code, &err),
             err);
    CHECK_INT(unlink(outside.path), 0);
    CHECK_INT(code, 0);
    struct str left = buf_slice(&before), right = buf_slice(&after), ours, theirs;
    for (; str_take_line(&left, &ours) && str_take_line(&right, &theirs); outside.lines++) {
        if (!str_same(ours, theirs))
            CHECK_FAILED("jq writes\n" STR_FMT "\nfor\n" STR_FMT, STR_ARG(theirs), STR_ARG(ours));
    }
    (void)printf("# %zu documents the same, %zu not tried: others write them otherwise\n",
                 outside.lines, outside.private);
    CHECK_INT(outside.lines, outside.kept);
    CHECK(before.len == after.len && outside.kept > 2000 && outside.private > 200);
}

TEST_MAIN(cmocka_unit_test(what_is_canonical), cmocka_unit_test(what_others_write_otherwise),
          cmocka_unit_test(jq_writes_the_same), cmocka_unit_test(how_deep),
          cmocka_unit_test(members_are_given), cmocka_unit_test(a_value_says_a_text_or_number),
          cmocka_unit_test(as_the_slow_way), cmocka_unit_test(what_is_of_every_day))
