#include "triggers/receipt.h"

#include "core/date.h"
#include "core/mem.h"
#include "core/text.h"
#include "ledger/reading.h"
#include "policies/part.h"
#include "policies/unit.h"
#include "triggers/explain.h"

#include <inttypes.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 1 << 20, TRACKS_BYTES_MAX = 16 << 20 };

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\">\n<title>gong</title>\n"
    "<style>body{font:14px/1.4 sans-serif;max-width:48em;margin:2em auto;padding:0 1em}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.6em}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2em .5em;text-align:right}"
    "@media print{body{margin:0}pre{background:none;border:1px solid #999}}</style></head><body>\n";

static void block(const char *title, struct str text, struct buf *out)
{
    buf_print(out, "<h2>%s</h2>\n<pre>", title);
    buf_markup(out, text);
    buf_text(out, "</pre>\n");
}

// The decided commune's place where the readings are of all.
static size_t place_of(const struct doc *receipt)
{
    const struct doc *communes = doc_get(receipt, "communes");
    const char *code = doc_text(doc_get(doc_get(receipt, "commune"), "code"), "");
    size_t place = 0;
    while (place < doc_count(communes) &&
           strcmp(doc_text(doc_get(doc_at(communes, place), "code"), ""), code) != 0)
        place++;
    return place;
}

// The member `one`, or that of all in `all` at the place.
static int64_t number_of(const struct doc *reading, const char *one, const char *all, size_t place,
                         int64_t none)
{
    const struct doc *list = doc_get(reading, all);
    return place < doc_count(list) ? doc_int(doc_at(list, place), none)
                                   : doc_int(doc_get(reading, one), none);
}

// Its value with its unit, "—" where nothing was observed.
static void say_value(const struct doc *reading, size_t place, struct buf *out)
{
    int64_t value = number_of(reading, "value", "values", place, READING_NONE);
    enum unit unit;
    if (value == READING_NONE) {
        buf_text(out, "—");
        return;
    }
    text_milli(out, value, '.');
    if (variable_unit(doc_text(doc_get(reading, "variable"), ""), &unit))
        buf_print(out, " %s", unit_word(unit, LANGUAGE_EN)); // the same in both
}

// Its end as the words about the answer have it, in Viet Nam's time.
static void say_end(const struct doc *reading, struct buf *out)
{
    const char *to = doc_text(doc_get(reading, "to"), "");
    struct err none = {0};
    struct utc time;
    buf_text(out, utc_parse(str_of(to), &time, &none) == OK ? utc_local_text(time).at : to);
}

static void say_cover(const struct doc *reading, size_t place, struct buf *out)
{
    text_milli(out, number_of(reading, "cover", "covers", place, 0) * 10, '.');
    buf_text(out, " %");
}

static void values(const struct doc *readings, size_t place, struct buf *out)
{
    buf_text(out, "<h2>Số liệu đã dùng · Values used</h2>\n<table><tr>"
                  "<th>đến (giờ VN) · to (Viet Nam time)</th><th>nguồn · source</th>"
                  "<th>thành viên · member</th><th>giá trị · value</th><th>diện tích · area</th>"
                  "</tr>\n");
    for (size_t i = 0; i < doc_count(readings); i++) {
        const struct doc *one = doc_at(readings, i);
        int64_t member = doc_int(doc_get(one, "member"), MEMBER_NONE);
        buf_text(out, "<tr><td>");
        say_end(one, out);
        buf_print(out, "</td><td>%s %s</td><td>", doc_text(doc_get(one, "source"), ""),
                  doc_text(doc_get(one, "variable"), ""));
        if (member != MEMBER_NONE)
            buf_print(out, "%" PRId64, member);
        buf_text(out, "</td><td>");
        say_value(one, place, out);
        buf_text(out, "</td><td>");
        say_cover(one, place, out);
        buf_text(out, "</td></tr>\n");
    }
    buf_text(out, "</table>\n");
}

