#include "triggers/follow.h"

#include "core/mem.h"
#include "ledger/ledger.h"
#include "policies/policy.h"
#include "triggers/alert_note.h"

#include <stdio.h>
#include <string.h>

enum { NOTE_BYTES_MAX = 4096 };

struct name {
    char policy[64], commune[16];
};

// An alert on its way.
struct trail {
    struct name name;
    struct alert_state state;
    bool is_told;  // an entry told it
    bool is_blind; // one that should have did not: it is from before they did
};

struct clearing {
    int64_t seq;
    struct utc at;
    struct name name;
};

struct follow {
    struct trail **slot; // [slots] by name, NULL where there is none; at most half are taken
    size_t slots, trails;
    struct clearing *clearing;
    size_t clearings, next;
};

void follow_free(struct follow **follow)
{
    if (!*follow)
        return;
    for (size_t i = 0; i < (*follow)->slots; i++)
        mem_free(&(*follow)->slot[i]);
    mem_free(&(*follow)->slot);
    mem_free(&(*follow)->clearing);
    mem_free(follow);
}

static enum err_kind note_clearing(void *self, const struct entry *entry, struct err *err)
{
    struct follow *follow = self;
    AUTO(doc_free) struct doc *text = NULL;
    const char *policy, *commune, *at;
    struct clearing clearing = {.seq = entry->seq};
    if (doc_parse(str_of(entry->text), "an alert_clear", &text, err) ||
        doc_need_text(text, "policy", &policy, err) ||
        doc_need_text(text, "commune", &commune, err) || doc_need_text(text, "at", &at, err) ||
        utc_parse(str_of(at), &clearing.at, err))
        return err_of(err);
    (void)snprintf(clearing.name.policy, sizeof(clearing.name.policy), "%s", policy);
    (void)snprintf(clearing.name.commune, sizeof(clearing.name.commune), "%s", commune);
    follow->clearing =
        mem_resize(follow->clearing, follow->clearings + 1, sizeof(*follow->clearing));
    follow->clearing[follow->clearings++] = clearing;
    return OK;
}

enum err_kind follow_new(struct ledger *ledger, struct follow **out, struct err *err)
{
    AUTO(follow_free) struct follow *follow = mem_new(1, sizeof(*follow));
    if (ledger_walk(ledger, 1, "alert_clear", note_clearing, follow, err))
        return err_add(err, "reading who cleared alerts");
    *out = TAKE(follow);
    return OK;
}

// FNV-1a of both names.
static uint64_t number_of(const struct name *name)
{
    uint64_t number = 14695981039346656037u;
    for (const char *at = name->policy; *at; at++)
        number = (number ^ (unsigned char)*at) * 1099511628211u;
    for (const char *at = name->commune; *at; at++)
        number = (number ^ (unsigned char)*at) * 1099511628211u;
    return number ^ number >> 32;
}

// Where it is, or would be put.
static struct trail **slot_of(const struct follow *follow, const struct name *name)
{
    size_t at = number_of(name) & (follow->slots - 1);
    for (; follow->slot[at]; at = (at + 1) & (follow->slots - 1)) {
        const struct name *found = &follow->slot[at]->name;
        if (strcmp(found->commune, name->commune) == 0 && strcmp(found->policy, name->policy) == 0)
            break;
    }
    return &follow->slot[at];
}

static void widen(struct follow *follow)
{
    struct follow wide = {.slots = follow->slots ? 2 * follow->slots : 64};
    wide.slot = mem_new(wide.slots, sizeof(struct trail *));
    for (size_t i = 0; i < follow->slots; i++) {
        if (follow->slot[i])
            *slot_of(&wide, &follow->slot[i]->name) = follow->slot[i];
    }
    mem_free(&follow->slot);
    follow->slot = wide.slot;
    follow->slots = wide.slots;
}

static struct trail *trail_of(struct follow *follow, const struct name *name)
{
    if (2 * follow->trails >= follow->slots)
        widen(follow);
    struct trail **slot = slot_of(follow, name);
    if (*slot)
        return *slot;
    struct trail *trail = *slot = mem_new(1, sizeof(*trail));
    follow->trails++;
    trail->name = *name;
    trail->state = alert_state_none();
    return trail;
}

static void clear_before(struct follow *follow, int64_t seq)
{
    for (; follow->next < follow->clearings && follow->clearing[follow->next].seq < seq;
         follow->next++) {
        const struct clearing *one = &follow->clearing[follow->next];
        (void)alert_clear(&trail_of(follow, &one->name)->state, one->at);
    }
}

static bool is_same(const struct doc *a, const struct doc *b)
{
    AUTO(buf_free) struct buf one = buf_new(NOTE_BYTES_MAX), other = buf_new(NOTE_BYTES_MAX);
    if (!a || !b)
        return a == b;
    doc_canonical(a, &one);
    doc_canonical(b, &other);
    return str_same(buf_slice(&one), buf_slice(&other));
}

enum err_kind follow_take(struct follow *follow, const struct followed *one, bool *same,
                          struct err *err)
{
    struct name name;
    clear_before(follow, one->seq);
    (void)snprintf(name.policy, sizeof(name.policy), "%s", one->policy->id);
    (void)snprintf(name.commune, sizeof(name.commune), "%s", one->commune);
    struct trail *trail = trail_of(follow, &name);
    struct alert_state before = trail->state;
    const struct alert_rule rule = alert_rule_of(one->policy);
    struct alert_taken taken = alert_take(&trail->state, &one->said, &rule);
    AUTO(doc_free) struct doc *made = alert_note_doc(&before, &trail->state, &taken);
    trail->is_blind |= made && !one->note && !trail->is_told;
    trail->is_told |= one->note != NULL;
    *same = trail->is_blind || is_same(made, one->note);
    if (!trail->is_blind || !one->note)
        return OK;
    trail->is_blind = false;
    return alert_note_read(one->note, &trail->state, err);
}
