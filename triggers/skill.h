#ifndef GONG_TRIGGERS_SKILL_H
#define GONG_TRIGGERS_SKILL_H

#include <stdbool.h>
#include <stddef.h>

// How good warnings were. Pure; for reports. Source: domain-reference 9. A score that divides by
// nothing is NaN.

// a hits, b false alarms, c misses, d correct negatives.
struct skill_table {
    double a, b, c, d;
};
struct skill {
    double n, accuracy, bias, pod, far, pofd, csi;
    double by_chance; // a_r: hits that chance would have
    double ets, hk, hss, odds_ratio, orss, sedi;
};
struct skill skill_of(struct skill_table table);

// Alerts beside events, in days: an alert is right when an event lies in its valid days. One event
// makes one hit only; an alert with several events is one hit and the others extra.
struct skill_alert {
    double issued, from, to;
};
// Whether it is right.
bool skill_is_right(const struct skill_alert *alert, const double *event, size_t events);

struct skill_match {
    size_t hits, misses, false_alarms;
    double lead_sum; // event - issued, over hits
};
// `matched` [events] out; `lead` [events] out: of an event that made a hit, NaN of the others; or
// NULL.
struct skill_match skill_events(const struct skill_alert *alert, size_t alerts, const double *event,
                                size_t events, bool *matched, double *lead);

// A probability that was said, how often it then happened and how often not. Lists of them are by
// rising `p`, each once.
struct skill_said {
    double p, yes, no;
};

// Brier's score is reliability - resolution + uncertainty (Murphy 1973); `skill` is beside
// climatology, whose score the uncertainty is.
struct skill_brier {
    double score, reliability, resolution, uncertainty, skill;
};
struct skill_brier skill_brier_of(const struct skill_said *said, size_t count);

// Who acts from said[i].p on: POD and POFD.
struct skill_point {
    double pod, pofd;
};
void skill_roc(const struct skill_said *said, size_t count, struct skill_point *point); // [count]
double skill_roc_area(const struct skill_said *said, size_t count); // ties count half

// An ensemble and what happened; `fair` takes off what a finite ensemble adds.
double skill_crps(const double *member, size_t count, double value, bool fair);

// Relative economic value at a ratio of cost to loss.
double skill_value(struct skill_table table, double cost_loss);

#endif
