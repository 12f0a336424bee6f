#include "triggers/grounds.h"

#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/station.h"
#include "policies/calendar.h"
#include "policies/policy.h"
#include "triggers/area_look.h"
#include "triggers/looks.h"
#include "triggers/near.h"
#include "triggers/storm.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void grounds_free(struct grounds *grounds)
{
    readings_free(&grounds->readings);
    tracks_free(&grounds->tracks);
    looks_free(&grounds->looks);
}

void grounds_station_tag(const struct policy *policy, const char *station,
                         char out[GROUNDS_TAG_SIZE])
{
    size_t i = 0;
    if (strcmp(policy->station, station) != 0) {
        while (i < policy->parts && strcmp(policy->part[i].station, station) != 0)
            i++;
        assert(i < policy->parts);
        i++;
    }
    (void)snprintf(out, GROUNDS_TAG_SIZE, "@station %zu", i);
}

// --- what a policy looks at

// One stretch of readings that a policy looks at.
struct input {
    const char *source, *variable;
    const char *station; // "" the communes
    struct utc issued_at, from, to;
    bool substitute; // only for what is missing elsewhere: nobody waits for it
};
enum { INPUTS_MAX = 2 * PARTS_MAX + MODELS_MAX + SUBSTITUTES_MAX + 3 };
struct inputs {
    struct input at[INPUTS_MAX];
    size_t count;
};

// Parts that look at the same readings share them: of each source and variable the widest stretch.
static void need(struct inputs *inputs, struct input input)
{
    for (size_t i = 0; i < inputs->count; i++) {
        struct input *other = &inputs->at[i];
        if (strcmp(other->source, input.source) != 0 ||
            strcmp(other->variable, input.variable) != 0 ||
            strcmp(other->station, input.station) != 0)
            continue;
        if (input.from.s < other->from.s)
            other->from = input.from;
        if (input.to.s > other->to.s)
            other->to = input.to;
        return;
    }
    assert(inputs->count < INPUTS_MAX);
    inputs->at[inputs->count++] = input;
}

// A look needs the distance as well when it is the wind of storms that are near.
static void need_look(struct inputs *inputs, struct input input, const struct index_rule *index)
{
    need(inputs, input);
    if (index->take != INDEX_STORM)
        return;
    input.variable = "storm_distance";
    need(inputs, input);
}

static void need_parts(struct inputs *inputs, const struct policy *policy,
                       const struct occasion *occasion, const struct input *own)
{
    for (size_t i = 0; i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        struct input input = *own;
        input.source = part->source;
        input.variable = part->variable;
        input.station = part->station;
        struct utc from = input.from;
        if (policy->stages)
            calendar_stage(policy, part, occasion->as_of, &from, &input.to);
        if (policy->stages && part->watch == WATCH_OBSERVATION) {
            input.issued_at = UTC_NEVER;
            input.from = from;
        }
        need_look(inputs, input, &part->index);
    }
}

static struct inputs inputs_of(const struct policy *policy, const struct occasion *occasion)
{
    bool forecast = policy->kind == POLICY_ALERT && policy->watch == WATCH_FORECAST;
    struct occasion window = policy_window(&policy->index, occasion);
    struct inputs inputs = {0};
    struct input own = {.source = policy->source,
                        .variable = policy->variable,
                        .station = policy->station,
                        .issued_at = forecast ? occasion->as_of : UTC_NEVER,
                        .from = window.from,
                        .to = window.to};
    if (!policy->stages)
        need_look(&inputs, own, &policy->index);
    need_parts(&inputs, policy, occasion, &own);
    for (size_t i = 0; i < policy->substitutes; i++) {
        struct input input = own;
        input.source = policy->substitute[i].source;
        input.substitute = true;
        if (policy->substitute[i].rung == RUNG_SOURCE)
            need(&inputs, input);
    }
    for (size_t i = 0; i < policy->ensemble.models; i++) {
        struct input input = own;
        input.source = policy->ensemble.model[i].source;
        need(&inputs, input);
    }
    return inputs;
}

