#include "ingest/wanted.h"

#include "core/mem.h"
#include "core/num.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    SPAN_S_MAX = 366 * DAY_S,
    LONGITUDE_MILLI_MAX = 180000,
    LATITUDE_MILLI_MAX = 90000,
    // "observation" or "forecast", the box, run, member and kind of file stand first.
    HEAD_ARGS = WANTED_HEAD_ARGS,
    VARIABLE_ARGS = WANTED_VARIABLE_ARGS,
    ARG_BYTES_MAX = 512,
    MEMBER_MAX = 9999,
};
static const int64_t ISSUE_S_MAX = (int64_t)10000 * 366 * DAY_S;

// What kind of file it is, on the command line; the first ones by enum wanted_cells.
enum { CDF5 = CELLS_ALONE + 1 };
static const char *const file_words[] = {"usual", "beside", "cells", "cdf5"};
// From a time on.
enum { PARTS_USUAL, PARTS_CDF5, PARTS_BESIDE };
static const char *const parts_words[] = {"parts=", "cdf5-parts=", "beside-parts="};
static const int64_t FIRST_MAX = (int64_t)1 << 40;

const char *const wanted_variables[] = {"rain", "wind", "gust", "temperature", "chance", NULL};

const char *const wanted_figures[] = {"yield", "mortality", "loss", NULL};

bool wanted_is_figure(struct str name)
{
    for (size_t i = 0; wanted_figures[i]; i++) {
        if (str_is(name, wanted_figures[i]))
            return true;
    }
    return false;
}

bool wanted_is_variable(struct str name)
{
    for (size_t i = 0; wanted_variables[i]; i++) {
        if (str_is(name, wanted_variables[i]))
            return true;
    }
    return str_is(name, "eastward") || str_is(name, "northward");
}

enum err_kind wanted_interval_parse(struct str text, struct wanted *out, struct err *err)
{
    static const struct {
        const char *name;
        enum wanted_interval interval;
        int64_t span_s;
    } words[] = {
        {"instant", INTERVAL_INSTANT, 0},     {"bounds", INTERVAL_BOUNDS, 0},
        {"month", INTERVAL_MONTH, 0},         {"day", INTERVAL_SPAN, DAY_S},
        {"since run", INTERVAL_SINCE_RUN, 0}, {"since day", INTERVAL_SINCE_DAY, 0},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_is(text, words[i].name)) {
            out->interval = words[i].interval;
            out->interval_s = words[i].span_s;
            return OK;
        }
    }
    int64_t milli;
    struct err why = {0};
    if (num_quantity(text, QUANTITY_TIME, &milli, &why))
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" is no interval; write month, day, instant, bounds, since "
                       "run, since day or a time such as \"30 min\" or \"6 h\"",
                       STR_ARG(text));
    if (milli % 1000 || milli < 1000 || milli > SPAN_S_MAX * 1000LL)
        return err_set(err, ERR_INPUT,
                       "the interval \"" STR_FMT "\" must be whole seconds, 1 s to 366 days",
                       STR_ARG(text));
    out->interval = INTERVAL_SPAN;
    out->interval_s = milli / 1000;
    return OK;
}

enum err_kind wanted_picks_parse(struct str text, struct wanted *out, struct err *err)
{
    struct str field;
    out->pick_count = 0;
    while (str_take_field(&text, ',', &field)) {
        struct str rest = str_trim(field), dim;
        int64_t milli;
        struct err why = {0};
        if (out->pick_count == WANTED_PICKS_MAX)
            return err_set(err, ERR_INPUT, "more than %d dimensions are chosen from",
                           WANTED_PICKS_MAX);
        struct wanted_pick *pick = &out->pick[out->pick_count];
        bool named = str_take_field(&rest, '=', &dim) && rest.at;
        dim = str_trim(dim);
        if (!named || dim.len == 0 || dim.len >= sizeof(pick->dim) ||
            num_milli(str_trim(rest), &milli, &why))
            return err_set(err, ERR_INPUT,
                           "\"" STR_FMT "\" chooses nothing; write a dimension and a number, such "
                           "as \"percentile=50\"",
                           STR_ARG(field));
        memcpy(pick->dim, dim.at, dim.len);
        pick->dim[dim.len] = '\0';
        pick->value = (double)milli / 1000;
        out->pick_count++;
    }
    return OK;
}

