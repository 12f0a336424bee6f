#include "triggers/whole.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/merkle.h"
#include "ledger/raw.h"
#include "ledger/rebuild.h"
#include "ledger/station.h"
#include "triggers/commune_doc.h"
#include "triggers/parcel.h"
#include "triggers/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 101, KEY_BYTES_MAX = 1000 };
#define SUM_VND_MAX INT64_C(1000000000000000) // as money_parse_vnd

// A contract and its sum insured.
struct sum_of {
    char contract[48];
    int64_t vnd;
};

struct work {
    const struct parcel_seen *seen;
    const struct whole_check *check;
    struct whole_report *report;
    struct place place;
    struct ledger *ledger, *readings;
    struct map *map;
    struct sum_of *sum; // [sums] by contract
    size_t sums;
};

static void work_free(struct work *work)
{
    ledger_close(&work->ledger);
    ledger_close(&work->readings);
    map_close(&work->map);
    place_free(&work->place);
    mem_free(&work->sum);
}

#define refuse(err, ...) err_set(err, ERR_REFUSED, "the bundle does not hold: " __VA_ARGS__)

// One line of a file as a document.
static enum err_kind read_line(struct str line, const char *name, size_t number, struct doc **out,
                               struct err *err)
{
    if (doc_parse(line, name, out, err))
        return err_add(err, "reading line %zu of %s of the bundle", number, name);
    return OK;
}

// --- the log

// Each entry has the leaf that is listed, and over the leaves stands the root that was signed.
static enum err_kind check_tree(struct work *work, struct str entries,
                                const struct checkpoint *head, struct err *err)
{
    struct merkle_edge edge = {0};
    struct str leaves = {0}, line, said;
    if (parcel_need(work->seen, "leaves.txt", &leaves, err))
        return err_of(err);
    while (str_take_line(&entries, &line)) {
        struct hash leaf = merkle_leaf(line);
        if (!str_take_line(&leaves, &said) || !str_is(said, hash_hex(leaf).at))
            return refuse(err,
                          "line %" PRIu64 " of entries.jsonl is not the leaf that leaves.txt "
                          "has there",
                          edge.size + 1);
        merkle_add(&edge, &leaf);
    }
    if (edge.size != head->size)
        return refuse(err, "entries.jsonl has %" PRIu64 " entries, the checkpoint %" PRIu64,
                      edge.size, head->size);
    if (!hash_same(merkle_root(&edge), head->root))
        return refuse(err, "the entries do not give the root that %s signed", head->origin);
    return OK;
}

static enum err_kind check_log(struct work *work, struct str entries, struct err *err)
{
    struct str note = {0}, text = {0};
    struct checkpoint head;
    if (parcel_need(work->seen, "checkpoint", &note, err) ||
        quorum_open(work->check->quorum, work->check->key, note, &text, NULL, err) ||
        checkpoint_parse(text, &head, err))
        return err_add(err, "reading the checkpoint of the bundle");
    if (strcmp(head.origin, work->check->key->name) != 0)
        return refuse(err, "its checkpoint is that of another log, %s", head.origin);
    work->report->size = head.size;
    (void)snprintf(work->report->origin, sizeof(work->report->origin), "%s", head.origin);
    return check_tree(work, entries, &head, err);
}

// --- the site

static enum err_kind make_site(struct work *work, struct err *err)
{
    struct str sources = {0};
    AUTO(buf_free) struct buf key = buf_new(KEY_BYTES_MAX);
    if (parcel_need(work->seen, "sources.yaml", &sources, err))
        return err_of(err);
    AUTO(mem_drop) char *yaml = str_copy(sources);
    if (place_make(&work->place, yaml, err))
        return err_of(err);
    note_key_text(work->check->key, &key);
    buf_char(&key, '\n');
    AUTO(mem_drop) char *path = file_join(work->place.site, "keys/log.vkey");
    return file_write(path, buf_slice(&key), 0644, err);
}