bool grounds_wants_shapes(const struct policy *policy)
{
    bool has = storm_is_variable(policy->variable) || substitute_of(policy, RUNG_NEIGHBOURS);
    for (size_t i = 0; i < policy->parts && !has; i++)
        has = storm_is_variable(policy->part[i].variable);
    return has;
}

static struct reading_query query_of(const struct policy *policy, const struct input *input)
{
    return (struct reading_query){.source = input->source,
                                  .variable = input->variable,
                                  .boundary_set = policy->boundary_set,
                                  .issued_at = input->issued_at,
                                  .from = input->from,
                                  .to = input->to};
}

bool grounds_are_one(const struct policy *policy, const struct occasion *occasion,
                     struct reading_query *out)
{
    if (policy->parts || policy->substitutes || policy->ensemble.models || policy->index.share ||
        policy->station[0] || grounds_wants_shapes(policy))
        return false;
    const struct inputs inputs = inputs_of(policy, occasion);
    *out = query_of(policy, &inputs.at[0]);
    return inputs.count == 1;
}

// --- readings of communes and gauges

// Appends `more`, which is emptied.
static void append(struct readings *all, struct readings *more)
{
    size_t count = all->count + more->count, communes = more->communes;
    if (more->count == 0)
        return;
    if (all->count == 0) {
        readings_free(all);
        *all = MOVE(*more);
        return;
    }
    assert(all->communes == communes);
    all->meta = mem_resize(all->meta, count, sizeof(*all->meta));
    all->hash = mem_resize(all->hash, count, sizeof(*all->hash));
    all->value = mem_resize(all->value, count * communes, sizeof(*all->value));
    all->cover = mem_resize(all->cover, count * communes, sizeof(*all->cover));
    memcpy(all->meta + all->count, more->meta, more->count * sizeof(*all->meta));
    memcpy(all->hash + all->count, more->hash, more->count * sizeof(*all->hash));
    memcpy(all->value + all->count * communes, more->value,
           more->count * communes * sizeof(*all->value));
    memcpy(all->cover + all->count * communes, more->cover,
           more->count * communes * sizeof(*all->cover));
    all->count = count;
}

// What a gauge measured, for every commune.
static void spread(const struct policy *policy, const char *station, size_t communes,
                   struct readings *readings)
{
    char tag[GROUNDS_TAG_SIZE];
    struct readings wide = {.count = readings->count, .communes = communes};
    grounds_station_tag(policy, station, tag);
    if (readings->count == 0)
        return;
    wide.value = mem_new(readings->count * communes, sizeof(*wide.value));
    wide.cover = mem_new(readings->count * communes, sizeof(*wide.cover));
    for (size_t i = 0; i < readings->count; i++) {
        memcpy(readings->meta[i].boundary_set, tag, sizeof(tag));
        for (size_t c = 0; c < communes; c++) {
            wide.value[i * communes + c] = readings->value[i];
            wide.cover[i * communes + c] = readings->cover[i];
        }
    }
    wide.meta = TAKE(readings->meta);
    wide.hash = TAKE(readings->hash);
    readings_free(readings);
    *readings = wide;
}

static enum err_kind load_input(struct ledger *ledger, const struct policy *policy,
                                const struct input *input, const struct boundary_set *set,
                                struct readings *all, struct err *err)
{
    AUTO(readings_free) struct readings more = {0};
    struct reading_query query = query_of(policy, input);
    struct station_choice choice = {input->source, &input->station, 1};
    if (input->station[0] ? station_load(ledger, &choice, &query, &more, err)
                          : reading_load(ledger, &query, &more, err))
        return err_of(err);
    if (input->station[0])
        spread(policy, input->station, set->count, &more);
    append(all, &more);
    return OK;
}

// --- readings made of tracks

static bool same_run(const struct track *track, const struct input *input)
{
    return strcmp(track->source, input->source) == 0 && track->issued_at.s == input->issued_at.s;
}

