#ifndef GONG_TRIGGERS_LOSSES_H
#define GONG_TRIGGERS_LOSSES_H

#include "core/err.h"
#include "core/text.h"
#include "triggers/skill.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backtest;
struct history;

// What was reported of the past: a table with the columns period and, where there are any, commune
// and loss_percent. A period is named as the policy names it ("2016", "2016-10"), or is a day
// within it ("2016-10-10"). Without a commune a row is of the whole area; without loss_percent it
// is a bad one as it stands. What no row tells of was not bad.
struct losses {
    bool by_commune, by_percent;
    size_t rows;            // that fit a season (and commune) of the backtest
    size_t beside;          // that do not
    char first_beside[120]; // the first of them: "line 7, there is no place \"00099\""; or ""
    int32_t *loss; // [occasions x communes], or [occasions]: thousandths of a per cent; owned
    bool *bad;     // the same shape: reported, and at least `at_least`
    struct reported_day {
        size_t commune; // of the backtest; SIZE_MAX: the whole area
        int64_t day;    // civil_days
    } * day;            // [days] those of `bad` that were named by a day, each once; by commune,
                        // then day; owned
    size_t days;
};
void losses_free(struct losses *losses); // frees what is in it

// `at_least` is in thousandths of a per cent. ERR_INPUT names the line; also when there are reports
// and none of them fits: they are of another past, or named in another way.
MUST_USE enum err_kind losses_parse(struct str text, const char *name,
                                    const struct backtest *backtest, const struct history *history,
                                    int64_t at_least, struct losses *out, struct err *err);
MUST_USE enum err_kind losses_load(const char *path, const struct backtest *backtest,
                                   const struct history *history, int64_t at_least,
                                   struct losses *out, struct err *err);

// Hits, false alarms, misses and correct negatives of what is known, season by season: each commune
// where the report names communes; else the season, in which the policy says yes when `share`
// (0..1) of the communes that are known do, and at least one. `season` is [occasions]; those of
// which something is known stand in it, in order. Returns how many.
size_t losses_tables(const struct losses *losses, const struct backtest *backtest, double share,
                     struct skill_table *season);
// The sum of all.
struct skill_table losses_table(const struct losses *losses, const struct backtest *backtest,
                                double share);

#endif
