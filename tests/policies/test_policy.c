#include "policies/policy.h"

#include "core/file.h"
#include "core/mem.h"
#include "policies/describe.h"
#include "tests/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A policy of each kind that is right; each row below changes one thing in it.
static const char alert_text[] =
    "gong: 1\n"
    "id: rain\n"
    "version: 1\n"
    "kind: alert\n"
    "title: {vi: Mưa, en: Rain}\n"
    "effective: {from: 2024-01-01, to: 2024-12-31}\n"
    "boundary_set: pilots\n"
    "area: {zones: [former-bac-kan]}\n"
    "source: demo-forecast\n"
    "watch: forecast\n"
    "variable: rain\n"
    "index: {take: maximum_sum, over: 24 h, within: 72 h}\n"
    "rounding: 0.1 mm\n"
    "minimum_coverage: 90 %\n"
    "trigger: {index: \">=\", threshold: 100 mm}\n"
    "ensemble: {members: 20, minimum: 16, probability: \">=\", threshold: 50 %}\n"
    "clear: {probability: \"<\", threshold: 30 %}\n"
    "persistence: 1\n"
    "next_update: 12 h\n"
    "message:\n"
    "  vi: \"{commune} {index} {issued} {next}\"\n"
    "  en: \"{commune} {index} {threshold} {probability} {issued} {next}\"\n"
    "cases:\n"
    "  fire: [{name: all, step: 24 h, members: [{count: 20, values: [100, 0, 0]}]}]\n"
    "  not_fire: [{name: none, step: 24 h, members: [{count: 20, values: [0 x 3]}]}]\n";

static const char cover_text[] =
    "gong: 1\n"
    "id: drought\n"
    "version: 3\n"
    "kind: insurance\n"
    "title: {vi: Hạn, en: Drought}\n"
    "effective: {from: 2024-01-01, to: 2025-12-31}\n"
    "boundary_set: pilots\n"
    "area: all\n"
    "source: demo-daily\n"
    "variable: rain\n"
    "period: {from: 01-15, to: 04-15, day: local00}\n"
    "index: {take: total}\n"
    "rounding: 0.1 mm\n"
    "minimum_coverage: any\n"
    "settle_after: 7 days\n"
    "payout: {form: linear_deficit, strike: 100 mm, exit: 40 mm, rounding: 1000 VND}\n"
    "settlement: settle_once\n"
    "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} {commune} "
    "{strike}\"}\n"
    "cases:\n"
    "  fire: [{name: dry, step: period, values: [70], sum_insured: 3000000 VND, pays: 1500000 "
    "VND}]\n"
    "  not_fire: [{name: wet, step: period, values: [100]}]\n"
    "  not_known: [{name: a hole, step: period, values: [missing]}]\n";

// `text` with the first `from` replaced by `to`.
static void put_instead(const char *text, const char *from, const char *to, struct buf *out)
{
    const char *at = strstr(text, from);
    CHECK(at != NULL);
    buf_str(out, (struct str){text, (size_t)(at - text)});
    buf_text(out, to);
    buf_text(out, at + strlen(from));
}

struct refusal {
    const char *name, *from, *to, *where, *words;
};

static void check_refusals(const char *text, const struct refusal *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf changed = buf_new(POLICY_BYTES_MAX);
        put_instead(text, rows[i].from, rows[i].to, &changed);
        CHECK_INT(policy_parse(buf_slice(&changed), "p.yaml", &policy, &err), ERR_INPUT);
        CHECK(policy == NULL);
        CHECK_HAS(err.text, rows[i].where);
        CHECK_HAS(err.text, rows[i].words);
    }
}

