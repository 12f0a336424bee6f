#include "notify/cap_desk.h"

#include "core/doc.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/site.h"
#include "core/yaml.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "notify/cap.h"
#include "notify/cap_called.h"
#include "notify/cap_check.h"
#include "notify/cap_feed.h"
#include "notify/cap_shape.h"
#include "notify/cap_sign.h"
#include "notify/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOURNAL_BYTES_MAX = 256 << 20,
    LINE_BYTES_MAX = 64 * 1024,
    ALL_CLEAR_S = 6 * HOUR_S,
    DRILL_S = DAY_S,     // how long an alert without an end stands
    FEED_KEPT_S = DAY_S, // how long an alert stays in the feed after its end
    FEED_MAX = 500,
};

// One published file, as its line of the journal says.
struct sheet {
    char key[200], thread[128], identifier[96], sent[32], expires[32], title[400], event[200];
    char policy[64], commune[16], set[32];
};

struct desk {
    const struct site *site;
    struct utc now;
    struct journal *journal;
    char *folder;
    struct yaml_file *words;
    struct sheet *sheet; // in the order of publishing
    size_t count;
    struct boundary_set *set; // the one loaded last
};

static void desk_close(struct desk *desk)
{
    journal_close(&desk->journal);
    yaml_file_free(&desk->words);
    boundary_set_free(&desk->set);
    mem_free(&desk->folder);
    mem_free(&desk->sheet);
}

static void copy(const struct doc *doc, const char *key, char *out, size_t size)
{
    (void)snprintf(out, size, "%s", doc_text(doc_get(doc, key), ""));
}

static void keep(struct desk *desk, const struct sheet *sheet)
{
    if ((desk->count & (desk->count - 1)) == 0)
        desk->sheet =
            mem_resize(desk->sheet, desk->count ? 2 * desk->count : 1, sizeof(*desk->sheet));
    desk->sheet[desk->count++] = *sheet;
}

static enum err_kind read_sheets(struct desk *desk, const char *path, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(JOURNAL_BYTES_MAX);
    if (file_read(path, &text, err))
        return err_of(err);
    struct str rest = buf_slice(&text), line;
    while (str_take_line(&rest, &line)) {
        AUTO(doc_free) struct doc *doc = NULL;
        struct sheet sheet;
        if (doc_parse(line, path, &doc, err))
            return err_set(err, ERR_BROKEN, "%s has a line that is not ours", path);
        copy(doc, "key", sheet.key, sizeof(sheet.key));
        copy(doc, "thread", sheet.thread, sizeof(sheet.thread));
        copy(doc, "identifier", sheet.identifier, sizeof(sheet.identifier));
        copy(doc, "sent", sheet.sent, sizeof(sheet.sent));
        copy(doc, "expires", sheet.expires, sizeof(sheet.expires));
        copy(doc, "title", sheet.title, sizeof(sheet.title));
        copy(doc, "event", sheet.event, sizeof(sheet.event));
        copy(doc, "policy", sheet.policy, sizeof(sheet.policy));
        copy(doc, "commune", sheet.commune, sizeof(sheet.commune));
        copy(doc, "set", sheet.set, sizeof(sheet.set));
        keep(desk, &sheet);
    }
    return OK;
}

static enum err_kind open_desk(const struct site *site, struct utc now, struct desk *desk,
                               struct err *err)
{
    AUTO(mem_drop) char *words = site_path(site, "cap.yaml");
    AUTO(mem_drop) char *journal = site_path(site, "out/cap.jsonl");
    desk->site = site;
    desk->now = now;
    desk->folder = site_path(site, "out/cap");
    if (!*site_text(site, "cap_url") || !*site_text(site, "cap_sender"))
        return err_set(err, ERR_INPUT, "cap_url or cap_sender is empty; write it into gong.yaml");
    if (!file_exists(words))
        return err_set(err, ERR_MISSING,
                       "%s is not there: what the alerts of each policy are called", words);
    if (file_make_folder(desk->folder, 0755, err) || yaml_load(words, &desk->words, err) ||
        journal_open(journal, &desk->journal, err) || read_sheets(desk, journal, err))
        return err_of(err);
    return OK;
}

static struct utc time_of(const char *text)
{
    struct err ignored = {0};
    struct utc time = {0};
    return utc_parse(str_of(text), &time, &ignored) == OK ? time : (struct utc){0};
}

