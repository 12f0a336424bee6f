#include "triggers/water.h"

#include "core/mem.h"
#include "policies/index_rule.h"
#include "policies/water_rule.h"

#include <assert.h>

enum { MICRO = 1000 }; // millionths in a thousandth

static int64_t part_of(int64_t value, int64_t part, int64_t whole)
{
    return (int64_t)(((__int128)value * part * 2 + whole) / ((__int128)whole * 2));
}

int64_t water_satisfied(const struct water_rule *rule, const int64_t *rain_milli, size_t dekads,
                        struct water_step *steps)
{
    assert(dekads > 0 && dekads <= rule->dekads);
    int64_t holds = rule->holds_milli * MICRO, easy = rule->holds_milli * rule->easy_milli;
    int64_t left = rule->start_milli * MICRO, required = 0, used = 0, satisfied = 0;
    for (size_t i = 0; i < dekads; i++) {
        int64_t wanted = rule->pet_milli[i] * rule->kc_milli[i];
        int64_t there = left + rain_milli[i] * MICRO;
        int64_t taken = there >= easy ? wanted : part_of(wanted, there, easy);
        if (taken > there)
            taken = there;
        left = there - taken > holds ? holds : there - taken;
        required += wanted;
        used += taken;
        satisfied = part_of(100000, used, required);
        if (steps)
            steps[i] = (struct water_step){wanted, taken, left, satisfied};
    }
    return satisfied;
}