static const struct refusal identity_rows[] = {
    {"a later language is not guessed at", "gong: 1", "gong: 2", "p.yaml:1:7: ", "gong"},
    {"a misspelt key names its neighbour", "watch:", "wacth:", "p.yaml:10:1: ", "watch"},
    {"a key that nothing is like", "watch: forecast", "colour: red", "p.yaml:10:1: ", "colour"},
    {"a key one level too deep", "probability: \">=\", threshold: 50 %",
     "probability: \">=\", threshold: 50 %, next_update: 6 h",
     "p.yaml:16:74: ", "\"next_update\" is of the policy itself; write it at the beginning"},
    {"a key not deep enough", "boundary_set: pilots", "take: total",
     "p.yaml:7:1: ", "\"take\" belongs into index; write it there"},
    {"an id with a slash", "id: rain", "id: a/b", "p.yaml:2:5: ", "is no name"},
    {"an id that is too long", "id: rain", "id: aaaaaaaaaabbbbbbbbbbccccccccccddd",
     "p.yaml:2:5: ", "at most 32"},
    {"version 0", "version: 1", "version: 0", "p.yaml:3:10: ", "version"},
    {"a kind that does not exist", "kind: alert", "kind: alarm", "p.yaml:4:7: ", "alert"},
    {"a title in one language only", "{vi: Mưa, en: Rain}", "{vi: Mưa}", "p.yaml:5:8: ", "en"},
    {"dates the wrong way round", "from: 2024-01-01, to: 2024-12-31",
     "from: 2024-12-31, to: 2024-01-01", "p.yaml:6:35: ", "ends before it begins"},
    {"a day that does not exist", "2024-12-31", "2024-02-30", "p.yaml:6:35: ", "is no date"},
    {"for ever", "to: 2024-12-31", "to: 2064-12-31", "p.yaml:6:35: ", "more than 20 years"},
    {"an area that is a word", "{zones: [former-bac-kan]}", "everywhere",
     "p.yaml:8:7: ", "write all"},
    {"no zone at all", "[former-bac-kan]", "[]", "p.yaml:8:15: ", "the area is empty"},
    {"zones and communes", "[former-bac-kan]", "[a], communes: [\"01840\"]",
     "p.yaml:8:7: ", "either zones or communes"},
    {"zones and former provinces", "[former-bac-kan]", "[a], former_provinces: [Bắc Kạn]",
     "p.yaml:8:7: ", "or former_provinces"},
    {"no former province", "{zones: [former-bac-kan]}", "{former_provinces: []}",
     "p.yaml:8:26: ", "the area is empty"},
    {"a commune without its zero", "{zones: [former-bac-kan]}", "{communes: [1840]}",
     "p.yaml:8:19: ", "write five digits"},
    {"a commune twice", "{zones: [former-bac-kan]}", "{communes: [\"01840\", \"01840\"]}",
     "p.yaml:8:28: ", "twice"},
};

static const struct refusal index_rows[] = {
    {"rain in metres per second", "rounding: 0.1 mm", "rounding: 0.1 m/s",
     "p.yaml:13:11: ", "rounding"},
    {"a number without its unit", "threshold: 100 mm", "threshold: 100",
     "p.yaml:15:35: ", "threshold"},
    {"rounding to nothing", "rounding: 0.1 mm", "rounding: 0 mm", "p.yaml:13:11: ", "more than 0"},
    {"an index that does not exist", "take: maximum_sum", "take: maximum_sun",
     "p.yaml:12:15: ", "maximum_sum"},
    {"a sum without its length", "over: 24 h, ", "", "p.yaml:12:8: ", "over"},
    {"a length that total does not have", "take: maximum_sum", "take: total",
     "p.yaml:12:28: ", "belongs to maximum_sum"},
    {"a window inside a shorter one", "within: 72 h", "within: 12 h",
     "p.yaml:12:48: ", "longer than"},
    {"no end of looking", ", within: 72 h", "", "p.yaml:12:8: ", "how far does it look"},
    {"days without a day boundary", "over: 24 h, within: 72 h", "over: 1 days, within: 3 days",
     "p.yaml:12:8: ", "day boundary"},
    {"runs of what was seen", "watch: forecast",
     "watch: observation\nperiod: {each: run, day: utc00}",
     "p.yaml:11:9: ", "what was seen has no runs"},
    {"days before a run", "watch: forecast",
     "watch: forecast\nperiod: {each: run, last: 3 days, day: utc00}",
     "p.yaml:11:27: ", "take last out, and write within in index"},
    {"a run without its days", "watch: forecast", "watch: forecast\nperiod: {each: run}",
     "p.yaml:11:9: ", "\"day\" is missing here"},
    {"a cap on a window of hours", "within: 72 h", "within: 72 h, daily_cap: 60 mm",
     "p.yaml:12:65: ", "in days"},
    {"what counts as dry, where nothing is dry", "within: 72 h", "within: 72 h, dry_below: 1 mm",
     "p.yaml:12:65: ", "longest_dry_spell"},
    {"rain sums of wind", "variable: rain", "variable: wind", "p.yaml:12:15: ", "adds rain up"},
    {"no area need be seen", "minimum_coverage: 90 %", "minimum_coverage: 0 %",
     "p.yaml:14:19: ", "write any"},
    {"more than the whole area", "minimum_coverage: 90 %", "minimum_coverage: 101 %",
     "p.yaml:14:19: ", "0 % to 100 %"},
};

