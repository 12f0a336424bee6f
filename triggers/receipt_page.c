#include "triggers/receipt.h"

#include "core/mem.h"
#include "core/text.h"
#include "ledger/reading.h"
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

static void values(const struct doc *readings, size_t place, struct buf *out)
{
    buf_text(out, "<h2>Số liệu đã dùng · Values used</h2>\n<table><tr><th>đến · to (UTC)</th>"
                  "<th>thành viên · member</th><th>giá trị · value</th><th>diện tích · area</th>"
                  "</tr>\n");
    for (size_t i = 0; i < doc_count(readings); i++) {
        const struct doc *one = doc_at(readings, i);
        int64_t value = number_of(one, "value", "values", place, READING_NONE);
        int64_t member = doc_int(doc_get(one, "member"), MEMBER_NONE);
        buf_print(out, "<tr><td>%s</td><td>", doc_text(doc_get(one, "to"), ""));
        if (member != MEMBER_NONE)
            buf_print(out, "%" PRId64, member);
        buf_text(out, "</td><td>");
        if (value == READING_NONE)
            buf_text(out, "—");
        else
            text_milli(out, value, '.');
        buf_text(out, "</td><td>");
        text_milli(out, number_of(one, "cover", "covers", place, 0) * 10, '.');
        buf_text(out, " %</td></tr>\n");
    }
    buf_text(out, "</table>\n");
}

// Storms in one line a fix, gauges as other values.
static void points(const struct doc *receipt, struct buf *out)
{
    const struct doc *tracks = doc_get(receipt, "tracks"), *gauges = doc_get(receipt, "gauges");
    AUTO(buf_free) struct buf list = buf_new(TRACKS_BYTES_MAX);
    for (size_t i = 0; i < doc_count(tracks); i++) {
        const struct doc *track = doc_at(tracks, i), *fixes = doc_get(track, "fixes");
        buf_print(&list, "%s %s\n", doc_text(doc_get(track, "storm"), ""),
                  doc_text(doc_get(track, "name"), ""));
        for (size_t k = 0; k < doc_count(fixes); k++) {
            const struct doc *fix = doc_at(fixes, k);
            buf_print(&list, "  %s  ", doc_text(doc_get(fix, "at"), ""));
            text_milli(&list, doc_int(doc_get(fix, "latitude_milli"), 0), '.');
            buf_text(&list, " N  ");
            text_milli(&list, doc_int(doc_get(fix, "longitude_milli"), 0), '.');
            buf_text(&list, " E\n");
        }
    }
    if (list.len)
        block("Đường đi của bão · Tracks of storms", buf_slice(&list), out);
    for (const char *key = doc_next_key(gauges, NULL); key; key = doc_next_key(gauges, key)) {
        block("Trạm đo · Gauge", str_of(key), out);
        values(doc_get(gauges, key), 0, out);
    }
}

static void raw_files(const struct doc *raw, struct buf *out)
{
    AUTO(buf_free) struct buf list = buf_new(TEXT_BYTES_MAX);
    for (size_t i = 0; i < doc_count(raw); i++) {
        const struct doc *one = doc_at(raw, i);
        buf_print(&list, "%s  %s\n", doc_text(doc_get(one, "hash"), ""),
                  doc_text(doc_get(one, "url"), ""));
    }
    block("Tệp gốc · Raw files (SHA-256)", buf_slice(&list), out);
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
    values(doc_get(receipt, "readings"), place_of(receipt), out);
    points(receipt, out);
    raw_files(doc_get(receipt, "raw"), out);
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
