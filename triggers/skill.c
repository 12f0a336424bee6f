#include "triggers/skill.h"

#include <math.h>

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

struct skill_match skill_events(const struct skill_alert *alert, size_t alerts, const double *event,
                                size_t events, bool *matched)
{
    struct skill_match match = {0};
    for (size_t e = 0; e < events; e++)
        matched[e] = false;
    for (size_t i = 0; i < alerts; i++) {
        bool hit = false;
        for (size_t e = 0; e < events; e++) {
            if (event[e] < alert[i].from || event[e] > alert[i].to)
                continue;
            if (!hit && !matched[e]) {
                match.hits++;
                match.lead_sum += event[e] - alert[i].issued;
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

double skill_brier(const double *p, const double *o, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (p[i] - o[i]) * (p[i] - o[i]);
    return over(sum, (double)count);
}

double skill_brier_skill(const double *p, const double *o, size_t count)
{
    double mean = 0;
    for (size_t i = 0; i < count; i++)
        mean += o[i] / (double)count;
    return 1 - over(skill_brier(p, o, count), mean * (1 - mean));
}

double skill_roc_area(const double *p, const double *o, size_t count)
{
    double right = 0, pairs = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (o[i] != 1 || o[j] != 0)
                continue;
            pairs++;
            right += p[i] > p[j] ? 1 : p[i] == p[j] ? 0.5 : 0;
        }
    }
    return over(right, pairs);
}

double skill_crps(const double *member, size_t count, double value, bool fair)
{
    double off = 0, apart = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        off += fabs(member[i] - value) / n;
        for (size_t j = 0; j < count; j++)
            apart += fabs(member[i] - member[j]);
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
