#include "ledger/decision_check.h"

#include "core/canonical.h"
#include "ledger/db.h"
#include "ledger/decision.h"

#include <string.h>

enum column { SEQ, BATCH, COMMUNE, ANSWER, INDEX };
enum batch_column { POLICY, PERIOD };

enum err_kind decision_check_begin(struct decision_check *check, struct db *db, int64_t first,
                                   int64_t last, struct err *err)
{
    *check = (struct decision_check){.db = db};
    check->rows = stmt_of(db, "SELECT seq, batch, commune, answer, index_milli FROM decision"
                              " WHERE seq BETWEEN ? AND ? ORDER BY seq");
    stmt_int(check->rows, 1, first);
    stmt_int(check->rows, 2, last);
    return stmt_next(check->rows, &check->row, err);
}

// Mostly it is that of the decision before.
static enum err_kind find_batch(struct decision_check *check, int64_t seq, struct err *err)
{
    if (check->batch && check->batch_seq == seq)
        return OK;
    stmt_done(&check->batch);
    check->batch = stmt_of(check->db, "SELECT policy, period FROM batch WHERE seq = ?");
    check->batch_seq = seq;
    stmt_int(check->batch, 1, seq);
    return stmt_next(check->batch, &check->has_batch, err);
}

void decision_check_end(struct decision_check *check)
{
    stmt_done(&check->rows);
    stmt_done(&check->batch);
}

// Whoever makes the table anew can leave out that its columns hold numbers and texts alone: half a
// number reads as a whole one, and bytes as a text.
static bool is_typed(const struct decision_check *check)
{
    struct stmt *row = check->rows;
    return row_kind(row, SEQ) == VALUE_INT && row_kind(row, BATCH) == VALUE_INT &&
           row_kind(row, COMMUNE) == VALUE_TEXT && row_kind(row, ANSWER) == VALUE_INT &&
           (row_null(row, INDEX) || row_kind(row, INDEX) == VALUE_INT);
}

static bool says_index(struct str said, struct stmt *row)
{
    bool none = !said.at || (said.len == 4 && memcmp(said.at, "null", 4) == 0);
    return row_null(row, INDEX) ? none : !none && canonical_says_number(said, row_int(row, INDEX));
}

static bool says_row(const struct decision_said *said, const struct decision_check *check)
{
    struct stmt *row = check->rows;
    int64_t answer = row_int(row, ANSWER);
    return check->has_batch && answer >= ANSWER_NO && answer <= ANSWER_UNKNOWN &&
           canonical_says_text(said->answer, str_of(answer_name((enum answer)answer))) &&
           canonical_says_number(said->batch, check->batch_seq) &&
           canonical_says_text(said->commune, row_bytes(row, COMMUNE)) &&
           says_index(said->index_milli, row) &&
           canonical_says_text(said->policy, row_bytes(check->batch, POLICY)) &&
           canonical_says_text(said->period, row_bytes(check->batch, PERIOD));
}

enum err_kind decision_check_entry(struct decision_check *check, int64_t seq,
                                   const struct decision_said *said, const char **why,
                                   struct err *err)
{
    *why = NULL;
    if (!check->row || row_int(check->rows, SEQ) != seq) {
        *why = said ? "is missing in the table of decisions" : NULL;
        return OK;
    }
    if (find_batch(check, row_int(check->rows, BATCH), err))
        return err_of(err);
    if (!said || !is_typed(check) || !says_row(said, check))
        *why = "is not what the table of decisions says";
    return stmt_next(check->rows, &check->row, err);
}
