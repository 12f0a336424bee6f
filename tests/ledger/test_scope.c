#include "ledger/scope.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/hold.h"
#include "ledger/proposal.h"
#include "tests/ledger/cast.h"

// Names one more person, with a scope ("" for none), as operator-1 does in the founding.
static enum err_kind add(struct place *place, const struct cast *cast, const char *person,
                         enum role role, const char *provinces, const char *policies,
                         struct sign_secret *secret)
{
    AUTO(act_free) struct act act = {0};
    struct sign_public key;
    bool in = false;
    sign_new(secret);
    sign_public_of(secret, &key);
    CHECK_OK(cast_begin(place, "role-add", "operator-1", &act), place->err);
    role_word_add(&act, person, role, &key);
    if (scope_word(&act, *provinces ? provinces : NULL, *policies ? policies : NULL, &place->err))
        return err_of(&place->err);
    cast_sign(place, cast, &act);
    return role_add(place->ledger, &act, (struct utc){0}, &in, &place->err);
}

static void propose(struct place *place, const struct cast *cast, const char *policy,
                    const char *const provinces[3])
{
    AUTO(act_free) struct act act = {0};
    AUTO(doc_free) struct doc *changes = doc_object(), *places = doc_array();
    struct proposal proposal = {policy,        1,       true, str_of(policy),
                                "a first one", changes, NULL, places};
    int64_t seq;
    for (size_t i = 0; i < 3 && provinces[i]; i++)
        doc_push_text(places, provinces[i]);
    CHECK_OK(cast_begin(place, "policy-propose", "officer-1", &act), place->err);
    proposal_word(&act, &proposal);
    cast_sign(place, cast, &act);
    CHECK_OK(proposal_put(place->ledger, &act, (struct utc){60}, &proposal, &seq, &place->err),
             place->err);
}

static struct sign_secret bac_kan_key, rain_key;

static struct cast people_and_policies(struct place *place)
{
    static const char *const bac_kan[3] = {"former-bac-kan"}, *const dak_nong[3] = {
                                                                  "former-dak-nong"};
    static const char *const both[3] = {"former-bac-kan", "former-dak-nong"}, *const nowhere[3] = {
                                                                                  ""};
    struct cast cast = cast_new(place);
    struct sign_secret secret;
    CHECK_OK(add(place, &cast, "of-bac-kan", ROLE_OFFICER, "former-bac-kan", "", &bac_kan_key),
             place->err);
    CHECK_OK(add(place, &cast, "of-rain", ROLE_INSURER, "", "rain, heat", &rain_key), place->err);
    CHECK_OK(
        add(place, &cast, "of-both", ROLE_OFFICER, "former-bac-kan,former-dak-nong", "", &secret),
        place->err);
    CHECK_OK(add(place, &cast, "of-rain-in-bac-kan", ROLE_APPROVER, "former-bac-kan", "rain,wide",
                 &secret),
             place->err);
    propose(place, &cast, "rain", bac_kan);
    propose(place, &cast, "drought", dak_nong);
    propose(place, &cast, "wide", both);
    propose(place, &cast, "somewhere", nowhere);
    return cast;
}

// What each person may act on, written by hand.
static const struct {
    const char *person, *policy;
    bool may;
} may_act[] = {
    {"officer-1", "rain", true},
    {"officer-1", "drought", true},
    {"officer-1", "wide", true},
    {"officer-1", "somewhere", true},
    {"officer-1", "unheard", true},
    {"officer-1", "", true},
    {"of-bac-kan", "rain", true},
    {"of-bac-kan", "drought", false},
    {"of-bac-kan", "wide", false},
    {"of-bac-kan", "somewhere", false},
    {"of-bac-kan", "unheard", false},
    {"of-bac-kan", "", false},
    {"of-both", "rain", true},
    {"of-both", "drought", true},
    {"of-both", "wide", true},
    {"of-both", "somewhere", false},
    {"of-both", "unheard", false},
    {"of-both", "", false},
    {"of-rain", "rain", true},
    {"of-rain", "drought", false},
    {"of-rain", "wide", false},
    {"of-rain", "somewhere", false},
    {"of-rain", "heat", true},
    {"of-rain", "", false},
    {"of-rain-in-bac-kan", "rain", true},
    {"of-rain-in-bac-kan", "wide", false},
    {"of-rain-in-bac-kan", "heat", false},
    {"of-rain-in-bac-kan", "drought", false},
    {"of-rain-in-bac-kan", "", false},
};

