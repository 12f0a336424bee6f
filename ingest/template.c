#include "ingest/template.h"

#include "core/mem.h"

#include <string.h>

struct slot {
    const char *name;
    int width;
    enum {
        SLOT_YEAR,
        SLOT_MONTH,
        SLOT_DAY,
        SLOT_HOUR,
        SLOT_MINUTE,
        SLOT_SECOND,
        SLOT_DAY_OF_YEAR,
        SLOT_MINUTE_OF_DAY,
        SLOT_YEAR_SHORT,
        SLOT_LEAD,
        SLOT_MEMBER,
    } what;
    bool of_end;
};
static const struct slot slots[] = {
    {"YYYY", 4, SLOT_YEAR, false},       {"YY", 2, SLOT_YEAR_SHORT, false},
    {"MM", 2, SLOT_MONTH, false},        {"DD", 2, SLOT_DAY, false},
    {"hh", 2, SLOT_HOUR, false},         {"mm", 2, SLOT_MINUTE, false},
    {"JJJ", 3, SLOT_DAY_OF_YEAR, false}, {"mmmm", 4, SLOT_MINUTE_OF_DAY, false},
    {"EYYYY", 4, SLOT_YEAR, true},       {"EMM", 2, SLOT_MONTH, true},
    {"EDD", 2, SLOT_DAY, true},          {"Ehh", 2, SLOT_HOUR, true},
    {"Emm", 2, SLOT_MINUTE, true},       {"Ess", 2, SLOT_SECOND, true},
    {"lead", 1, SLOT_LEAD, false},       {"lead2", 2, SLOT_LEAD, false},
    {"lead3", 3, SLOT_LEAD, false},      {"member", 1, SLOT_MEMBER, false},
    {"member2", 2, SLOT_MEMBER, false},  {"member3", 3, SLOT_MEMBER, false},
};

static const struct slot *find_slot(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(slots); i++) {
        if (str_is(name, slots[i].name))
            return &slots[i];
    }
    return NULL;
}

// Takes text up to the next "{...}"; `slot` is what stands in it, {NULL, 0} at the end.
static struct str take_piece(struct str *rest, struct str *slot)
{
    struct str piece = *rest;
    *slot = (struct str){NULL, 0};
    const char *open = rest->len ? memchr(rest->at, '{', rest->len) : NULL;
    const char *close = open ? memchr(open, '}', rest->len - (size_t)(open - rest->at)) : NULL;
    if (!close) {
        *rest = (struct str){rest->at + rest->len, 0};
        return piece;
    }
    piece.len = (size_t)(open - rest->at);
    *slot = (struct str){open + 1, (size_t)(close - open) - 1};
    size_t used = (size_t)(close + 1 - rest->at);
    *rest = (struct str){close + 1, rest->len - used};
    return piece;
}

static int slot_value(const struct slot *slot, const struct template_at *at)
{
    int64_t until_s = slot->of_end ? at->every_s - 1 : 0;
    struct civil time = utc_civil((struct utc){at->step.s + until_s});
    switch (slot->what) {
    case SLOT_YEAR:
        return time.year;
    case SLOT_YEAR_SHORT:
        return time.year % 100;
    case SLOT_MONTH:
        return time.month;
    case SLOT_DAY:
        return time.day;
    case SLOT_HOUR:
        return time.hour;
    case SLOT_MINUTE:
        return time.minute;
    case SLOT_SECOND:
        return time.second;
    case SLOT_DAY_OF_YEAR:
        return date_day_of_year(time);
    case SLOT_LEAD:
        return at->lead_h;
    case SLOT_MEMBER:
        return at->member;
    case SLOT_MINUTE_OF_DAY:
        break;
    }
    return time.hour * 60 + time.minute;
}

enum err_kind template_check(struct str text, struct template_use *use, struct err *err)
{
    struct template_use found = {0};
    struct str name;
    while (text.len) {
        struct str piece = take_piece(&text, &name);
        if (memchr(piece.at, '{', piece.len) || memchr(piece.at, '}', piece.len))
            return err_set(err, ERR_INPUT, "a \"{\" or \"}\" stands alone");
        if (!name.at)
            continue;
        const struct slot *slot = find_slot(name);
        if (!slot)
            return err_set(err, ERR_INPUT,
                           "{" STR_FMT "} is unknown; write {YYYY} {YY} {MM} {DD} {hh} {mm} {JJJ} "
                           "{mmmm}, {EYYYY} {EMM} {EDD} {Ehh} {Emm} {Ess}, {lead} {lead2} {lead3} "
                           "or {member} {member2} {member3}",
                           STR_ARG(name));
        found.lead = found.lead || slot->what == SLOT_LEAD;
        found.member = found.member || slot->what == SLOT_MEMBER;
        found.time = found.time || (slot->what != SLOT_LEAD && slot->what != SLOT_MEMBER);
    }
    *use = found;
    return OK;
}

void template_fill(struct str text, const struct template_at *at, struct buf *out)
{
    struct str name;
    while (text.len) {
        buf_str(out, take_piece(&text, &name));
        const struct slot *slot = name.at ? find_slot(name) : NULL;
        if (slot)
            buf_print(out, "%0*d", slot->width, slot_value(slot, at));
    }
}