// All earlier sheets of the thread that have not ended, as references.
static size_t references_of(const struct desk *desk, const char *thread, struct buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < desk->count; i++) {
        const struct sheet *sheet = &desk->sheet[i];
        if (strcmp(sheet->thread, thread) != 0 || time_of(sheet->expires).s <= desk->now.s)
            continue;
        buf_print(out, "%s%s,%s,%s", count ? " " : "", site_text(desk->site, "cap_sender"),
                  sheet->identifier, sheet->sent);
        count++;
    }
    return count;
}

// What one group of messages in the outbox says.
struct item {
    const struct doc *body;
    struct utc expires;
    bool is_end;
};

// --- one file
// -----------------------------------------------------------------------------------------

// Whether a file says just this: it was written before its line of the journal could be.
static bool holds(const char *path, struct str said)
{
    struct err ignored = {0};
    AUTO(buf_free) struct buf there = buf_new(4 * CAP_BYTES_MAX);
    return file_read(path, &there, &ignored) == OK && str_same(buf_slice(&there), said);
}

static enum err_kind put_file(struct desk *desk, const struct cap_alert *alert, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(CAP_BYTES_MAX);
    AUTO(buf_free) struct buf made = buf_new(4 * CAP_BYTES_MAX);
    AUTO(buf_free) struct buf name = buf_new(200);
    AUTO(mem_drop) char *key = site_path(desk->site, "keys/cap-key.pem");
    AUTO(mem_drop) char *certificate = site_path(desk->site, "keys/cap-cert.pem");
    buf_print(&name, "%s.xml", alert->identifier);
    AUTO(mem_drop) char *path = file_join(desk->folder, name.at);
    if (cap_write(alert, &text, err) ||
        (alert->sign && cap_sign(buf_slice(&text), key, certificate, &made, err)))
        return err_of(err);
    struct str said = buf_slice(alert->sign ? &made : &text);
    if (file_exists(path) && !holds(path, said))
        return err_set(err, ERR_REFUSED,
                       "%s is published and says something else: an identifier is given out once; "
                       "look at it, or wait for the next second",
                       path);
    return file_write(path, said, 0644, err);
}

static enum err_kind put_line(struct desk *desk, const struct sheet *sheet, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(LINE_BYTES_MAX);
    AUTO(doc_free) struct doc *line = doc_object();
    doc_put_text(line, "commune", sheet->commune);
    doc_put_text(line, "event", sheet->event);
    doc_put_text(line, "expires", sheet->expires);
    doc_put_text(line, "identifier", sheet->identifier);
    doc_put_text(line, "key", sheet->key);
    doc_put_text(line, "policy", sheet->policy);
    doc_put_text(line, "sent", sheet->sent);
    doc_put_text(line, "set", sheet->set);
    doc_put_text(line, "thread", sheet->thread);
    doc_put_text(line, "title", sheet->title);
    doc_canonical(line, &text);
    if (journal_begin(desk->journal, err))
        return err_of(err);
    journal_add(desk->journal, sheet->key, buf_slice(&text));
    if (journal_end(desk->journal, err))
        return err_of(err);
    keep(desk, sheet);
    return OK;
}

// Never given out twice: the time and a word made from the key.
static void name_sheet(const struct desk *desk, struct sheet *sheet)
{
    struct civil c = utc_civil((struct utc){desk->now.s + VIETNAM_OFFSET_S});
    struct hash_hex hex = hash_hex(hash_of(str_of(sheet->key)));
    (void)snprintf(sheet->identifier, sizeof(sheet->identifier),
                   "%.40s-%04d%02d%02dT%02d%02d%02d-%.8s", site_text(desk->site, "cap_prefix"),
                   c.year % 10000, c.month % 100, c.day % 100, c.hour % 100, c.minute % 100,
                   c.second % 100, hex.at);
    memcpy(sheet->sent, cap_time_text(desk->now).at, sizeof(sheet->sent));
}

// A headline has room for 160 letters: of long names as much as fits, cut behind a letter.
static void headline(char *out, size_t size, const char *mark, const char *event, const char *end,
                     const char *place)
{
    char short_event[81], short_place[61];
    (void)snprintf(short_event, sizeof(short_event), "%.80s", event);
    (void)snprintf(short_place, sizeof(short_place), "%.60s", place);
    text_clean(short_event);
    text_clean(short_place);
    (void)snprintf(out, size, "%s%s%s: %s", mark, short_event, end, short_place);
}