static const struct refusal trigger_rows[] = {
    {"no operator", "trigger: {index: \">=\", ", "trigger: {",
     "p.yaml:15:10: ", "the operator is missing"},
    {"an operator that is none", "trigger: {index: \">=\"", "trigger: {index: \"=>\"",
     "p.yaml:15:18: ", "must be an operator"},
    {"a decimal comma in braces", "threshold: 100 mm", "threshold: 100,5 mm",
     "p.yaml:15:39: \"5 mm\" stands after a comma", "for decimals use a point: 100.5"},
    {"a point that parts thousands", "threshold: 100 mm", "threshold: 1.000 mm",
     "p.yaml:15:35: ", "in \"1.000 mm\" the point is for decimals; write 1500"},
    {"less rain than none", "threshold: 100 mm", "threshold: -1 mm",
     "p.yaml:15:35: ", "never negative"},
    {"a probability without members", "members: 20, ", "", "p.yaml:16:11: ", "members"},
    {"more members needed than there are", "minimum: 16", "minimum: 21",
     "p.yaml:16:34: ", "minimum"},
    {"a probability over one", "threshold: 50 %", "threshold: 150 %",
     "p.yaml:16:68: ", "0 % to 100 %"},
    {"a probability that always holds", "threshold: 50 %", "threshold: 0 %",
     "p.yaml:16:68: ", "always alert"},
    {"an alert for what is improbable", "probability: \">=\"", "probability: \"<\"",
     "p.yaml:16:51: ", "high probability"},
    {"off while it goes on", "threshold: 30 %", "threshold: 60 %",
     "p.yaml:17:8: ", "go off while it goes on"},
    {"cleared by what it is not switched on by", "clear: {probability: \"<\", threshold: 30 %}",
     "clear: {index: \"<\", threshold: 30 mm}", "p.yaml:17:16: ", "clear it by probability"},
    {"no run at all", "persistence: 1", "persistence: 0", "p.yaml:18:14: ", "persistence"},
    {"members of an observation", "watch: forecast", "watch: observation",
     "p.yaml:16:11: ", "observations have no members"},
    {"a payout of an alert", "persistence: 1", "persistence: 1\nsettlement: settle_once",
     "p.yaml:19:13: ", "does not belong to kind alert"},
    {"a placeholder that does not exist", "{threshold}", "{treshold}",
     "p.yaml:22:7: ", "did you mean {threshold}"},
    {"a placeholder of another kind", "{threshold}", "{amount}",
     "p.yaml:22:7: ", "does not fit this policy"},
    {"a message that does not say where", "vi: \"{commune} ", "vi: \"",
     "p.yaml:21:7: ", "does not say {commune}"},
    {"an open brace", "{issued} {next}\"\n  en", "{issued} {next\"\n  en",
     "p.yaml:21:7: ", "a brace is open"},
    {"a closing brace alone", "{issued} {next}\"\n  en", "issued} {next}\"\n  en",
     "p.yaml:21:7: ", "never open"},
};

