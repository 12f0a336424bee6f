#include "core/sms_fit.h"

#include "core/mem.h"
#include "tests/check.h"

#include <stdlib.h>
#include <utf8proc.h>

enum { ROOM = 20000 };

static const char tuy_duc[] =
    "CẢNH BÁO mưa lớn: xã Tuy Đức (trước đây gồm Đắk Buk So, Đắk R'Tih, Quảng Tâm) đêm 12/8 có thể "
    "mưa 100-150 mm. Tránh suối, dốc đất. Tin tiếp theo 20h. Gọi 1800xxxx.";
// "đức" with its marks apart, as some keyboards write it
static const char apart[] = "xa\xcc\x83 Tuy \xc4\x90u\xcc\x9b\xcc\x81"
                            "c";

static char *times(const char *text, size_t count, const char *end)
{
    struct buf made = buf_new(ROOM);
    for (size_t i = 0; i < count; i++)
        buf_text(&made, text);
    buf_text(&made, end);
    return buf_take(&made);
}

static void test_measure(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        size_t times;
        const char *end;
        enum sms_coding coding;
        size_t units, parts;
    } rows[] = {
        {"nothing is one part", "", 1, "", SMS_GSM7, 0, 1},
        {"the vector with its accents", tuy_duc, 1, "", SMS_UCS2, 163, 3},
        {"160 septets are one part", "a", 160, "", SMS_GSM7, 160, 1},
        {"161 are two", "a", 161, "", SMS_GSM7, 161, 2},
        {"306 are two", "a", 306, "", SMS_GSM7, 306, 2},
        {"307 are three", "a", 307, "", SMS_GSM7, 307, 3},
        {"70 units are one part", "ư", 70, "", SMS_UCS2, 70, 1},
        {"71 are two", "ư", 71, "", SMS_UCS2, 71, 2},
        {"134 are two", "ư", 134, "", SMS_UCS2, 134, 2},
        {"135 are three", "ư", 135, "", SMS_UCS2, 135, 3},
        {"one letter with an accent makes all of it wide", "a", 100, "đ", SMS_UCS2, 101, 2},
        {"the accented letters that the alphabet has", "àèéìòùÉ", 1, "", SMS_GSM7, 7, 1},
        {"a bracket is two septets", "[", 80, "", SMS_GSM7, 160, 1},
        {"the euro too", "a", 159, "€", SMS_GSM7, 161, 2},
        {"an escape pair is not split: 152 and a pair", "a", 152, "[bbbbbbbbbbbbb", SMS_GSM7, 167,
         2},
        {"152 septets in the first part cost a third", "a", 152,
         "[bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
         "b"
         "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
         SMS_GSM7, 306, 3},
        {"a letter of two halves is two units", "🌧", 35, "", SMS_UCS2, 70, 1},
        {"and is not split", "🌧", 36, "", SMS_UCS2, 72, 2},
        {"33 pairs a part, so 67 pairs are three", "🌧", 67, "", SMS_UCS2, 134, 3},
        {"the back quote is not in the alphabet", "`", 1, "", SMS_UCS2, 1, 1},
        {"1530 septets are ten parts", "a", 1530, "", SMS_GSM7, 1530, 10},
        {"1531 are too many", "a", 1531, "", SMS_GSM7, 1531, SMS_REFUSED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(mem_drop) char *text = times(rows[i].text, rows[i].times, rows[i].end);
        struct sms_size size = sms_measure(str_of(text));
        CHECK_TEXT(sms_coding_names[size.coding], sms_coding_names[rows[i].coding]);
        CHECK_INT(size.units, rows[i].units);
        CHECK_INT(size.parts, rows[i].parts);
    }
}