// Every act of the table is tried on each.
static void every_act_keeps_to_the_scope(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    (void)people_and_policies(&place);
    size_t cells = 0;
    for (const struct act_rule *rule = act_rules; rule->name; rule++) {
        bool open = strcmp(rule->name, "hold") == 0 || strcmp(rule->name, "role-key") == 0;
        for (size_t i = 0; i < COUNT_OF(may_act); i++, cells++) {
            struct act act = {.rule = rule};
            AUTO(doc_free) struct doc *text = doc_object();
            char name[200];
            (void)snprintf(name, sizeof(name), "%s by %s about \"%s\"", rule->name,
                           may_act[i].person, may_act[i].policy);
            ROW(name);
            act.text = text;
            (void)snprintf(act.by, sizeof(act.by), "%s", may_act[i].person);
            if (*may_act[i].policy && strcmp(rule->name, "pay-rule") == 0) {
                (void)snprintf(name, sizeof(name), "budget/%s", may_act[i].policy);
                doc_put_text(text, "what", name);
            } else if (*may_act[i].policy) {
                doc_put_text(text, "policy", may_act[i].policy);
            }
            CHECK_INT(scope_check(place.ledger, &act, &place.err),
                      open || may_act[i].may ? OK : ERR_REFUSED);
        }
    }
    CHECK(cells >= 500);
}

static void a_refusal_says_whose_scope_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *person, *policy, *words;
    } rows[] = {
        {"of-bac-kan", "",
         "of-bac-kan acts for provinces former-bac-kan, and this is about the whole site"},
        {"of-bac-kan", "wide", "policy wide applies elsewhere too"},
        {"of-rain", "drought",
         "of-rain acts for policies heat, rain, and this is about policy drought"},
        {"of-rain-in-bac-kan", "heat",
         "acts for provinces former-bac-kan; for policies rain, wide, and this is about policy "
         "heat"},
    };
    AUTO(place_free) struct place place = place_new();
    (void)people_and_policies(&place);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].words);
        CHECK_INT(scope_check_policy(place.ledger, rows[i].person, rows[i].policy, &place.err),
                  ERR_REFUSED);
        CHECK_HAS(place.err.text, rows[i].words);
    }
}

static void a_scope_that_is_no_list_is_refused(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    struct sign_secret secret;
    char long_name[100];
    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    CHECK_INT(add(&place, &cast, "a-1", ROLE_OFFICER, "a,,b", "", &secret), ERR_INPUT);
    CHECK_HAS(place.err.text, "--provinces: write 1 to 20 names");
    CHECK_INT(add(&place, &cast, "a-1", ROLE_OFFICER, "", long_name, &secret), ERR_INPUT);
    CHECK_HAS(place.err.text, "--policies: write 1 to 20 names");
    CHECK_INT(add(&place, &cast, "a-1", ROLE_OFFICER, "a,a", "", &secret), OK);
}

static enum err_kind verify(struct place *place)
{
    struct ledger_report report;
    return ledger_verify(place->ledger, &report, &place->err);
}

// Rows that were widened, narrowed or invented are found by the entries.
static void the_tables_are_held_against_the_entries(void **state)
{
    (void)state;
    static const char *const edits[] = {
        "DELETE FROM role_scope WHERE person = 'of-bac-kan'",
        "UPDATE role_scope SET name = 'former-dak-nong' WHERE person = 'of-bac-kan'",
        "UPDATE role_scope SET kind = 'province' WHERE name = 'heat'",
        "INSERT INTO role_scope (person, kind, name) VALUES ('of-rain', 'policy', 'drought')",
        "INSERT INTO role_scope (person, kind, name) VALUES ('officer-1', 'policy', 'rain')",
        "DELETE FROM policy_place WHERE policy = 'wide' AND province = 'former-dak-nong'",
        "UPDATE policy_place SET province = 'former-bac-kan' WHERE policy = 'drought'",
        "INSERT INTO policy_place (policy, province) VALUES ('heat', 'former-bac-kan')",
    };
    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        AUTO(place_free) struct place place = place_new();
        ROW(edits[i]);
        (void)people_and_policies(&place);
        CHECK_OK(verify(&place), place.err);
        CHECK_OK(db_run(ledger_db(place.ledger), edits[i], &place.err), place.err);
        CHECK_INT(verify(&place), ERR_BROKEN);
        CHECK_HAS(place.err.text, "is not what the tables of roles and acts say");
    }
}