static void test_alert_refusals(void **state)
{
    (void)state;
    check_refusals(alert_text, identity_rows, COUNT_OF(identity_rows));
    check_refusals(alert_text, index_rows, COUNT_OF(index_rows));
    check_refusals(alert_text, trigger_rows, COUNT_OF(trigger_rows));
}

static const struct refusal payout_rows[] = {
    {"an insurance without a period", "period: {from: 01-15, to: 04-15, day: local00}\n", "",
     "p.yaml:1:1: ", "\"period\" is missing"},
    {"29 February", "to: 04-15", "to: 02-29", "p.yaml:11:27: ", "no day of every year"},
    {"a day boundary that is not said", ", day: local00", "", "p.yaml:11:9: ", "day"},
    {"each and from", "from: 01-15", "each: month, from: 01-15", "p.yaml:11:16: ", "either"},
    {"no whole season while in force", "2024-01-01, to: 2025-12-31", "2024-02-01, to: 2024-12-31",
     "p.yaml:6:12: ", "no whole period"},
    {"a window longer than the period", "take: total", "take: maximum_sum, over: 2400 h",
     "p.yaml:12:8: ", "longer than the period of 92 days"},
    {"within beside a period", "take: total", "take: total, within: 72 h",
     "p.yaml:12:30: ", "take within out"},
    {"a spell longer than the season", "{take: total}\nrounding: 0.1 mm",
     "{take: longest_dry_spell, dry_below: 1 mm, missing: dry}\nrounding: 1 days",
     "p.yaml:16:40: ", "strike"},
    {"a dry day that is not defined", "take: total", "take: longest_dry_spell, missing: dry",
     "p.yaml:12:8: ", "which day is dry"},
    {"no word on missing days", "take: total", "take: longest_dry_spell, dry_below: 1 mm",
     "p.yaml:12:8: ", "missing"},
    {"a deficit the wrong way round", "exit: 40 mm", "exit: 140 mm",
     "p.yaml:16:54: ", "below the strike"},
    {"an excess the wrong way round", "linear_deficit", "linear_excess",
     "p.yaml:16:53: ", "above the strike"},
    {"tiers of a line", "exit: 40 mm", "exit: 40 mm, tiers: []",
     "p.yaml:16:68: ", "does not belong to the form"},
    {"a rounding without currency", "rounding: 1000 VND", "rounding: 1000",
     "p.yaml:16:71: ", "has no currency"},
    {"a trigger that the form does not need", "settle_after",
     "trigger: {index: \"<\", threshold: 1 mm}\nsettle_after",
     "p.yaml:15:10: ", "take the trigger out"},
    {"a binary form without its trigger", "form: linear_deficit, strike: 100 mm, exit: 40 mm",
     "form: binary", "p.yaml:1:1: ", "trigger"},
    {"an ensemble of an insurance", "settle_after", "ensemble: {members: 2}\nsettle_after",
     "p.yaml:15:11: ", "does not belong to kind insurance"},
    {"a settlement that does not exist", "settle_once", "sometimes",
     "p.yaml:17:13: ", "settle_once"},
    {"days before a season", "day: local00}", "last: 30 days, day: local00}",
     "p.yaml:11:40: ", "a season is looked at by itself; take last out, or write each: day"},
    {"windows over one another that pay", "{from: 01-15, to: 04-15, day: local00}",
     "{each: day, last: 30 days, day: local00}", "p.yaml:11:27: ", "take last out"},
    {"days of months", "{from: 01-15, to: 04-15, day: local00}",
     "{each: month, last: 30 days, day: local00}", "p.yaml:11:29: ", "last: write \"3 months\""},
    {"one month of months", "{from: 01-15, to: 04-15, day: local00}",
     "{each: month, last: 1 months, day: local00}", "p.yaml:11:29: ", "write 2 to 24"},
    {"more than a year of days", "{from: 01-15, to: 04-15, day: local00}",
     "{each: day, last: 367 days, day: local00}", "p.yaml:11:27: ", "write 2 to 366"},
    {"no case that does not pay", "  not_fire: [{name: wet, step: period, values: [100]}]\n", "",
     "p.yaml:20:3: ", "under not_fire"},
    {"no case that pays",
     "  fire: [{name: dry, step: period, values: [70], sum_insured: 3000000 VND, pays: 1500000 "
     "VND}]\n",
     "", "p.yaml:20:3: ", "under fire"},
    {"a list of cases that pay, empty",
     "[{name: dry, step: period, values: [70], sum_insured: 3000000 VND, pays: 1500000 VND}]", "[]",
     "p.yaml:20:9: ", "fire"},
    {"no cases at all",
     "cases:\n"
     "  fire: [{name: dry, step: period, values: [70], sum_insured: 3000000 VND, pays: 1500000 "
     "VND}]\n"
     "  not_fire: [{name: wet, step: period, values: [100]}]\n"
     "  not_known: [{name: a hole, step: period, values: [missing]}]\n",
     "", "p.yaml:1:1: ", "\"cases\" is missing"},
    {"a unit in a case", "values: [70]", "values: [70 mm]",
     "p.yaml:20:45: ", "values are numbers in mm without a unit, \"missing\" or \"0 x 30\""},
    {"rain under nothing in a case", "values: [70]", "values: [-70]",
     "p.yaml:20:45: ", "never negative"},
    {"members without an ensemble", "values: [100]", "members: []",
     "p.yaml:21:49: ", "has no ensemble"},
    {"what it pays, of what sum", "sum_insured: 3000000 VND, ", "",
     "p.yaml:20:10: ", "sum_insured"},
};

