#include "triggers/skill.h"

#include "core/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double over(double a, double b)
{
    return b != 0 ? a / b : NAN;
}

// Symmetric extremal dependence index.
static double sedi_of(double h, double f)
{
    if (!(h > 0 && h < 1 && f > 0 && f < 1))
        return NAN;
    double high = log(f) - log(h) - log(1 - f) + log(1 - h);
    double low = log(f) + log(h) + log(1 - f) + log(1 - h);
    return over(high, low);
}

struct skill skill_of(struct skill_table t)
{
    struct skill s = {.n = t.a + t.b + t.c + t.d};
    s.accuracy = over(t.a + t.d, s.n);
    s.bias = over(t.a + t.b, t.a + t.c);
    s.pod = over(t.a, t.a + t.c);
    s.far = over(t.b, t.a + t.b);
    s.pofd = over(t.b, t.b + t.d);
    s.csi = over(t.a, t.a + t.b + t.c);
    s.by_chance = over((t.a + t.b) * (t.a + t.c), s.n);
    s.ets = over(t.a - s.by_chance, t.a + t.b + t.c - s.by_chance);
    s.hk = s.pod - s.pofd;
    s.hss =
        over(2 * (t.a * t.d - t.b * t.c), (t.a + t.c) * (t.c + t.d) + (t.a + t.b) * (t.b + t.d));
    s.odds_ratio = over(t.a * t.d, t.b * t.c);
    s.orss = over(t.a * t.d - t.b * t.c, t.a * t.d + t.b * t.c);
    s.sedi = sedi_of(s.pod, s.pofd);
    return s;
}

static bool lies_over(const struct skill_alert *alert, double event)
{
    return event >= alert->from && event <= alert->to;
}

bool skill_is_right(const struct skill_alert *alert, const double *event, size_t events)
{
    for (size_t e = 0; e < events; e++) {
        if (lies_over(alert, event[e]))
            return true;
    }
    return false;
}

struct skill_match skill_events(const struct skill_alert *alert, size_t alerts, const double *event,
                                size_t events, bool *matched, double *lead)
{
    struct skill_match match = {0};
    for (size_t e = 0; e < events; e++) {
        matched[e] = false;
        if (lead)
            lead[e] = NAN;
    }
    for (size_t i = 0; i < alerts; i++) {
        bool hit = false;
        for (size_t e = 0; e < events; e++) {
            if (!lies_over(&alert[i], event[e]))
                continue;
            if (!hit && !matched[e]) {
                match.hits++;
                match.lead_sum += event[e] - alert[i].issued;
                if (lead)
                    lead[e] = event[e] - alert[i].issued;
            }
            matched[e] = true;
            hit = true;
        }
        match.false_alarms += hit ? 0 : 1;
    }
    for (size_t e = 0; e < events; e++)
        match.misses += matched[e] ? 0 : 1;
    return match;
}

// Of all that was said.
static struct skill_said sum_of(const struct skill_said *said, size_t count)
{
    struct skill_said sum = {0};
    for (size_t i = 0; i < count; i++) {
        sum.yes += said[i].yes;
        sum.no += said[i].no;
    }
    return sum;
}

struct skill_brier skill_brier_of(const struct skill_said *said, size_t count)
{
    struct skill_said sum = sum_of(said, count);
    double n = sum.yes + sum.no, base = over(sum.yes, n);
    struct skill_brier brier = {.uncertainty = base * (1 - base)};
    for (size_t i = 0; i < count; i++) {
        double p = said[i].p, here = said[i].yes + said[i].no;
        if (here == 0)
            continue;
        double came = said[i].yes / here;
        brier.score += (said[i].yes * (1 - p) * (1 - p) + said[i].no * p * p) / n;
        brier.reliability += here * (p - came) * (p - came) / n;
        brier.resolution += here * (came - base) * (came - base) / n;
    }
    if (n == 0)
        brier.score = brier.reliability = brier.resolution = NAN;
    brier.skill = 1 - over(brier.score, brier.uncertainty);
    return brier;
}

void skill_roc(const struct skill_said *said, size_t count, struct skill_point *point)
{
    struct skill_said sum = sum_of(said, count);
    double yes = 0, no = 0;
    for (size_t i = count; i-- > 0;) {
        yes += said[i].yes;
        no += said[i].no;
        point[i] = (struct skill_point){over(yes, sum.yes), over(no, sum.no)};
    }
}

double skill_roc_area(const struct skill_said *said, size_t count)
{
    struct skill_said sum = sum_of(said, count);
    double right = 0, below = 0;
    for (size_t i = 0; i < count; i++) {
        right += said[i].yes * (below + said[i].no / 2);
        below += said[i].no;
    }
    return over(right, sum.yes * sum.no);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The sum of all differences between members is, of sorted ones, one walk.
double skill_crps(const double *member, size_t count, double value, bool fair)
{
    AUTO(mem_drop) double *sorted = mem_new(count + 1, sizeof(*sorted));
    double off = 0, apart = 0, n = (double)count;
    memcpy(sorted, member, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), by_size);
    for (size_t i = 0; i < count; i++) {
        off += fabs(sorted[i] - value) / n;
        apart += 2 * (2 * (double)i + 1 - n) * sorted[i];
    }
    return off - over(apart, 2 * n * (fair ? n - 1 : n));
}

double skill_value(struct skill_table t, double cost_loss)
{
    struct skill s = skill_of(t);
    double base = over(t.a + t.c, s.n), least = fmin(cost_loss, base);
    double used = least - s.pofd * cost_loss * (1 - base) + s.pod * base * (1 - cost_loss) - base;
    return over(used, least - base * cost_loss);
}
