#include "core/file.h"
#include "core/mem.h"
#include "ledger/people.h"
#include "policies/enrol.h"

#include "ledger/map.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

// A policy with what a row changes: kind and its payout are those of an insurance.
static void write_policy(const char *folder, const char *id, const char *area, const char *caps)
{
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(4096), name = buf_new(100);
    buf_print(&text,
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

TEST_MAIN(cmocka_unit_test(a_contract_must_be_covered_by_its_policy))