// Signed well, and put into the ledger past the question: found by who verifies.
static void an_act_outside_of_the_scope_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *policy;
        enum err_kind kind;
    } rows[] = {{"rain", OK}, {"drought", ERR_BROKEN}, {"", ERR_BROKEN}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        (void)people_and_policies(&place);
        AUTO(act_free) struct act act = {0};
        AUTO(buf_free) struct buf signature = buf_new(200);
        AUTO(ledger_undo) struct txn *txn = NULL;
        int64_t seq = 0;
        ROW(rows[i].policy);
        CHECK_OK(cast_begin(&place, "policy-propose", "of-bac-kan", &act), place.err);
        act_about(&act, "policy/x");
        if (*rows[i].policy)
            doc_put_text(act.text, "policy", rows[i].policy);
        AUTO(doc_free) struct doc *places = doc_array();
        doc_push_text(places, "former-bac-kan");
        doc_put_same(act.text, "provinces", places);
        CHECK_OK(act_sign(&act, &bac_kan_key, &place.err), place.err);
        AUTO(doc_free) struct doc *body = doc_copy(act.text);
        base64_add(&signature, act.signature.at, sizeof(act.signature.at));
        doc_put_text(body, "signature", signature.at);
        CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
        if (rows[i].kind) {
            CHECK_INT(act_put(txn, &act, (struct utc){70}, &seq, &place.err), ERR_REFUSED);
            CHECK_OK(ledger_append(txn, "proposal", (struct utc){70}, body, &seq, NULL, &place.err),
                     place.err);
        } else {
            CHECK_OK(act_put(txn, &act, (struct utc){70}, &seq, &place.err), place.err);
        }
        CHECK_OK(ledger_commit(&txn, &place.err), place.err);
        CHECK_INT(verify(&place), ERR_BROKEN); // no row in the table of proposals, at the least
        CHECK_INT(strstr(place.err.text, "outside of what its person may act on") != NULL,
                  rows[i].kind != OK);
    }
}

// A release by who may act on policy rain only, signed as one of that policy, with its rows in the
// tables, of a hold on another.
static void what_is_said_of_the_policy_is_held_against_what_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *held;
        enum err_kind kind;
    } rows[] = {{"rain", OK}, {"drought", ERR_BROKEN}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(place_free) struct place place = place_new();
        struct cast cast = people_and_policies(&place);
        AUTO(act_free) struct act stop = {0}, act = {0};
        AUTO(buf_free) struct buf signature = buf_new(200), sql = buf_new(1000);
        AUTO(ledger_undo) struct txn *txn = NULL;
        int64_t hold = 0, seq = 0;
        ROW(rows[i].held);
        CHECK_OK(cast_begin(&place, "hold", "officer-1", &stop), place.err);
        hold_word(&stop, "pay", rows[i].held, "a drill");
        cast_sign(&place, &cast, &stop);
        CHECK_OK(hold_put(place.ledger, &stop, (struct utc){70}, &hold, &place.err), place.err);
        CHECK_OK(cast_begin(&place, "release", "of-rain", &act), place.err);
        hold_word_release(&act, hold, "a drill");
        doc_put_text(act.text, "policy", "rain");
        CHECK_OK(act_sign(&act, &rain_key, &place.err), place.err);
        AUTO(doc_free) struct doc *body = doc_copy(act.text);
        base64_add(&signature, act.signature.at, sizeof(act.signature.at));
        doc_put_text(body, "signature", signature.at);
        CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
        CHECK_OK(ledger_append(txn, "release", (struct utc){71}, body, &seq, NULL, &place.err),
                 place.err);
        buf_print(&sql,
                  "INSERT INTO act (seq, name, person, subject) VALUES (%lld, 'release',"
                  " 'of-rain', '%s'); UPDATE hold SET released = %lld WHERE seq = %lld",
                  (long long)seq, doc_text(doc_get(body, "subject"), ""), (long long)seq,
                  (long long)hold);
        CHECK_OK(db_run(ledger_db(place.ledger), sql.at, &place.err), place.err);
        CHECK_OK(ledger_commit(&txn, &place.err), place.err);
        CHECK_INT(verify(&place), rows[i].kind);
        if (rows[i].kind)
            CHECK_HAS(place.err.text, "is not what the tables of roles and acts say");
    }
}

TEST_MAIN(cmocka_unit_test(every_act_keeps_to_the_scope),
          cmocka_unit_test(a_refusal_says_whose_scope_it_is),
          cmocka_unit_test(a_scope_that_is_no_list_is_refused),
          cmocka_unit_test(the_tables_are_held_against_the_entries),
          cmocka_unit_test(an_act_outside_of_the_scope_is_found),
          cmocka_unit_test(what_is_said_of_the_policy_is_held_against_what_is_named))