#define DO "actions: {step: prepare, vi: a, en: b}\nmessage:"
static const struct refusal action_rows[] = {
    {"actions that no message says", "message:", DO, "p.yaml:22:7: ", "does not say {actions}"},
    {"a message of actions that there are none of", "{index} {issued} {next}\"\n  en",
     "{actions} {index} {issued} {next}\"\n  en", "p.yaml:21:7: ", "{actions} does not fit"},
    {"a third step",
     "message:", "actions: {step: wait, vi: a, en: b}\nmessage:", "p.yaml:20:17: ", "prepare"},
    {"one language", "message:", "actions: {step: now, vi: a}\nmessage:", "p.yaml:20:10: ", "en"},
    {"a list", "message:", "actions: [now]\nmessage:", "p.yaml:20:10: ", "{step: prepare"},
    {"a placeholder in them",
     "message:", "actions: {step: now, vi: a, en: \"leave {commune}\"}\nmessage:", "p.yaml:20:33: ",
     "no placeholders"},
    {"blanks", "message:", "actions: {step: now, vi: \" \", en: b}\nmessage:", "p.yaml:20:26: ",
     "no action at all"},
    {"a link in them", "message:", "actions: {step: now, vi: www.gong.example, en: b}\nmessage:",
     "p.yaml:20:26: ", "advertising"},
    {"a key of their own",
     "message:", "actions: {step: now, vi: a, en: b, tay: c}\nmessage:", "p.yaml:20:36: ", "tay"},
};

static void test_action_refusals(void **state)
{
    (void)state;
    check_refusals(alert_text, action_rows, COUNT_OF(action_rows));
    ROW("more than one or two of them");
    struct err err = {0};
    char text[202];
    memset(text, 'a', sizeof(text) - 1);
    text[201] = '\0';
    CHECK_INT(actions_check(text, &err), ERR_INPUT);
    CHECK_HAS(err.text, "longer than 200 bytes; write one or two actions");
}

