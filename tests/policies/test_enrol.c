#include "policies/enrol.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "ledger/proposal.h"
#include "policies/in_force.h"
#include "policies/policy.h"
#include "tests/ledger/cast.h"

#include <stdlib.h>
#include <unistd.h>

// A policy with what a row changes: kind and its payout are those of an insurance.
static void print_policy(struct buf *text, const char *id, const char *area, const char *caps)
{
    buf_print(text,
              "gong: 1\nid: %s\nversion: 1\nkind: insurance\n"
              "title: {vi: Bảo hiểm mưa ngày, en: Day rain cover}\n"
              "effective: {from: 2024-01-01, to: 2024-12-31}\nboundary_set: two\narea: %s\n"
              "source: drill\nvariable: rain\nperiod: {each: day, day: utc00}\n"
              "index: {take: total}\nrounding: 0.1 mm\nminimum_coverage: 90 %%\n"
              "settle_after: 2 days\n"
              "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1000 VND}\n"
              "settlement: settle_once\n%s"
              "message: {vi: \"{contract} {amount} {commune} {index}\","
              " en: \"{contract} {amount} {commune}\"}\n"
              "cases:\n"
              "  fire: [{name: wet, step: period, values: [150], sum_insured: 2000000 VND,"
              " pays: 1000000 VND}]\n"
              "  not_fire: [{name: dry, step: period, values: [100]}]\n",
              id, area, caps);
}

static void write_policy(const char *folder, const char *id, const char *area, const char *caps)
{
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(4096), name = buf_new(100);
    print_policy(&text, id, area, caps);
    buf_print(&name, "%s.yaml", id);
    AUTO(mem_drop) char *path = file_join(folder, name.at);
    CHECK_OK(file_write(path, buf_slice(&text), 0600, &err), err);
}

static const struct {
    const char *name, *policy, *set, *commune, *zone; // "was A; B": no zone, former provinces
    int64_t sum_vnd, year;
    const char *words; // NULL: taken
} rows[] = {
    {"covered everywhere", "all", "two", "01840", "", 1000, 2024, NULL},
    {"no such policy", "drought", "two", "01840", "", 1000, 2024, "the site has no policy drought"},
    {"a typing error", "al1", "two", "01840", "", 1000, 2024, "did you mean all?"},
    {"a file that has a fault", "broken", "two", "01840", "", 1000, 2024, "broken.yaml:1:1"},
    {"another boundary set", "all", "one", "01840", "", 1000, 2024, "is for boundary set two"},
    {"its zone", "zoned", "two", "01840", "bac-kan", 1000, 2024, NULL},
    {"another zone", "zoned", "two", "01840", "dak-nong", 1000, 2024,
     "does not cover commune 01840 of zone dak-nong"},
    {"what it was before", "former", "two", "01840", "was Tỉnh Bắc Kạn", 1000, 2024, NULL},
    {"a part of it was", "former", "two", "01840", "was Tỉnh A; Tỉnh Bắc Kạn; Tỉnh C", 1000, 2024,
     NULL},
    {"it was of another province", "former", "two", "01840", "was Tỉnh Bắc Kạn Mới", 1000, 2024,
     "does not cover commune 01840"},
    {"what it was nobody told", "former", "two", "01840", "", 1000, 2024,
     "does not cover commune 01840"},
    {"its list", "listed", "two", "01843", "", 1000, 2024, NULL},
    {"not in its list", "listed", "two", "01840", "", 1000, 2024, "does not cover commune 01840"},
    {"a year that it is not effective in", "all", "two", "01840", "", 1000, 2026,
     "is effective 2024-01-01 to 2024-12-31"},
    {"at the legal cap", "capped", "two", "01840", "", 5000000, 2024, NULL},
    {"over the legal cap", "capped", "two", "01840", "", 5000001, 2024,
     "over the legal cap of 5000000 that policy capped names for 2024-01-01"},
};

