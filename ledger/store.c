#include "ledger/store.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/db.h"

#include <stdio.h>
#include <string.h>

enum { PLACE_BYTES_MAX = 4000, SETTINGS_BYTES_MAX = 1 << 20 };

static char *file_of(const char *folder, const char *name)
{
    char file[32];
    (void)snprintf(file, sizeof(file), "%s.db", name);
    return file_join(folder, file);
}

// Two stores would drift apart: the one that does not count must go away.
static enum err_kind served_place(const struct site *site, const char *name, char **place,
                                  struct err *err)
{
    AUTO(mem_drop) char *file = file_of(site_folder(site), name);
    if (file_exists(file))
        return err_set(err, ERR_REFUSED,
                       "store names a PostgreSQL, and %s is there as well; take the file away, or "
                       "move the site by gong site move",
                       file);
    AUTO(buf_free) struct buf text = buf_new(PLACE_BYTES_MAX);
    buf_print(&text, "%s#%s_%s", site_text(site, "store"), site_text(site, "store_schema"), name);
    if (text.full)
        return err_set(err, ERR_INPUT, "store: it is over %d bytes", PLACE_BYTES_MAX);
    *place = buf_take(&text);
    return OK;
}

enum err_kind store_place(const char *folder, const char *name, char **place, struct err *err)
{
    AUTO(mem_drop) char *settings = file_join(folder, "gong.yaml");
    AUTO(site_free) struct site *site = NULL;
    if (file_exists(settings) && site_open(folder, &site, err))
        return err_of(err);
    if (site && strcmp(site_text(site, "store"), "sqlite") != 0)
        return served_place(site, name, place, err);
    *place = file_of(folder, name);
    return OK;
}

enum err_kind store_create(const char *folder, const char *name, const struct db_kind *kind,
                           struct err *err)
{
    AUTO(mem_drop) char *place = NULL;
    if (store_place(folder, name, &place, err))
        return err_of(err);
    return db_create(place, kind, err);
}

enum err_kind store_drop(const char *folder, const char *name, struct err *err)
{
    AUTO(mem_drop) char *place = NULL;
    if (store_place(folder, name, &place, err))
        return err_of(err);
    return db_drop(place, err);
}

enum err_kind store_open(const char *folder, const char *name, const struct db_kind *kind,
                         bool write, struct db **out, struct err *err)
{
    AUTO(mem_drop) char *place = NULL;
    if (store_place(folder, name, &place, err))
        return err_of(err);
    return db_open(place, kind, write, out, err);
}

// Puts `name: value` in the place of its line, or at the end.
static void put_setting(struct buf *out, struct str text, const char *name, const char *value)
{
    bool put = false;
    for (struct str line; str_take_line(&text, &line);) {
        bool is_it = str_starts(line, name) && line.at[strlen(name)] == ':';
        if (is_it && !put)
            buf_print(out, "%s: %s\n", name, value);
        else if (!is_it)
            buf_print(out, STR_FMT "\n", STR_ARG(line));
        put = put || is_it;
    }
    if (!put)
        buf_print(out, "%s: %s\n", name, value);
}

enum err_kind store_name(const char *folder, const char *store, const char *schema, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(folder, "gong.yaml");
    AUTO(buf_free) struct buf old = buf_new(SETTINGS_BYTES_MAX);
    AUTO(buf_free) struct buf half = buf_new(SETTINGS_BYTES_MAX);
    AUTO(buf_free) struct buf new = buf_new(SETTINGS_BYTES_MAX);
    if (file_read(path, &old, err))
        return err_of(err);
    put_setting(&half, buf_slice(&old), "store", store);
    put_setting(&new, buf_slice(&half), "store_schema", schema);
    if (new.full)
        return err_set(err, ERR_INPUT, "%s is over 1 MiB", path);
    return file_write(path, buf_slice(&new), 0644, err);
}
