#include "ledger/proposal.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "tests/ledger/cast.h"

static const struct civil spring = {.year = 2024, .month = 3, .day = 1};

static enum err_kind propose(struct place *place, const struct cast *cast, const char *by,
                             const char *yaml, bool insurance)
{
    AUTO(act_free) struct act act = {0};
    AUTO(doc_free) struct doc *changes = doc_object();
    struct proposal proposal = {"rain",        1,       insurance, str_of(yaml),
                                "a first one", changes, NULL,      NULL};
    int64_t seq;
    if (cast_begin(place, "policy-propose", by, &act))
        return place->err.kind;
    proposal_word(&act, &proposal);
    cast_sign(place, cast, &act);
    return proposal_put(place->ledger, &act, (struct utc){60}, &proposal, &seq, &place->err);
}

static enum err_kind sign(struct place *place, const struct cast *cast, const char *by,
                          struct proposal_want *want)
{
    AUTO(act_free) struct act act = {0};
    struct proposal_row row;
    if (cast_begin(place, "policy-sign", by, &act) ||
        proposal_find(place->ledger, "rain", &row, &place->err))
        return place->err.kind;
    proposal_word_sign(&act, &row, spring);
    cast_sign(place, cast, &act);
    return proposal_sign(place->ledger, &act, (struct utc){60}, spring, "its own date", want,
                         &place->err);
}

static enum err_kind reject(struct place *place, const struct cast *cast, const char *by)
{
    AUTO(act_free) struct act act = {0};
    struct proposal_row row;
    if (cast_begin(place, "policy-reject", by, &act) ||
        proposal_find(place->ledger, "rain", &row, &place->err))
        return place->err.kind;
    proposal_word_reject(&act, &row, "not this year");
    cast_sign(place, cast, &act);
    return proposal_reject(place->ledger, &act, (struct utc){60}, &place->err);
}

static enum err_kind verify(struct place *place)
{
    struct ledger_report report;
    return ledger_verify(place->ledger, &report, &place->err);
}

static const char *state_of(struct place *place)
{
    static struct proposal_row row;
    CHECK_OK(proposal_find(place->ledger, "rain", &row, &place->err), place->err);
    return row.state;
}

static void insurance_is_signed_by_two_people_and_the_insurer(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    struct proposal_want want;
    CHECK_OK(propose(&place, &cast, "officer-1", "gong: 1\n", true), place.err);
    ROW("the same text again");
    CHECK_INT(propose(&place, &cast, "officer-2", "gong: 1\n", true), ERR_REFUSED);
    CHECK_HAS(place.err.text, "was proposed before");
    ROW("one's own");
    CHECK_INT(sign(&place, &cast, "officer-1", &want), ERR_REFUSED);
    CHECK_HAS(place.err.text, "nobody approves their own act");
    ROW("who may not");
    CHECK_INT(sign(&place, &cast, "operator-1", &want), ERR_REFUSED);
    ROW("the insurer is no replacement for a person");
    CHECK_OK(sign(&place, &cast, "insurer-1", &want), place.err);
    CHECK_INT(want.people, 2);
    CHECK_INT(want.insurers, 0);
    CHECK_OK(sign(&place, &cast, "officer-2", &want), place.err);
    CHECK_INT(want.people, 1);
    ROW("the same person twice");
    CHECK_INT(sign(&place, &cast, "officer-2", &want), ERR_REFUSED);
    CHECK_TEXT(state_of(&place), "open");
    CHECK_OK(verify(&place), place.err);
    CHECK_OK(sign(&place, &cast, "approver-1", &want), place.err);
    CHECK_INT(want.people + want.insurers, 0);
    CHECK_TEXT(state_of(&place), "in force");
    CHECK_OK(verify(&place), place.err);
    ROW("what is in force is signed, or rejected, no more");
    CHECK_INT(sign(&place, &cast, "approver-2", &want), ERR_REFUSED);
    CHECK_INT(reject(&place, &cast, "approver-2"), ERR_REFUSED);
    CHECK_HAS(place.err.text, "in force already");
    struct proposal_row row;
    CHECK_OK(proposal_of(place.ledger, hash_of(STR("gong: 1\n")), &row, &place.err), place.err);
    CHECK_INT(row.starts.year, 2024);
    CHECK_INT(row.starts.month, 3);
    AUTO(proposal_signs_free) struct proposal_signs signs = {0};
    CHECK_OK(proposal_signs(place.ledger, &row, &signs, &place.err), place.err);
    CHECK_INT(signs.count, 4);
    CHECK_TEXT(signs.at[0].person, "officer-1");
}