// Marks taken off their letters: what an unclean keyboard sends, and what NFC is for.
static void test_vector(void **state)
{
    (void)state;
    struct err err = {0};
    struct sms_size size;
    static const struct {
        const char *name;
        struct sms_limits limits;
        enum sms_coding coding;
        size_t units, parts;
    } rows[] = {
        {"accents kept", {SMS_POLICY_UCS2, 3}, SMS_UCS2, 163, 3},
        {"accents off", {SMS_POLICY_ASCII, 3}, SMS_GSM7, 163, 2},
        {"auto with three parts keeps them", {SMS_POLICY_AUTO, 3}, SMS_UCS2, 163, 3},
        {"auto with two takes them off", {SMS_POLICY_AUTO, 2}, SMS_GSM7, 163, 2},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf out = buf_new(ROOM);
        CHECK_OK(sms_prepare(str_of(tuy_duc), &rows[i].limits, &out, &size, &err), err);
        CHECK_INT(size.coding, rows[i].coding);
        CHECK_INT(size.units, rows[i].units);
        CHECK_INT(size.parts, rows[i].parts);
        if (rows[i].coding == SMS_GSM7)
            CHECK_TEXT(out.at, "CANH BAO mua lon: xa Tuy Duc (truoc day gom Dak Buk So, Dak R'Tih, "
                               "Quang Tam) dem 12/8 co the mua 100-150 mm. Tranh suoi, doc dat. "
                               "Tin tiep theo 20h. Goi 1800xxxx.");
    }
    ROW("one part of 160 is refused by how much");
    AUTO(buf_free) struct buf out = buf_new(ROOM);
    CHECK_INT(sms_prepare(str_of(tuy_duc), &(struct sms_limits){SMS_POLICY_ASCII160, 3}, &out,
                          &size, &err),
              ERR_INPUT);
    CHECK_HAS(err.text, "163 septets in GSM-7, at most 160 in 1 part; write it shorter");
    CHECK_INT(out.len, 0);

    ROW("left in NFD it counts 198");
    char *nfd = (char *)utf8proc_NFD((const utf8proc_uint8_t *)tuy_duc);
    CHECK_INT(sms_measure(str_of(nfd)).units, 198);
    ROW("and 163 again once it is prepared");
    CHECK_OK(sms_prepare(str_of(nfd), &(struct sms_limits){SMS_POLICY_UCS2, 3}, &out, &size, &err),
             err);
    CHECK_INT(size.units, 163);
    CHECK_TEXT(out.at, tuy_duc);
    free(nfd);
}

static const struct {
    const char *name, *text;
    struct sms_limits limits;
    const char *sent; // NULL: refused
    const char *says;
} prepared[] = {
    {"đ and ƀ, which decompose to nothing",
     "Đắk Ƀ ƀuôn đê",
     {SMS_POLICY_ASCII, 3},
     "Dak B buon de",
     NULL},
    {"letters of Êđê and M'Nông",
     "Čư Ŏng Kĕh, ñ Ñ",
     {SMS_POLICY_ASCII160, 3},
     "Cu Ong Keh, n N",
     NULL},
    {"degrees", "dưới 13 °C", {SMS_POLICY_ASCII, 1}, "duoi 13 C", NULL},
    {"the curled apostrophe does not cost UTF-16", "M’Nông", {SMS_POLICY_ASCII, 1}, "M'Nong", NULL},
    {"nor do dash, dots, quotes and hard blank, with auto",
     "100–150\u00a0mm… “go”",
     {SMS_POLICY_AUTO, 1},
     "100-150 mm... \"go\"",
     NULL},
    {"marks apart are put together", apart, {SMS_POLICY_UCS2, 1}, "xã Tuy Đức", NULL},
    {"marks apart come off", apart, {SMS_POLICY_ASCII, 1}, "xa Tuy Duc", NULL},
    {"7-bit letters stay with auto", "Gọi", {SMS_POLICY_AUTO, 1}, "Gọi", NULL},
    {"a letter that no rule covers is named",
     "Mưa 雨",
     {SMS_POLICY_ASCII, 3},
     NULL,
     "\"雨\" cannot be written"},
    {"so is ASCII that the alphabet does not have",
     "mua `to`",
     {SMS_POLICY_ASCII, 3},
     NULL,
     "\"``\" cannot be written"},
    {"a control character", "a\x01", {SMS_POLICY_AUTO, 3}, NULL, "control character 1"},
    {"no UTF-8", "a\xff", {SMS_POLICY_AUTO, 3}, NULL, "not UTF-8"},
};

static void test_prepare(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(prepared); i++) {
        ROW(prepared[i].name);
        struct err err = {0};
        struct sms_size size = {0};
        AUTO(buf_free) struct buf out = buf_new(ROOM);
        enum err_kind kind =
            sms_prepare(str_of(prepared[i].text), &prepared[i].limits, &out, &size, &err);
        if (prepared[i].sent) {
            CHECK_OK(kind, err);
            CHECK_TEXT(out.at, prepared[i].sent);
            CHECK(size.parts >= 1 && size.parts <= prepared[i].limits.parts_max);
        } else {
            CHECK_INT(kind, ERR_INPUT);
            CHECK_HAS(err.text, prepared[i].says);
            CHECK_INT(out.len, 0);
        }
    }
}

