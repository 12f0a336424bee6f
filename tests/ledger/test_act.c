#include "ledger/act.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "tests/ledger/cast.h"

// A small act of a test: an alert is cleared.
static enum err_kind clear(struct place *place, const struct act *act)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    int64_t seq;
    if (ledger_begin(place->ledger, &txn, &place->err) ||
        act_put(txn, act, (struct utc){60}, &seq, &place->err))
        return place->err.kind;
    return ledger_commit(&txn, &place->err);
}

static struct act begin(struct place *place, const char *person)
{
    struct act act = {0};
    CHECK_OK(cast_begin(place, "alert-clear", person, &act), place->err);
    act_about(&act, "alert/rain/1");
    doc_put_text(act.text, "why", "the rain is over");
    return act;
}

static void verify(struct place *place)
{
    struct ledger_report report;
    CHECK_OK(ledger_verify(place->ledger, &report, &place->err), place->err);
}

// The next word of a line: "" at its end.
static struct str take_word(struct str *line)
{
    struct str word = {0};
    while (word.len == 0 && str_take_field(line, ' ', &word))
        continue;
    return word;
}

// One line of the matrix that was written by hand: an act, and "yes" or "-" for each role. Every
// role tries it.
static void check_matrix_line(struct place *place, const struct cast *cast, struct str line,
                              char name[static ACT_PERSON_SIZE])
{
    struct str act_name = take_word(&line);
    (void)snprintf(name, ACT_PERSON_SIZE, "%.*s", (int)act_name.len, act_name.at);
    ROW(name);
    CHECK(act_rule_of(name) != NULL);
    for (size_t role = 0; role < ROLES; role++) {
        struct str word = take_word(&line);
        bool may = str_is(word, "yes");
        CHECK(may || str_is(word, "-"));
        for (size_t i = 2 * role; i < 2 * role + 2; i++) {
            AUTO(act_free) struct act act = {0};
            CHECK_INT(cast_begin(place, name, cast->person[i], &act), may ? OK : ERR_REFUSED);
            if (!may)
                CHECK_HAS(place->err.text, name);
        }
    }
    CHECK_INT(take_word(&line).len, 0);
}

static void every_role_may_do_what_was_written_by_hand(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(buf_free) struct buf text = buf_new(1 << 14);
    struct cast cast = cast_new(&place);
    char name[ACT_PERSON_SIZE];
    size_t lines = 0, acts = 0;
    CHECK_OK(file_read("tests/ledger/matrix.txt", &text, &place.err), place.err);
    struct str rest = buf_slice(&text);
    for (struct str line; str_take_line(&rest, &line);) {
        if (str_starts(line, "#"))
            continue;
        check_matrix_line(&place, &cast, line, name);
        lines++;
    }
    for (const struct act_rule *rule = act_rules; rule->name; rule++, acts++) {
        ROW(rule->name);
        CHECK(rule->roles != 0 && strlen(rule->help) > 10);
    }
    ROW("each act of the program has its line");
    CHECK_INT(lines, acts);
}

static void an_act_is_signed_over_its_text_once(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    struct signature first;
    {
        ROW("not signed");
        AUTO(act_free) struct act act = begin(&place, "officer-1");
        CHECK_INT(clear(&place, &act), ERR_REFUSED);
        CHECK_HAS(place.err.text, "is not that of officer-1");
        ROW("another person's key");
        CHECK_INT(act_sign(&act, &cast.secret[cast_place(&cast, "officer-2")], &place.err),
                  ERR_REFUSED);
        CHECK_HAS(place.err.text, "not the key of officer-1");
        ROW("signed");
        cast_sign(&place, &cast, &act);
        first = act.signature;
        ROW("another text under the same signature");
        doc_put_text(act.text, "why", "the rain goes on");
        CHECK_INT(clear(&place, &act), ERR_REFUSED);
        doc_put_text(act.text, "why", "the rain is over");
        ROW("as it was signed");
        CHECK_OK(clear(&place, &act), place.err);
        ROW("the same again, at once");
        CHECK_INT(clear(&place, &act), ERR_REFUSED);
        CHECK_HAS(place.err.text, "was used before");
    }
    ROW("the same signature for the same act later");
    AUTO(act_free) struct act again = begin(&place, "officer-1");
    act_put_signature(&again, &first);
    CHECK_INT(clear(&place, &again), ERR_REFUSED);
    ROW("one that was signed before another act came between");
    AUTO(act_free) struct act late = begin(&place, "officer-1");
    cast_sign(&place, &cast, &late);
    cast_sign(&place, &cast, &again);
    CHECK_OK(clear(&place, &again), place.err);
    CHECK_INT(clear(&place, &late), ERR_REFUSED);
    verify(&place);
}

