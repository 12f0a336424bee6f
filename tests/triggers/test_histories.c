// A property over random histories: whatever comes late, comes twice, is revised, is missing or is
// hardly covered, of a source and of the one that stands in for it, in any order and with a clock
// that goes back: a contract is never paid twice for a period by a trigger, never above its limits,
// and nothing that stands is taken back; whether one trigger pays, events under limits (restored or
// not), two triggers together, or what another source says. Each history has two policies, which
// pay the same people out of the same data, and several periods. It is held against a model of a
// few lines; and in the end the past of the site, tried with the same policies, gives the answers
// and indices that were decided last, step by step, and the model's payouts. Each run draws others;
// GONG_SEED=N runs the same again.
#include "core/mem.h"
#include "core/hash.h"
#include "ledger/decision.h"
#include "ledger/outbox.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "tests/ledger/place.h"
#include "triggers/backtest.h"
#include "triggers/history.h"
#include "triggers/settle.h"
#include "triggers/shelf.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    HISTORIES = SANITIZED ? 40 : 500,
    STEPS_MAX = 16,
    COMMUNES = 2,
    PRODUCTS = 2,  // policies of a history
    CONTRACTS = 3, // of each
    SEASONS = 3,   // periods, one day each
    QUARTERS = 4,  // the steps of a day
    WAIT_S = 2 * DAY_S,
};

static uint64_t next(uint64_t *state) // splitmix64
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static int64_t below(uint64_t *state, int64_t n)
{
    return (int64_t)(next(state) % (uint64_t)n);
}

static char codes[COMMUNES][6] = {"01840", "01843"}, names[COMMUNES][8] = {"A", "B"}, zone[] = "z";

// One contract of a history, and what the model says it must have been paid for each period.
struct insured {
    char id[24];
    int commune;
    int first, last; // the seasons it is in force in; none when they are the other way round
    int64_t sum_vnd, total_vnd[SEASONS];
};

// How a policy pays, as it stands in its text and as the model reckons.
enum form { EXCESS, EVENTS, RESTORED, DOUBLE, FILLED, FORMS };
static const char *const form_text[FORMS] = {
    [EXCESS] = "index: {take: total}\n"
               "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1000 VND}\n"
               "cases:\n  fire: [{name: wet, step: 6 h, values: [150, 0 x 3],"
               " sum_insured: 100000 VND, pays: 50000 VND}]\n"
               "  not_fire: [{name: dry, step: 6 h, values: [100, 0 x 3]}]\n",
    [EVENTS] =
        "index: {take: maximum_sum, over: 6 h}\n"
        "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1000 VND}\n"
        "limits: {waiting: none, hours: 1 h, event: 40 %, period: 70 %, events: 2,"
        " reinstatement: none}\n"
        "cases:\n  fire: [{name: wet, step: 6 h, values: [150, 0 x 3],"
        " sum_insured: 100000 VND, pays: 40000 VND}, {name: the third is one too many,"
        " step: 6 h, values: [110, 0, 110, 150], sum_insured: 100000 VND, pays: 20000 VND}]\n"
        "  not_fire: [{name: dry, step: 6 h, values: [100 x 4]}]\n",
    // The period's limit is there twice, as long as the sum insured is not passed.
    [RESTORED] = "index: {take: maximum_sum, over: 6 h}\n"
                 "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1000 VND}\n"
                 "limits: {waiting: 7 h, hours: 1 h, event: 40 %, period: 50 %, events: 3,"
                 " reinstatement: automatic, extra_premium: 5 %}\n"
                 "cases:\n  fire: [{name: wet, step: 6 h, values: [0, 150, 0 x 2],"
                 " sum_insured: 100000 VND, pays: 40000 VND}, {name: restored once, step: 6 h,"
                 " values: [0, 140, 140, 140], sum_insured: 100000 VND, pays: 100000 VND}]\n"
                 "  not_fire: [{name: waiting, step: 6 h, values: [150, 0 x 3]}]\n",
    [FILLED] = "substitutes: [{source: second, ratio: 0.5}]\nmissing_at_most: 50 %\n"
               "index: {take: total}\n"
               "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1000 VND}\n"
               "cases:\n  fire: [{name: wet, step: 6 h, values: [150, 0 x 3],"
               " sum_insured: 100000 VND, pays: 50000 VND}]\n"
               "  not_fire: [{name: dry, step: 6 h, values: [100, 0 x 3]}]\n",
    [DOUBLE] = "index: {take: total}\n"
               "also: {name: peak, index: {take: maximum}, rounding: 0.1 mm}\n"
               "payout: {form: tiers, tiers: [{from: 100 mm, also_from: 60 mm, pay: 30 %},"
               " {from: 200 mm, also_from: 120 mm, pay: 80 %}], rounding: 1000 VND}\n"
               "cases:\n  fire: [{name: wet, step: 6 h, values: [60, 40, 0 x 2],"
               " sum_insured: 100000 VND, pays: 30000 VND}]\n"
               "  not_fire: [{name: rain all day, step: 6 h, values: [59 x 4]}]\n",
};

