#include "data/season/contracts.h"

#include "core/mem.h"
#include "data/season/random.h"

#include <assert.h>
#include <string.h>

enum { STREAM = 1, PERSONS_MAX = 10000, SUM_STEP_VND = 100000 };

static const char *const family_names[] = {"Nông", "Hoàng", "Triệu", "Lý",  "Bàn",  "Đặng",
                                           "Ma",   "Hà",    "Y",     "H'Ê", "Điểu", "Lục"};
static const char *const middle_names[] = {"Văn", "Thị", "Đức", "Minh", "Thu", "Ngọc", "Kim"};
static const char *const given_names[] = {
    "An",   "Bình", "Cúc",   "Dung", "Giang", "Hạnh", "Khánh", "Liên", "Mai", "Nghĩa",
    "Oanh", "Phúc", "Quyên", "Sơn",  "Thảo",  "Uyên", "Vinh",  "Xuân", "Yến", "Toàn"};

// What is sold in a zone.
static const struct product {
    const char *zone, *policy, *prefix;
    size_t contracts_a_commune;
    int64_t sum_min_vnd, sum_max_vnd;
} products[] = {
    {"former-bac-kan", "bac-kan-excess-rain", "BK", 30, 1000000, 4000000},
    {"former-dak-nong", "dak-nong-coffee-drought", "DN", 32, 2000000, 8000000},
};

struct person {
    size_t number;
    const char *family, *middle, *given, *language;
};

static struct person person_new(struct random *random, size_t number)
{
    struct person person = {.number = number};
    person.family = family_names[random_below(random, COUNT_OF(family_names))];
    person.middle = middle_names[random_below(random, COUNT_OF(middle_names))];
    person.given = given_names[random_below(random, COUNT_OF(given_names))];
    person.language = random_below(random, 15) == 0 ? "en" : "vi";
    return person;
}

static void print_contract(struct buf *out, const struct product *product,
                           const struct person *person, const struct place *place, size_t number,
                           int64_t sum_vnd)
{
    buf_print(out,
              "%s-%06zu,P-%05zu,%s %s %s (diễn tập),8490000%04zu,DRILL-%06zu,%s,%s,pilots,%s,%lld,"
              "2024-01-01,2024-12-31\n",
              product->prefix, number, person->number, person->family, person->middle,
              person->given, person->number, person->number, person->language, place->code,
              product->policy, (long long)sum_vnd);
}

size_t contracts_csv(const struct place *place, size_t count, uint64_t seed, struct buf *out)
{
    struct random random = random_new(seed, STREAM);
    struct person person = {0};
    size_t contracts = 0, persons = 0;
    buf_text(out, "contract,person,name,phone,account,language,commune,boundary_set,policy,"
                  "sum_insured_vnd,starts,ends\n");
    for (size_t p = 0; p < COUNT_OF(products); p++) {
        const struct product *product = &products[p];
        for (size_t c = 0; c < count; c++) {
            if (strcmp(place[c].zone, product->zone) != 0)
                continue;
            for (size_t i = 0; i < product->contracts_a_commune; i++) {
                // One in ten is a second contract of the person before.
                if (i == 0 || random_below(&random, 10) != 0)
                    person = person_new(&random, persons++);
                assert(persons <= PERSONS_MAX);
                size_t steps =
                    (size_t)((product->sum_max_vnd - product->sum_min_vnd) / SUM_STEP_VND);
                int64_t sum =
                    product->sum_min_vnd + SUM_STEP_VND * (int64_t)random_below(&random, steps + 1);
                print_contract(out, product, &person, &place[c], ++contracts, sum);
            }
        }
    }
    return contracts;
}