static enum err_kind word_confirm(struct place *place, struct act *act, const char *person)
{
    struct role_row row;
    if (role_find(place->ledger, person, &row, &place->err))
        return place->err.kind;
    role_word_confirm(act, &row);
    return OK;
}

static enum err_kind change(struct place *place, const struct cast *cast, const char *name,
                            const char *person, const char *by)
{
    AUTO(act_free) struct act act = {0};
    if (cast_begin(place, name, by, &act))
        return place->err.kind;
    role_word_person(&act, person);
    if (strcmp(name, "role-confirm") == 0 && word_confirm(place, &act, person))
        return place->err.kind;
    cast_sign(place, cast, &act);
    return strcmp(name, "role-retire") == 0
               ? role_retire(place->ledger, &act, (struct utc){60}, &place->err)
               : role_confirm(place->ledger, &act, (struct utc){60}, &place->err);
}

static enum err_kind add(struct place *place, const struct cast *cast, const char *person,
                         uint8_t seed, bool *in)
{
    AUTO(act_free) struct act act = {0};
    struct sign_secret secret;
    struct sign_public key;
    memset(secret.at, seed, sizeof(secret.at));
    sign_public_of(&secret, &key);
    if (cast_begin(place, "role-add", "operator-1", &act))
        return place->err.kind;
    role_word_add(&act, person, ROLE_APPROVER, &key);
    cast_sign(place, cast, &act);
    return role_add(place->ledger, &act, (struct utc){60}, in, &place->err);
}

static void after_the_founding_somebody_else_confirms(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    bool in = false;
    CHECK_OK(add(&place, &cast, "approver-8", 80, &in), place.err);
    CHECK(in);
    AUTO(act_free) struct act act = begin(&place, "officer-1");
    cast_sign(&place, &cast, &act);
    CHECK_OK(clear(&place, &act), place.err);
    ROW("the founding is over");
    CHECK_OK(add(&place, &cast, "approver-9", 81, &in), place.err);
    CHECK(!in);
    AUTO(act_free) struct act early = {0};
    CHECK_INT(cast_begin(&place, "alert-clear", "approver-9", &early), ERR_REFUSED);
    CHECK_HAS(place.err.text, "waits to be confirmed");
    CHECK_INT(change(&place, &cast, "role-confirm", "approver-9", "operator-1"), ERR_REFUSED);
    CHECK_OK(change(&place, &cast, "role-confirm", "approver-9", "insurer-1"), place.err);
    CHECK_OK(cast_begin(&place, "alert-clear", "approver-9", &early), place.err);
    CHECK_INT(change(&place, &cast, "role-confirm", "approver-9", "auditor-1"), ERR_INPUT);
    CHECK_HAS(place.err.text, "does not wait");
    ROW("a name, or a key, a second time");
    CHECK_INT(add(&place, &cast, "approver-9", 82, &in), ERR_REFUSED);
    CHECK_INT(add(&place, &cast, "approver-10", 81, &in), ERR_REFUSED);
    CHECK_HAS(place.err.text, "a name and a key of their own");
    ROW("a phone number is no name");
    CHECK_INT(add(&place, &cast, "84900000001", 83, &in), ERR_INPUT);
    verify(&place);
}

// An act, ready to be signed, that gives `person` the key of that seed.
static struct act begin_rekey(struct place *place, const char *name, const char *person,
                              const char *by, uint8_t seed)
{
    struct act act = {0};
    struct sign_secret secret;
    struct sign_public key;
    struct role_row row;
    memset(secret.at, seed, sizeof(secret.at));
    sign_public_of(&secret, &key);
    CHECK_OK(cast_begin(place, name, by, &act), place->err);
    CHECK_OK(role_find(place->ledger, person, &row, &place->err), place->err);
    role_word_key(&act, &row, &key);
    return act;
}