static void test_cover_refusals(void **state)
{
    (void)state;
    check_refusals(cover_text, payout_rows, COUNT_OF(payout_rows));
}

#define LINE "form: linear_deficit, strike: 100 mm, exit: 40 mm"
static const struct refusal tier_rows[] = {
    {"no tier", LINE, "form: tiers, tiers: []", "p.yaml:16:30: ", "1 to 12 tiers"},
    {"a tier without a threshold", LINE, "form: tiers, tiers: [{pay: 20 %}]",
     "p.yaml:16:31: ", "has no threshold"},
    {"a tier with two", LINE, "form: tiers, tiers: [{from: 1 mm, above: 2 mm, pay: 20 %}]",
     "p.yaml:16:31: ", "one threshold"},
    {"a tier that pays nothing", LINE, "form: tiers, tiers: [{from: 1 mm, pay: 0 %}]",
     "p.yaml:16:49: ", "says nothing"},
    {"two tiers at the same place", LINE,
     "form: tiers, tiers: [{from: 1 mm, pay: 20 %}, {from: 1 mm, pay: 30 %}]",
     "p.yaml:16:56: ", "overlap"},
    {"a tier that can never pay", LINE,
     "form: tiers, tiers: [{from: 1 mm, pay: 20 %}, {from: 2 mm, pay: 20 %}]",
     "p.yaml:16:56: ", "can never pay"},
    {"tiers out of order", LINE,
     "form: tiers, tiers: [{from: 2 mm, pay: 20 %}, {from: 1 mm, pay: 30 %}]",
     "p.yaml:16:56: ", "out of order"},
    {"tiers that look both ways", LINE,
     "form: tiers, tiers: [{from: 1 mm, pay: 20 %}, {below: 2 mm, pay: 30 %}]",
     "p.yaml:16:56: ", "the same word"},
};

static void test_tier_refusals(void **state)
{
    (void)state;
    check_refusals(cover_text, tier_rows, COUNT_OF(tier_rows));
}

static void test_alert(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    ROW("an alert becomes whole numbers");
    CHECK_OK(policy_parse(str_of(alert_text), "p.yaml", &policy, &err), err);
    CHECK_TEXT(policy->id, "rain");
    CHECK_INT(policy->kind, POLICY_ALERT);
    CHECK_INT(policy->index.over_s, 24 * HOUR_S);
    CHECK_INT(policy->index.within_s, 72 * HOUR_S);
    CHECK_INT(policy->rounding_milli, 100);
    CHECK_INT(policy->minimum_coverage, 9000);
    CHECK_INT(policy->trigger.threshold_milli, 100000);
    CHECK_INT(policy->ensemble.probability_milli, 500);
    CHECK_INT(policy->clear.threshold_milli, 300);
    CHECK_INT(policy->next_update_s, 12 * HOUR_S);
    CHECK_INT(policy->cases.count, 2);
    CHECK(hash_same(policy->hash, hash_of(str_of(alert_text))));
}

// A condition that counts days in a policy that does not say when a day begins would count them
// from the hour of each run.
static void test_days_of_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *name, *index, *period, *where; // "": may be signed
    } rows[] = {
        {"hours", "{take: total, within: 72 h}", "", ""},
        {"days", "{take: days, day: \">=\", at: 16 mm, within: 3 days}", "",
         "new.yaml:19:29: days"},
        {"days that begin", "{take: days, day: \">=\", at: 16 mm, within: 3 days}",
         "period: {each: run, day: utc00}\n", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX), changed = buf_new(500);
        bool days = strstr(rows[i].index, "days") != NULL;
        buf_print(
            &changed,
            "%sall_of:\n  - {name: wet-soil, index: %s, rounding: %s, trigger: {index: \">=\", "
            "threshold: %s}}\npersistence",
            rows[i].period, rows[i].index, days ? "1 days" : "1 mm", days ? "2 days" : "2 mm");
        put_instead(alert_text, "persistence", changed.at, &text);
        CHECK_OK(policy_parse(buf_slice(&text), "p.yaml", &policy, &err), err);
        CHECK_INT(policy_check_new(policy, "new.yaml", &err), *rows[i].where ? ERR_INPUT : OK);
        CHECK_HAS(err.text, rows[i].where);
    }
}

