#include "ledger/map.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/schema.h"
#include "ledger/store.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct map {
    struct db *db;
};

enum err_kind map_create(const char *folder, struct err *err)
{
    return store_create(folder, "map", &map_kind, err);
}

enum err_kind map_open(const char *folder, enum ledger_mode mode, struct map **out, struct err *err)
{
    struct db *db = NULL;
    if (store_open(folder, "map", &map_kind, mode == LEDGER_WRITE, &db, err))
        return err->kind;
    *out = mem_new(1, sizeof(struct map));
    (*out)->db = db;
    return OK;
}

struct db *map_db(struct map *map)
{
    return map->db;
}

void map_close(struct map **map)
{
    if (!*map)
        return;
    db_close(&(*map)->db);
    mem_free(map);
}

void boundary_set_free(struct boundary_set **set)
{
    if (!*set)
        return;
    for (size_t i = 0; i < (*set)->count; i++) {
        struct commune *commune = &(*set)->commune[i];
        mem_free(&commune->code);
        mem_free(&commune->name);
        mem_free(&commune->zone);
        mem_free(&commune->former);
        mem_free(&commune->formerly);
        mem_free(&commune->shape.at);
    }
    mem_free(&(*set)->commune);
    mem_free(set);
}

struct hash boundary_set_hash(const struct boundary_set *set)
{
    struct hasher hasher = hasher_new();
    hasher_add_u64(&hasher, set->count);
    for (size_t i = 0; i < set->count; i++) {
        const struct commune *commune = &set->commune[i];
        hasher_add(&hasher, commune->code, strlen(commune->code) + 1);
        hasher_add(&hasher, commune->name, strlen(commune->name) + 1);
        hasher_add(&hasher, commune->zone, strlen(commune->zone) + 1);
        hasher_add_u64(&hasher, commune->shape.len);
        hasher_add(&hasher, commune->shape.at, commune->shape.len);
    }
    return hasher_end(&hasher);
}

// The head of a set: count -1 when there is none of that name.
static enum err_kind find_set(struct map *map, const char *name, struct hash *hash, int64_t *count,
                              struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(map->db, "SELECT hash, count FROM boundary_set WHERE name = ?");
    bool row = false;
    stmt_text(stmt, 1, name);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    *count = row ? row_int(stmt, 1) : -1;
    if (row)
        *hash = row_hash(stmt, 0);
    return OK;
}

static enum err_kind put_rows(struct map *map, const struct boundary_set *set, struct hash hash,
                              struct err *err)
{
    AUTO(stmt_done)
    struct stmt *head = stmt_of(map->db, "INSERT INTO boundary_set VALUES (?, ?, ?)");
    stmt_text(head, 1, set->name);
    stmt_hash(head, 2, &hash);
    stmt_int(head, 3, (int64_t)set->count);
    if (stmt_run(head, err))
        return err->kind;
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(map->db, "INSERT INTO commune VALUES (?, ?, ?, ?, ?, ?)");
    for (size_t i = 0; i < set->count; i++) {
        const struct commune *commune = &set->commune[i];
        assert(i == 0 || strcmp(set->commune[i - 1].code, commune->code) < 0);
        stmt_text(stmt, 1, set->name);
        stmt_text(stmt, 2, commune->code);
        stmt_text(stmt, 3, commune->name);
        stmt_text(stmt, 4, commune->zone);
        stmt_real(stmt, 5, commune->area_km2);
        stmt_bytes(stmt, 6, commune->shape.at, commune->shape.len);
        if (stmt_run(stmt, err))
            return err_add(err, "storing commune %s", commune->code);
    }
    return OK;
}

static enum err_kind put_set(struct map *map, const struct boundary_set *set, bool *fresh,
                             struct err *err)
{
    struct hash hash = boundary_set_hash(set), old;
    int64_t count = -1;
    if (db_begin(map->db, DB_WRITE, err) || find_set(map, set->name, &old, &count, err))
        return err->kind;
    *fresh = count < 0;
    if (count >= 0 && !hash_same(hash, old))
        return err_set(err, ERR_REFUSED,
                       "boundary set %s is there with other communes or polygons; a set never "
                       "changes: give this one another name",
                       set->name);
    if (*fresh && put_rows(map, set, hash, err))
        return err->kind;
    return db_commit(map->db, err);
}

enum err_kind boundary_set_put(struct map *map, const struct boundary_set *set, bool *fresh,
                               struct err *err)
{
    enum err_kind kind = put_set(map, set, fresh, err);
    if (kind)
        db_undo(map->db);
    return kind;
}

