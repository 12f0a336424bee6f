#include "ledger/former.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_BYTES_MAX = 16 << 10, SLIVER_MILLIONTHS = 10000 };

// Less than a hundredth of the old commune: where two maps draw one border differently. It is no
// part that went elsewhere.
static bool is_sliver(const struct former *one)
{
    return one->share >= 0 && one->share < SLIVER_MILLIONTHS;
}

void formers_free(struct formers *formers)
{
    for (size_t i = 0; i < formers->count; i++) {
        struct former *one = &formers->at[i];
        mem_free(&one->code);
        mem_free(&one->old_code);
        mem_free(&one->old_name);
        mem_free(&one->old_district);
        mem_free(&one->old_province);
    }
    mem_free(&formers->at);
    formers->count = 0;
}

void formers_add(struct formers *formers, const struct former *former)
{
    // Room grows in powers of two: it is full when the count is one.
    if ((formers->count & (formers->count - 1)) == 0)
        formers->at =
            mem_resize(formers->at, formers->count ? 2 * formers->count : 1, sizeof(*formers->at));
    formers->at[formers->count++] = (struct former){
        .code = mem_text(former->code),
        .old_code = mem_text(former->old_code),
        .old_name = mem_text(former->old_name),
        .old_district = mem_text(former->old_district),
        .old_province = mem_text(former->old_province),
        .is_split = former->is_split,
        .share = former->share,
    };
}

static enum err_kind put_rows(struct map *map, const char *set, const struct formers *formers,
                              struct err *err)
{
    AUTO(stmt_done)
    struct stmt *clear = stmt_of(map_db(map), "DELETE FROM former WHERE boundary_set = ?");
    stmt_text(clear, 1, set);
    if (db_begin(map_db(map), DB_WRITE, err) || stmt_run(clear, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(map_db(map), "INSERT INTO former VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (size_t i = 0; i < formers->count; i++) {
        const struct former *one = &formers->at[i];
        stmt_text(stmt, 1, set);
        stmt_text(stmt, 2, one->code);
        stmt_text(stmt, 3, one->old_code);
        stmt_text(stmt, 4, one->old_district);
        stmt_text(stmt, 5, one->old_name);
        stmt_text(stmt, 6, one->old_province);
        stmt_int(stmt, 7, one->is_split);
        stmt_int(stmt, 8, one->share);
        if (stmt_run(stmt, err))
            return err_add(err, "storing the old commune %s of %s", one->old_code, one->code);
    }
    return db_commit(map_db(map), err);
}

enum err_kind former_put(struct map *map, const char *set, const struct formers *formers,
                         struct err *err)
{
    AUTO(boundary_set_free) struct boundary_set *there = NULL;
    if (boundary_set_load(map, set, false, &there, err))
        return err_of(err);
    enum err_kind kind = put_rows(map, set, formers, err);
    if (kind)
        db_undo(map_db(map));
    return kind;
}

enum err_kind former_list(struct map *map, const char *set, const char *code, struct formers *out,
                          struct err *err)
{
    AUTO(formers_free) struct formers formers = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(map_db(map), "SELECT code, old_code, old_district, old_name, old_province, split,"
                             " share FROM former WHERE boundary_set = ?1 AND (?2 IS NULL OR"
                             " code = ?2) ORDER BY code, old_code, old_district, old_name");
    stmt_text(stmt, 1, set);
    stmt_text(stmt, 2, code);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        struct former one = {
            .code = row_text(stmt, 0),
            .old_code = row_text(stmt, 1),
            .old_district = row_text(stmt, 2),
            .old_name = row_text(stmt, 3),
            .old_province = row_text(stmt, 4),
            .is_split = row_int(stmt, 5) != 0,
            .share = (int32_t)row_int(stmt, 6),
        };
        formers_add(&formers, &one);
    }
    if (failed)
        return failed;
    *out = MOVE(formers);
    return OK;
}

enum err_kind former_today(const struct formers *formers, const char *old_code, char out[16],
                           struct err *err)
{
    enum { PARTS_BYTES_MAX = 300, CODE_SIZE = 16 };
    AUTO(buf_free) struct buf parts = buf_new(PARTS_BYTES_MAX);
    const struct former *first = NULL;
    bool is_split = false;
    for (size_t i = 0; i < formers->count; i++) {
        const struct former *one = &formers->at[i];
        if (strcmp(one->old_code, old_code) != 0 || is_sliver(one))
            continue;
        is_split |= one->is_split || (first && strcmp(first->code, one->code) != 0);
        first = first ? first : one;
        buf_print(&parts, "%s%s", parts.len ? ", " : "", one->code);
        if (one->share >= 0)
            buf_print(&parts, " (%d %%)", (one->share + 5000) / 10000);
    }
    if (!first)
        return err_set(err, ERR_MISSING, "no old commune \"%s\" is known", old_code);
    if (is_split)
        return err_set(err, ERR_INPUT,
                       "the old commune %s %s was split; write the one of today: %s%s", old_code,
                       first->old_name, parts.at, parts.full ? " ..." : "");
    (void)snprintf(out, CODE_SIZE, "%s", first->code);
    return OK;
}

static bool is_in(const struct buf *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list->at; at && (at = strstr(at, name)); at += len) {
        bool starts = at == list->at || at[-1] == ' ';
        bool ends = at[len] == '\0' || at[len] == ';' || at[len] == ' ';
        if (starts && ends)
            return true;
    }
    return false;
}