static enum err_kind put_rekey(struct place *place, const struct cast *cast, struct act *act,
                               bool *in)
{
    cast_sign(place, cast, act);
    return role_key(place->ledger, act, (struct utc){60}, in, &place->err);
}

static void rekey(struct place *place, const struct cast *cast, const char *person, const char *by,
                  uint8_t seed)
{
    bool in = true;
    AUTO(act_free) struct act act = begin_rekey(place, "role-key-for", person, by, seed);
    CHECK_OK(put_rekey(place, cast, &act, &in), place->err);
    CHECK(!in);
}

static void end_founding(struct place *place, const struct cast *cast)
{
    AUTO(act_free) struct act act = begin(place, "officer-2");
    cast_sign(place, cast, &act);
    CHECK_OK(clear(place, &act), place->err);
}

static void a_confirmation_is_of_one_key(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    end_founding(&place, &cast);
    rekey(&place, &cast, "officer-1", "operator-1", 90);
    ROW("signed for one key, another one came");
    AUTO(act_free) struct act late = {0};
    CHECK_OK(cast_begin(&place, "role-confirm", "insurer-1", &late), place.err);
    CHECK_OK(word_confirm(&place, &late, "officer-1"), place.err);
    cast_sign(&place, &cast, &late);
    rekey(&place, &cast, "officer-1", "operator-1", 91);
    CHECK_INT(role_confirm(place.ledger, &late, (struct utc){60}, &place.err), ERR_REFUSED);
    CHECK_HAS(place.err.text, "has another key by now");
    ROW("no key is named");
    AUTO(act_free) struct act none = {0};
    CHECK_OK(cast_begin(&place, "role-confirm", "insurer-1", &none), place.err);
    role_word_person(&none, "officer-1");
    cast_sign(&place, &cast, &none);
    CHECK_INT(role_confirm(place.ledger, &none, (struct utc){60}, &place.err), ERR_REFUSED);
    CHECK_OK(change(&place, &cast, "role-confirm", "officer-1", "insurer-1"), place.err);
    ROW("another key: the same person confirms again");
    rekey(&place, &cast, "officer-1", "operator-2", 93);
    CHECK_OK(change(&place, &cast, "role-confirm", "officer-1", "insurer-1"), place.err);
    verify(&place);
}

// What people signed at the same time as another's rekey, and an act under the wrong name.
static void a_key_is_replaced_that_the_person_has(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    bool in = false;
    end_founding(&place, &cast);
    ROW("a key that was replaced meanwhile");
    AUTO(act_free)
    struct act late = begin_rekey(&place, "role-key-for", "officer-1", "operator-1", 94);
    rekey(&place, &cast, "officer-1", "operator-2", 95);
    CHECK_INT(put_rekey(&place, &cast, &late, &in), ERR_LATER);
    CHECK_HAS(place.err.text, "was replaced meanwhile");
    ROW("one's own, as if it were another person's");
    AUTO(act_free)
    struct act own = begin_rekey(&place, "role-key-for", "operator-1", "operator-1", 96);
    CHECK_INT(put_rekey(&place, &cast, &own, &in), ERR_REFUSED);
    CHECK_HAS(place.err.text, "role-key is for one's own");
    ROW("another person's, as if it were one's own");
    AUTO(act_free) struct act other = begin_rekey(&place, "role-key", "officer-1", "insurer-1", 97);
    CHECK_INT(put_rekey(&place, &cast, &other, &in), ERR_REFUSED);
    verify(&place);
}