static enum err_kind policy_text(void *self, const char *hash, struct str *out, struct err *err)
{
    struct work *work = self;
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof(name), "policies/%.64s.yaml", hash);
    if (parcel_need(work->seen, name, out, err))
        return err_of(err);
    if (strcmp(hash_hex(hash_of(*out)).at, hash) != 0)
        return refuse(err, "%s is not the text of that hash", name);
    return OK;
}

// --- boundary sets

static enum err_kind put_set(struct work *work, const struct tar_file *file, struct str name,
                             struct err *err)
{
    AUTO(communes_said_free) struct communes_said rows = {0};
    struct str rest = file->bytes, line;
    bool fresh = false;
    for (size_t number = 1; str_take_line(&rest, &line); number++) {
        AUTO(doc_free) struct doc *said = NULL;
        if (read_line(line, file->name, number, &said, err))
            return err_of(err);
        if (communes_said_add(&rows, said, err))
            return err_add(err, "reading line %zu of %s", number, file->name);
    }
    if (name.len == 0 || name.len >= sizeof(rows.set.name))
        return refuse(err, "%s is no name of a boundary set", file->name);
    memcpy(rows.set.name, name.at, name.len);
    rows.set.hash = boundary_set_hash(&rows.set);
    return boundary_set_put(work->map, &rows.set, &fresh, err);
}

static enum err_kind put_sets(struct work *work, struct err *err)
{
    static const char folder[] = "boundary/", ending[] = ".jsonl";
    if (map_open(work->place.site, LEDGER_WRITE, &work->map, err))
        return err_of(err);
    for (size_t i = 0; i < work->seen->files.count; i++) {
        const struct tar_file *file = &work->seen->files.at[i];
        struct str name = str_of(file->name);
        if (!str_starts(name, folder) || !str_ends(name, ending))
            continue;
        name.at += strlen(folder);
        name.len -= strlen(folder) + strlen(ending);
        if (put_set(work, file, name, err))
            return err_of(err);
    }
    return OK;
}

// A set is the one that the ledger says was imported.
static enum err_kind check_set(void *self, const struct entry *entry, struct err *err)
{
    struct work *work = self;
    AUTO(doc_free) struct doc *doc = NULL;
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    const char *name = NULL, *hash = NULL;
    if (doc_parse(str_of(entry->text), "entry", &doc, err) ||
        doc_need_text(doc, "set", &name, err) || doc_need_text(doc, "hash", &hash, err))
        return err_of(err);
    enum err_kind kind = boundary_set_load(work->map, name, false, &set, err);
    if (kind && kind != ERR_MISSING)
        return kind;
    if (kind || strcmp(hash_hex(set->hash).at, hash) != 0)
        return refuse(err, "boundary/%s.jsonl is not the set that entry %" PRId64 " names", name,
                      entry->seq);
    return OK;
}

// --- raw files and stations

static enum err_kind raw_of(const struct doc *said, struct raw *out, struct err *err)
{
    const char *hash = NULL, *source = NULL, *url = NULL, *state = NULL, *why = NULL, *at = NULL;
    if (doc_need_text(said, "hash", &hash, err) || doc_need_text(said, "source", &source, err) ||
        doc_need_text(said, "url", &url, err) || doc_need_text(said, "state", &state, err) ||
        doc_need_text(said, "why", &why, err) || doc_need_text(said, "fetched_at", &at, err) ||
        doc_need_int(said, "bytes", &out->bytes, err) ||
        doc_need_int(said, "entry", &out->entry, err) ||
        hash_parse(str_of(hash), &out->hash, err) || utc_parse(str_of(at), &out->fetched_at, err))
        return err_of(err);
    (void)snprintf(out->source, sizeof(out->source), "%s", source);
    out->url = mem_text(url);
    out->why = mem_text(why);
    out->state = strcmp(state, "read") == 0      ? RAW_READ
                 : strcmp(state, "refused") == 0 ? RAW_REFUSED
                                                 : RAW_RELEASED;
    return OK;
}

