#include "ingest/doubt.h"

#include "core/mem.h"
#include "ingest/quality.h"
#include "ledger/quality.h"

#include <string.h>

enum {
    COMMUNES_MIN = 10,      // with weather, that a copy must have to be one
    RAIN_MILLI_MIN = 100,   // less is no rain to be recognised by
    GAP_S_MAX = 6 * HOUR_S, // between observations that are compared
    RUN_S_MAX = 2 * DAY_S,  // between runs that are compared
};

struct doubt {
    struct utc before; // the run before this one; UTC_NEVER: there is none
    bool looked;       // for it
    // The readings of one time of the run before, by time and by lead: members share them.
    struct utc cached;
    char cached_variable[32];
    struct readings same_time, same_lead;
};

bool doubt_lacks(const struct frame *frame, size_t members)
{
    size_t found = 0;
    for (size_t i = 0; i < frame->count; i++)
        found += strcmp(frame->step[i].variable, frame->step[0].variable) == 0 &&
                 frame->step[i].valid_to.s == frame->step[0].valid_to.s &&
                 frame->step[i].issued_at.s == frame->step[0].issued_at.s;
    return members > 0 && found < members;
}

struct doubt *doubt_new(void)
{
    struct doubt *doubt = mem_new(1, sizeof(*doubt));
    doubt->before = doubt->cached = UTC_NEVER;
    return doubt;
}

void doubt_free(struct doubt **doubt)
{
    if (!*doubt)
        return;
    readings_free(&(*doubt)->same_time);
    readings_free(&(*doubt)->same_lead);
    mem_free(doubt);
}

// What is doubtful in a cell is so in every commune that it weighs in.
void doubt_cells(const struct frame *frame, const struct frame *before,
                 const struct weights *weights, uint8_t *flag)
{
    AUTO(mem_drop) uint8_t *all = mem_new(frame->count * weights->cells + 1, 1);
    quality_of(frame, before, all);
    for (size_t i = 0; i < frame->count; i++) {
        const uint8_t *cell = all + i * weights->cells;
        uint8_t *mine = flag + i * weights->communes;
        for (size_t c = 0; c < weights->communes; c++) {
            mine[c] = 0;
            for (size_t k = weights->start[c]; k < weights->start[c + 1]; k++)
                mine[c] |= cell[weights->cell[k]];
        }
    }
}

static bool has_weather(const struct reading *reading)
{
    size_t count = 0;
    bool rain = strcmp(reading->meta.variable, "rain") == 0;
    for (size_t c = 0; c < reading->communes; c++)
        count += reading->value[c] != READING_NONE && (!rain || reading->value[c] > RAIN_MILLI_MIN);
    return count >= COMMUNES_MIN;
}

// Whether one of them says the same of every commune, of the same member.
static bool is_copy(const struct reading *reading, const struct readings *of)
{
    for (size_t i = 0; i < of->count && of->communes == reading->communes; i++) {
        if (of->meta[i].member == reading->meta.member &&
            memcmp(&of->value[i * of->communes], reading->value,
                   reading->communes * sizeof(*reading->value)) == 0)
            return true;
    }
    return false;
}

static struct reading_query query_of(const struct reading *reading)
{
    return (struct reading_query){
        .source = reading->meta.source,
        .variable = reading->meta.variable,
        .boundary_set = reading->meta.boundary_set,
        .issued_at = reading->meta.issued_at,
    };
}

static enum err_kind load_at(struct ledger *ledger, struct reading_query query, struct utc run,
                             int64_t valid_to_s, struct readings *out, struct err *err)
{
    query.issued_at = run;
    query.from.s = valid_to_s - 1;
    query.to.s = valid_to_s;
    readings_free(out);
    return reading_load(ledger, &query, out, err);
}

static enum err_kind find_run_before(struct doubt *doubt, struct ledger *ledger,
                                     const struct reading *reading, struct err *err)
{
    struct reading_query query = query_of(reading);
    AUTO(mem_drop) struct utc *runs = NULL;
    size_t count = 0;
    if (doubt->looked)
        return OK;
    query.from.s = reading->meta.issued_at.s - RUN_S_MAX;
    if (reading_runs(ledger, &query, &runs, &count, err))
        return err_of(err);
    for (size_t i = 0; i < count; i++) {
        if (runs[i].s < reading->meta.issued_at.s)
            doubt->before = runs[i];
    }
    doubt->looked = true;
    return OK;
}

static enum err_kind of_run(struct doubt *doubt, struct ledger *ledger,
                            const struct reading *reading, bool *is_repeated, struct err *err)
{
    const struct reading_meta *meta = &reading->meta;
    *is_repeated = false;
    if (find_run_before(doubt, ledger, reading, err))
        return err_of(err);
    if (doubt->before.s == UTC_NEVER.s)
        return OK;
    bool cached =
        doubt->cached.s == meta->valid_to.s && strcmp(doubt->cached_variable, meta->variable) == 0;
    struct reading_query query = query_of(reading);
    int64_t lead_s = meta->valid_to.s - meta->issued_at.s;
    if (!cached &&
        (load_at(ledger, query, doubt->before, meta->valid_to.s, &doubt->same_time, err) ||
         load_at(ledger, query, doubt->before, doubt->before.s + lead_s, &doubt->same_lead, err)))
        return err_of(err);
    doubt->cached = meta->valid_to;
    memcpy(doubt->cached_variable, meta->variable, sizeof(doubt->cached_variable));
    *is_repeated = is_copy(reading, &doubt->same_time) || is_copy(reading, &doubt->same_lead);
    return OK;
}

static enum err_kind of_observation(struct ledger *ledger, const struct reading *reading,
                                    bool *is_frozen, struct err *err)
{
    struct reading_query query = query_of(reading);
    AUTO(readings_free) struct readings before = {0};
    query.from.s = reading->meta.valid_from.s - GAP_S_MAX;
    query.to = reading->meta.valid_from;
    if (reading->meta.valid_from.s == reading->meta.valid_to.s)
        query.to.s--; // of moments: the last one before
    *is_frozen = false;
    if (reading->meta.valid_to.s - reading->meta.valid_from.s > GAP_S_MAX)
        return OK;
    if (reading_load(ledger, &query, &before, err))
        return err_of(err);
    while (before.count > 1) { // only the last one
        size_t last = before.count - 1;
        before.meta[0] = before.meta[last];
        memmove(before.value, &before.value[last * before.communes],
                before.communes * sizeof(*before.value));
        before.count = 1;
    }
    *is_frozen = is_copy(reading, &before);
    return OK;
}

enum err_kind doubt_step(struct doubt *doubt, struct ledger *ledger, const struct reading *reading,
                         uint8_t *flag, struct err *err)
{
    bool is_copied = false, forecast = reading->meta.issued_at.s != UTC_NEVER.s;
    if (!has_weather(reading))
        return OK;
    if (forecast ? of_run(doubt, ledger, reading, &is_copied, err)
                 : of_observation(ledger, reading, &is_copied, err))
        return err_add(err, "comparing a step with what was there before");
    for (size_t c = 0; is_copied && c < reading->communes; c++)
        flag[c] |= forecast ? QUALITY_REPEATED : QUALITY_FROZEN;
    return OK;
}