// A letter that no telephone without UTF-16 shows is refused before anybody signs it.
static void test_letters(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *to, *where;
    } rows[] = {
        {"in a text", "{index} {issued}", "{index} 🌧 {issued}", "new.yaml:21:7: "},
        {"a mark of the programmer's", "{index} {issued}", "{index} `{issued}", "new.yaml:21:7: "},
        {"in a title", "title: {vi: ", "title: {vi: 雨 ", "new.yaml:"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX);
        put_instead(alert_text, rows[i].from, rows[i].to, &text);
        CHECK_OK(policy_parse(buf_slice(&text), "p.yaml", &policy, &err), err);
        CHECK_INT(policy_check_new(policy, "new.yaml", &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].where);
        CHECK_HAS(err.text, "cannot be written without accents");
    }
}

// A share that is written finer than it is kept would decide otherwise than it reads: a text that
// was signed stays as it was, nobody signs a new one.
static void test_fine_shares(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *from, *to, *where; // "": may be signed
    } rows[] = {
        {"a tenth", alert_text, "minimum_coverage: 90 %", "minimum_coverage: 89.9 %", ""},
        {"of a commune's area", alert_text, "minimum_coverage: 90 %", "minimum_coverage: 89.95 %",
         "new.yaml:14:19: minimum_coverage: \"89.95 %\" has more than one decimal; write"},
        {"a probability", alert_text, "threshold: 50 %", "threshold: 47.058 %",
         "new.yaml:16:68: threshold: \"47.058 %\""},
        {"a probability for off", alert_text, "threshold: 30 %", "threshold: 33.33 %",
         "new.yaml:17:38: threshold: \"33.33 %\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX);
        put_instead(rows[i].text, rows[i].from, rows[i].to, &text);
        CHECK_OK(policy_parse(buf_slice(&text), "p.yaml", &policy, &err), err);
        CHECK_INT(policy_check_new(policy, "new.yaml", &err), *rows[i].where ? ERR_INPUT : OK);
        CHECK_HAS(err.text, rows[i].where);
    }
}

// What people signed before warnings had to say why is read as it was; nobody signs such a one
// anew.
static void test_reason(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *to, *where; // "": may be signed
    } rows[] = {
        {"with its reason", "{index} {issued}", "{index} {issued}", ""},
        {"without, in Vietnamese", "{index} {issued} {next}\"\n  en", "{issued} {next}\"\n  en",
         "new.yaml:21:7: "},
        {"without, in English", "{index} {threshold} {probability} ", "", "new.yaml:22:7: "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX);
        put_instead(alert_text, rows[i].from, rows[i].to, &text);
        CHECK_OK(policy_parse(buf_slice(&text), "p.yaml", &policy, &err), err);
        CHECK_INT(policy_check_new(policy, "new.yaml", &err), *rows[i].where ? ERR_INPUT : OK);
        CHECK_HAS(err.text, rows[i].where);
        if (*rows[i].where)
            CHECK_HAS(err.text, "does not say why it warns; put in {index}");
    }
}