// A policy of a history.
struct product {
    enum form form;
    char id[24];
    bool true_up;
    int64_t cap_vnd; // the legal cap
    struct insured contract[CONTRACTS];
};

enum { MAIN, SECOND, SOURCES };
static const char *const sources[SOURCES] = {[MAIN] = "drill", [SECOND] = "second"};

struct quarter {
    int32_t value[COMMUNES]; // of the newest revision, thousandths
    uint16_t cover;
    bool there;
};
struct tale {
    uint64_t random;
    char day[SEASONS][16]; // the periods
    struct utc ends[SEASONS];
    struct product product[PRODUCTS];
    struct quarter quarter[SOURCES][SEASONS][QUARTERS];
};

static void draw_product(struct tale *history, int number, int p)
{
    struct product *product = &history->product[p];
    uint64_t *random = &history->random;
    (void)snprintf(product->id, sizeof(product->id), "h-%d-%d", number, p);
    product->form = (enum form)below(random, FORMS);
    product->true_up = below(random, 2) == 1;
    product->cap_vnd = 200000 * (1 + below(random, 20));
    for (int i = 0; i < CONTRACTS; i++) {
        struct insured *insured = &product->contract[i];
        (void)snprintf(insured->id, sizeof(insured->id), "H-%d-%d-%d", number, p, i);
        insured->commune = (int)below(random, COMMUNES);
        insured->first = (int)below(random, SEASONS);
        insured->last = (int)below(random, 4) > 0 ? SEASONS - 1 : (int)below(random, SEASONS);
        insured->sum_vnd = 100000 * (1 + below(random, 50));
    }
}

static struct tale begin(uint64_t seed, int number)
{
    struct tale history = {.random = seed + (uint64_t)number * 1000003};
    for (int d = 0; d < SEASONS; d++) {
        int64_t days = 7000 + (int64_t)number * SEASONS + d;
        struct civil day = date_of_days(days);
        (void)snprintf(history.day[d], sizeof(history.day[d]), "%04d-%02d-%02d", day.year,
                       day.month, day.day);
        history.ends[d].s = (days + 1) * DAY_S;
    }
    for (int p = 0; p < PRODUCTS; p++)
        draw_product(&history, number, p);
    return history;
}

static struct policy *policy_of(const struct tale *history, const struct product *product)
{
    struct err err = {0};
    struct policy *policy = NULL;
    AUTO(buf_free) struct buf text = buf_new(4096);
    buf_print(&text,
              "gong: 1\nid: %s\nversion: 1\nkind: insurance\ntitle: {vi: Mưa, en: Rain}\n"
              "effective: {from: %s, to: %s}\nboundary_set: two\narea: all\nsource: drill\n"
              "variable: rain\nperiod: {each: day, day: utc00}\n"
              "rounding: 0.1 mm\nminimum_coverage: 90 %%\nsettle_after: 2 days\n"
              "legal_caps: [{from: 1980-01-01, to: 2099-12-31, most: %" PRId64 " VND}]\n"
              "settlement: %s\n"
              "message: {vi: \"{contract} {amount} {commune} {index}\", en: \"{contract} {amount} "
              "{commune} {index}\"}\n%s",
              product->id, history->day[0], history->day[SEASONS - 1], product->cap_vnd,
              product->true_up ? "true_up" : "settle_once", form_text[product->form]);
    CHECK_OK(policy_parse(buf_slice(&text), product->id, &policy, &err), err);
    return policy;
}

