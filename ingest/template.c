#include "ingest/template.h"

#include "core/mem.h"

#include <string.h>

enum { WORD_MAX = 128 };

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
        SLOT_PARAMETER,
        SLOT_PARAMETER_CAPITAL,
    } what;
    bool of_end;
};
static const struct slot slots[] = {
    {"YYYY", 4, SLOT_YEAR, false},
    {"YY", 2, SLOT_YEAR_SHORT, false},
    {"MM", 2, SLOT_MONTH, false},
    {"DD", 2, SLOT_DAY, false},
    {"hh", 2, SLOT_HOUR, false},
    {"mm", 2, SLOT_MINUTE, false},
    {"JJJ", 3, SLOT_DAY_OF_YEAR, false},
    {"mmmm", 4, SLOT_MINUTE_OF_DAY, false},
    {"EYYYY", 4, SLOT_YEAR, true},
    {"EMM", 2, SLOT_MONTH, true},
    {"EDD", 2, SLOT_DAY, true},
    {"Ehh", 2, SLOT_HOUR, true},
    {"Emm", 2, SLOT_MINUTE, true},
    {"Ess", 2, SLOT_SECOND, true},
    {"lead", 1, SLOT_LEAD, false},
    {"lead2", 2, SLOT_LEAD, false},
    {"lead3", 3, SLOT_LEAD, false},
    {"member", 1, SLOT_MEMBER, false},
    {"member2", 2, SLOT_MEMBER, false},
    {"member3", 3, SLOT_MEMBER, false},
    {"parameter", 0, SLOT_PARAMETER, false},
    {"PARAMETER", 0, SLOT_PARAMETER_CAPITAL, false},
};

static bool is_word(const struct slot *slot)
{
    return slot->what == SLOT_PARAMETER || slot->what == SLOT_PARAMETER_CAPITAL;
}

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
    struct utc next = at->every_months ? date_months_on(at->step, at->every_months)
                                       : (struct utc){at->step.s + at->every_s};
    struct civil time = utc_civil(slot->of_end ? (struct utc){next.s - 1} : at->step);
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
    case SLOT_PARAMETER:
    case SLOT_PARAMETER_CAPITAL:
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
                           "{mmmm}, {EYYYY} {EMM} {EDD} {Ehh} {Emm} {Ess}, {lead} {lead2} "
                           "{lead3}, {member} {member2} {member3} or {parameter} {PARAMETER}",
                           STR_ARG(name));
        found.lead = found.lead || slot->what == SLOT_LEAD;
        found.member = found.member || slot->what == SLOT_MEMBER;
        found.parameter = found.parameter || is_word(slot);
        found.time =
            found.time || (slot->what != SLOT_LEAD && slot->what != SLOT_MEMBER && !is_word(slot));
    }
    *use = found;
    return OK;
}

// As it is listed, or in capitals (ASCII).
static void put_word(const struct slot *slot, const char *word, struct buf *out)
{
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (; *word; word++) {
        bool small = *word >= 'a' && *word <= 'z';
        bool raise = small && slot->what == SLOT_PARAMETER_CAPITAL;
        buf_add(out, raise ? &capitals[*word - 'a'] : word, 1);
    }
}

void template_fill(struct str text, const struct template_at *at, struct buf *out)
{
    struct str name;
    while (text.len) {
        buf_str(out, take_piece(&text, &name));
        const struct slot *slot = name.at ? find_slot(name) : NULL;
        if (slot && is_word(slot))
            put_word(slot, at->parameter, out);
        else if (slot)
            buf_print(out, "%0*d", slot->width, slot_value(slot, at));
    }
}

// --- the other way round
// -----------------------------------------------------------------------------

// What stands in an address.
struct found {
    struct civil time;
    int day_of_year, minute_of_day; // -1: not said
    int lead_h, member;
    size_t parameter;
};