enum err_kind wanted_where_parse(struct str text, struct wanted *out, struct err *err)
{
    struct str rest = text, name, word;
    bool good = text.len < sizeof(out->where), any = false;
    out->where[0] = '\0';
    if (text.len == 0)
        return OK;
    good = str_take_field(&rest, '=', &name) && rest.at && good;
    name = str_trim(name);
    if (name.len && name.at[name.len - 1] == '!')
        name.len--;
    good = good && str_trim(name).len;
    while (good && str_take_field(&rest, '|', &word)) {
        any = true;
        good = str_trim(word).len && !memchr(word.at, '=', word.len);
    }
    if (!good || !any)
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" names no flags; write a variable and its flags, such as "
                       "\"quality=good|fair\" or \"status!=cloud\"",
                       STR_ARG(text));
    memcpy(out->where, text.at, text.len);
    out->where[text.len] = '\0';
    return OK;
}

// The first moment of the month that lies `months` after that of `at`.
static struct utc month_start(struct civil at, int months)
{
    int index = at.year * 12 + at.month - 1 + months;
    return utc_of_civil((struct civil){.year = index / 12, .month = index % 12 + 1, .day = 1});
}

enum err_kind wanted_step(const struct wanted *wanted, struct utc stamp, struct utc *from,
                          struct utc *to, struct err *err)
{
    assert(wanted->interval == INTERVAL_INSTANT || wanted->interval == INTERVAL_MONTH ||
           wanted->interval == INTERVAL_SPAN);
    struct utc other = stamp;
    if (wanted->interval == INTERVAL_MONTH) {
        struct civil at = utc_civil(stamp);
        if (month_start(at, 0).s != stamp.s)
            return err_set(err, ERR_INPUT,
                           "%s is not the first moment of a month, as \"interval: month\" says",
                           utc_text(stamp).at);
        other = month_start(at, wanted->stamp_ends ? -1 : 1);
    } else if (wanted->interval == INTERVAL_SPAN) {
        other.s += wanted->stamp_ends ? -wanted->interval_s : wanted->interval_s;
    }
    *from = wanted->stamp_ends ? other : stamp;
    *to = wanted->stamp_ends ? stamp : other;
    return OK;
}

static char *interval_text(const struct wanted *wanted)
{
    switch (wanted->interval) {
    case INTERVAL_INSTANT:
        return mem_text("instant");
    case INTERVAL_BOUNDS:
        return mem_text("bounds");
    case INTERVAL_MONTH:
        return mem_text("month");
    case INTERVAL_SINCE_RUN:
        return mem_text("since run");
    case INTERVAL_SINCE_DAY:
        return mem_text("since day");
    case INTERVAL_SPAN:
        break;
    }
    struct buf text = buf_new(ARG_BYTES_MAX);
    buf_print(&text, "%" PRId64 " s", wanted->interval_s);
    return buf_take(&text);
}

static char *milli_text(bool there, int32_t milli)
{
    struct buf text = buf_new(ARG_BYTES_MAX);
    if (there)
        buf_print(&text, "%" PRId32, milli);
    else
        buf_text(&text, "all");
    return buf_take(&text);
}

static char *number_text(bool there, int64_t number)
{
    struct buf text = buf_new(ARG_BYTES_MAX);
    if (there)
        buf_print(&text, "%" PRId64, number);
    else
        buf_text(&text, "file");
    return buf_take(&text);
}

static char *picks_text(const struct wanted *wanted)
{
    struct buf text = buf_new(ARG_BYTES_MAX);
    for (size_t i = 0; i < wanted->pick_count; i++)
        buf_print(&text, "%s%s=%.3f", i ? "," : "", wanted->pick[i].dim, wanted->pick[i].value);
    if (wanted->pick_count == 0)
        buf_text(&text, "none");
    return buf_take(&text);
}