// The area in words: the commune and what it was before.
static struct buf area_words(const struct doc *body, const char *language)
{
    enum { AREA_BYTES_MAX = 8192 };
    struct buf area = buf_new(AREA_BYTES_MAX);
    buf_text(&area, doc_text(doc_get(body, "commune_name"), ""));
    buf_text(&area, doc_text(doc_get(doc_get(body, "former"), language), ""));
    return area;
}

static enum err_kind publish(struct desk *desk, const struct item *item, struct sheet *sheet,
                             const struct cap_called *words, const char *references,
                             struct err *err)
{
    const struct doc *texts = doc_get(item->body, "text");
    const char *place = doc_text(doc_get(item->body, "commune_name"), "");
    const char *by = site_text(desk->site, "cap_sender_name");
    bool drill = site_is_drill(desk->site);
    char vi[400], en[400];
    AUTO(buf_free) struct buf area_vi = area_words(item->body, "vi");
    AUTO(buf_free) struct buf area_en = area_words(item->body, "en");
    headline(vi, sizeof(vi), drill ? "[DIỄN TẬP] " : "", words->event_vi,
             item->is_end ? " (đã kết thúc)" : "", place);
    headline(en, sizeof(en), drill ? "[DRILL] " : "", words->event_en,
             item->is_end ? " (over)" : "", place);
    struct cap_alert alert = {.identifier = sheet->identifier,
                              .sender = site_text(desk->site, "cap_sender"),
                              .sent = desk->now,
                              .drill = drill,
                              .type = *references ? CAP_UPDATE : CAP_ALERT,
                              .references = references,
                              .note = "",
                              .category = words->category,
                              .response = item->is_end ? "AllClear" : words->response,
                              .urgency = item->is_end ? "Past" : words->urgency,
                              .severity = item->is_end ? "Minor" : words->severity,
                              .certainty = item->is_end ? "Observed" : words->certainty,
                              .event_code = words->code,
                              .expires = item->expires,
                              .policy = sheet->policy,
                              .set = sheet->set,
                              .code = sheet->commune,
                              .vi = {words->event_vi, by, vi, doc_text(doc_get(texts, "vi"), ""),
                                     words->how_vi, area_vi.at},
                              .en = {words->event_en, by, en, doc_text(doc_get(texts, "en"), ""),
                                     words->how_en, area_en.at},
                              .sign = strcmp(site_text(desk->site, "cap_sign"), "yes") == 0};
    char *polygon[CAP_POLYGONS_MAX];
    size_t at = desk->set ? boundary_set_find(desk->set, sheet->commune) : SIZE_MAX;
    if (at != SIZE_MAX)
        cap_polygons(desk->set->commune[at].shape, polygon, &alert.polygons);
    for (size_t i = 0; i < alert.polygons; i++)
        alert.polygon[i] = polygon[i];
    (void)snprintf(sheet->title, sizeof(sheet->title), "%s", vi);
    (void)snprintf(sheet->event, sizeof(sheet->event), "%.190s", words->event_en);
    text_clean(sheet->event);
    memcpy(sheet->expires, cap_time_text(item->expires).at, sizeof(sheet->expires));
    enum err_kind kind = put_file(desk, &alert, err);
    for (size_t i = 0; i < alert.polygons; i++)
        mem_free(&polygon[i]);
    return kind ? kind : put_line(desk, sheet, err);
}

// --- all of them
// ----------------------------------------------------------------------------------------

static enum err_kind load_set(struct desk *desk, struct map *map, const char *name, struct err *err)
{
    if (desk->set && strcmp(desk->set->name, name) == 0)
        return OK;
    boundary_set_free(&desk->set);
    return boundary_set_load(map, name, true, &desk->set, err);
}