static enum err_kind load_rows(struct map *map, bool with_shapes, struct boundary_set *set,
                               struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(map->db, "SELECT code, name, zone, area_km2, CASE WHEN ?2 <> 0 THEN shape END"
                         " FROM commune WHERE boundary_set = ?1 ORDER BY code");
    stmt_text(stmt, 1, set->name);
    stmt_int(stmt, 2, with_shapes);
    for (size_t i = 0;; i++) {
        bool row = false;
        if (stmt_next(stmt, &row, err))
            return err->kind;
        if (row != (i < set->count))
            return err_set(err, ERR_BROKEN, "boundary set %s has lost or won a commune", set->name);
        if (!row)
            return OK;
        struct commune *commune = &set->commune[i];
        commune->code = mem_text(row_text(stmt, 0));
        commune->name = mem_text(row_text(stmt, 1));
        commune->zone = mem_text(row_text(stmt, 2));
        commune->area_km2 = row_real(stmt, 3);
        struct str shape = row_bytes(stmt, 4);
        if (shape.len)
            commune->shape = (struct str){str_copy(shape), shape.len};
    }
}

// The former provinces stand beside the set, not in it: they are told later, by another file.
static enum err_kind load_former(struct map *map, struct boundary_set *set, struct err *err)
{
    enum { NAMES_BYTES_MAX = 2000 };
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(map->db, "SELECT DISTINCT code, old_province FROM former WHERE boundary_set = ?1"
                         " AND old_province <> '' ORDER BY code, old_province");
    stmt_text(stmt, 1, set->name);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        size_t at = boundary_set_find(set, row_text(stmt, 0));
        if (at == SIZE_MAX)
            continue;
        struct commune *commune = &set->commune[at];
        struct buf names = buf_new(NAMES_BYTES_MAX);
        buf_print(&names, "%s%s%s", commune->former ? commune->former : "",
                  commune->former ? "; " : "", row_text(stmt, 1));
        mem_free(&commune->former);
        commune->former = buf_take(&names);
    }
    return failed;
}

enum err_kind boundary_set_head(struct map *map, const char *name, struct hash *hash, size_t *count,
                                struct err *err)
{
    int64_t found = -1;
    if (find_set(map, name, hash, &found, err))
        return err->kind;
    if (found < 0)
        return err_set(err, ERR_MISSING,
                       "there is no boundary set %s; make it by gong boundary import FILE --set %s",
                       name, name);
    *count = (size_t)found;
    return OK;
}

enum err_kind boundary_set_load(struct map *map, const char *name, bool with_shapes,
                                struct boundary_set **out, struct err *err)
{
    AUTO(boundary_set_free) struct boundary_set *set = mem_new(1, sizeof(*set));
    if (boundary_set_head(map, name, &set->hash, &set->count, err))
        return err->kind;
    (void)snprintf(set->name, sizeof(set->name), "%s", name);
    set->commune = mem_new(set->count, sizeof(*set->commune));
    if (load_rows(map, with_shapes, set, err) || load_former(map, set, err))
        return err->kind;
    if (with_shapes && !hash_same(boundary_set_hash(set), set->hash))
        return err_set(err, ERR_BROKEN, "boundary set %s was changed since it was imported", name);
    *out = TAKE(set);
    return OK;
}

size_t boundary_set_find(const struct boundary_set *set, const char *code)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(set->commune[middle].code, code);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

enum err_kind boundary_set_names(struct map *map, char ***names, struct err *err)
{
    AUTO(file_names_free) char **list = mem_new(1, sizeof(char *));
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(map->db, "SELECT name FROM boundary_set ORDER BY name");
    enum err_kind failed = OK;
    for (size_t count = 0; stmt_more(stmt, &failed, err); count++) {
        list = mem_resize(list, count + 2, sizeof(char *));
        list[count] = mem_text(row_text(stmt, 0));
        list[count + 1] = NULL;
    }
    if (failed)
        return failed;
    *names = TAKE(list);
    return OK;
}

enum err_kind map_weights_put(struct map *map, struct hash set, struct hash grid,
                              struct hash weights, struct str bytes, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(map->db, "INSERT INTO weights VALUES (?, ?, ?, ?)"
                                         " ON CONFLICT (boundary_set, grid) DO NOTHING");
    stmt_hash(stmt, 1, &set);
    stmt_hash(stmt, 2, &grid);
    stmt_hash(stmt, 3, &weights);
    stmt_bytes(stmt, 4, bytes.at, bytes.len);
    return stmt_run(stmt, err);
}

enum err_kind map_weights_get(struct map *map, struct hash set, struct hash grid,
                              struct hash *weights, struct buf *bytes, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(map->db, "SELECT hash, bytes FROM weights WHERE boundary_set = ? AND grid = ?");
    bool row = false;
    stmt_hash(stmt, 1, &set);
    stmt_hash(stmt, 2, &grid);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (!row)
        return err_set(err, ERR_MISSING, "no weights were made for this grid yet");
    *weights = row_hash(stmt, 0);
    buf_str(bytes, row_bytes(stmt, 1));
    if (bytes->full)
        return err_set(err, ERR_BROKEN, "the weights of this grid are over %zu bytes", bytes->max);
    return OK;
}