// Storms in one line a fix.
static void say_tracks(const struct doc *tracks, struct buf *out)
{
    for (size_t i = 0; i < doc_count(tracks); i++) {
        const struct doc *track = doc_at(tracks, i), *fixes = doc_get(track, "fixes");
        buf_print(out, "%s %s\n", doc_text(doc_get(track, "storm"), ""),
                  doc_text(doc_get(track, "name"), ""));
        for (size_t k = 0; k < doc_count(fixes); k++) {
            const struct doc *fix = doc_at(fixes, k);
            buf_print(out, "  %s  ", doc_text(doc_get(fix, "at"), ""));
            text_milli(out, doc_int(doc_get(fix, "latitude_milli"), 0), '.');
            buf_text(out, " N  ");
            text_milli(out, doc_int(doc_get(fix, "longitude_milli"), 0), '.');
            buf_text(out, " E\n");
        }
    }
}

// Storms, and gauges as other values.
static void points(const struct doc *receipt, struct buf *out)
{
    const struct doc *gauges = doc_get(receipt, "gauges");
    AUTO(buf_free) struct buf list = buf_new(TRACKS_BYTES_MAX);
    say_tracks(doc_get(receipt, "tracks"), &list);
    if (list.len)
        block("Đường đi của bão · Tracks of storms", buf_slice(&list), out);
    for (const char *key = doc_next_key(gauges, NULL); key; key = doc_next_key(gauges, key)) {
        block("Trạm đo · Gauge", str_of(key), out);
        values(doc_get(gauges, key), 0, out);
    }
}

// Each set of weights that the readings name, once.
static void say_weights(const struct doc *readings, const char *label, struct buf *out)
{
    const char *last = "";
    for (size_t i = 0; i < doc_count(readings); i++) {
        const char *hash = doc_text(doc_get(doc_at(readings, i), "weights"), "");
        bool told = strcmp(hash, last) == 0 || !*hash;
        for (size_t k = 0; k < i && !told; k++)
            told = strcmp(doc_text(doc_get(doc_at(readings, k), "weights"), ""), hash) == 0;
        if (!told)
            buf_print(out, "  %s %s\n", label, hash);
        last = hash;
    }
}

// What it stands on by name and hash, a line each: what receipt_check compares with the entries.
enum { IN_BOTH = LANGUAGES, LABELS };
static void say_grounds(const struct doc *receipt, size_t language, struct buf *out)
{
    static const char *const labels[][LABELS] = {
        {"chương trình:", "program:", "chương trình · program:"},
        {"quy tắc, SHA-256:", "policy, SHA-256:", "quy tắc · policy, SHA-256:"},
        {"bộ ranh giới", "boundary set", "bộ ranh giới · boundary set"},
        {"trọng số, SHA-256:", "weights, SHA-256:", "trọng số · weights, SHA-256:"},
        {"tệp gốc, SHA-256:", "raw file, SHA-256:", "tệp gốc · raw file, SHA-256:"},
    };
    const struct doc *commune = doc_get(receipt, "commune"), *raw = doc_get(receipt, "raw");
    buf_print(out, "  %s %s\n", labels[0][language], doc_text(doc_get(receipt, "program"), "?"));
    buf_print(out, "  %s %s\n", labels[1][language],
              doc_text(doc_get(doc_get(receipt, "explanation"), "policy_hash"), ""));
    buf_print(out, "  %s %s, SHA-256: %s\n", labels[2][language],
              doc_text(doc_get(commune, "boundary_set"), ""),
              doc_text(doc_get(commune, "boundary_set_hash"), ""));
    say_weights(doc_get(receipt, "readings"), labels[3][language], out);
    for (size_t i = 0; i < doc_count(raw); i++)
        buf_print(out, "  %s %s %s\n", labels[4][language],
                  doc_text(doc_get(doc_at(raw, i), "hash"), ""),
                  doc_text(doc_get(doc_at(raw, i), "url"), ""));
}