// Of ledgers written before confirmations named a key.
static void a_confirmation_without_a_key_is_good_for_a_first_key_only(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool rekeyed;
    } rows[] = {{"a person who was named", false}, {"a person with another key", true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(ledger_undo) struct txn *txn = NULL;
        AUTO(act_free) struct act act = {0};
        struct cast cast = cast_new(&place);
        struct ledger_report report;
        bool in = false;
        int64_t seq = 0;
        char sql[200];
        end_founding(&place, &cast);
        CHECK_OK(add(&place, &cast, "approver-9", 98, &in), place.err);
        if (rows[i].rekeyed)
            rekey(&place, &cast, "approver-9", "operator-2", 99);
        CHECK_OK(cast_begin(&place, "role-confirm", "insurer-1", &act), place.err);
        role_word_person(&act, "approver-9");
        cast_sign(&place, &cast, &act);
        CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
        CHECK_OK(act_put(txn, &act, (struct utc){60}, &seq, &place.err), place.err);
        (void)snprintf(sql, sizeof(sql), "UPDATE role SET since = %lld WHERE person = 'approver-9'",
                       (long long)seq);
        CHECK_OK(db_run(ledger_db(place.ledger), sql, &place.err), place.err);
        CHECK_OK(ledger_commit(&txn, &place.err), place.err);
        CHECK_INT(ledger_verify(place.ledger, &report, &place.err),
                  rows[i].rekeyed ? ERR_BROKEN : OK);
        if (rows[i].rekeyed)
            CHECK_HAS(place.err.text, "confirms another key");
    }
}

static void who_was_retired_does_nothing_more(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    AUTO(act_free) struct act ready = begin(&place, "officer-1");
    cast_sign(&place, &cast, &ready);
    CHECK_OK(change(&place, &cast, "role-retire", "officer-1", "operator-1"), place.err);
    CHECK_INT(clear(&place, &ready), ERR_REFUSED);
    CHECK_HAS(place.err.text, "was retired");
    AUTO(act_free) struct act act = {0};
    CHECK_INT(cast_begin(&place, "alert-clear", "officer-1", &act), ERR_REFUSED);
    CHECK_INT(change(&place, &cast, "role-retire", "officer-1", "auditor-1"), ERR_INPUT);
    CHECK_OK(change(&place, &cast, "role-retire", "operator-2", "auditor-1"), place.err);
    ROW("the last operator stays");
    CHECK_INT(change(&place, &cast, "role-retire", "operator-1", "auditor-1"), ERR_REFUSED);
    CHECK_HAS(place.err.text, "last operator");
    verify(&place);
}

static void a_drill_has_one_person_until_somebody_is_named(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    {
        AUTO(act_free) struct act act = {0};
        CHECK_INT(act_begin(place.ledger, false, "alert-clear", "", &act, &place.err), ERR_REFUSED);
        CHECK_HAS(place.err.text, "nobody has a role");
        CHECK_INT(act_begin(place.ledger, true, "alert-clear", "officer-1", &act, &place.err),
                  ERR_REFUSED);
        CHECK_OK(act_begin(place.ledger, true, "alert-clear", NULL, &act, &place.err), place.err);
        act_about(&act, "alert/rain/1");
        CHECK_OK(clear(&place, &act), place.err);
    }
    verify(&place);
    (void)cast_new(&place);
    AUTO(act_free) struct act act = {0};
    CHECK_INT(act_begin(place.ledger, true, "alert-clear", NULL, &act, &place.err), ERR_INPUT);
    CHECK_INT(act_begin(place.ledger, true, "alert-clear", "drill", &act, &place.err), ERR_REFUSED);
    verify(&place);
}