static char *file_text(const struct wanted_list *list)
{
    if (!list->in_parts || (!list->cdf5 && list->cells == CELLS_ALONE))
        return mem_text(file_words[list->cdf5 ? CDF5 : list->cells]);
    int kind = list->cells == CELLS_BESIDE ? PARTS_BESIDE : PARTS_USUAL;
    struct buf text = buf_new(ARG_BYTES_MAX);
    buf_print(&text, "%s%zu", parts_words[list->cdf5 ? PARTS_CDF5 : kind], list->first);
    return buf_take(&text);
}

char **wanted_args(const struct wanted_list *list)
{
    assert(list->count <= WANTED_MAX);
    size_t n = 0;
    char **args = mem_new(HEAD_ARGS + VARIABLE_ARGS * list->count + 2, sizeof(*args));
    args[n++] = mem_text(list->forecast ? "forecast" : "observation");
    // Not a plain number, because "-5" would be taken for an option: 1,000,000 is added.
    const int32_t box[] = {list->west_milli, list->south_milli, list->east_milli,
                           list->north_milli};
    for (size_t i = 0; i < COUNT_OF(box); i++)
        args[n++] = milli_text(list->has_box, box[i] + 1000000);
    // Nor this one: it may be before 1970.
    args[n++] = number_text(list->has_issue, list->issued_at.s + ISSUE_S_MAX);
    args[n++] = number_text(list->has_member, list->member);
    args[n++] = file_text(list);
    for (size_t i = 0; i < list->count; i++) {
        const struct wanted *wanted = &list->at[i];
        args[n++] = mem_text(wanted->variable);
        args[n++] = mem_text(wanted->reads);
        args[n++] = mem_text(*wanted->reads_north ? wanted->reads_north : "none");
        args[n++] = mem_text(*wanted->unit ? wanted->unit : "file");
        args[n++] = interval_text(wanted);
        args[n++] = mem_text(wanted->stamp_ends ? "end" : "start");
        args[n++] = picks_text(wanted);
        args[n++] = mem_text(*wanted->where ? wanted->where : "none");
    }
    if (list->needs && list->count > 0)
        args[n++] = mem_text(list->needs);
    return args;
}

void wanted_args_free(char ***args)
{
    for (char **one = *args; one && *one; one++)
        mem_free(one);
    mem_free(args);
}

static enum err_kind parse_box(const char *const *args, struct wanted_list *out, struct err *err)
{
    int32_t *const box[] = {&out->west_milli, &out->south_milli, &out->east_milli,
                            &out->north_milli};
    out->has_box = strcmp(args[0], "all") != 0;
    for (size_t i = 0; i < COUNT_OF(box); i++) {
        int64_t limit = i % 2 ? LATITUDE_MILLI_MAX : LONGITUDE_MILLI_MAX, shifted;
        if (!out->has_box)
            continue;
        if (num_whole(str_of(args[i]), 1000000 - limit, 1000000 + limit, &shifted, err))
            return err_add(err, "reading the box");
        *box[i] = (int32_t)(shifted - 1000000);
    }
    if (out->west_milli > out->east_milli || out->south_milli > out->north_milli)
        return err_set(err, ERR_INPUT, "the box is inside out");
    return OK;
}

static enum err_kind copy(const char *text, char *out, size_t size, struct err *err)
{
    int len = snprintf(out, size, "%s", text);
    if (len <= 0 || (size_t)len >= size)
        return err_set(err, ERR_INPUT, "a text of %d bytes where 1 to %zu are wanted", len,
                       size - 1);
    return OK;
}

static enum err_kind parse_kind(const char *word, struct wanted_list *out, struct err *err)
{
    int64_t first;
    for (size_t i = 0; i < COUNT_OF(parts_words); i++) {
        size_t len = strlen(parts_words[i]);
        if (strncmp(word, parts_words[i], len) != 0)
            continue;
        if (num_whole(str_of(word + len), 0, FIRST_MAX, &first, err))
            return err_add(err, "reading from where on");
        out->in_parts = true;
        out->cdf5 = i == PARTS_CDF5;
        out->cells = i == PARTS_BESIDE ? CELLS_BESIDE : CELLS_IN_FILE;
        out->first = (size_t)first;
        return OK;
    }
    for (size_t i = 0; i < COUNT_OF(file_words); i++) {
        if (strcmp(word, file_words[i]) != 0)
            continue;
        out->cdf5 = i == CDF5;
        out->cells = out->cdf5 ? CELLS_IN_FILE : (enum wanted_cells)i;
        return OK;
    }
    return err_set(err, ERR_INPUT, "\"%s\" is neither usual, cdf5, beside nor cells", word);
}