// The same person has a contract of each policy.
static void enrol(struct place *place, const struct tale *history)
{
    AUTO(import_report_free) struct import_report report = {0};
    AUTO(buf_free) struct buf csv = buf_new(8192);
    buf_text(&csv, "contract,person,name,phone,account,language,commune,boundary_set,policy,"
                   "sum_insured_vnd,starts,ends\n");
    for (int k = 0; k < PRODUCTS * CONTRACTS; k++) {
        const struct product *product = &history->product[k / CONTRACTS];
        const struct insured *insured = &product->contract[k % CONTRACTS];
        bool never = insured->first > insured->last;
        buf_print(&csv, "%s,P-%s-%d,N,0900000001,A,vi,%s,two,%s,%" PRId64 ",%s,%s\n", insured->id,
                  history->product[0].id, k % CONTRACTS, codes[insured->commune], product->id,
                  insured->sum_vnd, never ? "1970-01-01" : history->day[insured->first],
                  never ? "1970-12-31" : history->day[insured->last]);
    }
    CHECK_OK(people_import(place->people, place->folder, buf_slice(&csv), "h.csv",
                           &(struct import_rules){.drill = true}, &report, &place->err),
             place->err);
    CHECK_INT(report.taken, PRODUCTS * CONTRACTS);
}

// A quarter of a day comes: first, again word for word, revised, as a hole, hardly covered.
static void put_quarter(struct place *place, struct tale *history, int source, int d, int q)
{
    static const int32_t values[] = {0,      0,      10000,  60000,  99900, 100000,
                                     101000, 137000, 199000, 200000, 260000};
    static const uint16_t low = READING_COVER_FULL / 2;
    struct quarter *quarter = &history->quarter[source][d][q];
    uint16_t cover[COMMUNES];
    bool again = quarter->there && below(&history->random, 4) == 0;
    if (!again) {
        for (int c = 0; c < COMMUNES; c++)
            quarter->value[c] = below(&history->random, 12) == 0
                                    ? READING_NONE
                                    : values[below(&history->random, (int64_t)COUNT_OF(values))];
        quarter->cover = below(&history->random, 20) == 0 ? low : READING_COVER_FULL;
    }
    quarter->there = true;
    for (int c = 0; c < COMMUNES; c++)
        cover[c] = quarter->cover;
    struct utc from = {history->ends[d].s - DAY_S + q * DAY_S / QUARTERS};
    struct reading reading = {.meta = {.variable = "rain",
                                       .boundary_set = "two",
                                       .valid_from = from,
                                       .valid_to = {from.s + DAY_S / QUARTERS},
                                       .issued_at = UTC_NEVER,
                                       .member = MEMBER_NONE},
                              .communes = COMMUNES,
                              .value = quarter->value,
                              .cover = cover};
    (void)snprintf(reading.meta.source, sizeof(reading.meta.source), "%s", sources[source]);
    (void)place_keep(place, &reading);
}

static void put(struct place *place, struct tale *history)
{
    uint64_t *random = &history->random;
    int source = below(random, 3) == 0 ? SECOND : MAIN, d = (int)below(random, SEASONS);
    bool all = below(random, 2) == 0;
    for (int q = 0; all && q < QUARTERS; q++)
        put_quarter(place, history, source, d, q);
    if (!all)
        put_quarter(place, history, source, d, (int)below(random, QUARTERS));
}

