#include "ledger/decision_check.h"

#include "core/canonical.h"
#include "ledger/db.h"
#include "ledger/decision.h"

#include <string.h>

enum column { SEQ, BATCH, COMMUNE, ANSWER, INDEX, POLICY, PERIOD };

enum err_kind decision_check_begin(struct decision_check *check, struct db *db, int64_t first,
                                   int64_t last, struct err *err)
{
    check->rows = stmt_of(
        db, "SELECT d.seq, d.batch, d.commune, d.answer, d.index_milli, b.policy, b.period"
            " FROM decision d LEFT JOIN batch b ON b.seq = d.batch WHERE d.seq BETWEEN ? AND"
            " ? ORDER BY d.seq");
    stmt_int(check->rows, 1, first);
    stmt_int(check->rows, 2, last);
    return stmt_next(check->rows, &check->row, err);
}

void decision_check_end(struct decision_check *check)
{
    stmt_done(&check->rows);
}

static bool says_index(struct str said, struct stmt *row)
{
    bool none = !said.at || (said.len == 4 && memcmp(said.at, "null", 4) == 0);
    return row_null(row, INDEX) ? none : !none && canonical_says_number(said, row_int(row, INDEX));
}

static bool says_row(const struct decision_said *said, struct stmt *row)
{
    int64_t answer = row_int(row, ANSWER);
    return !row_null(row, POLICY) && answer >= ANSWER_NO && answer <= ANSWER_UNKNOWN &&
           canonical_says_text(said->answer, str_of(answer_name((enum answer)answer))) &&
           canonical_says_number(said->batch, row_int(row, BATCH)) &&
           canonical_says_text(said->commune, row_bytes(row, COMMUNE)) &&
           says_index(said->index_milli, row) &&
           canonical_says_text(said->policy, row_bytes(row, POLICY)) &&
           canonical_says_text(said->period, row_bytes(row, PERIOD));
}

enum err_kind decision_check_entry(struct decision_check *check, int64_t seq,
                                   const struct decision_said *said, const char **why,
                                   struct err *err)
{
    bool has = check->row && row_int(check->rows, SEQ) == seq;
    *why = NULL;
    if (!has) {
        *why = said ? "is missing in the table of decisions" : NULL;
        return OK;
    }
    if (!said || !says_row(said, check->rows))
        *why = "is not what the table of decisions says";
    return stmt_next(check->rows, &check->row, err);
}
