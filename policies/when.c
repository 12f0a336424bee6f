#include "policies/when.h"

#include <stddef.h>

static struct civil local_of(struct utc at)
{
    return utc_civil((struct utc){at.s + VIETNAM_OFFSET_S});
}

static int64_t day_of(struct utc at)
{
    struct civil local = local_of(at);
    return date_days(local.year, local.month, local.day);
}

static void say_hour(struct civil local, enum language language, struct buf *out)
{
    if (language != LANGUAGE_VI)
        buf_print(out, "%02d:%02d", local.hour, local.minute);
    else if (local.minute)
        buf_print(out, "%dh%02d", local.hour, local.minute);
    else
        buf_print(out, "%dh", local.hour);
}

static void say_day(struct civil local, enum language language, struct buf *out)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (language == LANGUAGE_VI)
        buf_print(out, "%d/%d", local.day, local.month);
    else
        buf_print(out, "%d %s", local.day, months[local.month - 1]);
}

void when_say(struct utc at, enum language language, struct buf *out)
{
    struct civil local = local_of(at);
    say_hour(local, language, out);
    buf_char(out, ' ');
    say_day(local, language, out);
}

void when_say_beside(struct utc at, struct utc today, enum language language, struct buf *out)
{
    if (day_of(at) == day_of(today))
        say_hour(local_of(at), language, out);
    else
        when_say(at, language, out);
}

// The parts of a day that a span may lie in, by minutes since its midnight; a night ends on the
// next day.
static const struct part {
    int from_min, to_min;
    const char *name[LANGUAGES];
} parts[] = {
    {5 * 60, 12 * 60, {"sáng", "morning"}},
    {12 * 60, 18 * 60, {"chiều", "afternoon"}},
    {5 * 60, 19 * 60, {"ban ngày", "daytime"}},
    {18 * 60, 24 * 60 + 8 * 60, {"đêm", "night"}},
};

static const struct part *part_of(struct utc from, struct utc to)
{
    struct civil local = local_of(from);
    int64_t begin_min = (int64_t)local.hour * 60 + local.minute;
    int64_t end_min = begin_min + (to.s - from.s) / 60;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (begin_min >= parts[i].from_min && end_min <= parts[i].to_min && end_min > begin_min)
            return &parts[i];
    }
    return NULL;
}

void when_say_span(struct utc from, struct utc to, enum language language, struct buf *out)
{
    const struct part *part = part_of(from, to);
    bool vi = language == LANGUAGE_VI;
    if (part) {
        buf_print(out, "%s ", part->name[language]);
        say_day(local_of(from), language, out);
        buf_text(out, " (");
        say_hour(local_of(from), language, out);
        buf_char(out, '-');
        say_hour(local_of(to), language, out);
        buf_char(out, ')');
        return;
    }
    buf_text(out, vi ? "từ " : "from ");
    when_say(from, language, out);
    buf_text(out, vi ? " đến " : " to ");
    when_say(to, language, out);
}