static enum err_kind take(struct desk *desk, struct map *map, struct item *item,
                          struct sheet *sheet, struct cap_report *report, struct err *err)
{
    const struct yaml *of = yaml_get(yaml_root(desk->words), sheet->policy);
    AUTO(mem_drop) struct cap_called *words = mem_new(1, sizeof(*words));
    AUTO(buf_free) struct buf references = buf_new(CAP_BYTES_MAX / 2);
    buf_text(&references, "");
    size_t earlier = references_of(desk, sheet->thread, &references);
    if (journal_has(desk->journal, sheet->key)) {
        report->known++;
        return OK;
    }
    if (!of) {
        report->unnamed++;
        return OK;
    }
    if (item->is_end)
        item->expires.s = desk->now.s + ALL_CLEAR_S;
    else if (item->expires.s > desk->now.s + 30 * DAY_S)
        item->expires.s = desk->now.s + DRILL_S;
    if (item->expires.s <= desk->now.s || (item->is_end && earlier == 0)) {
        report->stale++;
        return OK;
    }
    name_sheet(desk, sheet);
    if (cap_called_read(of, item->is_end ? NULL : item->body, words, err) ||
        load_set(desk, map, sheet->set, err) ||
        publish(desk, item, sheet, words, references.at ? references.at : "", err))
        return err_of(err);
    report->published++;
    report->no_instruction += !item->is_end && !*words->how_vi;
    return OK;
}

// What is wrong with one alert or with its words in cap.yaml holds up no other: the first is kept.
static enum err_kind set_aside(enum err_kind kind, struct cap_report *report, struct err *err)
{
    if (kind != ERR_INPUT && kind != ERR_MISSING && kind != ERR_REFUSED)
        return kind;
    if (report->refused++ == 0)
        report->why = *err;
    *err = (struct err){0};
    return OK;
}

// One row for each alert and commune, whoever it was sent to; one more for each time that the same
// run, corrected, said more: the last column is which time it is.
static const char all_alerts[] =
    "SELECT o.id, o.body, o.expires, b.boundary_set, o.cause, t.turn FROM outbox o JOIN decision d"
    " ON d.seq = o.cause JOIN batch b ON b.seq = d.batch JOIN (SELECT id, row_number() OVER"
    " (PARTITION BY kind, policy, commune, period ORDER BY id) AS turn FROM (SELECT min(id) AS id,"
    " kind, policy, commune, period FROM (SELECT id, cause, body ->> 'kind' AS kind,"
    " body ->> 'policy' AS policy, body ->> 'commune' AS commune, body ->> 'period' AS period"
    " FROM outbox WHERE channel = 'sms' AND body ->> 'kind' IN ('alert', 'cancel')) a"
    " GROUP BY kind, policy, commune, period, cause) g) t ON t.id = o.id ORDER BY o.id";

static enum err_kind take_all(struct desk *desk, struct ledger *ledger, struct map *map,
                              struct cap_report *report, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), all_alerts);
    for (;;) {
        AUTO(doc_free) struct doc *body = NULL;
        struct sheet sheet = {.key = ""};
        bool row = false;
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        if (!row)
            return OK;
        if (doc_parse(str_of(row_text(stmt, 1)), "message", &body, err))
            return err_set(err, ERR_BROKEN, "a message in the outbox is no JSON");
        const char *kind = doc_text(doc_get(body, "kind"), "");
        struct item item = {body, {row_int(stmt, 2)}, strcmp(kind, "cancel") == 0};
        copy(body, "policy", sheet.policy, sizeof(sheet.policy));
        copy(body, "commune", sheet.commune, sizeof(sheet.commune));
        row_copy(stmt, 3, sheet.set, sizeof(sheet.set));
        (void)snprintf(sheet.key, sizeof(sheet.key), "cap/%s/%s/%s/%.30s", kind, sheet.policy,
                       sheet.commune, doc_text(doc_get(body, "period"), ""));
        size_t len = strlen(sheet.key);
        if (row_int(stmt, 5) > 1)
            (void)snprintf(sheet.key + len, sizeof(sheet.key) - len, "/%" PRId64, row_int(stmt, 4));
        (void)snprintf(sheet.thread, sizeof(sheet.thread), "%s/%s", sheet.policy, sheet.commune);
        if (set_aside(take(desk, map, &item, &sheet, report, err), report, err))
            return err_of(err);
    }
}