// Makes the readings of every storm source out of the tracks that are there.
static enum err_kind make_storms(const struct policy *policy, const struct occasion *occasion,
                                 const struct boundary_set *set, struct grounds *grounds,
                                 struct err *err)
{
    const struct inputs inputs = inputs_of(policy, occasion);
    const struct index_rule *index = &policy->index;
    struct storm_box box = {index->box_milli[0], index->box_milli[1], index->box_milli[2],
                            index->box_milli[3]};
    AUTO(mem_drop) struct storm_point *point = NULL;
    if (near_centres(set, &point, err))
        return err_of(err);
    for (size_t i = 0; i < inputs.count; i++) {
        const struct input *input = &inputs.at[i];
        bool done = !storm_is_variable(input->variable);
        struct storm_query query = {input->source,
                                    input->issued_at,
                                    input->from,
                                    input->to,
                                    occasion->as_of.s > occasion->to.s,
                                    index->has_box ? &box : NULL,
                                    point,
                                    set->count};
        for (size_t k = 0; k < inputs.count; k++) { // both variables are made at once
            const struct input *other = &inputs.at[k];
            if (!storm_is_variable(other->variable) || strcmp(other->source, input->source) != 0)
                continue;
            done = done || k < i;
            query.from.s = other->from.s < query.from.s ? other->from.s : query.from.s;
            query.to.s = other->to.s > query.to.s ? other->to.s : query.to.s;
        }
        if (done)
            continue;
        struct tracks some = {mem_new(grounds->tracks.count + 1, sizeof(*some.at)), 0};
        for (size_t t = 0; t < grounds->tracks.count; t++) {
            if (same_run(&grounds->tracks.at[t], input))
                some.at[some.count++] = grounds->tracks.at[t]; // borrowed
        }
        storm_readings(&some, &query, &grounds->readings);
        mem_free(&some.at);
    }
    return OK;
}

static void move_tracks(struct tracks *all, struct tracks *more)
{
    if (more->count == 0)
        return;
    all->at = mem_resize(all->at, all->count + more->count, sizeof(*all->at));
    for (size_t i = 0; i < more->count; i++) {
        bool seen = false;
        for (size_t k = 0; k < all->count && !seen; k++)
            seen = hash_same(all->at[k].hash, more->at[i].hash);
        if (seen)
            track_free(&more->at[i]);
        else
            all->at[all->count++] = more->at[i];
    }
    mem_free(&more->at);
    more->count = 0;
}

// The tracks of a window; of best tracks the one as well that shows how far the source has come, of
// a forecast all of the run.
static enum err_kind load_tracks(struct ledger *ledger, const struct input *input,
                                 struct tracks *out, struct err *err)
{
    AUTO(tracks_free) struct tracks more = {0}, bound = {0};
    bool best = input->issued_at.s == UTC_NEVER.s;
    struct track_query query = {input->source, input->issued_at,
                                best ? input->from : (struct utc){INT64_MIN + 1},
                                best ? input->to : (struct utc){INT64_MAX}};
    if (track_load(ledger, &query, &more, err) ||
        (best && track_bound(ledger, &query, &bound, err)))
        return err_of(err);
    move_tracks(out, &more);
    move_tracks(out, &bound);
    return OK;
}

// What is known of the communes beside each other: a share is of those of the policy's area; whose
// neighbours fill what one lacks.
static enum err_kind place_communes(const struct policy *policy, const struct boundary_set *set,
                                    struct readings *readings, struct err *err)
{
    const struct substitute *near = substitute_of(policy, RUNG_NEIGHBOURS);
    if (readings->communes != set->count)
        return OK;
    if (near) {
        readings->near_count = (size_t)near->neighbours;
        if (near_find(set, readings->near_count, near->within_milli, &readings->near, err))
            return err_of(err);
    }
    if (!policy->index.share)
        return OK;
    readings->memo = mem_new(1, area_look_memo_size());
    readings->counted = mem_new(set->count + 1, sizeof(*readings->counted));
    for (size_t c = 0; c < set->count; c++)
        readings->counted[c] = area_holds(&policy->area, set->commune[c].code, set->commune[c].zone,
                                          set->commune[c].former);
    return OK;
}

