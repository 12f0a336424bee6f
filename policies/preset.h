#ifndef GONG_POLICIES_PRESET_H
#define GONG_POLICIES_PRESET_H

#include "core/date.h"
#include "core/err.h"
#include "policies/field.h"
#include "policies/policy.h"
#include "policies/unit.h"

#include <stddef.h>
#include <stdint.h>

struct doc;

// Numbers that a law sets and many policies use: tables of levels, and caps. Files of
// policies/presets, each under a name that is never given to other numbers, are part of the
// program: a policy that names one is whole without a second file. What gong makes of a table is a
// trigger evaluation, never an official level.
enum {
    PRESET_INPUTS_MAX = 4,
    PRESET_PLACES_MAX = 8,
    PRESET_ROWS_MAX = 64,
    PRESET_TABLES_MAX = 16,
    PRESET_NAME_SIZE = 33
};

// How sure a row is; see the head of policies/presets/vn-2021-18.yaml.
enum preset_status {
    PRESET_CONFIRMED,
    PRESET_SECONDARY,
    PRESET_EXTRAPOLATED,
    PRESET_INFERRED,
    PRESET_UNCONFIRMED
};
extern const char *const preset_statuses[];
const char *preset_status_word(enum preset_status status, enum language language);

// Bounds of one input of a row; thousandths of the input's unit.
struct preset_bound {
    bool has_low, has_high; // neither: the input does not matter to the row
    enum compare low, high; // input `low` low_milli, input `high` high_milli
    int64_t low_milli, high_milli;
};
struct preset_row {
    char name[PRESET_NAME_SIZE];
    struct preset_bound bound[PRESET_INPUTS_MAX];
    int64_t level[PRESET_PLACES_MAX]; // 1 to 5; 0: none
    enum preset_status status;
};
struct preset_input {
    char name[PRESET_NAME_SIZE];
    enum unit unit;
};
struct preset_table {
    char name[PRESET_NAME_SIZE];
    int64_t article;
    struct texts title;
    struct preset_input input[PRESET_INPUTS_MAX];
    size_t inputs;
    char place[PRESET_PLACES_MAX][PRESET_NAME_SIZE];
    size_t places;
    struct preset_row row[PRESET_ROWS_MAX];
    size_t rows;
};
struct preset {
    char id[PRESET_NAME_SIZE];
    struct texts title;
    struct civil in_force, checked; // of the law from; when somebody last compared the numbers
    struct preset_table table[PRESET_TABLES_MAX];
    size_t tables;
    struct legal_cap cap[CAPS_MAX];
    enum preset_status cap_status[CAPS_MAX];
    size_t caps;
};
void preset_free(struct preset **preset);

// Reads a file of presets; refused as a policy is.
MUST_USE enum err_kind preset_parse(struct str text, const char *name, struct preset **out,
                                    struct err *err);
// One that the program brings along. ERR_MISSING names those that it has.
MUST_USE enum err_kind preset_open(struct str id, struct preset **out, struct err *err);
// Their names, NULL-ended.
extern const char *const preset_ids[];

// "vn-2021-18/heavy-rain/over-200-1-2-days": the preset (owned) with its table and row (borrowed
// from it).
struct preset_named {
    struct preset *preset;
    const struct preset_table *table;
    const struct preset_row *row;
};
void preset_named_free(struct preset_named *named);
MUST_USE enum err_kind preset_find(struct str path, struct preset_named *out, struct err *err);

// The highest level of the rows that hold for these values ([table->inputs] thousandths,
// PRESET_NOT_GIVEN: an input that is not known) at a place; 0 when none holds. `*row` is the row
// that gave it, NULL for none.
#define PRESET_NOT_GIVEN INT64_MIN
int64_t preset_level(const struct preset_table *table, size_t place, const int64_t *value,
                     const struct preset_row **row);
// "vn-2021-18/heavy-rain": the preset (owned) with its table (borrowed from it) and no row.
MUST_USE enum err_kind preset_find_table(struct str path, struct preset_named *out,
                                         struct err *err);
// What such values give at each place of a table. `at` is "rain_24h: 150 mm, days: 3 days"; what is
// left out is not known, and rows that ask for it do not hold. In words to `words`, as
// [{place, level, row, status}] to `list`; of level 0 it is the last row that holds, if any.
// Refused as a policy is.
MUST_USE enum err_kind preset_rate(const struct preset_named *named, struct str at,
                                   enum language language, struct buf *words, struct doc *list,
                                   struct err *err);

// Every number of it, for people.
void preset_describe(const struct preset *preset, enum language language, struct buf *out);
// Those of one of its tables.
void preset_describe_table(const struct preset_named *named, enum language language,
                           struct buf *out);
// Of one row: "Decision 18/2021/QĐ-TTg, article 44, over-200 (secondary): midland 2, plain 2".
void preset_say_row(const struct preset_named *named, enum language language, struct buf *out);

#endif
