#include "triggers/anomaly.h"

#include "ledger/proposal.h"
#include "policies/policy.h"
#include "tests/ledger/cast.h"

static const char yaml[] = "gong: 1\n# only its hash counts here\n";

// A proposal whose worst season paid 20 % of the sums insured, in 40 % of the places.
static void propose(struct place *place, const struct cast *cast)
{
    AUTO(act_free) struct act act = {0};
    AUTO(doc_free) struct doc *changes = doc_object();
    AUTO(doc_free) struct doc *effect = NULL;
    int64_t seq;
    CHECK_OK(doc_parse(STR("{\"new\":{\"worst\":{\"pays_milli\":200,\"share_milli\":400}}}"), "row",
                       &effect, &place->err),
             place->err);
    struct proposal proposal = {"q", 1, true, str_of(yaml), "a first one", changes, effect, NULL};
    CHECK_OK(cast_begin(place, "policy-propose", "officer-1", &act), place->err);
    proposal_word(&act, &proposal);
    cast_sign(place, cast, &act);
    CHECK_OK(proposal_put(place->ledger, &act, (struct utc){0}, &proposal, &seq, &place->err),
             place->err);
}

// times, share, doubt, second; communes, yes, doubted, second_no, pays, insured
static const struct {
    const char *name;
    bool past;
    struct anomaly_bounds bounds;
    struct anomaly_batch batch;
    const char *why;
} rows[] = {
    {"as in the past", true, {2, 0, 20, 50}, {100, 40, 8, 20, 40, 100}, ""},
    {"a đồng more than twice the worst season",
     true,
     {2, 0, 20, 50},
     {100, 40, 0, 0, 41, 100},
     "41 of 100 đồng insured would be paid: more than 2 times the worst season of the past "
     "(20.0"},
    {"in more communes than twice the worst season",
     true,
     {2, 0, 20, 50},
     {100, 81, 0, 0, 40, 100},
     "81 of 100 communes would be paid"},
    {"nobody looked at the past", false, {2, 0, 20, 50}, {100, 100, 0, 0, 100, 100}, ""},
    {"the past does not count", true, {0, 0, 20, 50}, {100, 100, 0, 0, 100, 100}, ""},
    {"a share of the communes",
     false,
     {2, 60, 20, 50},
     {100, 61, 0, 0, 1, 100},
     "61 of 100 communes would be paid: more than 60 %"},
    {"just that share", false, {2, 60, 20, 50}, {100, 60, 0, 0, 1, 100}, ""},
    {"doubted data",
     false,
     {2, 0, 20, 50},
     {100, 10, 3, 0, 1, 100},
     "the data of 3 of the 10 communes"},
    {"just as many doubts as may be", false, {2, 0, 20, 50}, {100, 10, 2, 0, 1, 100}, ""},
    {"doubts do not count", false, {2, 0, 0, 50}, {100, 10, 10, 0, 1, 100}, ""},
    {"another source says no",
     false,
     {2, 0, 20, 50},
     {100, 10, 0, 6, 1, 100},
     "a second source (gauges) says no in 6 of the 10"},
    {"in half of them", false, {2, 0, 20, 50}, {100, 10, 0, 5, 1, 100}, ""},
    {"nothing is paid", true, {1, 1, 1, 1}, {100, 0, 0, 0, 0, 100}, ""},
};

static void what_looks_wrong_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        struct cast cast = cast_new(&place);
        struct policy policy = {.hash = hash_of(str_of(yaml)), .substitutes = 1};
        char why[ANOMALY_WHY_SIZE] = "x";
        (void)snprintf(policy.substitute[0].source, sizeof(policy.substitute[0].source), "gauges");
        if (rows[i].past)
            propose(&place, &cast);
        CHECK_OK(
            anomaly_find(place.ledger, &policy, &rows[i].bounds, &rows[i].batch, why, &place.err),
            place.err);
        CHECK_INT(why[0] != '\0', rows[i].why[0] != '\0');
        CHECK_HAS(why, rows[i].why);
    }
}

TEST_MAIN(cmocka_unit_test(what_looks_wrong_is_said))