// --- all

enum err_kind grounds_load(struct ledger *ledger, const struct policy *policy,
                           const struct occasion *occasion, const struct boundary_set *set,
                           struct grounds *out, struct err *err)
{
    const struct inputs inputs = inputs_of(policy, occasion);
    AUTO(grounds_free) struct grounds grounds = {0};
    for (size_t i = 0; i < inputs.count; i++) {
        const struct input *input = &inputs.at[i];
        if (storm_is_variable(input->variable)
                ? load_tracks(ledger, input, &grounds.tracks, err)
                : load_input(ledger, policy, input, set, &grounds.readings, err))
            return err_of(err);
    }
    if ((grounds.tracks.count && make_storms(policy, occasion, set, &grounds, err)) ||
        place_communes(policy, set, &grounds.readings, err))
        return err_of(err);
    *out = MOVE(grounds);
    return OK;
}

enum err_kind grounds_names(const struct doc *list, struct hash **out, size_t *count,
                            struct err *err)
{
    *count = doc_count(list);
    AUTO(mem_drop) struct hash *names = mem_new(*count + 1, sizeof(*names));
    for (size_t i = 0; i < *count; i++) {
        if (hash_parse(str_of(doc_text(doc_at(list, i), "")), &names[i], err))
            return err_of(err);
    }
    *out = TAKE(names);
    return OK;
}

// The readings of each gauge stand as a list under the gauge's tag.
static enum err_kind load_stations(struct ledger *ledger, const struct policy *policy,
                                   const struct boundary_set *set, const struct doc *listed,
                                   struct readings *all, struct err *err)
{
    struct inputs inputs = inputs_of(policy, &(struct occasion){0});
    for (size_t i = 0; i < inputs.count; i++) {
        const struct input *input = &inputs.at[i];
        char tag[GROUNDS_TAG_SIZE];
        AUTO(readings_free) struct readings more = {0};
        AUTO(mem_drop) struct hash *names = NULL;
        AUTO(buf_free) struct buf key = buf_new(200);
        struct station_choice choice = {input->source, &input->station, 1};
        size_t count;
        if (!input->station[0])
            continue;
        grounds_station_tag(policy, input->station, tag);
        buf_print(&key, "%s %s %s", tag, input->source, input->variable);
        if (grounds_names(doc_get(listed, key.at), &names, &count, err) ||
            station_load_named(ledger, &choice, names, count, &more, err))
            return err_of(err);
        spread(policy, input->station, set->count, &more);
        append(all, &more);
    }
    return OK;
}

enum err_kind grounds_named(struct ledger *ledger, const struct policy *policy,
                            const struct occasion *occasion, const struct boundary_set *set,
                            const struct doc *inputs, struct grounds *out, struct err *err)
{
    AUTO(grounds_free) struct grounds grounds = {0};
    AUTO(mem_drop) struct hash *names = NULL;
    AUTO(mem_drop) struct hash *tracks = NULL;
    size_t count, track_count;
    if (grounds_names(doc_get(inputs, "readings"), &names, &count, err) ||
        grounds_names(doc_get(inputs, "tracks"), &tracks, &track_count, err) ||
        reading_load_named(ledger, names, count, &grounds.readings, err) ||
        track_load_named(ledger, tracks, track_count, &grounds.tracks, err) ||
        load_stations(ledger, policy, set, doc_get(inputs, "stations"), &grounds.readings, err) ||
        (track_count && make_storms(policy, occasion, set, &grounds, err)) ||
        place_communes(policy, set, &grounds.readings, err))
        return err_of(err);
    *out = MOVE(grounds);
    return OK;
}

enum err_kind grounds_complete(const struct policy *policy, const struct occasion *occasion,
                               const struct boundary_set *set, struct grounds *grounds,
                               struct err *err)
{
    if ((grounds->tracks.count && make_storms(policy, occasion, set, grounds, err)) ||
        place_communes(policy, set, &grounds->readings, err))
        return err_of(err);
    return OK;
}