static void keep_number(const struct slot *slot, int number, struct found *found)
{
    int *const places[] = {
        [SLOT_YEAR] = &found->time.year,
        [SLOT_MONTH] = &found->time.month,
        [SLOT_DAY] = &found->time.day,
        [SLOT_HOUR] = &found->time.hour,
        [SLOT_MINUTE] = &found->time.minute,
        [SLOT_SECOND] = &found->time.second,
        [SLOT_DAY_OF_YEAR] = &found->day_of_year,
        [SLOT_MINUTE_OF_DAY] = &found->minute_of_day,
        [SLOT_YEAR_SHORT] = &found->time.year,
        [SLOT_LEAD] = &found->lead_h,
        [SLOT_MEMBER] = &found->member,
    };
    if (!slot->of_end) // the end follows from the beginning
        *places[slot->what] = slot->what == SLOT_YEAR_SHORT ? 2000 + number : number;
}

// Takes the digits of a slot: as many as it is wide; a lead or a member may have more.
static bool take_number(const struct slot *slot, const char **url, struct found *found)
{
    bool wider = slot->what == SLOT_LEAD || slot->what == SLOT_MEMBER;
    int number = 0, digits = 0;
    for (; **url >= '0' && **url <= '9' && digits < (wider ? 6 : slot->width); digits++)
        number = number * 10 + *(*url)++ - '0';
    keep_number(slot, number, found);
    return digits >= slot->width;
}

// The longest of the words that stands here.
static bool take_word(const struct slot *slot, const struct template_names *parameters,
                      const char **url, struct found *found)
{
    size_t longest = 0;
    for (size_t i = 0; i < parameters->count; i++) {
        AUTO(buf_free) struct buf word = buf_new(WORD_MAX);
        put_word(slot, parameters->at[i], &word);
        if (word.len > longest && strncmp(*url, word.at, word.len) == 0) {
            longest = word.len;
            found->parameter = i;
        }
    }
    *url += longest;
    return longest > 0;
}

static struct utc step_of(const struct found *found)
{
    struct utc day = utc_of_civil(found->time);
    if (found->day_of_year > 0)
        day.s += (int64_t)(found->day_of_year - 1) * DAY_S;
    if (found->minute_of_day > 0)
        day.s += (int64_t)found->minute_of_day * 60;
    return day;
}

// The step that the first times of an address name; then the address must come out of it again.
static bool comes_out(struct str text, const char *url, const struct template_at *at)
{
    AUTO(buf_free) struct buf again = buf_new(strlen(url) + WORD_MAX);
    template_fill(text, at, &again);
    return again.len && strcmp(again.at, url) == 0;
}

bool template_match(struct str text, const char *url, int64_t every_s, int32_t every_months,
                    const struct template_names *parameters, struct template_at *out,
                    size_t *parameter)
{
    const char *at = url;
    struct str rest = text, name;
    struct found found = {.time = {.year = 1970, .month = 1, .day = 1}};
    bool has_month = false;
    found.day_of_year = found.minute_of_day = -1;
    while (rest.len) {
        struct str piece = take_piece(&rest, &name);
        if (strncmp(at, piece.at, piece.len) != 0)
            return false;
        at += piece.len;
        const struct slot *slot = name.at ? find_slot(name) : NULL;
        has_month = has_month || (slot && slot->what == SLOT_MONTH && !slot->of_end);
        if (slot && !(is_word(slot) ? take_word(slot, parameters, &at, &found)
                                    : take_number(slot, &at, &found)))
            return false;
    }
    struct civil *time = &found.time;
    if (*at || time->month < 1 || time->month > 12 || time->day < 1 ||
        time->day > date_days_in_month(time->year, time->month) || time->hour > 23 ||
        time->minute > 59)
        return false;
    if (has_month) // the day of the year says the same again
        found.day_of_year = -1;
    if (time->hour || time->minute)
        found.minute_of_day = -1;
    *out = (struct template_at){step_of(&found), every_s,      every_months,
                                found.lead_h,    found.member, ""};
    if (parameters->count)
        out->parameter = parameters->at[found.parameter];
    *parameter = found.parameter;
    return comes_out(text, url, out);
}