// Who can write the file can also make the chain and the tree again: what nobody signed is found
// all the same.
static void what_nobody_signed_is_found_in_a_chain_that_holds(void **state)
{
    (void)state;
    static const struct {
        const char *name, *kind, *body, *words;
    } rows[] = {
        {"an approval without a signature", "approval", "{\"by\":\"approver-1\"}",
         "is an act that nobody signed"},
        {"one with somebody's name under it", "alert_clear",
         "{\"act\":\"alert-clear\",\"after\":1,\"by\":\"officer-1\",\"log\":\"\",\"role\":"
         "\"officer\",\"signature\":\"AAAA\",\"subject\":\"x\"}",
         "made for another moment"},
        {"a stranger", "alert_clear",
         "{\"act\":\"alert-clear\",\"after\":1,\"by\":\"officer-7\",\"log\":\"\",\"role\":"
         "\"officer\",\"signature\":\"AAAA\",\"subject\":\"x\"}",
         "had no role then"},
        {"the drill's person, where people have roles", "alert_clear",
         "{\"act\":\"alert-clear\",\"after\":0,\"by\":\"drill\",\"log\":\"\",\"role\":\"drill\","
         "\"subject\":\"x\"}",
         "had no role then"},
        {"of another log", "alert_clear",
         "{\"act\":\"alert-clear\",\"after\":1,\"by\":\"officer-1\",\"log\":\"other\",\"role\":"
         "\"officer\",\"signature\":\"AAAA\",\"subject\":\"x\"}",
         "of another log"},
        {"an act under another kind", "drill",
         "{\"act\":\"alert-clear\",\"after\":1,\"by\":\"officer-1\",\"log\":\"\"}",
         "is an act that there is not"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(ledger_undo) struct txn *txn = NULL;
        AUTO(doc_free) struct doc *body = NULL;
        int64_t seq;
        struct ledger_report report;
        (void)cast_new(&place);
        CHECK_OK(doc_parse(str_of(rows[i].body), "row", &body, &place.err), place.err);
        CHECK_OK(ledger_begin(place.ledger, &txn, &place.err), place.err);
        CHECK_OK(ledger_append(txn, rows[i].kind, (struct utc){0}, body, &seq, NULL, &place.err),
                 place.err);
        CHECK_OK(ledger_commit(&txn, &place.err), place.err);
        CHECK_INT(ledger_verify(place.ledger, &report, &place.err), ERR_BROKEN);
        CHECK_INT(report.bad_seq, seq);
        CHECK_HAS(place.err.text, rows[i].words);
    }
}

static void every_edit_of_roles_and_acts_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sql;
    } rows[] = {
        {"a key", "UPDATE role SET key = zeroblob(32) WHERE person = 'officer-2'"},
        {"a role", "UPDATE role SET role = 'approver' WHERE person = 'operator-1'"},
        {"a person", "UPDATE role SET person = 'officer-7' WHERE person = 'officer-2'"},
        {"a role's entry", "UPDATE role SET seq = 4 WHERE person = 'officer-2'"},
        {"since when", "UPDATE role SET since = 0 WHERE person = 'officer-2'"},
        {"a retired person put back", "UPDATE role SET retired = 0"},
        {"a person who is retired", "UPDATE role SET retired = 2 WHERE person = 'officer-2'"},
        {"a person taken out", "DELETE FROM role WHERE person = 'officer-2'"},
        {"a person put in", "INSERT INTO role VALUES ('x', 'approver', x'00', 2, 2, 0)"},
        {"an act's person", "UPDATE act SET person = 'officer-2' WHERE name = 'alert-clear'"},
        {"an act's name", "UPDATE act SET name = 'role-add' WHERE name = 'alert-clear'"},
        {"an act's subject", "UPDATE act SET subject = 'x' WHERE name = 'alert-clear'"},
        {"an act taken out", "DELETE FROM act WHERE name = 'alert-clear'"},
        {"an act put in", "INSERT INTO act VALUES (900, 'alert-clear', 'officer-1', 'x')"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        struct cast cast = cast_new(&place);
        struct ledger_report report;
        AUTO(act_free) struct act act = begin(&place, "officer-1");
        cast_sign(&place, &cast, &act);
        CHECK_OK(clear(&place, &act), place.err);
        CHECK_OK(change(&place, &cast, "role-retire", "auditor-2", "operator-1"), place.err);
        place_unguard(&place);
        CHECK_OK(db_run(ledger_db(place.ledger), rows[i].sql, &place.err), place.err);
        CHECK_INT(ledger_verify(place.ledger, &report, &place.err), ERR_BROKEN);
    }
}

TEST_MAIN(cmocka_unit_test(every_role_may_do_what_was_written_by_hand),
          cmocka_unit_test(an_act_is_signed_over_its_text_once),
          cmocka_unit_test(after_the_founding_somebody_else_confirms),
          cmocka_unit_test(a_confirmation_is_of_one_key),
          cmocka_unit_test(a_key_is_replaced_that_the_person_has),
          cmocka_unit_test(a_confirmation_without_a_key_is_good_for_a_first_key_only),
          cmocka_unit_test(who_was_retired_does_nothing_more),
          cmocka_unit_test(a_drill_has_one_person_until_somebody_is_named),
          cmocka_unit_test(what_nobody_signed_is_found_in_a_chain_that_holds),
          cmocka_unit_test(every_edit_of_roles_and_acts_is_found))