// What the address says of the run and the member, and the kind of file.
static enum err_kind parse_file(const char *const *args, struct wanted_list *out, struct err *err)
{
    int64_t number;
    out->has_issue = strcmp(args[0], "file") != 0;
    out->has_member = strcmp(args[1], "file") != 0;
    if (out->has_issue) {
        if (num_whole(str_of(args[0]), 0, 2 * ISSUE_S_MAX, &number, err))
            return err_add(err, "reading the run");
        out->issued_at.s = number - ISSUE_S_MAX;
    }
    if (out->has_member) {
        if (num_whole(str_of(args[1]), 0, MEMBER_MAX, &number, err))
            return err_add(err, "reading the member");
        out->member = (int32_t)number;
    }
    return parse_kind(args[2], out, err);
}

static enum err_kind parse_one(const char *const *args, struct wanted *out, struct err *err)
{
    if (!wanted_is_variable(str_of(args[0])))
        return err_set(err, ERR_INPUT, "\"%s\" is no variable of gong", args[0]);
    if (copy(args[0], out->variable, sizeof(out->variable), err) ||
        copy(args[1], out->reads, sizeof(out->reads), err) ||
        copy(args[2], out->reads_north, sizeof(out->reads_north), err) ||
        copy(args[3], out->unit, sizeof(out->unit), err) ||
        wanted_interval_parse(str_of(args[4]), out, err))
        return err->kind;
    if (strcmp(out->reads_north, "none") == 0)
        out->reads_north[0] = '\0';
    if (strcmp(out->unit, "file") == 0)
        out->unit[0] = '\0';
    out->stamp_ends = strcmp(args[5], "end") == 0;
    if (!out->stamp_ends && strcmp(args[5], "start") != 0)
        return err_set(err, ERR_INPUT, "\"%s\" is neither start nor end", args[5]);
    if (strcmp(args[6], "none") != 0 && wanted_picks_parse(str_of(args[6]), out, err))
        return err_of(err);
    return strcmp(args[7], "none") == 0 ? OK : wanted_where_parse(str_of(args[7]), out, err);
}

enum err_kind wanted_parse(const char *const *args, size_t count, struct wanted_list *out,
                           struct err *err)
{
    struct wanted_list list = {0};
    if (count > HEAD_ARGS + 1 && (count - HEAD_ARGS) % VARIABLE_ARGS == 1)
        list.needs = args[--count];
    if (count < HEAD_ARGS || (count - HEAD_ARGS) % VARIABLE_ARGS ||
        (count - HEAD_ARGS) / VARIABLE_ARGS > WANTED_MAX)
        return err_set(err, ERR_INPUT, "%zu arguments; wanted are %d and %d for each variable",
                       count, HEAD_ARGS, VARIABLE_ARGS);
    list.forecast = strcmp(args[0], "forecast") == 0;
    if (!list.forecast && strcmp(args[0], "observation") != 0)
        return err_set(err, ERR_INPUT, "\"%s\" is neither observation nor forecast", args[0]);
    if (parse_box(args + 1, &list, err) || parse_file(args + 5, &list, err))
        return err->kind;
    list.count = (count - HEAD_ARGS) / VARIABLE_ARGS;
    if ((list.count == 0) != (list.cells == CELLS_ALONE))
        return err_set(err, ERR_INPUT, "%zu variables are wanted of a file of %s", list.count,
                       list.cells == CELLS_ALONE ? "cells" : "values");
    for (size_t i = 0; i < list.count; i++) {
        if (parse_one(args + HEAD_ARGS + i * VARIABLE_ARGS, &list.at[i], err))
            return err_add(err, "reading variable %zu", i + 1);
    }
    *out = list;
    return OK;
}
