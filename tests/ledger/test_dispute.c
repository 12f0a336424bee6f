#include "ledger/dispute.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "tests/ledger/cast.h"
#include "tests/ledger/payout_of.h"

static const struct utc opened = {86400}, due = {10 * 86400};

static enum err_kind try_open(struct place *place, const struct cast *cast, const char *by,
                              int64_t *seq)
{
    AUTO(act_free) struct act act = {0};
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    CHECK_OK(payout_list(place->ledger, "C-1", &rows, &place->err), place->err);
    CHECK_OK(cast_begin(place, "dispute-open", by, &act), place->err);
    dispute_word_open(&act, "C-1", rows.at[0].decision_seq, due, "it rained all night");
    cast_sign(place, cast, &act);
    return dispute_open(place->ledger, &act, opened, due, seq, &place->err);
}

static int64_t open_one(struct place *place, const struct cast *cast, const char *by)
{
    int64_t seq = 0;
    CHECK_OK(try_open(place, cast, by, &seq), place->err);
    return seq;
}

static enum err_kind answer(struct place *place, const struct cast *cast, const char *by,
                            int64_t dispute)
{
    AUTO(act_free) struct act act = {0};
    if (cast_begin(place, "dispute-answer", by, &act))
        return place->err.kind;
    dispute_word_answer(&act, dispute, "as computed again", hash_of(STR("receipt")));
    cast_sign(place, cast, &act);
    return dispute_answer(place->ledger, &act, opened, &place->err);
}

static enum err_kind end(struct place *place, const struct cast *cast, const char *by,
                         int64_t dispute, const char *outcome)
{
    AUTO(act_free) struct act act = {0};
    if (cast_begin(place, "dispute-close", by, &act) ||
        dispute_word_close(&act, dispute, outcome, "as computed again", &place->err))
        return place->err.kind;
    cast_sign(place, cast, &act);
    return dispute_close(place->ledger, &act, opened, &place->err);
}

static struct dispute_row only(struct place *place)
{
    AUTO(dispute_rows_free) struct dispute_rows rows = {0};
    CHECK_OK(dispute_list(place->ledger, "C-1", &rows, &place->err), place->err);
    CHECK_INT(rows.count, 1);
    return rows.at[0];
}

static enum err_kind verify(struct place *place)
{
    struct ledger_report report;
    return ledger_verify(place->ledger, &report, &place->err);
}

static void a_dispute_is_answered_in_time_and_closed_by_another(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    payout_of(&place, "C-1", "p", 400);
    int64_t dispute = open_one(&place, &cast, "officer-1");
    CHECK_INT(try_open(&place, &cast, "auditor-1", &(int64_t){0}), ERR_REFUSED);
    CHECK_HAS(place.err.text, "for contract C-1 is open");
    struct dispute_row row = only(&place);
    CHECK(!dispute_is_overdue(&row, due));
    CHECK(dispute_is_overdue(&row, (struct utc){due.s + 1}));
    ROW("who may not");
    CHECK_INT(answer(&place, &cast, "auditor-1", dispute), ERR_REFUSED);
    ROW("not before it is answered, but it can be withdrawn");
    CHECK_INT(end(&place, &cast, "approver-1", dispute, "upheld"), ERR_REFUSED);
    CHECK_HAS(place.err.text, "was not answered yet");
    CHECK_INT(end(&place, &cast, "approver-1", dispute, "won"), ERR_INPUT);
    CHECK_INT(answer(&place, &cast, "insurer-1", dispute + 50), ERR_MISSING);
    CHECK_OK(answer(&place, &cast, "insurer-1", dispute), place.err);
    row = only(&place);
    CHECK(!dispute_is_overdue(&row, (struct utc){due.s + 1}));
    CHECK_OK(verify(&place), place.err);
    ROW("not by who answered");
    CHECK_INT(end(&place, &cast, "insurer-1", dispute, "rejected"), ERR_REFUSED);
    CHECK_HAS(place.err.text, "nobody approves their own act");
    CHECK_OK(end(&place, &cast, "insurer-2", dispute, "upheld"), place.err);
    CHECK_TEXT(only(&place).outcome, "upheld");
    CHECK_INT(answer(&place, &cast, "officer-1", dispute), ERR_MISSING);
    CHECK_OK(verify(&place), place.err);
}

static void every_edit_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sql;
    } rows[] = {
        {"a contract", "UPDATE dispute SET contract = 'C-2'"},
        {"a decision", "UPDATE dispute SET decision = 1"},
        {"a deadline", "UPDATE dispute SET due = due + 86400"},
        {"an answer taken out", "UPDATE dispute SET answered = 0"},
        {"another answer", "UPDATE dispute SET answered = closed"},
        {"opened again", "UPDATE dispute SET closed = 0, outcome = ''"},
        {"an outcome", "UPDATE dispute SET outcome = 'upheld'"},
        {"taken out", "DELETE FROM dispute"},
        {"put in", "INSERT INTO dispute VALUES (3, 'C-1', 1, 0, 0, 0, '')"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        struct cast cast = cast_new(&place);
        payout_of(&place, "C-1", "p", 400);
        int64_t dispute = open_one(&place, &cast, "officer-1");
        CHECK_OK(answer(&place, &cast, "insurer-1", dispute), place.err);
        CHECK_OK(end(&place, &cast, "approver-1", dispute, "rejected"), place.err);
        CHECK_OK(verify(&place), place.err);
        place_unguard(&place);
        CHECK_OK(db_run(ledger_db(place.ledger), rows[i].sql, &place.err), place.err);
        CHECK_INT(verify(&place), ERR_BROKEN);
    }
}

TEST_MAIN(cmocka_unit_test(a_dispute_is_answered_in_time_and_closed_by_another),
          cmocka_unit_test(every_edit_is_found))
