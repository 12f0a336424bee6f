#include "triggers/alert_note.h"

#include "core/date.h"
#include "core/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static const char *const turns[] = {NULL, "on", "up", "down", "off"};

struct doc *alert_note_doc(const struct alert_state *before, const struct alert_state *after,
                           const struct alert_taken *taken)
{
    if (!before->on && !after->on && after->runs == 0)
        return NULL;
    struct doc *note = doc_object();
    doc_put_int(note, "level", after->level);
    if (after->on) {
        struct doc *reached = doc_array();
        for (int64_t i = 0; i < after->level; i++)
            doc_push_text(reached, utc_text(after->reached[i]).at);
        doc_put_text(note, "since", utc_text(after->since).at);
        doc_put(note, "reached", reached);
    }
    if (after->runs)
        doc_put_int(note, "runs", after->runs);
    if (taken->kept)
        doc_put_int(note, "kept", taken->kept);
    if (taken->turn != TURN_NONE) {
        doc_put_text(note, "turn", turns[taken->turn]);
        doc_put_bool(note, "tells", taken->told);
    }
    if (after->told.s != UTC_NEVER.s) {
        doc_put_text(note, "told", utc_text(after->told).at);
        doc_put_int(note, "told_level", after->told_level);
    }
    return note;
}

// --- read

static enum err_kind time_of(const struct doc *at, struct utc *out, struct err *err)
{
    const char *text = doc_text(at, NULL);
    if (!text)
        return err_set(err, ERR_INPUT, "a time of the alert is missing");
    return utc_parse(str_of(text), out, err);
}

enum err_kind alert_note_read(const struct doc *note, struct alert_state *state, struct err *err)
{
    struct alert_state read = alert_state_none();
    const struct doc *reached = doc_get(note, "reached");
    read.seen = state->seen;
    read.level = doc_int(doc_get(note, "level"), -1);
    read.on = read.level > 0;
    read.runs = doc_int(doc_get(note, "runs"), 0);
    read.told_level = doc_int(doc_get(note, "told_level"), 0);
    if (read.level < 0 || read.level > ALERT_LEVELS || doc_count(reached) != (size_t)read.level)
        return err_set(err, ERR_INPUT, "the alert's levels are not of 1 to %d", ALERT_LEVELS);
    if (read.on && time_of(doc_get(note, "since"), &read.since, err))
        return err_of(err);
    for (size_t i = 0; i < doc_count(reached); i++) {
        if (time_of(doc_at(reached, i), &read.reached[i], err))
            return err_of(err);
    }
    if (doc_get(note, "told") && time_of(doc_get(note, "told"), &read.told, err))
        return err_of(err);
    *state = read;
    return OK;
}

// --- said

static void say_time(const struct doc *at, struct buf *out)
{
    struct err ignored;
    struct utc time;
    const char *text = doc_text(at, "");
    buf_text(out, utc_parse(str_of(text), &time, &ignored) ? text : utc_local_text(time).at);
}

static void say_turn(const struct doc *note, bool vi, struct buf *out)
{
    static const struct {
        const char *turn, *said[LANGUAGES];
    } words[] = {
        {"on", {"bản tin này bật", "this run turned it on"}},
        {"up", {"bản tin này nâng cấp", "this run raised it"}},
        {"down", {"bản tin này hạ cấp", "this run lowered it"}},
        {"off", {"bản tin này kết thúc", "this run ended it"}},
    };
    const char *turn = doc_text(doc_get(note, "turn"), "");
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(words[i].turn, turn) != 0)
            continue;
        bool tells = doc_bool(doc_get(note, "tells"), false);
        buf_print(
            out, "; %s, %s", words[i].said[vi ? LANGUAGE_VI : LANGUAGE_EN],
            tells ? (vi ? "có báo cho dân" : "which is told")
                  : (vi ? "không báo lại (mới báo gần đây)" : "which is not told again so soon"));
    }
}

static void say_reached(const struct doc *note, bool vi, struct buf *out)
{
    const struct doc *reached = doc_get(note, "reached");
    const char *since = doc_text(doc_get(note, "since"), "");
    for (size_t i = 0; i + 1 < doc_count(reached); i++) {
        const char *then = doc_text(doc_at(reached, i), "");
        const char *next = doc_text(doc_at(reached, i + 1), "");
        if (strcmp(then, since) == 0 || strcmp(then, next) == 0)
            continue;
        buf_print(out, vi ? "; từ cấp %zu trở lên từ " : "; level %zu or above since ", i + 1);
        say_time(doc_at(reached, i), out);
    }
}

void alert_note_say(const struct doc *note, enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    int64_t level = doc_int(doc_get(note, "level"), 0), runs = doc_int(doc_get(note, "runs"), 0);
    int64_t kept = doc_int(doc_get(note, "kept"), 0);
    buf_text(out, vi ? "cảnh báo: " : "alert: ");
    if (level) {
        buf_print(out, vi ? "cấp %" PRId64 " từ " : "level %" PRId64 " since ", level);
        say_time(doc_get(note, "since"), out);
    } else {
        buf_text(out, vi ? "tắt" : "off");
    }
    say_turn(note, vi, out);
    say_reached(note, vi, out);
    if (kept)
        buf_print(out,
                  vi ? "; không xuống dưới cấp %" PRId64
                       ": đã qua điểm không thể rút lại của cấp đó"
                     : "; not below level %" PRId64 ": that stage is past its cut-off",
                  kept);
    if (runs > 0)
        buf_print(out,
                  vi ? "; %" PRId64 " bản tin liên tiếp đòi nâng cấp"
                     : "; %" PRId64 " in a row for more",
                  runs);
    if (runs < 0)
        buf_print(out,
                  vi ? "; %" PRId64 " bản tin liên tiếp đòi hạ cấp"
                     : "; %" PRId64 " in a row for less",
                  -runs);
}
