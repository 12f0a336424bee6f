#include "ledger/alert_check.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/decision.h"

#include <stdio.h>
#include <string.h>

// Notes and clearings in the order of alerts and, of each, of entries.
static const char notes_sql[] =
    "SELECT b.policy, d.commune, d.seq, b.as_of, 1 FROM json_each(?, '$') AS j JOIN decision d ON"
    " d.seq = CAST(j.value AS INTEGER) JOIN batch b ON b.seq = d.batch UNION ALL"
    " SELECT e.text ->> 'policy', e.text ->> 'commune', e.seq, unixepoch(e.text ->> 'at'), 0"
    " FROM entry e WHERE " ENTRY_FEW " AND e.kind = 'alert_clear' ORDER BY 1, 2, 3";

// Of a row that is not as before any note, but for when it was seen.
#define NEVER "(-9223372036854775807 - 1)"
#define MOVED                                                                                      \
    "(is_on <> 0 OR level <> 0 OR runs <> 0 OR told_level <> 0 OR told <> " NEVER                  \
    " OR since <> " NEVER " OR since_1 IS NOT NULL OR since_2 IS NOT NULL OR since_3 IS NOT NULL"  \
    " OR since_4 IS NOT NULL OR since_5 IS NOT NULL)"

struct course {
    char policy[64], commune[32]; // "" before the first
    int64_t last;                 // the entry that it is known from
    struct alert_state state;
    bool older; // of what was before, by a program that wrote no notes, not all is told yet
};

static enum err_kind time_of(const struct doc *at, struct utc *out, struct err *err)
{
    return utc_parse(str_of(doc_text(at, "")), out, err);
}

// What stays when an alert ends, or was never on: when it was last told of.
static void end(struct alert_state *state, struct utc at)
{
    struct alert_state ended = alert_state_none();
    ended.told = state->told;
    ended.told_level = state->told_level;
    ended.since = at;
    *state = ended;
}

// One run makes no more of an alert that there was nothing of.
static bool is_first(const struct alert_state *state, struct utc as_of)
{
    return state->level ? state->since.s == as_of.s && state->told.s == as_of.s
                        : state->runs == 1 && state->told.s == UTC_NEVER.s;
}

static enum err_kind take_note(struct course *course, const struct doc *note, struct utc as_of,
                               struct err *err)
{
    struct alert_state *state = &course->state;
    const struct doc *reached = doc_get(note, "reached");
    int64_t level = doc_int(doc_get(note, "level"), 0);
    bool ends = str_is(str_of(doc_text(doc_get(note, "turn"), "")), "off");
    bool starts = course->last == 0;
    struct utc since = ends ? as_of : state->since;
    if (level < 0 || level > ALERT_LEVELS || doc_count(reached) != (size_t)level)
        return err_set(err, ERR_BROKEN, "the note of an alert has levels that there are not");
    end(state, since);
    state->level = level;
    state->on = level > 0;
    state->runs = doc_int(doc_get(note, "runs"), 0);
    for (int64_t i = 0; i < level; i++) {
        if (time_of(doc_at(reached, (size_t)i), &state->reached[i], err))
            return err_of(err);
    }
    if (level && time_of(doc_get(note, "since"), &state->since, err))
        return err_of(err);
    if (doc_get(note, "told") && time_of(doc_get(note, "told"), &state->told, err))
        return err_of(err);
    state->told_level = doc_int(doc_get(note, "told_level"), state->told_level);
    course->older = !level && !ends && (course->older || (starts && !is_first(state, as_of)));
    return OK;
}

static void take_clearing(struct course *course, struct utc at)
{
    course->older |= course->last == 0;
    end(&course->state, at);
}

static bool is_same(const struct alert_state *a, const struct alert_state *b, bool older)
{
    if (a->on != b->on || a->level != b->level)
        return false;
    if (older)
        return true;
    for (int i = 0; i < ALERT_LEVELS; i++) {
        if (a->reached[i].s != b->reached[i].s)
            return false;
    }
    return a->since.s == b->since.s && a->told.s == b->told.s && a->told_level == b->told_level;
}

// A decision without a note came later: nobody spoke for a change any more.
static enum err_kind find_later(struct ledger *ledger, const struct course *course, bool *later,
                                struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT 1 FROM decision d JOIN batch b ON b.seq = d.batch WHERE"
                                   " d.commune = ? AND b.policy = ? AND d.seq > ? LIMIT 1");
    stmt_text(stmt, 1, course->commune);
    stmt_text(stmt, 2, course->policy);
    stmt_int(stmt, 3, course->last);
    return stmt_next(stmt, later, err);
}