static void a_contract_must_be_covered_by_its_policy(void **state)
{
    (void)state;
    struct err err = {0};
    char folder[] = "/tmp/gong-test-XXXXXX";
    AUTO(enrol_free) struct enrol *enrol = NULL;
    CHECK(mkdtemp(folder) != NULL);
    write_policy(folder, "all", "all", "");
    write_policy(folder, "zoned", "{zones: [bac-kan]}", "");
    write_policy(folder, "former", "{former_provinces: [Tỉnh Bắc Kạn]}", "");
    write_policy(folder, "listed", "{communes: [\"01843\"]}", "");
    write_policy(folder, "capped", "all",
                 "legal_caps: [{from: 2024-01-01, to: 2024-12-31, most: 5000000 VND}]\n");
    AUTO(mem_drop) char *broken = file_join(folder, "broken.yaml");
    CHECK_OK(file_write(broken, STR("nothing: at all\n"), 0600, &err), err);
    CHECK_OK(enrol_load(folder, &enrol, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct contract contract = {.sum_insured = {rows[i].sum_vnd, "VND"},
                                    .starts = {.year = (int)rows[i].year, .month = 3, .day = 1},
                                    .ends = {.year = (int)rows[i].year, .month = 9, .day = 1}};
        (void)snprintf(contract.policy, sizeof(contract.policy), "%s", rows[i].policy);
        (void)snprintf(contract.boundary_set, sizeof(contract.boundary_set), "%s", rows[i].set);
        (void)snprintf(contract.commune, sizeof(contract.commune), "%s", rows[i].commune);
        err = (struct err){0};
        const char *zone = rows[i].zone, *was = strncmp(zone, "was ", 4) == 0 ? zone + 4 : NULL;
        AUTO(mem_drop) char *zone_text = mem_text(was ? "" : zone);
        AUTO(mem_drop) char *was_text = mem_text(was ? was : "");
        const struct commune place = {.zone = zone_text, .former = was_text};
        CHECK_INT(enrol_covers(enrol, &contract, &place, &err), rows[i].words ? ERR_INPUT : OK);
        if (rows[i].words)
            CHECK_HAS(err.text, rows[i].words);
    }
    static const char *const names[] = {"all", "zoned", "former", "listed", "capped", "broken"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(buf_free) struct buf path = buf_new(200);
        buf_print(&path, "%s/%s.yaml", folder, names[i]);
        CHECK_INT(unlink(path.at), 0);
    }
    CHECK_INT(rmdir(folder), 0);
    CHECK_INT(enrol_load(folder, &enrol, &err), ERR_MISSING);
}

// --- a live site

static void propose(struct place *place, const struct cast *cast, bool drill, const char *id,
                    struct str yaml)
{
    AUTO(act_free) struct act act = {0};
    AUTO(doc_free) struct doc *changes = doc_object();
    struct proposal proposal = {id, 1, true, yaml, "a first one", changes, NULL, NULL};
    int64_t seq;
    CHECK_OK(act_begin(place->ledger, drill, "policy-propose", "officer-1", &act, &place->err),
             place->err);
    proposal_word(&act, &proposal);
    cast_sign(place, cast, &act);
    CHECK_OK(proposal_put(place->ledger, &act, (struct utc){60}, &proposal, &seq, &place->err),
             place->err);
}

static void sign(struct place *place, const struct cast *cast, const char *by, const char *id)
{
    static const struct civil day = {.year = 2023, .month = 12, .day = 1};
    static const struct civil from = {.year = 2024, .month = 1, .day = 1};
    AUTO(act_free) struct act act = {0};
    struct proposal_row row;
    struct proposal_want want;
    CHECK_OK(cast_begin(place, "policy-sign", by, &act), place->err);
    CHECK_OK(proposal_find(place->ledger, id, &row, &place->err), place->err);
    proposal_word_sign(&act, &row, day);
    cast_sign(place, cast, &act);
    CHECK_OK(proposal_sign(place->ledger, &act, (struct utc){60}, from, "its own date", &want,
                           &place->err),
             place->err);
}

static const struct {
    const char *id, *area, *caps, *signers; // "": nobody proposed it; "-": nobody signed it
    bool drill, file_differs;
} offered[] = {
    {"signed", "all", "", "officer-2 approver-1 insurer-1", false, false},
    {"no-insurer", "all", "", "officer-2 approver-1", false, false},
    {"no-second", "all", "", "officer-2 insurer-1", false, false},
    {"proposed", "all", "", "-", false, false},
    {"lying", "all", "", "", false, false},
    {"at-a-drill", "all", "", "officer-2 approver-1 insurer-1", true, false},
    {"other-file", "{communes: [\"01843\"]}",
     "legal_caps: [{from: 2024-01-01, to: 2024-12-31, most: 5000000 VND}]\n",
     "officer-2 approver-1 insurer-1", false, true},
};

static void offer(struct place *place, const struct cast *cast, const char *folder)
{
    for (size_t i = 0; i < COUNT_OF(offered); i++) {
        AUTO(buf_free) struct buf text = buf_new(4096);
        char signers[100], *rest = signers;
        print_policy(&text, offered[i].id, offered[i].area, offered[i].caps);
        write_policy(folder, offered[i].id, offered[i].file_differs ? "all" : offered[i].area, "");
        if (!*offered[i].signers)
            continue;
        propose(place, cast, offered[i].drill, offered[i].id, buf_slice(&text));
        (void)snprintf(signers, sizeof(signers), "%s", offered[i].signers);
        for (char *by; (by = strsep(&rest, " ")) && *by != '-';)
            sign(place, cast, by, offered[i].id);
    }
}

static void a_live_site_takes_contracts_for_what_people_signed(void **state)
{
    (void)state;
    static const struct {
        const char *name, *policy, *commune;
        int64_t sum_vnd;
        const char *words; // NULL: taken
    } tries[] = {
        {"signed by two people and the insurer", "signed", "01840", 1000, NULL},
        {"the insurer has not signed", "no-insurer", "01840", 1000, "not signed by all who must"},
        {"one person has not signed", "no-second", "01840", 1000, "not signed by all who must"},
        {"proposed and no more", "proposed", "01840", 1000,
         "no version of policy proposed is in force"},
        {"a file that lies there", "lying", "01840", 1000, "nobody signed it"},
        {"signed at a drill", "at-a-drill", "01840", 1000, "at a drill"},
        {"the file says more than was signed: commune", "other-file", "01840", 1000,
         "does not cover commune 01840"},
        {"the file says more than was signed: cap", "other-file", "01843", 5000001,
         "over the legal cap of 5000000"},
        {"as it was signed", "other-file", "01843", 5000000, NULL},
        {"no file and no signature", "drought", "01840", 1000, "nobody signed a policy drought"},
        {"a typing error", "signe", "01840", 1000, "did you mean signed?"},
    };
    AUTO(place_free) struct place place = place_new();
    struct cast cast = cast_new(&place);
    AUTO(enrol_free) struct enrol *enrol = NULL;
    AUTO(mem_drop) char *folder = file_join(place.folder, "policies");
    CHECK_OK(file_make_folder(folder, 0700, &place.err), place.err);
    offer(&place, &cast, folder);
    CHECK_OK(enrol_load_signed(place.ledger, folder, &enrol, &place.err), place.err);
    for (size_t i = 0; i < COUNT_OF(tries); i++) {
        char zone[] = "", former[] = "";
        const struct commune at = {.zone = zone, .former = former};
        struct contract contract = {.sum_insured = {tries[i].sum_vnd, "VND"},
                                    .starts = {.year = 2024, .month = 3, .day = 1},
                                    .ends = {.year = 2024, .month = 9, .day = 1}};
        struct err err = {0};
        ROW(tries[i].name);
        (void)snprintf(contract.policy, sizeof(contract.policy), "%s", tries[i].policy);
        (void)snprintf(contract.boundary_set, sizeof(contract.boundary_set), "two");
        (void)snprintf(contract.commune, sizeof(contract.commune), "%s", tries[i].commune);
        CHECK_INT(enrol_covers(enrol, &contract, &at, &err), tries[i].words ? ERR_INPUT : OK);
        if (tries[i].words)
            CHECK_HAS(err.text, tries[i].words);
    }
}

// After an upgrade a live site still warns by what was signed before warnings had to say why.
static void an_old_text_stays_in_force(void **state)
{
    (void)state;
    static const char old[] =
        "gong: 1\nid: old\nversion: 1\nkind: alert\ntitle: {vi: Mưa, en: Rain}\n"
        "effective: {from: 2024-01-01, to: 2024-12-31}\nboundary_set: two\narea: all\n"
        "source: drill\nwatch: forecast\nvariable: rain\n"
        "index: {take: maximum_sum, over: 24 h, within: 72 h}\nrounding: 0.1 mm\n"
        "minimum_coverage: 90 %\ntrigger: {index: \">=\", threshold: 100 mm}\npersistence: 1\n"
        "clear: {index: \"<\", threshold: 50 mm}\nnext_update: 12 h\n"
        "message: {vi: \"{commune} {issued} {next}\", en: \"{commune} {issued} {next}\"}\n"
        "cases:\n  fire: [{name: wet, step: 24 h, values: [100, 0, 0]}]\n"
        "  not_fire: [{name: dry, step: 24 h, values: [0 x 3]}]\n";
    static const char *const signers[] = {"officer-2", "approver-1", "insurer-1"};
    AUTO(place_free) struct place place = place_new();
    AUTO(in_force_free) struct in_force list = {0};
    struct cast cast = cast_new(&place);
    propose(&place, &cast, false, "old", str_of(old));
    for (size_t i = 0; i < COUNT_OF(signers); i++)
        sign(&place, &cast, signers[i], "old");
    CHECK_OK(in_force_load(place.ledger, NULL, &list, &place.err), place.err);
    if (list.refused_count)
        CHECK_FAILED("%s", list.refused[0].text);
    CHECK_INT(list.count, 1);
    CHECK_TEXT(list.at[0]->id, "old");
    CHECK_INT(policy_check_new(list.at[0], "old.yaml", &place.err), ERR_INPUT);
}

TEST_MAIN(cmocka_unit_test(an_old_text_stays_in_force),
          cmocka_unit_test(a_contract_must_be_covered_by_its_policy),
          cmocka_unit_test(a_live_site_takes_contracts_for_what_people_signed))
