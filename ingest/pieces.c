#include "ingest/pieces.h"

#include "core/doc.h"
#include "core/mem.h"
#include "core/num.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 200000, VALUE_SIZE = 64 };
static const int64_t OFFSET_MAX = (int64_t)1 << 50;

void pieces_free(struct pieces *parts)
{
    mem_free(&parts->at);
    parts->count = 0;
}

// --- choices
// ------------------------------------------------------------------------------------------

// "param=tp" -> its name and value; false when it is neither.
static bool take_member(struct str *rest, struct str *name, struct str *value)
{
    struct str pair;
    if (!str_take_field(rest, ',', &pair))
        return false;
    bool named = str_take_field(&pair, '=', name) && pair.at;
    *name = str_trim(*name);
    *value = named ? str_trim(pair) : (struct str){"", 0};
    return named;
}

enum err_kind pieces_check(enum pieces_kind kind, struct str take, struct err *err)
{
    struct str rest = take, name, value;
    size_t members = 0;
    if (kind == PIECES_WGRIB2) {
        if (take.len >= 3 && take.at[0] == ':' && take.at[take.len - 1] == ':')
            return OK;
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" chooses no message; write a part of its line between "
                       "colons, such as \":APCP:surface:\"",
                       STR_ARG(take));
    }
    while (rest.len && take_member(&rest, &name, &value) && name.len && value.len &&
           name.len < VALUE_SIZE && value.len < VALUE_SIZE)
        members++;
    if (rest.len || members == 0)
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" chooses no message; write members of its object, such as "
                       "\"param=tp\" or \"param=t,levelist=850\"",
                       STR_ARG(take));
    return OK;
}

static bool member_is(const struct doc *line, struct str name, struct str value)
{
    char key[VALUE_SIZE];
    (void)snprintf(key, sizeof(key), STR_FMT, STR_ARG(name));
    return str_is(value, doc_text(doc_get(line, key), ""));
}

static bool chooses(const struct doc *line, const char *take)
{
    struct str rest = str_of(take), name, value;
    while (rest.len) {
        if (!take_member(&rest, &name, &value) || !member_is(line, name, value))
            return false;
    }
    return true;
}

// --- lines
// --------------------------------------------------------------------------------------------

// What is found while the lines are read.
struct finding {
    char *const *take;
    size_t takes;
    bool found[PIECES_TAKE_MAX];
    struct pieces parts;
    size_t room;
    int64_t open; // PIECES_WGRIB2: a wanted message begins here and its end is not known; -1: none
    int64_t last_offset;
};

static void finding_free(struct finding *finding)
{
    pieces_free(&finding->parts);
}

static void add_part(struct finding *finding, int64_t first, int64_t last)
{
    struct pieces *parts = &finding->parts;
    if (parts->count == finding->room) {
        finding->room = finding->room ? 2 * finding->room : 64;
        parts->at = mem_resize(parts->at, finding->room, sizeof(*parts->at));
    }
    parts->at[parts->count++] = (struct piece){first, last};
}

static enum err_kind bad_line(struct str line, struct err *err)
{
    return err_set(err, ERR_INPUT, "the index has the line \"%.*s\", which says no place",
                   (int)(line.len < 80 ? line.len : 80), line.at);
}

// A message ends where the next one begins; several fields in one message have one offset.
static enum err_kind read_wgrib2(struct finding *finding, struct str line, struct err *err)
{
    struct str rest = line, number, offset;
    struct err why = {0};
    int64_t at;
    if (!str_take_field(&rest, ':', &number) || !str_take_field(&rest, ':', &offset) || !rest.at ||
        num_whole(offset, 0, OFFSET_MAX, &at, &why) || at < finding->last_offset)
        return bad_line(line, err);
    finding->last_offset = at;
    if (finding->open >= 0 && at > finding->open) {
        add_part(finding, finding->open, at - 1);
        finding->open = -1;
    }
    for (size_t i = 0; i < finding->takes; i++) {
        if (!memmem(line.at, line.len, finding->take[i], strlen(finding->take[i])))
            continue;
        finding->found[i] = true;
        finding->open = at;
    }
    return OK;
}

static enum err_kind read_ecmwf(struct finding *finding, struct str line, struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    struct err why = {0};
    if (doc_parse(line, "the index", &doc, &why))
        return bad_line(line, err);
    int64_t first = doc_int(doc_get(doc, "_offset"), -1);
    int64_t length = doc_int(doc_get(doc, "_length"), -1);
    if (first < 0 || length < 1 || first > OFFSET_MAX || length > OFFSET_MAX)
        return bad_line(line, err);
    bool wanted = false;
    for (size_t i = 0; i < finding->takes; i++) {
        if (chooses(doc, finding->take[i]))
            finding->found[i] = wanted = true;
    }
    if (wanted)
        add_part(finding, first, first + length - 1);
    return OK;
}

static int by_first(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

// In order, neighbours joined.
static void join(struct pieces *parts)
{
    size_t kept = 0;
    if (parts->count)
        qsort(parts->at, parts->count, sizeof(*parts->at), by_first);
    for (size_t i = 0; i < parts->count; i++) {
        struct piece *before = kept ? &parts->at[kept - 1] : NULL;
        const struct piece *one = &parts->at[i];
        if (before && (before->last < 0 || one->first <= before->last + 1)) {
            if (before->last >= 0 && (one->last < 0 || one->last > before->last))
                before->last = one->last;
            continue;
        }
        parts->at[kept++] = *one;
    }
    parts->count = kept;
}

enum err_kind pieces_find(struct str index, enum pieces_kind kind, char *const *take, size_t takes,
                          struct pieces *out, struct err *err)
{
    AUTO(finding_free) struct finding finding = {.take = take, .takes = takes, .open = -1};
    struct str line;
    size_t lines = 0;
    while (str_take_line(&index, &line)) {
        line = str_trim(line);
        if (line.len == 0)
            continue;
        if (++lines > LINES_MAX)
            return err_set(err, ERR_INPUT, "the index has more than %d lines", LINES_MAX);
        if (kind == PIECES_WGRIB2 ? read_wgrib2(&finding, line, err)
                                  : read_ecmwf(&finding, line, err))
            return err_of(err);
    }
    if (finding.open >= 0)
        add_part(&finding, finding.open, -1);
    for (size_t i = 0; i < takes; i++) {
        if (!finding.found[i])
            return err_set(err, ERR_INPUT, "the index has no \"%s\"", take[i]);
    }
    join(&finding.parts);
    if (finding.parts.count > PIECES_MAX)
        return err_set(err, ERR_INPUT, "%zu pieces of a file are too many, at most %d",
                       finding.parts.count, PIECES_MAX);
    *out = MOVE(finding.parts);
    return OK;
}