// The course has come to its end: the row says the same.
static enum err_kind check_end(struct ledger *ledger, const struct course *course, int64_t *bad_seq,
                               struct err *err)
{
    struct alert_state said;
    bool later = false;
    if (!*course->policy || *bad_seq)
        return OK;
    if (alert_state_get(ledger, course->policy, course->commune, &said, err))
        return err_of(err);
    bool same = is_same(&said, &course->state, course->older);
    if (same && said.runs != course->state.runs) {
        if (find_later(ledger, course, &later, err))
            return err_of(err);
        same = later && said.runs == 0;
    }
    if (!same)
        *bad_seq = course->last;
    return OK;
}

// What is to be found when the course in hand is over and that of (policy, commune) begins.
static enum err_kind turn_to(struct ledger *ledger, struct course *course, struct str policy,
                             struct str commune, int64_t *bad_seq, struct err *err)
{
    if (str_is(policy, course->policy) && str_is(commune, course->commune))
        return OK;
    if (check_end(ledger, course, bad_seq, err))
        return err_of(err);
    *course = (struct course){.state = alert_state_none()};
    (void)snprintf(course->policy, sizeof(course->policy), "%.*s", (int)policy.len, policy.at);
    (void)snprintf(course->commune, sizeof(course->commune), "%.*s", (int)commune.len, commune.at);
    return OK;
}

static enum err_kind check_courses(struct ledger *ledger, struct str noted, int64_t *bad_seq,
                                   struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), notes_sql);
    struct course course = {.last = 0};
    enum err_kind failed = OK;
    stmt_str(stmt, 1, noted);
    while (stmt_more(stmt, &failed, err)) {
        AUTO(doc_free) struct doc *entry = NULL;
        struct utc at = {row_int(stmt, 3)};
        if (turn_to(ledger, &course, row_bytes(stmt, 0), row_bytes(stmt, 1), bad_seq, err))
            return err_of(err);
        int64_t seq = row_int(stmt, 2);
        if (row_int(stmt, 4) == 0)
            take_clearing(&course, at);
        else if (ledger_entry_doc(ledger, seq, &entry, err) ||
                 take_note(&course, doc_get(entry, "alert"), at, err))
            return err_of(err);
        course.last = seq;
    }
    return failed ? failed : turn_to(ledger, &course, STR(""), STR(""), bad_seq, err);
}

// A row was seen at a time for which its policy was decided, if that ever was; each commune that it
// was decided about has one; and none was ever on of which no decision said yes and that nobody
// cleared (an older program's decisions have no notes).
static enum err_kind check_rows(struct ledger *ledger, int64_t *bad_seq, struct err *err)
{
    static const char *const sql[] = {
        "SELECT (SELECT max(b.seq) FROM batch b WHERE b.policy = a.policy) FROM alert_state a"
        " WHERE a.policy IN (SELECT policy FROM batch) AND a.is_on NOT IN (0, 1) LIMIT 1",
        "SELECT (SELECT max(b.seq) FROM batch b WHERE b.policy = a.policy) FROM alert_state a"
        " WHERE a.policy IN (SELECT policy FROM batch) AND a.seen NOT IN (SELECT b.as_of FROM batch"
        " b WHERE b.policy = a.policy) LIMIT 1",
        "SELECT d.seq FROM decision d JOIN batch b ON b.seq = d.batch WHERE b.policy IN (SELECT"
        " policy FROM alert_state) AND d.answer IN (0, 1) AND NOT EXISTS (SELECT 1 FROM alert_state"
        " a WHERE a.policy = b.policy AND a.commune = d.commune) LIMIT 1",
        "SELECT coalesce((SELECT max(b.seq) FROM batch b WHERE b.policy = a.policy), 1) FROM"
        " alert_state a WHERE (" MOVED " OR a.policy NOT IN (SELECT policy FROM batch)) AND EXISTS "
        "(SELECT 1 FROM batch) AND NOT EXISTS (SELECT 1 FROM"
        " decision d JOIN batch b ON b.seq = d.batch WHERE d.commune = a.commune AND b.policy ="
        " a.policy AND d.answer = 1) AND NOT EXISTS (SELECT 1 FROM entry e WHERE " ENTRY_FEW
        " AND e.kind = 'alert_clear' AND e.text ->> 'policy' = a.policy AND e.text ->> 'commune' ="
        " a.commune) LIMIT 1",
    };
    for (size_t i = 0; i < COUNT_OF(sql) && !*bad_seq; i++) {
        AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), sql[i]);
        bool row = false;
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        *bad_seq = row ? row_int(stmt, 0) : 0;
    }
    return OK;
}

enum err_kind alerts_verify(struct ledger *ledger, struct str noted, int64_t *bad_seq,
                            struct err *err)
{
    *bad_seq = 0;
    if (check_courses(ledger, noted, bad_seq, err))
        return err_of(err);
    return *bad_seq ? OK : check_rows(ledger, bad_seq, err);
}
