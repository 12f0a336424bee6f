#include "ledger/daily_seal.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/qr.h"
#include "ledger/access.h"
#include "ledger/alarm.h"
#include "ledger/db.h"
#include "ledger/outbox.h"
#include "ledger/people.h"
#include "ledger/seal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SVG_BYTES_MAX = 4 << 20, BODY_BYTES_MAX = 8192 };

// Its place is the last day, since 1970 in Vietnamese time, that was sealed by itself.
static const char reader[] = "daily-seal";

static enum err_kind put(const char *folder, const char *date, const char *ending, struct str text,
                         struct err *err)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "checkpoint-%s.%s", date, ending);
    AUTO(mem_drop) char *path = file_join(folder, name);
    return file_write(path, text, 0644, err);
}

enum err_kind daily_seal_write(struct ledger *ledger, const char *folder, struct utc at,
                               struct daily_seal *out, struct err *err)
{
    AUTO(mem_drop) char *note = NULL;
    AUTO(buf_free) struct buf svg = buf_new(SVG_BYTES_MAX);
    struct civil day = date_of_days((at.s + VIETNAM_OFFSET_S) / DAY_S);
    struct checkpoint newest;
    if (seal_newest(ledger, &note, &newest, err))
        return err_of(err);
    const char *root = strchr(note, '\n');
    root = root ? strchr(root + 1, '\n') : NULL;
    int digits = root ? (int)strcspn(root + 1, "\n") : 0;
    (void)snprintf(out->date, sizeof(out->date), "%04d-%02d-%02d", day.year, day.month, day.day);
    (void)snprintf(out->sms, sizeof(out->sms), "gong %s %.60s: %" PRIu64 " %.*s", out->date,
                   newest.origin, newest.size, digits, root ? root + 1 : "");
    if (qr_svg(str_of(note), &svg, err) || file_make_folder(folder, 0755, err) ||
        put(folder, out->date, "txt", str_of(note), err) ||
        put(folder, out->date, "svg", buf_slice(&svg), err) ||
        put(folder, out->date, "sms", str_of(out->sms), err))
        return err_add(err, "writing the checkpoint of the day");
    return OK;
}

// --- by itself

static enum err_kind last_day(struct ledger *ledger, int64_t *day, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT place FROM reader WHERE name = ?");
    bool row = false;
    stmt_text(stmt, 1, reader);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *day = row ? row_int(stmt, 0) : -1;
    return OK;
}

static enum err_kind mark_day(struct txn *txn, int64_t day, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)),
                                "INSERT INTO reader (name, place) VALUES (?, ?)"
                                " ON CONFLICT (name) DO UPDATE SET place = excluded.place");
    stmt_text(stmt, 1, reader);
    stmt_int(stmt, 2, day);
    return stmt_run(stmt, err);
}

static struct doc *body_of(const struct daily_job *job, const struct daily_seal *day)
{
    struct doc *body = doc_object(), *text = doc_object(), *title = doc_object();
    AUTO(buf_free) struct buf vi = buf_new(BODY_BYTES_MAX), en = buf_new(BODY_BYTES_MAX);
    buf_print(&vi, "%s%s", job->drill ? "[DIỄN TẬP] " : "", day->sms);
    buf_print(&en, "%s%s", job->drill ? "[DRILL] " : "", day->sms);
    doc_put_str(text, "vi", buf_slice(&vi));
    doc_put_str(text, "en", buf_slice(&en));
    doc_put_text(title, "vi", job->drill ? "[DIỄN TẬP] Niêm phong sổ cái" : "Niêm phong sổ cái");
    doc_put_text(title, "en",
                 job->drill ? "[DRILL] Checkpoint of the ledger" : "Checkpoint of the ledger");
    doc_put_text(body, "kind", "checkpoint");
    doc_put_bool(body, "drill", job->drill);
    doc_put(body, "text", text);
    doc_put(body, "title", title);
    return body;
}

static enum err_kind put_entry(struct txn *txn, const struct daily_job *job,
                               const struct daily_seal *day, int64_t *seq, struct err *err)
{
    AUTO(mem_drop) char *note = NULL;
    struct checkpoint newest;
    AUTO(doc_free) struct doc *body = doc_object();
    if (seal_newest(job->ledger, &note, &newest, err))
        return err_of(err);
    doc_put_text(body, "date", day->date);
    doc_put_text(body, "origin", newest.origin);
    doc_put_int(body, "size", (int64_t)newest.size);
    doc_put_text(body, "root", hash_hex(newest.root).at);
    return ledger_append(txn, "daily", job->at, body, seq, NULL, err);
}

static bool is_wanted(const struct subscribers *to)
{
    bool wanted = false;
    for (size_t i = 0; i < to->count && !wanted; i++)
        wanted = subscriber_hears(&to->at[i], WISH_CHECKPOINTS, NULL);
    return wanted;
}

// `*told` false: another program told of this day meanwhile, and nothing is written.
static enum err_kind tell(const struct daily_job *job, const struct daily_seal *day, int64_t number,
                          bool *told, struct err *err)
{
    int64_t last = 0;
    AUTO(subscribers_free) struct subscribers to = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = body_of(job, day);
    AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
    struct alarm_news news = {
        .wish = WISH_CHECKPOINTS, .kind = "checkpoint", .lane = OUTBOX_LANE_REST};
    doc_canonical(body, &text);
    news.body = text.at;
    news.expires = job->drill ? UTC_NEVER : (struct utc){job->at.s + DAY_S};
    if (subscribers_load(job->site_folder, &to, err) || ledger_begin(job->ledger, &txn, err) ||
        last_day(job->ledger, &last, err))
        return err_of(err);
    if (number <= last)
        return OK;
    if (mark_day(txn, number, err))
        return err_of(err);
    if (is_wanted(&to) &&
        (put_entry(txn, job, day, &news.cause, err) || alarm_news_tell(txn, &to, &news, err)))
        return err_of(err);
    if (ledger_commit(&txn, err))
        return err_of(err);
    *told = true;
    return OK;
}

static enum err_kind tell_access(const struct daily_job *job, struct err *err)
{
    AUTO(people_close) struct people *people = NULL;
    if (people_open(job->site_folder, LEDGER_READ, &people, err))
        return err_of(err);
    return access_tell(people, job->ledger, job->at, err);
}

enum err_kind daily_seal_once(const struct daily_job *job, bool *made, bool *done, struct err *err)
{
    int64_t number = (job->at.s + VIETNAM_OFFSET_S) / DAY_S, last = 0;
    struct daily_seal day;
    *made = *done = false;
    if (last_day(job->ledger, &last, err))
        return err_of(err);
    if (number <= last)
        return OK;
    if (tell_access(job, err) || seal_make(job->ledger, job->at, made, err) ||
        daily_seal_write(job->ledger, job->folder, job->at, &day, err))
        return err_of(err);
    return tell(job, &day, number, done, err);
}