// The circles decide, and not the radius beside them: so it is theirs, and the words have no other.
static void test_circles(void **state)
{
    (void)state;
    static const struct {
        const char *name, *radius, *where; // "": may be signed
    } rows[] = {
        {"the outer circle's", "radius: 100 km}", ""},
        {"a larger one", "radius: 250 km}", "new.yaml:17:54: "},
        {"the inner circle's", "radius: 50 km}", "new.yaml:17:54: "},
    };
    struct err none = {0};
    AUTO(buf_free) struct buf shipped = buf_new(POLICY_BYTES_MAX);
    CHECK_OK(file_read("policies/products/bac-kan-typhoon-circle.yaml", &shipped, &none), none);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX), words = buf_new(100000);
        put_instead(shipped.at, "radius: 100 km}", rows[i].radius, &text);
        CHECK_OK(policy_parse(buf_slice(&text), "p.yaml", &policy, &err), err);
        CHECK_INT(policy_check_new(policy, "new.yaml", &err), *rows[i].where ? ERR_INPUT : OK);
        CHECK_HAS(err.text, rows[i].where);
        if (*rows[i].where)
            CHECK_HAS(err.text,
                      "the circles decide, and the outer one is outer; write radius: 100 km");
        policy_describe(policy, LANGUAGE_EN, &words);
        CHECK_HAS(words.at, "outer circle\n    radius 100 km\n");
        CHECK(strstr(words.at, "centre within") == NULL);
    }
}

static void test_cover(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    ROW("a cover becomes whole numbers");
    CHECK_OK(policy_parse(str_of(cover_text), "p.yaml", &policy, &err), err);
    CHECK_INT(policy->kind, POLICY_INSURANCE);
    CHECK_INT(policy->minimum_coverage, 0);
    CHECK_INT(policy->payout.strike_milli, 100000);
    CHECK_INT(policy->payout.exit_milli, 40000);
    CHECK_INT(policy->payout.unit_vnd, 1000);
    CHECK_INT(policy->cases.at[0].sum_insured_vnd, 3000000);
    CHECK_INT(policy->cases.at[2].series[0].milli[0], CASE_MISSING);
    CHECK_TEXT(policy->cases.at[1].where, "p.yaml:21:14");
    AUTO(occasions_free) struct occasions all = {0};
    period_list(&policy->period, policy->effective_from, policy->effective_to, &all);
    CHECK_INT(all.count, 2);
    CHECK_TEXT(all.at[0].period, "2024");
    CHECK_TEXT(utc_text(all.at[0].from).at, "2024-01-14T17:00:00Z");
    CHECK_TEXT(utc_text(all.at[0].to).at, "2024-04-15T17:00:00Z");
}

// A file's letters go into the ledger as they stand, so they are composed.
static void test_composed(void **state)
{
    (void)state;
    static const struct {
        const char *name, *rain, *words; // words NULL: it is taken
    } rows[] = {
        {"composed",
         "M\xc6\xb0"
         "a",
         NULL},
        {"marks by themselves",
         "Mu\xcc\x9b"
         "a",
         ":5:14: a letter and its marks are written one by one here"},
        {"no UTF-8",
         "M\xff"
         "a",
         ":5:14: the byte 0xff is no UTF-8"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        char path[] = "/tmp/gong-policy-XXXXXX";
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf text = buf_new(10000);
        struct err err = {0};
        const char *at = strstr(alert_text, "Mưa");
        int end = mkstemp(path);
        CHECK(end >= 0 && close(end) == 0);
        buf_str(&text, (struct str){alert_text, (size_t)(at - alert_text)});
        buf_text(&text, rows[i].rain);
        buf_text(&text, at + strlen("Mưa"));
        CHECK_OK(file_write(path, buf_slice(&text), 0600, &err), err);
        CHECK_INT(policy_load(path, &policy, &err), rows[i].words ? ERR_INPUT : OK);
        CHECK_INT(unlink(path), 0);
        CHECK_HAS(err.text, rows[i].words ? rows[i].words : "");
    }
}

TEST_MAIN(cmocka_unit_test(test_alert), cmocka_unit_test(test_composed),
          cmocka_unit_test(test_reason), cmocka_unit_test(test_fine_shares),
          cmocka_unit_test(test_days_of_conditions), cmocka_unit_test(test_circles),
          cmocka_unit_test(test_letters), cmocka_unit_test(test_cover),
          cmocka_unit_test(test_alert_refusals), cmocka_unit_test(test_action_refusals),
          cmocka_unit_test(test_cover_refusals), cmocka_unit_test(test_tier_refusals))