static void an_alert_needs_no_insurer_and_a_proposal_can_be_rejected(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    struct proposal_want want;
    CHECK_OK(propose(&place, &cast, "officer-1", "gong: 1\n# alert\n", false), place.err);
    CHECK_OK(sign(&place, &cast, "approver-1", &want), place.err);
    CHECK_INT(want.people, 1);
    CHECK_INT(want.insurers, 0);
    CHECK_OK(reject(&place, &cast, "insurer-1"), place.err);
    CHECK_TEXT(state_of(&place), "rejected");
    CHECK_INT(sign(&place, &cast, "approver-2", &want), ERR_REFUSED);
    CHECK_OK(verify(&place), place.err);
}

static void every_edit_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sql;
    } rows[] = {
        {"a policy", "UPDATE proposal SET policy = 'x'"},
        {"a version", "UPDATE proposal SET version = 2"},
        {"a hash", "UPDATE proposal SET hash = zeroblob(32)"},
        {"a kind", "UPDATE proposal SET insurance = 0"},
        {"a text", "UPDATE proposal SET yaml = 'gong: 2'"},
        {"who proposed it", "UPDATE proposal SET person = 'officer-2'"},
        {"put back to open", "UPDATE proposal SET state = 'open'"},
        {"rejected", "UPDATE proposal SET state = 'rejected'"},
        {"another state", "UPDATE proposal SET state = 'x'"},
        {"the entry that decided it", "UPDATE proposal SET decided = 11"},
        {"its first day", "UPDATE proposal SET starts = starts - 1"},
        {"taken out", "DELETE FROM proposal"},
        {"put in", "INSERT INTO proposal VALUES (3, 'x', 1, x'00', 0, '', 'x', 'open', 0, 0)"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        struct cast cast = cast_new(&place);
        struct proposal_want want;
        static const char *const signers[] = {"officer-2", "approver-1", "insurer-1"};
        CHECK_OK(propose(&place, &cast, "officer-1", "gong: 1\n", true), place.err);
        for (size_t s = 0; s < COUNT_OF(signers); s++)
            CHECK_OK(sign(&place, &cast, signers[s], &want), place.err);
        CHECK_OK(verify(&place), place.err);
        place_unguard(&place);
        CHECK_OK(db_run(ledger_db(place.ledger), rows[i].sql, &place.err), place.err);
        CHECK_INT(verify(&place), ERR_BROKEN);
    }
}

// Who rebuilds the chain can write that a policy is in force; not that people signed it.
static void what_is_in_force_without_signatures_is_found(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    AUTO(doc_free) struct doc *body = doc_object();
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct proposal_row row;
    int64_t seq;
    char sql[200];
    CHECK_OK(propose(&place, &cast, "officer-1", "gong: 1\n", true), place.err);
    CHECK_OK(proposal_find(place.ledger, "rain", &row, &place.err), place.err);
    doc_put_text(body, "policy", "rain");
    doc_put_text(body, "policy_hash", hash_hex(row.hash).at);
    doc_put_int(body, "proposal", row.seq);
    doc_put_text(body, "starts", "2024-03-01");
    CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
    CHECK_OK(ledger_append(txn, "policy_in_force", (struct utc){0}, body, &seq, NULL, &place.err),
             place.err);
    CHECK_OK(ledger_commit(&txn, &place.err), place.err);
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE proposal SET state = 'in force', decided = %lld, starts = 19783",
                   (long long)seq);
    CHECK_OK(db_run(ledger_db(place.ledger), sql, &place.err), place.err);
    CHECK_INT(verify(&place), ERR_BROKEN);
    CHECK_HAS(place.err.text, "not signed by all who must");
}

TEST_MAIN(cmocka_unit_test(insurance_is_signed_by_two_people_and_the_insurer),
          cmocka_unit_test(an_alert_needs_no_insurer_and_a_proposal_can_be_rejected),
          cmocka_unit_test(every_edit_is_found),
          cmocka_unit_test(what_is_in_force_without_signatures_is_found))
