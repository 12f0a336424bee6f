#include "ingest/asked.h"

#include "core/mem.h"
#include "ledger/raw.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { URL_BYTES_MAX = 8192 };

static void find_wind(const struct source *source, struct asked *asked)
{
    int own = (int)asked->spot.parameter;
    for (size_t i = 0; i < source->wanted.count; i++) {
        bool east = source->parameter_of[i] == own, north = source->north_parameter_of[i] == own;
        if (source->north_parameter_of[i] < 0 || (!east && !north))
            continue;
        asked->wind = &source->wanted.at[i];
        asked->is_north = north;
        asked->other = (size_t)(east ? source->north_parameter_of[i] : source->parameter_of[i]);
    }
}

enum err_kind asked_of(const struct source *source, const char *url, struct asked *out,
                       struct err *err)
{
    struct asked asked = {.has_spot = false};
    asked.has_spot = source_locate(source, url, &asked.spot);
    if (!asked.has_spot && (source->parameter_count || source->names))
        return err_set(err, ERR_INPUT, "the address %.150s is not as \"%s\" of source %s says", url,
                       source->names ? "names" : "url", source->name);
    if (asked.has_spot && source->parameter_count)
        find_wind(source, &asked);
    *out = asked;
    return OK;
}

// All but the variables: the box, and what the address says.
static struct wanted_list head_of(const struct source *source, const struct asked *asked,
                                  const struct wanted_list *box)
{
    struct wanted_list wanted = *box;
    wanted.count = 0;
    wanted.forecast = source->wanted.forecast;
    wanted.cdf5 = source->wanted.cdf5;
    wanted.cells = source->cells ? CELLS_BESIDE : CELLS_IN_FILE;
    wanted.in_parts = true;
    wanted.has_issue = asked->has_spot && wanted.forecast;
    if (wanted.has_issue)
        wanted.issued_at = asked->spot.step;
    wanted.has_member = asked->has_spot && asked->spot.has_member;
    if (wanted.has_member)
        wanted.member = asked->spot.member;
    return wanted;
}

void asked_usual(const struct source *source, const struct asked *asked,
                 const struct wanted_list *box, struct wanted_list *out)
{
    *out = head_of(source, asked, box);
    for (size_t i = 0; i < source->wanted.count; i++) {
        if (source->parameter_of[i] < 0 || (size_t)source->parameter_of[i] == asked->spot.parameter)
            out->at[out->count++] = source->wanted.at[i];
    }
}

void asked_component(const struct source *source, const struct asked *asked,
                     const struct wanted_list *box, bool north, struct wanted_list *out)
{
    assert(asked->wind);
    *out = head_of(source, asked, box);
    struct wanted *one = &out->at[0];
    out->count = 1;
    *one = *asked->wind;
    (void)snprintf(one->variable, sizeof(one->variable), "%s", north ? "northward" : "eastward");
    if (north)
        memcpy(one->reads, asked->wind->reads_north, sizeof(one->reads));
    one->reads_north[0] = '\0';
}

enum err_kind asked_other(struct ledger *ledger, const struct source *source,
                          const struct asked *asked, int64_t position, struct raw *out,
                          struct err *err)
{
    bool found = false;
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    source_beside(source, &asked->spot, asked->other, &url);
    if (raw_partner(ledger, source->name, url.at, position, &found, out, err))
        return err_of(err);
    return found ? OK
                 : err_set(err, ERR_MISSING,
                           "one component of the wind waits for the other, %s, which has not come "
                           "yet",
                           url.at);
}