static void test_wire(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        enum sms_coding coding;
        const char *hex;
    } rows[] = {
        {"ASCII where it stands, @ $ _ where they do not", "a@$_", SMS_GSM7, "61000211"},
        {"escapes", "[€]", SMS_GSM7, "1b3c1b651b3e"},
        {"Greek", "ΔΩ", SMS_GSM7, "1015"},
        {"UTF-16, the high byte first", "Cảnh", SMS_UCS2, "00431ea3006e0068"},
        {"a surrogate pair", "🌧", SMS_UCS2, "d83cdf27"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf out = buf_new(ROOM), hex = buf_new(ROOM), back = buf_new(ROOM);
        sms_encode(str_of(rows[i].text), rows[i].coding, &out);
        for (size_t b = 0; b < out.len; b++)
            buf_print(&hex, "%02x", (unsigned)(unsigned char)out.at[b]);
        CHECK_TEXT(hex.at, rows[i].hex);
        if (rows[i].coding == SMS_GSM7)
            sms_decode_gsm7(buf_slice(&out), &back);
        else
            sms_decode_utf16(buf_slice(&out), &back);
        CHECK_TEXT(back.at, rows[i].text);
    }
    AUTO(buf_free) struct buf out = buf_new(ROOM);
    ROW("half a pair, an odd byte, a byte over the alphabet, an escape to nowhere");
    sms_decode_utf16((struct str){"\xd8\x3c\x00", 3}, &out);
    sms_decode_gsm7((struct str){"\x80\x1b\x01\x1b", 4}, &out);
    CHECK_TEXT(out.at, "��� £ ");
    ROW("Latin 1");
    buf_clear(&out);
    sms_decode_latin1((struct str){"\xe0 la", 4}, &out);
    CHECK_TEXT(out.at, "à la");
}

// Any text: its parts are the text again, none is over its room, and no pair is split.
static void test_parts(void **state)
{
    (void)state;
    static const char *const letters[] = {"a", "[", "ư", "🌧", "e\xcc\x82\xcc\x81",
                                          "€", "đ", " "};
    unsigned seed = getenv("GONG_SEED") ? (unsigned)atoi(getenv("GONG_SEED")) : 20261125;
    (void)printf("# seed %u\n", seed);
    srandom(seed);
    for (int round = 0; round < 3000; round++) {
        size_t kinds = round % 3 == 0 ? 2 : COUNT_OF(letters);
        AUTO(buf_free) struct buf text = buf_new(ROOM), joined = buf_new(ROOM);
        for (long i = random() % 700; i > 0; i--)
            buf_text(&text, letters[(size_t)random() % kinds]);
        struct sms_size size = sms_measure(buf_slice(&text));
        if (size.parts == SMS_REFUSED)
            continue;
        struct str rest = buf_slice(&text), part;
        size_t parts = 0, units = 0;
        size_t room =
            size.coding == SMS_GSM7 ? (size.parts == 1 ? 160 : 153) : (size.parts == 1 ? 70 : 67);
        while (sms_take_part(&rest, size.coding, size.parts, &part)) {
            AUTO(buf_free) struct buf wire = buf_new(ROOM);
            sms_encode(part, size.coding, &wire);
            size_t here = size.coding == SMS_GSM7 ? wire.len : wire.len / 2;
            CHECK(here <= room);
            CHECK(str_starts(part, "\xcc") == false);
            units += here;
            parts++;
            buf_str(&joined, part);
        }
        CHECK_INT(parts, text.len ? size.parts : 0);
        CHECK_INT(units, size.units);
        CHECK(str_same(buf_slice(&joined), buf_slice(&text)));
    }
}

// What goes where there is no room for all of it, or no letter for it.
static const char fit_place[] = "Tuy Đức (gồm Quảng Tâm): mưa to, tránh suối và dốc đất cao.";
static const char fit_rain[] =
    "Tuy Đức 🌧 mưa to, tránh suối và dốc đất cao, lên chỗ cao ngay "
    "bây giờ.";