static bool is_whole(const struct readings *readings, const struct input *input)
{
    struct utc at = input->from;
    for (size_t i = 0; i < readings->count; i++) {
        const struct reading_meta *meta = &readings->meta[i];
        if (strcmp(meta->source, input->source) != 0 ||
            strcmp(meta->variable, input->variable) != 0)
            continue;
        if (meta->valid_from.s <= at.s && meta->valid_to.s > at.s)
            at = meta->valid_to;
    }
    return at.s >= input->to.s;
}

bool grounds_whole(const struct policy *policy, const struct readings *readings,
                   const struct occasion *occasion)
{
    const struct inputs inputs = inputs_of(policy, occasion);
    for (size_t i = 0; i < inputs.count; i++) {
        if (!inputs.at[i].substitute && !is_whole(readings, &inputs.at[i]))
            return false;
    }
    return true;
}

struct hash grounds_basis(const struct grounds *grounds)
{
    struct hash basis = readings_basis(&grounds->readings);
    for (size_t i = 0; i < grounds->tracks.count; i++)
        basis = hash_of_pair(basis,
                             (struct str){(const char *)grounds->tracks.at[i].hash.at, HASH_SIZE});
    return basis;
}

// --- in words of the ledger

static void push_new(struct doc *list, struct hash hash)
{
    struct hash_hex hex = hash_hex(hash);
    size_t count = doc_count(list);
    // Members and neighbouring steps share a file: the match is nearly always among the last.
    for (size_t i = count; i > 0; i--) {
        if (strcmp(doc_text(doc_at(list, i - 1), ""), hex.at) == 0)
            return;
    }
    doc_push_text(list, hex.at);
}

// The names of a gauge's readings, under its tag, source and variable.
static void put_gauge(const struct readings *readings, size_t first, struct doc *stations)
{
    const struct reading_meta *own = &readings->meta[first];
    AUTO(buf_free) struct buf key = buf_new(200);
    buf_print(&key, "%s %s %s", own->boundary_set, own->source, own->variable);
    if (doc_get(stations, key.at))
        return;
    struct doc *list = doc_array();
    for (size_t i = first; i < readings->count; i++) {
        const struct reading_meta *meta = &readings->meta[i];
        if (strcmp(meta->boundary_set, own->boundary_set) == 0 &&
            strcmp(meta->source, own->source) == 0 && strcmp(meta->variable, own->variable) == 0)
            doc_push_text(list, hash_hex(readings->hash[i]).at);
    }
    doc_put(stations, key.at, list);
}

void grounds_list(const struct grounds *grounds, struct doc *inputs)
{
    const struct readings *readings = &grounds->readings;
    struct doc *named = doc_array(), *raw = doc_array(), *weights = doc_array();
    struct doc *stations = doc_object(), *tracks = doc_array();
    for (size_t i = 0; i < readings->count; i++) {
        const struct reading_meta *meta = &readings->meta[i];
        if (strcmp(meta->boundary_set, STORM_SET) == 0)
            continue;
        if (meta->boundary_set[0] == '@')
            put_gauge(readings, i, stations);
        else
            doc_push_text(named, hash_hex(readings->hash[i]).at);
        push_new(raw, meta->raw);
        push_new(weights, meta->weights);
    }
    for (size_t i = 0; i < grounds->tracks.count; i++) {
        doc_push_text(tracks, hash_hex(grounds->tracks.at[i].hash).at);
        push_new(raw, grounds->tracks.at[i].raw);
    }
    doc_put(inputs, "readings", named);
    doc_put(inputs, "raw", raw);
    doc_put(inputs, "weights", weights);
    if (doc_count(tracks))
        doc_put(inputs, "tracks", TAKE(tracks));
    if (doc_count(stations))
        doc_put(inputs, "stations", TAKE(stations));
    doc_free(&tracks);
    doc_free(&stations);
}
