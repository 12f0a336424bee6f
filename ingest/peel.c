#include "ingest/peel.h"

#include "core/mem.h"

#include <string.h>

// Packing leaves a total at a hair below the one before it.
enum { HAIR_MILLI = 100 };

struct peel {
    const struct source *source;
    bool given_up;
    bool loaded;
    struct utc issued_at, upto; // of what is loaded
    char variable[32];
    struct readings before;
    size_t count;
    struct hash *base; // [count]
};

struct peel *peel_new(const struct source *source, bool given_up)
{
    struct peel *peel = mem_new(1, sizeof(*peel));
    peel->source = source;
    peel->given_up = given_up;
    return peel;
}

void peel_free(struct peel **peel)
{
    if (!*peel)
        return;
    readings_free(&(*peel)->before);
    mem_free(&(*peel)->base);
    mem_free(peel);
}

const struct hash *peel_bases(const struct peel *peel, size_t *count)
{
    *count = peel->count;
    return peel->base;
}

// The last stamp of the run before a time: the time of a lead. False when there is none.
static bool stamp_before(const struct source *source, struct utc issued_at, struct utc time,
                         struct utc *out)
{
    int64_t first_s = (int64_t)source->lead_first_h * HOUR_S;
    int64_t every_s = (int64_t)source->lead_every_h * HOUR_S;
    int64_t after_s = time.s - issued_at.s - first_s;
    if (after_s <= 0)
        return false;
    int64_t steps = every_s ? (after_s - 1) / every_s : 0;
    if (steps >= (int64_t)source->lead_count)
        steps = (int64_t)source->lead_count - 1;
    out->s = issued_at.s + first_s + steps * every_s;
    return true;
}

static enum err_kind load(struct peel *peel, struct ledger *ledger, const struct reading_meta *meta,
                          struct err *err)
{
    bool same = peel->loaded && peel->issued_at.s == meta->issued_at.s &&
                peel->upto.s >= meta->valid_to.s && strcmp(peel->variable, meta->variable) == 0;
    if (same)
        return OK;
    struct reading_query query = {.source = meta->source,
                                  .variable = meta->variable,
                                  .boundary_set = meta->boundary_set,
                                  .issued_at = meta->issued_at,
                                  .from = meta->issued_at,
                                  .to = meta->valid_to};
    readings_free(&peel->before);
    peel->before = (struct readings){0};
    peel->loaded = true;
    peel->issued_at = meta->issued_at;
    peel->upto = meta->valid_to;
    memcpy(peel->variable, meta->variable, sizeof(peel->variable));
    return reading_load(ledger, &query, &peel->before, err);
}

// The longest amount of the member that begins there and does not go beyond `upto`; SIZE_MAX.
static size_t next_amount(const struct readings *before, struct utc from, struct utc upto,
                          int32_t member)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < before->count; i++) {
        const struct reading_meta *one = &before->meta[i];
        bool fits = one->member == member && one->valid_from.s == from.s &&
                    one->valid_to.s > from.s && one->valid_to.s <= upto.s;
        if (fits && (found == SIZE_MAX || one->valid_to.s > before->meta[found].valid_to.s))
            found = i;
    }
    return found;
}

static void note_base(struct peel *peel, struct hash raw)
{
    for (size_t i = 0; i < peel->count; i++) {
        if (hash_same(peel->base[i], raw))
            return;
    }
    peel->base = mem_resize(peel->base, peel->count + 1, sizeof(*peel->base));
    peel->base[peel->count++] = raw;
}

// One amount off; what is not known of it is not known of the rest.
static void take_off(const struct readings *before, size_t which, int32_t *value, uint16_t *cover,
                     size_t communes)
{
    const int32_t *amount = before->value + which * before->communes;
    const uint16_t *seen = before->cover + which * before->communes;
    for (size_t c = 0; c < communes; c++) {
        bool known = value[c] != READING_NONE && amount[c] != READING_NONE;
        value[c] = known ? value[c] - amount[c] : READING_NONE;
        cover[c] = known ? (seen[c] < cover[c] ? seen[c] : cover[c]) : 0;
    }
}

static enum err_kind check_rest(const struct reading_meta *meta, int32_t *value, size_t communes,
                                struct err *err)
{
    for (size_t c = 0; c < communes; c++) {
        if (value[c] == READING_NONE || value[c] >= 0)
            continue;
        if (value[c] < -HAIR_MILLI)
            return err_set(err, ERR_INPUT,
                           "the running total up to %s is less than what fell before it, by %.3f "
                           "mm; is it one?",
                           utc_text(meta->valid_to).at, -(double)value[c] / 1000);
        value[c] = 0;
    }
    return OK;
}

enum err_kind peel_step(struct peel *peel, struct ledger *ledger, struct reading_meta *meta,
                        int32_t *value, uint16_t *cover, size_t communes, struct err *err)
{
    struct utc stamp, at = meta->valid_from;
    bool forecast = meta->issued_at.s != UTC_NEVER.s, rain = strcmp(meta->variable, "rain") == 0;
    if (!peel->source->has_leads || !forecast || !rain ||
        !stamp_before(peel->source, meta->issued_at, meta->valid_to, &stamp) ||
        stamp.s <= meta->valid_from.s)
        return OK;
    if (load(peel, ledger, meta, err))
        return err_of(err);
    // A boundary set that was imported anew under its name: what was read for the old one is no
    // use.
    bool usable = peel->before.communes == communes;
    while (at.s < stamp.s && usable) {
        size_t which = next_amount(&peel->before, at, stamp, meta->member);
        if (which == SIZE_MAX)
            break;
        take_off(&peel->before, which, value, cover, communes);
        note_base(peel, peel->before.meta[which].raw);
        at = peel->before.meta[which].valid_to;
    }
    if (at.s < stamp.s && !peel->given_up)
        return err_set(err, ERR_MISSING,
                       "the running total up to %s waits for the file up to %s, which has not been "
                       "read yet",
                       utc_text(meta->valid_to).at, utc_text(stamp).at);
    meta->valid_from = at;
    return check_rest(meta, value, communes, err);
}
