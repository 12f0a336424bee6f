#include "triggers/limits.h"

#include "policies/limit_rule.h"

#include <assert.h>

// What is carried from one happening to the next.
struct till {
    int64_t per_event, left; // limit of an event, and what is left of the period's
    int64_t events, start_s; // begun so far, and when the last one began
    int64_t of_event;        // paid for it
    int64_t again;           // what the reinstatement still holds
};

static int64_t part_of(int64_t whole, int64_t milli)
{
    return (int64_t)((__int128)whole * milli / 1000);
}

static int64_t pay(struct till *till, int64_t raw)
{
    int64_t wanted = (raw < till->per_event ? raw : till->per_event) - till->of_event;
    if (wanted <= 0)
        return 0;
    if (wanted > till->left) {
        till->left += till->again;
        till->again = 0;
    }
    int64_t paid = wanted < till->left ? wanted : till->left;
    till->left -= paid;
    till->of_event += paid;
    return paid;
}

int64_t limits_settle(const struct limit_rule *rule, int64_t whole, struct happening *happening,
                      size_t count)
{
    assert(rule->there && whole > 0);
    struct till till = {.per_event = part_of(whole, rule->event_milli),
                        .left = part_of(whole, rule->year_milli)};
    till.again = rule->reinstated ? till.left : 0;
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        struct happening *now = &happening[i];
        assert(i == 0 || now->after_s >= happening[i - 1].after_s);
        now->paid = now->event = 0;
        if (now->raw <= 0 || now->after_s <= rule->waiting_s)
            continue;
        bool same = till.events > 0 && now->after_s - till.start_s <= rule->hours_s;
        if (!same && till.events == rule->events)
            continue;
        if (!same) {
            till.events++;
            till.start_s = now->after_s;
            till.of_event = 0;
        }
        now->event = till.events;
        now->paid = pay(&till, now->raw);
        sum += now->paid;
    }
    return sum;
}