static enum err_kind put_feed(struct desk *desk, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(8 << 20);
    AUTO(mem_drop) struct feed_entry *entry = mem_new(FEED_MAX, sizeof(*entry));
    AUTO(mem_drop) char(*url)[400] = mem_new(FEED_MAX + 1, sizeof(*url));
    AUTO(mem_drop) char *path = file_join(desk->folder, "feed.xml");
    const char *base = site_text(desk->site, "cap_url");
    struct feed feed = {.url = url[FEED_MAX],
                        .title = site_text(desk->site, "title"),
                        .author = site_text(desk->site, "cap_sender_name"),
                        .updated = desk->now,
                        .entry = entry};
    (void)snprintf(url[FEED_MAX], sizeof(url[0]), "%.300s/feed.xml", base);
    for (size_t i = desk->count; i > 0 && feed.count < FEED_MAX; i--) {
        const struct sheet *sheet = &desk->sheet[i - 1];
        if (time_of(sheet->expires).s + FEED_KEPT_S < desk->now.s)
            continue;
        (void)snprintf(url[feed.count], sizeof(url[0]), "%.200s/%s.xml", base, sheet->identifier);
        entry[feed.count] =
            (struct feed_entry){url[feed.count], sheet->title, sheet->event, time_of(sheet->sent)};
        feed.count++;
    }
    cap_feed_write(&feed, &text);
    return file_write(path, buf_slice(&text), 0644, err);
}

enum err_kind cap_publish(const struct site *site, struct ledger *ledger, struct map *map,
                          struct utc now, struct cap_report *report, struct err *err)
{
    AUTO(desk_close) struct desk desk = {0};
    *report = (struct cap_report){0};
    if (open_desk(site, now, &desk, err) || take_all(&desk, ledger, map, report, err) ||
        put_feed(&desk, err))
        return err_of(err);
    return OK;
}

enum err_kind cap_withdraw(const struct site *site, struct utc now, const char *identifier,
                           const char *why, struct err *err)
{
    AUTO(desk_close) struct desk desk = {0};
    AUTO(mem_drop) struct cap_called *words = mem_new(1, sizeof(*words));
    AUTO(buf_free) struct buf references = buf_new(CAP_BYTES_MAX / 2);
    struct sheet sheet = {.key = ""};
    if (open_desk(site, now, &desk, err))
        return err_of(err);
    for (size_t i = 0; i < desk.count; i++) {
        if (strcmp(desk.sheet[i].identifier, identifier) == 0 &&
            time_of(desk.sheet[i].expires).s > now.s)
            sheet = desk.sheet[i];
    }
    if (!*sheet.key)
        return err_set(err, ERR_MISSING, "no alert %.80s stands published", identifier);
    const struct yaml *of = yaml_get(yaml_root(desk.words), sheet.policy);
    if (!of)
        return err_set(err, ERR_MISSING, "cap.yaml does not name %s any more", sheet.policy);
    if (cap_called_read(of, NULL, words, err))
        return err_of(err);
    (void)references_of(&desk, sheet.thread, &references);
    (void)snprintf(sheet.key, sizeof(sheet.key), "cap/withdraw/%s", identifier);
    name_sheet(&desk, &sheet);
    memcpy(sheet.expires, cap_time_text((struct utc){now.s + ALL_CLEAR_S}).at,
           sizeof(sheet.expires));
    const char *by = site_text(site, "cap_sender_name");
    const char *en = site_is_drill(site) ? "[DRILL] Withdrawn" : "Withdrawn";
    const char *vi = site_is_drill(site) ? "[DIỄN TẬP] Rút lại" : "Rút lại";
    struct cap_alert alert = {.identifier = sheet.identifier,
                              .sender = site_text(site, "cap_sender"),
                              .sent = now,
                              .drill = site_is_drill(site),
                              .type = CAP_CANCEL,
                              .references = references.at,
                              .note = why,
                              .category = words->category,
                              .response = "None",
                              .urgency = "Past",
                              .severity = "Minor",
                              .certainty = "Unlikely",
                              .event_code = words->code,
                              .expires = {now.s + ALL_CLEAR_S},
                              .policy = sheet.policy,
                              .set = sheet.set,
                              .code = sheet.commune,
                              .vi = {words->event_vi, by, vi, why, "", sheet.commune},
                              .en = {words->event_en, by, en, why, "", sheet.commune},
                              .sign = strcmp(site_text(site, "cap_sign"), "yes") == 0};
    (void)snprintf(sheet.title, sizeof(sheet.title), "%s: %.200s", vi, why);
    text_clean(sheet.title);
    if (put_file(&desk, &alert, err) || put_line(&desk, &sheet, err) || put_feed(&desk, err))
        return err_of(err);
    return OK;
}