static void say_values(const struct doc *readings, size_t place, bool vi, struct buf *out)
{
    for (size_t i = 0; i < doc_count(readings); i++) {
        const struct doc *one = doc_at(readings, i);
        int64_t member = doc_int(doc_get(one, "member"), MEMBER_NONE);
        buf_text(out, "  ");
        say_end(one, out);
        buf_print(out, "  %s %s", doc_text(doc_get(one, "source"), ""),
                  doc_text(doc_get(one, "variable"), ""));
        if (member != MEMBER_NONE)
            buf_print(out, vi ? " thành viên %" PRId64 : " member %" PRId64, member);
        buf_text(out, "  ");
        say_value(one, place, out);
        buf_text(out, "  ");
        say_cover(one, place, out);
        buf_char(out, '\n');
    }
}

void receipt_say(const struct doc *receipt, enum language language, struct buf *out)
{
    const struct doc *decision = doc_get(doc_get(receipt, "entries"), "decision");
    const struct doc *gauges = doc_get(receipt, "gauges");
    bool vi = language == LANGUAGE_VI;
    explain_say(doc_get(receipt, "explanation"), language,
                doc_bool(doc_get(receipt, "drill"), false), out);
    buf_text(out, vi ? "\ncăn cứ\n" : "\nstands on\n");
    say_grounds(receipt, language, out);
    buf_text(out, vi ? "\nsố liệu đã dùng (đến, giờ VN; nguồn; giá trị; diện tích quan trắc được)\n"
                     : "\nvalues used (to, Viet Nam time; source; value; area observed)\n");
    say_values(doc_get(receipt, "readings"), place_of(receipt), vi, out);
    say_tracks(doc_get(receipt, "tracks"), out);
    for (const char *key = doc_next_key(gauges, NULL); key; key = doc_next_key(gauges, key)) {
        buf_print(out, "%s\n", key);
        say_values(doc_get(gauges, key), 0, vi, out);
    }
    buf_print(out, vi ? "\nchứng minh (C2SP tlog-proof)\n%s\n" : "\nproof (C2SP tlog-proof)\n%s\n",
              doc_text(doc_get(decision, "proof"), ""));
}

enum err_kind receipt_page(const struct doc *receipt, struct buf *out, struct err *err)
{
    const struct doc *explanation = doc_get(receipt, "explanation");
    const struct doc *decision = doc_get(doc_get(receipt, "entries"), "decision");
    bool drill = doc_bool(doc_get(receipt, "drill"), false);
    static const char *const titles[LANGUAGES] = {"Tiếng Việt", "English"};
    buf_text(out, head);
    buf_print(out, "<h1>Biên nhận quyết định · Decision receipt #%" PRId64 "</h1>\n",
              doc_int(doc_get(decision, "seq"), 0));
    if (drill)
        buf_text(out, "<p><strong>DIỄN TẬP / DRILL</strong></p>\n");
    for (size_t i = 0; i < LANGUAGES; i++) {
        AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
        explain_say(explanation, (enum language)i, drill, &text);
        block(titles[i], buf_slice(&text), out);
    }
    AUTO(buf_free) struct buf grounds = buf_new(TRACKS_BYTES_MAX);
    say_grounds(receipt, IN_BOTH, &grounds);
    block("Căn cứ · Stands on", buf_slice(&grounds), out);
    values(doc_get(receipt, "readings"), place_of(receipt), out);
    points(receipt, out);
    block("Quy tắc · Policy", str_of(doc_text(doc_get(receipt, "policy_yaml"), "")), out);
    block("Bút toán · Ledger entry", str_of(doc_text(doc_get(decision, "text"), "")), out);
    block("Chứng minh · Proof (C2SP tlog-proof)", str_of(doc_text(doc_get(decision, "proof"), "")),
          out);
    buf_text(out, "<p>gong receipt verify RECEIPT.json --key log.vkey --raw FOLDER</p>\n"
                  "</body></html>\n");
    if (out->full)
        return err_set(err, ERR_INPUT, "the receipt's page is over %zu MiB", out->max >> 20);
    return OK;
}
