#include "ingest/boundary_keep.h"

#include "core/mem.h"
#include "ingest/archive.h"
#include "ingest/former_csv.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "ledger/now.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 1 << 30 };

// --- keeping

struct same {
    const struct doc *body;
    bool found;
};

static bool has_all(const struct doc *entry, const struct doc *body)
{
    for (const char *key = doc_next_key(body, NULL); key; key = doc_next_key(body, key)) {
        if (strcmp(doc_text(doc_get(entry, key), ""), doc_text(doc_get(body, key), "")) != 0)
            return false;
    }
    return true;
}

static enum err_kind look(void *self, const struct entry *entry, struct err *err)
{
    struct same *same = self;
    AUTO(doc_free) struct doc *doc = NULL;
    if (doc_parse(str_of(entry->text), "ledger entry", &doc, err))
        return err_of(err);
    same->found |= has_all(doc, same->body);
    return OK;
}

static enum err_kind keep(const struct cli *cli, const struct site *site, const char *kind,
                          struct doc *body, struct str text, struct err *err)
{
    AUTO(mem_drop) char *archive = site_path(site, "archive");
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct same same = {.body = body};
    struct hash hash;
    struct utc now;
    int64_t seq;
    if (archive_put(archive, text, &hash, err))
        return err_of(err);
    doc_put_text(body, "text", hash_hex(hash).at);
    if (ledger_open(site_folder(site), LEDGER_WRITE, &ledger, err) ||
        ledger_walk(ledger, 1, kind, look, &same, err))
        return err_of(err);
    if (same.found)
        return OK;
    if (ledger_now(cli, site, ledger, &now, err) || ledger_begin(ledger, &txn, err) ||
        ledger_append(txn, kind, now, body, &seq, NULL, err) || ledger_commit(&txn, err))
        return err_add(err, "keeping what the map was made from");
    return OK;
}

enum err_kind boundary_keep_set(const struct cli *cli, const struct site *site,
                                const struct boundary_set *set, const struct geojson_keys *keys,
                                struct str text, struct err *err)
{
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_text(body, "set", set->name);
    doc_put_text(body, "hash", hash_hex(boundary_set_hash(set)).at);
    doc_put_text(body, "code", keys->code);
    doc_put_text(body, "name", keys->name);
    if (keys->zone)
        doc_put_text(body, "zone", keys->zone);
    return keep(cli, site, "boundary", body, text, err);
}

enum err_kind boundary_keep_former(const struct cli *cli, const struct site *site, const char *set,
                                   const char *renamed, struct str text, struct err *err)
{
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_text(body, "set", set);
    if (renamed)
        doc_put_text(body, "rename", renamed);
    return keep(cli, site, "former", body, text, err);
}

// --- making again

struct remake {
    struct site *site;
    struct ledger *ledger;
    struct map *map;
    char *archive;
    size_t sets, fresh, lists;
};

static void remake_free(struct remake *remake)
{
    map_close(&remake->map);
    ledger_close(&remake->ledger);
    site_free(&remake->site);
    mem_free(&remake->archive);
}

static enum err_kind get_text(const struct remake *remake, const struct doc *entry, struct buf *out,
                              struct err *err)
{
    const char *hex;
    struct hash hash;
    if (doc_need_text(entry, "text", &hex, err) || hash_parse(str_of(hex), &hash, err))
        return err_of(err);
    return archive_get(remake->archive, hash, out, err);
}

static enum err_kind remake_set(struct remake *remake, const struct doc *entry, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(geojson_notes_free) struct geojson_notes notes = {0};
    struct geojson_keys keys = {doc_text(doc_get(entry, "code"), ""),
                                doc_text(doc_get(entry, "name"), ""),
                                doc_text(doc_get(entry, "zone"), NULL)};
    const char *name = doc_text(doc_get(entry, "set"), "");
    bool fresh = false;
    if (get_text(remake, entry, &text, err) ||
        geojson_read(buf_slice(&text), name, &keys, &set, &notes, err))
        return err_add(err, "making boundary set %s again", name);
    (void)snprintf(set->name, sizeof(set->name), "%s", name);
    if (strcmp(hash_hex(boundary_set_hash(set)).at, doc_text(doc_get(entry, "hash"), "")) != 0)
        return err_set(err, ERR_BROKEN,
                       "boundary set %s comes out otherwise than when it was imported; take map.db "
                       "from a backup",
                       name);
    if (boundary_set_put(remake->map, set, &fresh, err))
        return err_of(err);
    remake->sets++;
    remake->fresh += fresh;
    return OK;
}

static enum err_kind remake_former(struct remake *remake, const struct doc *entry, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(formers_free) struct formers formers = {0};
    const char *name = doc_text(doc_get(entry, "set"), "");
    const char *renamed = doc_text(doc_get(entry, "rename"), NULL);
    const char *sign = renamed ? strchr(renamed, '=') : NULL;
    struct renaming renaming = {0};
    size_t nowhere;
    if (sign)
        renaming = (struct renaming){{renamed, (size_t)(sign - renamed)}, str_of(sign + 1)};
    if (get_text(remake, entry, &text, err) ||
        boundary_set_load(remake->map, name, false, &set, err) ||
        former_csv_read(buf_slice(&text), "the kept list", set, sign ? &renaming : NULL, &formers,
                        &nowhere, err) ||
        former_put(remake->map, name, &formers, err))
        return err_add(err, "taking again what the communes of %s were before", name);
    remake->lists++;
    return OK;
}

static enum err_kind take_set(void *self, const struct entry *entry, struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    if (doc_parse(str_of(entry->text), "ledger entry", &doc, err))
        return err_of(err);
    return remake_set(self, doc, err);
}

static enum err_kind take_former(void *self, const struct entry *entry, struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    if (doc_parse(str_of(entry->text), "ledger entry", &doc, err))
        return err_of(err);
    return remake_former(self, doc, err);
}

static enum err_kind remake_all(const struct cli *cli, struct remake *remake, struct err *err)
{
    if (cli_site(cli, &remake->site, err))
        return err_of(err);
    const char *folder = site_folder(remake->site);
    remake->archive = site_path(remake->site, "archive");
    enum err_kind kind = map_open(folder, LEDGER_WRITE, &remake->map, err);
    if (kind == ERR_MISSING)
        kind = map_create(folder, err) ? err_of(err)
                                       : map_open(folder, LEDGER_WRITE, &remake->map, err);
    if (kind || ledger_open(folder, LEDGER_READ, &remake->ledger, err) ||
        ledger_walk(remake->ledger, 1, "boundary", take_set, remake, err))
        return err_of(err);
    return ledger_walk(remake->ledger, 1, "former", take_former, remake, err);
}

int boundary_remake(const struct cli *cli)
{
    struct err err = {0};
    AUTO(remake_free) struct remake remake = {0};
    if (remake_all(cli, &remake, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "sets", (int64_t)remake.sets);
        doc_put_int(result, "fresh", (int64_t)remake.fresh);
        doc_put_int(result, "lists", (int64_t)remake.lists);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("map: %zu boundary sets (%zu made again), %zu lists of former communes; "
                     "weights are made when they are needed\n",
                     remake.sets, remake.fresh, remake.lists);
    }
    return EXIT_YES;
}