static const struct {
    const char *name;
    struct sms_texts texts;
    struct sms_limits limits;
    const char *sent; // NULL: all of it without accents
    enum sms_said said;
    bool plain;
    size_t lost;
} fit_rows[] = {
    {"all of it",
     {fit_place, {" (gồm Quảng Tâm)", NULL}, "Mua."},
     {SMS_POLICY_UCS2, 1},
     fit_place,
     SMS_SAID_WHOLE,
     false,
     0},
    {"no optional part",
     {"Đ (gồm Quảng Tâm và Đắk Buk So): mưa to, tránh suối và dốc đất cao, cao.",
      {" (gồm Quảng Tâm và Đắk Buk So)", NULL},
      "Mua."},
     {SMS_POLICY_UCS2, 1},
     "Đ: mưa to, tránh suối và dốc đất cao, cao.",
     SMS_SAID_LESS,
     false,
     0},
    {"no accents",
     {tuy_duc, {NULL, NULL}, "Mua."},
     {SMS_POLICY_UCS2, 2},
     NULL,
     SMS_SAID_WHOLE,
     true,
     0},
    {"the short text in its coding",
     {tuy_duc, {NULL, NULL}, "Mua."},
     {SMS_POLICY_UCS2, 1},
     "Mua.",
     SMS_SAID_BRIEF,
     false,
     0},
    {"the short text first",
     {fit_place, {NULL, NULL}, "Mua."},
     {SMS_POLICY_ASCII160, 3},
     "Mua.",
     SMS_SAID_BRIEF,
     false,
     0},
    {"no short text",
     {"Mưa", {NULL, NULL}, NULL},
     {SMS_POLICY_ASCII160, 3},
     "Mua",
     SMS_SAID_WHOLE,
     false,
     0},
    {"a letter is left out, not the warning",
     {fit_rain, {NULL, NULL}, "Mua."},
     {SMS_POLICY_AUTO, 1},
     "Tuy Duc mua to, tranh suoi va doc dat cao, len cho cao ngay bay gio.",
     SMS_SAID_WHOLE,
     false,
     1},
    {"and kept where there is room",
     {fit_rain, {NULL, NULL}, "Mua."},
     {SMS_POLICY_AUTO, 2},
     fit_rain,
     SMS_SAID_WHOLE,
     false,
     0},
    {"of the short text too",
     {NULL, {NULL, NULL}, "Mưa 雨"},
     {SMS_POLICY_ASCII160, 1},
     "Mua ",
     SMS_SAID_BRIEF,
     false,
     1},
};

static void test_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fit_rows); i++) {
        ROW(fit_rows[i].name);
        struct err err = {0};
        struct sms_fitted fitted;
        AUTO(buf_free) struct buf out = buf_new(ROOM), plain = buf_new(ROOM);
        CHECK_OK(sms_fit(&fit_rows[i].texts, &fit_rows[i].limits, &out, &fitted, &err), err);
        (void)text_ascii(str_of(fit_rows[i].texts.whole ? fit_rows[i].texts.whole : ""), &plain);
        CHECK_TEXT(out.at, fit_rows[i].sent ? fit_rows[i].sent : plain.at);
        CHECK_INT(fitted.said, fit_rows[i].said);
        CHECK_INT(fitted.plain, fit_rows[i].plain);
        CHECK_INT(fitted.lost, fit_rows[i].lost);
        CHECK_INT(fitted.size.parts, sms_measure(buf_slice(&out)).parts);
    }
    ROW("nothing that can be written");
    struct err err = {0};
    struct sms_fitted fitted;
    AUTO(buf_free) struct buf out = buf_new(ROOM);
    struct sms_texts none = {.whole = "雨雨"};
    CHECK_INT(sms_fit(&none, &(struct sms_limits){SMS_POLICY_ASCII, 3}, &out, &fitted, &err),
              ERR_INPUT);
    CHECK_HAS(err.text, "雨雨");
    CHECK_INT(out.len, 0);
}

#define TEN "Xa Ba Be: "
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN
#define EIGHTY SEVENTY TEN

// What has no short text of its own: as many words as go into one SMS without accents.
static void test_shorten(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *short_text;
    } rows[] = {
        {"what fits stays as it is, with its accents", "Đắk Buk So: 12 mm.", "Đắk Buk So: 12 mm."},
        {"160 letters", SEVENTY EIGHTY "0123456789", SEVENTY EIGHTY "0123456789"},
        {"a letter more", SEVENTY EIGHTY "0123456789x", SEVENTY SEVENTY "Xa Ba Be:..."},
        {"signs that take two", EIGHTY "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ b",
         SEVENTY "Xa Ba Be:..."},
        {"nothing", "", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf out = buf_new(ROOM);
        sms_shorten(str_of(rows[i].text), &out);
        CHECK_TEXT(out.at ? out.at : "", rows[i].short_text);
    }
}

TEST_MAIN(cmocka_unit_test(test_shorten), cmocka_unit_test(test_fit),
          cmocka_unit_test(test_measure), cmocka_unit_test(test_vector),
          cmocka_unit_test(test_prepare), cmocka_unit_test(test_wire), cmocka_unit_test(test_parts))