// The entry that says what became of the file says it of this file.
static enum err_kind check_raw_entry(struct work *work, const struct raw *raw, struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    if (ledger_entry_doc(work->ledger, raw->entry, &doc, err))
        return err_of(err);
    if (strcmp(doc_text(doc_get(doc, "raw"), ""), hash_hex(raw->hash).at) != 0 ||
        strcmp(doc_text(doc_get(doc, "source"), ""), raw->source) != 0)
        return refuse(err, "raw.jsonl says another thing of file %s than entry %" PRId64,
                      hash_hex(raw->hash).at, raw->entry);
    return OK;
}

static enum err_kind put_file(struct work *work, struct hash hash, struct err *err)
{
    char name[NAME_BYTES], folder[NAME_BYTES];
    struct hash_hex hex = hash_hex(hash);
    struct str bytes = {0};
    (void)snprintf(name, sizeof(name), "raw/%s", hex.at);
    if (parcel_need(work->seen, name, &bytes, err))
        return err_of(err);
    if (!hash_same(hash_of(bytes), hash))
        return refuse(err, "%s has other bytes than its name says", name);
    (void)snprintf(folder, sizeof(folder), "archive/%.2s", hex.at);
    AUTO(mem_drop) char *within = file_join(work->place.site, folder);
    AUTO(mem_drop) char *path = file_join(within, hex.at);
    if (file_make_folder(within, 0700, err))
        return err_of(err);
    return file_exists(path) ? OK : file_write(path, bytes, 0600, err);
}

static enum err_kind put_raw(struct work *work, struct txn *txn, const struct raw *raw,
                             struct err *err)
{
    bool fresh = false;
    if (check_raw_entry(work, raw, err) || raw_put(txn, raw, &fresh, err) ||
        raw_settle(txn, raw->hash, raw->source, raw->state, raw->why, raw->entry, err))
        return err_of(err);
    return raw->state == RAW_RELEASED ? OK : put_file(work, raw->hash, err);
}

static enum err_kind put_raws(struct work *work, struct txn *txn, struct err *err)
{
    static const char name[] = "raw.jsonl";
    struct str rest = {0}, line;
    if (parcel_need(work->seen, name, &rest, err))
        return err_of(err);
    for (size_t number = 1; str_take_line(&rest, &line); number++) {
        AUTO(doc_free) struct doc *said = NULL;
        AUTO(raw_free) struct raw raw = {0};
        if (read_line(line, name, number, &said, err))
            return err_of(err);
        if (raw_of(said, &raw, err) || put_raw(work, txn, &raw, err))
            return err_add(err, "reading line %zu of %s", number, name);
    }
    return OK;
}

static enum err_kind put_station(struct txn *txn, const struct doc *said, struct err *err)
{
    const char *source = NULL, *code = NULL, *name = NULL;
    int64_t latitude = 0, longitude = 0, flags = 0;
    size_t place = 0;
    if (doc_need_text(said, "source", &source, err) || doc_need_text(said, "code", &code, err) ||
        doc_need_text(said, "name", &name, err) ||
        doc_need_int(said, "latitude_micro", &latitude, err) ||
        doc_need_int(said, "longitude_micro", &longitude, err) ||
        doc_need_int(said, "flags", &flags, err))
        return err_of(err);
    AUTO(mem_drop) char *copy = mem_text(name);
    struct station station = {.name = copy,
                              .latitude_micro = (int32_t)latitude,
                              .longitude_micro = (int32_t)longitude,
                              .flags = (unsigned)flags};
    (void)snprintf(station.code, sizeof(station.code), "%s", code);
    return station_put(txn, source, &station, &place, err);
}

static enum err_kind put_stations(struct work *work, struct txn *txn, struct err *err)
{
    static const char name[] = "stations.jsonl";
    struct str rest = {0}, line;
    if (parcel_need(work->seen, name, &rest, err))
        return err_of(err);
    for (size_t number = 1; str_take_line(&rest, &line); number++) {
        AUTO(doc_free) struct doc *said = NULL;
        if (read_line(line, name, number, &said, err))
            return err_of(err);
        if (put_station(txn, said, err))
            return err_add(err, "reading line %zu of %s", number, name);
    }
    return OK;
}