// Thousandths of the sum insured that one look over the strike of 100 mm is worth.
static int64_t over_strike(int64_t value)
{
    int64_t over = value < 200000 ? value - 100000 : 100000;
    return over > 0 ? over / 100 : 0;
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// Events of at most 400 each, three at most, none in the first quarter; 500 for the period, and
// once more when an event wants more than is left. In thousandths of the sum insured.
static int64_t worth_restored(const int64_t value[QUARTERS])
{
    int64_t left = 500, again = 500, paid = 0;
    for (int q = 1; q < QUARTERS; q++) {
        int64_t wanted = lesser(over_strike(value[q]), 400);
        if (wanted > left) {
            left += again;
            again = 0;
        }
        paid += lesser(wanted, left);
        left -= lesser(wanted, left);
    }
    return paid;
}

// What the newest values of a day are worth, in thousandths of the sum insured.
static int64_t worth_of_day(enum form form, const int64_t value[QUARTERS])
{
    int64_t total = 0, peak = 0, paid = 0;
    int events = 0;
    for (int q = 0; q < QUARTERS; q++) {
        total += value[q];
        peak = value[q] > peak ? value[q] : peak;
        if (over_strike(value[q]) > 0 && events++ < 2)
            paid += lesser(over_strike(value[q]), 400);
    }
    switch (form) {
    case EXCESS:
    case FILLED:
        return over_strike(total / 100 * 100 + (total % 100 >= 50 ? 100 : 0));
    case EVENTS:
        return lesser(paid, 700);
    case RESTORED:
        return worth_restored(value);
    case DOUBLE:
        if (total >= 200000 && peak >= 120000)
            return 800;
        return total >= 100000 && peak >= 60000 ? 300 : 0;
    case FORMS:
        break;
    }
    return 0;
}

static bool is_known(const struct quarter *quarter, int commune)
{
    return quarter->there && quarter->value[commune] != READING_NONE &&
           quarter->cover == READING_COVER_FULL;
}

// The newest data of a day at a commune, holes filled by half of what the second source says, if
// they are two quarters at most and the policy says so; false as long as one is not known.
static bool values_of_day(const struct tale *history, enum form form, int d, int commune,
                          int64_t value[QUARTERS])
{
    int holes = 0;
    for (int q = 0; q < QUARTERS; q++)
        holes += !is_known(&history->quarter[MAIN][d][q], commune);
    if (holes > (form == FILLED ? QUARTERS / 2 : 0))
        return false;
    for (int q = 0; q < QUARTERS; q++) {
        const struct quarter *main = &history->quarter[MAIN][d][q];
        const struct quarter *second = &history->quarter[SECOND][d][q];
        if (!is_known(main, commune) && !is_known(second, commune))
            return false;
        value[q] = is_known(main, commune) ? main->value[commune] : second->value[commune] / 2;
    }
    return true;
}

// What the newest data are worth to a contract.
static int64_t worth(const struct tale *history, const struct product *product,
                     const struct insured *insured, int d)
{
    int64_t value[QUARTERS];
    if (d < insured->first || d > insured->last ||
        !values_of_day(history, product->form, d, insured->commune, value))
        return 0;
    // Half a thousand đồng is rounded up.
    int64_t vnd =
        (insured->sum_vnd * worth_of_day(product->form, value) / 1000 + 500) / 1000 * 1000;
    return lesser(vnd, product->cap_vnd);
}

// A day is decided when it is over and its steps are all there, or two days later.
static bool is_ripe(const struct tale *history, int d, struct utc now)
{
    bool whole = true;
    for (int q = 0; q < QUARTERS; q++)
        whole = whole && history->quarter[MAIN][d][q].there;
    return now.s >= history->ends[d].s + (whole ? 0 : WAIT_S);
}

static void learn(struct tale *history, struct utc now)
{
    for (int k = 0; k < PRODUCTS * CONTRACTS * SEASONS; k++) {
        struct product *product = &history->product[k / SEASONS / CONTRACTS];
        struct insured *insured = &product->contract[k / SEASONS % CONTRACTS];
        int d = k % SEASONS;
        int64_t vnd = worth(history, product, insured, d), *total = &insured->total_vnd[d];
        if (is_ripe(history, d, now) && (*total == 0 || (product->true_up && vnd > *total)))
            *total = vnd;
    }
}

static void settle(struct place *place, const struct tale *history, struct utc now)
{
    struct policy *policy[PRODUCTS];
    for (int p = 0; p < PRODUCTS; p++)
        policy[p] = policy_of(history, &history->product[p]);
    struct shelf shelf = {.at = policy, .count = PRODUCTS};
    struct settle with = {
        .ledger = place->ledger, .people = place->people, .map = place->map, .drill = true};
    struct settle_report report = {0};
    CHECK_OK(settle_run(&with, &shelf, now, &report, &place->err), place->err);
    CHECK_INT(report.skipped, 0);
    for (int p = 0; p < PRODUCTS; p++)
        policy_free(&policy[p]);
}

// What a contract was paid, by period; each payout under a key of its own: the period, then its
// top-ups.
static void check_contract(struct place *place, const struct tale *history,
                           const struct product *product, const struct insured *insured,
                           int64_t *payouts)
{
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    size_t found = 0;
    CHECK_OK(payout_list(place->ledger, insured->id, &rows, &place->err), place->err);
    for (int d = 0; d < SEASONS; d++) {
        int64_t total = 0;
        size_t count = 0;
        for (size_t p = 0; p < rows.count; p++) {
            if (strncmp(rows.at[p].period, history->day[d], strlen(history->day[d])) != 0)
                continue;
            CHECK_TEXT(rows.at[p].policy, product->id);
            CHECK(rows.at[p].amount.minor > 0);
            total += rows.at[p].amount.minor;
            count++;
        }
        CHECK(product->true_up || count <= 1);
        CHECK(total <= insured->sum_vnd && total <= product->cap_vnd);
        CHECK_INT(total, insured->total_vnd[d]);
        found += count;
    }
    for (size_t p = 0; p < rows.count; p++) {
        for (size_t q = 0; q < p; q++)
            CHECK(strcmp(rows.at[p].period, rows.at[q].period) != 0);
    }
    CHECK_INT(found, rows.count);
    *payouts += (int64_t)rows.count;
}

static void check(struct place *place, const struct tale *history, int64_t *payouts)
{
    for (int k = 0; k < PRODUCTS * CONTRACTS; k++) {
        const struct product *product = &history->product[k / CONTRACTS];
        check_contract(place, history, product, &product->contract[k % CONTRACTS], payouts);
    }
}

// One cell of the past beside what was decided on it last, and what the model says it is worth.
static void check_cell(struct place *place, const struct tale *history,
                       const struct product *product, const struct backtest *made, size_t cell)
{
    const struct occasion *occasion = &made->occasions.at[cell / made->communes];
    int c = (int)made->place[cell % made->communes], d = 0;
    AUTO(decision_rows_free) struct decision_rows rows = {0};
    struct decision_query query = {.policy = product->id,
                                   .commune = codes[c],
                                   .period = occasion->period,
                                   .newest_only = true};
    while (d < SEASONS - 1 && strcmp(history->day[d], occasion->period) != 0)
        d++;
    CHECK_TEXT(history->day[d], occasion->period);
    CHECK_OK(decision_list(place->ledger, &query, &rows, &place->err), place->err);
    CHECK_INT(rows.count, 1);
    CHECK_INT(made->answer[cell], rows.at[0].answer);
    if (rows.at[0].answer != ANSWER_UNKNOWN) {
        CHECK(rows.at[0].has_index);
        CHECK_INT(made->quotient[cell] * INT64_C(100), rows.at[0].index_milli);
    }
    struct insured whole = {
        .commune = c, .first = 0, .last = SEASONS - 1, .sum_vnd = made->sum_insured_vnd};
    CHECK_INT(made->pays_vnd[cell], worth(history, product, &whole, d));
}

// All data are there, and long ago: what is decided now is what a backtest says.
static void check_past(struct place *place, struct tale *history, int64_t *cells)
{
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    CHECK_OK(boundary_set_load(place->map, "two", false, &set, &place->err), place->err);
    for (int p = 0; p < PRODUCTS; p++) {
        AUTO(policy_free) struct policy *policy = policy_of(history, &history->product[p]);
        AUTO(backtest_free) struct backtest made = {0};
        struct history past = {
            .ledger = place->ledger, .set = set, .source = sources[MAIN], .variable = "rain"};
        struct backtest_query query = {.from = {history->ends[0].s - DAY_S},
                                       .to = history->ends[SEASONS - 1],
                                       .sum_insured_vnd =
                                           100000 * (1 + below(&history->random, 50)),
                                       .threads = 1 + (size_t)below(&history->random, 2)};
        struct err none = {0};
        enum err_kind kind = backtest_run(policy, &past, &query, &made, &none);
        if (kind == ERR_MISSING) // nothing of the main source has come
            continue;
        CHECK_OK(kind, none);
        for (size_t cell = 0; cell < made.occasions.count * made.communes; cell++)
            check_cell(place, history, &history->product[p], &made, cell);
        *cells += (int64_t)(made.occasions.count * made.communes);
    }
}

static void run_history(struct place *place, uint64_t seed, int number, int64_t *payouts,
                        int64_t *cells)
{
    struct tale history = begin(seed, number);
    int64_t steps = 4 + below(&history.random, STEPS_MAX - 3), before = 0, now_paid = 0;
    enrol(place, &history);
    for (int64_t i = 0; i < steps; i++) {
        // From two days before the end of the first day to five after it, in no order.
        struct utc now = {history.ends[0].s + (below(&history.random, 28) - 8) * 6 * HOUR_S};
        for (int64_t files = below(&history.random, 4); files > 0; files--)
            put(place, &history);
        settle(place, &history, now);
        learn(&history, now);
        check(place, &history, &now_paid);
        CHECK(now_paid >= before); // nothing that stands is taken back
        before = now_paid, now_paid = 0;
        if (below(&history.random, 3) == 0)
            settle(place, &history, now); // twice is once
    }
    struct utc later = {history.ends[SEASONS - 1].s + 5 * DAY_S};
    settle(place, &history, later);
    learn(&history, later);
    check(place, &history, payouts);
    check_past(place, &history, cells);
}

static void no_history_pays_twice_or_too_much(void **state)
{
    (void)state;
    const char *given = getenv("GONG_SEED");
    uint64_t seed;
    random_bytes((uint8_t *)&seed, sizeof(seed));
    seed = given ? strtoull(given, NULL, 10) : seed >> 24;
    (void)printf("# seed %" PRIu64 "\n", seed);
    AUTO(place_free) struct place place = place_in(access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    struct commune communes[COMMUNES];
    int64_t payouts = 0, cells = 0;
    for (int c = 0; c < COMMUNES; c++)
        communes[c] = (struct commune){
            .code = codes[c], .name = names[c], .zone = zone, .area_km2 = 1, .shape = STR("x")};
    struct boundary_set set = {.name = "two", .count = COMMUNES, .commune = communes};
    bool fresh;
    CHECK_OK(boundary_set_put(place.map, &set, &fresh, &place.err), place.err);
    int histories = place_store() ? HISTORIES / 20 : HISTORIES; // on a server each commit is dearer
    for (int number = 0; number < histories; number++) {
        char row[80];
        (void)snprintf(row, sizeof(row), "GONG_SEED=%" PRIu64 ", history %d", seed, number);
        ROW(row);
        run_history(&place, seed, number, &payouts, &cells);
    }
    ROW("all of them");
    struct ledger_report report;
    int64_t count[OUTBOX_STATES];
    CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
    CHECK_OK(outbox_count(place.ledger, "pay", count, &place.err), place.err);
    CHECK_INT(count[OUTBOX_READY], payouts); // one message for each, and no other
    enum { TELLING = 60 };                   // of fewer, chance alone may leave that few payouts
    CHECK(histories < TELLING || payouts > histories / 2);
    CHECK(histories < TELLING || cells > histories * PRODUCTS * COMMUNES);
    (void)printf("# GONG_SEED=%" PRIu64 ": %d histories, %" PRId64 " payouts, %" PRId64
                 " entries, %" PRId64 " answers beside the past\n",
                 seed, histories, payouts, report.entries, cells);
}

TEST_MAIN(cmocka_unit_test(no_history_pays_twice_or_too_much))
