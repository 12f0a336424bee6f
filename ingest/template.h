#ifndef GONG_INGEST_TEMPLATE_H
#define GONG_INGEST_TEMPLATE_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

// Addresses with {YYYY} and the like in them. Pure.
//
//   {YYYY} {YY} {MM} {DD} {hh} {mm}       the step's time (UTC), or the run's
//   {JJJ} {mmmm}                          its day of the year, its minute of the day
//   {EYYYY} {EMM} {EDD} {Ehh} {Emm} {Ess} the last second before the next step
//   {lead} {lead2} {lead3}                hours after the run, with at least 1, 2 or 3 digits
//   {member} {member2} {member3}          number of the ensemble's member
//   {parameter} {PARAMETER}               what the file holds, as it is listed; in capitals
struct template_at {
    struct utc step;
    int64_t every_s;      // to the next step
    int32_t every_months; // or so many months; 0: every_s says
    int32_t lead_h, member;
    const char *parameter; // "" for none
};

// What an address asks for.
struct template_use {
    bool time, lead, member, parameter;
};

// ERR_INPUT with what is unknown or stands alone, and what to write.
MUST_USE enum err_kind template_check(struct str text, struct template_use *use, struct err *err);

// Appends the address. `text` was checked.
void template_fill(struct str text, const struct template_at *at, struct buf *out);

// What an address was filled with: the other way round. `text` was checked; `every_s` and
// `every_months` are its source's; `parameters` [parameter_count] are those that it may name,
// `*parameter` is which (0 when it names none). A number that is not in the address is 0, a day and
// a month 1. False when the address is not of this text.
struct template_names {
    char *const *at;
    size_t count;
};
bool template_match(struct str text, const char *url, int64_t every_s, int32_t every_months,
                    const struct template_names *parameters, struct template_at *out,
                    size_t *parameter);

#endif