static enum err_kind fill_ledger(struct work *work, struct str entries, struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_open(work->place.site, LEDGER_WRITE, &work->ledger, err))
        return err_of(err);
    if (rebuild_entries(work->ledger, entries, policy_text, work, err))
        return err_add(err, "reading entries.jsonl of the bundle");
    if (ledger_walk(work->ledger, 1, "boundary", check_set, work, err) ||
        ledger_begin(work->ledger, &txn, err) || put_stations(work, txn, err) ||
        put_raws(work, txn, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

// --- sums insured

static int by_contract(const void *a, const void *b)
{
    const struct sum_of *x = a, *y = b;
    return strcmp(x->contract, y->contract);
}

static enum err_kind take_sums(struct work *work, struct err *err)
{
    static const char name[] = "contracts.jsonl";
    struct str rest = {0}, line;
    if (parcel_need(work->seen, name, &rest, err))
        return err_of(err);
    work->sum = mem_new(str_count(rest, '\n') + 1, sizeof(*work->sum));
    for (size_t number = 1; str_take_line(&rest, &line); number++) {
        AUTO(doc_free) struct doc *said = NULL;
        const char *contract = NULL;
        struct sum_of *sum = &work->sum[work->sums++];
        if (read_line(line, name, number, &said, err))
            return err_of(err);
        if (doc_need_text(said, "contract", &contract, err) ||
            doc_need_int(said, "sum_insured", &sum->vnd, err))
            return err_add(err, "reading line %zu of %s", number, name);
        if (sum->vnd < 0 || sum->vnd > SUM_VND_MAX)
            return refuse(err, "line %zu of %s insures no sum of money", number, name);
        (void)snprintf(sum->contract, sizeof(sum->contract), "%s", contract);
    }
    qsort(work->sum, work->sums, sizeof(*work->sum), by_contract);
    return OK;
}

static enum err_kind find_sum(void *self, const char *contract, struct money *out, struct err *err)
{
    const struct work *work = self;
    struct sum_of wanted = {.vnd = 0};
    (void)snprintf(wanted.contract, sizeof(wanted.contract), "%s", contract);
    const struct sum_of *found =
        bsearch(&wanted, work->sum, work->sums, sizeof(*work->sum), by_contract);
    if (!found)
        return err_set(err, ERR_MISSING, "contracts.jsonl has no contract %s", contract);
    *out = VND(found->vnd);
    return OK;
}

// --- all

static enum err_kind derive(struct work *work, struct err *err)
{
    AUTO(mem_drop) char *again = file_join(work->place.folder, "again");
    const char *words[] = {"replay", "--into", again, "--site", work->place.site, "--quiet"};
    ledger_close(&work->ledger);
    map_close(&work->map);
    if (place_run("gong-ingest", words, COUNT_OF(words), err) ||
        ledger_open(work->place.site, LEDGER_READ, &work->ledger, err) ||
        ledger_open(again, LEDGER_READ, &work->readings, err) ||
        map_open(work->place.site, LEDGER_READ, &work->map, err))
        return err_of(err);
    return OK;
}

enum err_kind whole_verify(const struct parcel_seen *seen, const struct whole_check *check,
                           struct whole_report *report, struct err *err)
{
    AUTO(work_free) struct work work = {.seen = seen, .check = check, .report = report};
    struct str entries = {0};
    *report = (struct whole_report){.vouched = seen->vouched};
    if (parcel_need(seen, "entries.jsonl", &entries, err) || check_log(&work, entries, err) ||
        take_sums(&work, err) || make_site(&work, err) || put_sets(&work, err) ||
        fill_ledger(&work, entries, err) || derive(&work, err))
        return err_of(err);
    struct replay replay = {.ledger = work.ledger,
                            .readings = work.readings,
                            .map = work.map,
                            .entries_only = true,
                            .sum_insured = find_sum,
                            .sums = &work,
                            .differs = check->differs,
                            .progress = check->progress,
                            .self = check->self};
    return replay_run(&replay, &report->replay, err);
}