char *former_names(const struct formers *formers, const char *code)
{
    struct buf list = buf_new(NAMES_BYTES_MAX);
    for (size_t i = 0; i < formers->count; i++) {
        const struct former *one = &formers->at[i];
        const char *name = *one->old_name ? one->old_name : one->old_district;
        if (strcmp(one->code, code) != 0 || !*name || is_sliver(one))
            continue;
        buf_print(&list, "%s%s%s", list.len ? "; " : "", name, one->is_split ? " (một phần)" : "");
    }
    return list.at ? buf_take(&list) : mem_text("");
}

// Without the kind of place before it: "Xã Quảng Tâm" is "Quảng Tâm"; but "Phường 1" stays.
static const char *plain_name(const char *name)
{
    static const char *const kinds[] = {"Xã ", "Phường ", "Thị trấn "};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        size_t len = strlen(kinds[i]);
        if (strncmp(name, kinds[i], len) == 0)
            return name[len] && !isdigit((unsigned char)name[len]) ? name + len : name;
    }
    return name;
}

// One name in two ways of writing ("Quảng Hoà", "Quảng Hòa") is one.
static bool is_same_name(const char *a, const char *b)
{
    AUTO(buf_free)
    struct buf plain_a = buf_new(NAMES_BYTES_MAX), plain_b = buf_new(NAMES_BYTES_MAX);
    (void)text_ascii(str_of(plain_name(a)), &plain_a);
    (void)text_ascii(str_of(plain_name(b)), &plain_b);
    return plain_a.at && plain_b.at && strcmp(plain_a.at, plain_b.at) == 0;
}

// former_said, of rows [count] some of which are of the commune.
static char *said_of(const struct former *row, size_t count, const char *code, const char *name)
{
    struct buf list = buf_new(NAMES_BYTES_MAX);
    size_t all = 0, said = 0;
    bool is_as_it_was = true, has_room = true;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(row[i].code, code) != 0 || is_sliver(&row[i]))
            continue;
        all++;
        is_as_it_was &= !row[i].is_split && is_same_name(row[i].old_name, name);
        if (!*row[i].old_name)
            continue;
        const char *plain = plain_name(row[i].old_name);
        has_room = has_room && said < FORMER_SAID_MAX &&
                   list.len + strlen(plain) + strlen(", ") <= FORMER_SAID_BYTES_MAX;
        said++;
        if (has_room)
            buf_print(&list, "%s%s", list.len ? ", " : "", plain);
    }
    if (all == 1 && is_as_it_was)
        buf_clear(&list);
    else if (!has_room && list.len)
        buf_text(&list, "...");
    if (list.len)
        return buf_take(&list);
    buf_free(&list);
    return mem_text("");
}

char *former_said(const struct formers *formers, const char *code, const char *name)
{
    return said_of(formers->at, formers->count, code, name);
}

enum err_kind former_tell(struct map *map, struct boundary_set *set, struct err *err)
{
    AUTO(formers_free) struct formers formers = {0};
    if (former_list(map, set->name, NULL, &formers, err))
        return err_of(err);
    for (size_t i = 0, next; i < formers.count; i = next) {
        const struct former *row = &formers.at[i];
        for (next = i + 1; next < formers.count && strcmp(formers.at[next].code, row->code) == 0;)
            next++;
        size_t at = boundary_set_find(set, row->code);
        if (at == SIZE_MAX)
            continue;
        mem_free(&set->commune[at].formerly);
        set->commune[at].formerly = said_of(row, next - i, row->code, set->commune[at].name);
    }
    return OK;
}

char *former_provinces(const struct formers *formers, const char *code)
{
    struct buf list = buf_new(NAMES_BYTES_MAX);
    for (size_t i = 0; i < formers->count; i++) {
        const struct former *one = &formers->at[i];
        if (strcmp(one->code, code) == 0 && !is_sliver(one) && *one->old_province &&
            !is_in(&list, one->old_province))
            buf_print(&list, "%s%s", list.len ? "; " : "", one->old_province);
    }
    return list.at ? buf_take(&list) : mem_text("");
}
