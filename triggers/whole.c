#include "triggers/whole.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/decision.h"
#include "ledger/map.h"
#include "ledger/merkle.h"
#include "ledger/people.h"
#include "ledger/raw.h"
#include "ledger/seal.h"
#include "ledger/station.h"
#include "ledger/reread.h"
#include "triggers/commune_doc.h"
#include "triggers/parcel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_BYTES_MAX = 1 << 30,
    KEY_BYTES_MAX = 1000,
    NAME_BYTES = 101,
    SOURCES_BYTES_MAX = 1 << 20
};

static const char how[] =
    "# Hồ sơ chứng cứ của toàn bộ các quyết định · Evidence of all decisions of a site\n\n"
    "Không tệp nào ở đây chứa tên, số điện thoại hay tài khoản.\n"
    "No file in here holds a name, a phone number or an account.\n\n"
    "With gong, on any machine (nothing else is needed):\n\n"
    "    gong replay --bundle THIS.tar --key log.vkey\n\n"
    "`log.vkey` must be the key that the site gave you before, not only the one in here.\n\n"
    "Without gong, with sha256sum and jq:\n\n"
    "    sha256sum -c SHA256SUMS\n"
    "    jq -cS . entries.jsonl | cmp - entries.jsonl        # the entries are canonical\n"
    "    # line N of leaves.txt is the hash of 0x00 and line N of entries.jsonl; over these "
    "leaves\n"
    "    # RFC 6962 gives the root that stands, in base 64, in the third line of checkpoint\n"
    "    (printf '\\0'; sed -n 1p entries.jsonl | tr -d '\\n') | sha256sum; sed -n 1p leaves.txt\n";

struct whole {
    const struct receipt_from *from;
    struct parcel parcel;
    struct buf entries, leaves;
    int64_t size; // of the checkpoint
};

static void whole_free(struct whole *whole)
{
    parcel_free(&whole->parcel);
    buf_free(&whole->entries);
    buf_free(&whole->leaves);
}

static void put_line(struct buf *out, const struct doc *doc)
{
    doc_canonical(doc, out);
    buf_char(out, '\n');
}

static enum err_kind add_log(struct whole *whole, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(KEY_BYTES_MAX);
    AUTO(mem_drop) char *note = NULL;
    struct note_key key;
    struct checkpoint newest;
    if (seal_key(site_folder(whole->from->site), &key, err) ||
        seal_newest(whole->from->ledger, &note, &newest, err))
        return err_of(err);
    note_key_text(&key, &text);
    buf_char(&text, '\n');
    whole->size = (int64_t)newest.size;
    parcel_add(&whole->parcel, "log.vkey", buf_slice(&text));
    parcel_add(&whole->parcel, "checkpoint", str_of(note));
    return OK;
}

static enum err_kind take_entry(void *self, const struct entry *entry, struct err *err)
{
    struct whole *whole = self;
    (void)err;
    if (entry->seq > whole->size)
        return OK;
    buf_text(&whole->entries, entry->text);
    buf_char(&whole->entries, '\n');
    buf_print(&whole->leaves, "%s\n", hash_hex(merkle_leaf(str_of(entry->text))).at);
    return OK;
}

static enum err_kind add_entries(struct whole *whole, struct err *err)
{
    if (ledger_walk(whole->from->ledger, 1, NULL, take_entry, whole, err))
        return err_of(err);
    parcel_add(&whole->parcel, "entries.jsonl", buf_slice(&whole->entries));
    parcel_add(&whole->parcel, "leaves.txt", buf_slice(&whole->leaves));
    return OK;
}

// --- what decided

static enum err_kind take_policy(void *self, const struct entry *entry, struct err *err)
{
    struct whole *whole = self;
    AUTO(doc_free) struct doc *doc = NULL;
    AUTO(buf_free) struct buf yaml = buf_new(TEXT_BYTES_MAX);
    struct hash hash;
    char name[NAME_BYTES];
    if (entry->seq > whole->size)
        return OK;
    if (doc_parse(str_of(entry->text), "ledger entry", &doc, err) ||
        hash_parse(str_of(doc_text(doc_get(doc, "policy_hash"), "")), &hash, err) ||
        policy_text_get(whole->from->ledger, hash, &yaml, err))
        return err_of(err);
    (void)snprintf(name, sizeof(name), "policies/%s.yaml", hash_hex(hash).at);
    parcel_add(&whole->parcel, name, buf_slice(&yaml));
    return OK;
}

static enum err_kind add_set(struct whole *whole, const char *set_name, struct err *err)
{
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    char name[NAME_BYTES];
    if (boundary_set_load(whole->from->map, set_name, true, &set, err))
        return err_of(err);
    for (size_t i = 0; i < set->count; i++) {
        AUTO(doc_free) struct doc *one = commune_doc(&set->commune[i]);
        put_line(&text, one);
    }
    (void)snprintf(name, sizeof(name), "boundary/%s.jsonl", set->name);
    parcel_add(&whole->parcel, name, buf_slice(&text));
    return OK;
}

static enum err_kind add_sets(struct whole *whole, struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    if (boundary_set_names(whole->from->map, &names, err))
        return err_of(err);
    for (size_t i = 0; names[i]; i++) {
        if (add_set(whole, names[i], err))
            return err_of(err);
    }
    return OK;
}

static void put_date(struct doc *doc, const char *key, struct civil day)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%04d-%02d-%02d", day.year, day.month, day.day);
    doc_put_text(doc, key, text);
}

static enum err_kind add_contracts(struct whole *whole, struct err *err)
{
    AUTO(contracts_free) struct contracts contracts = {0};
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    if (contract_list_all(whole->from->people, &contracts, err))
        return err_of(err);
    for (size_t i = 0; i < contracts.count; i++) {
        const struct contract *contract = &contracts.at[i];
        AUTO(doc_free) struct doc *one = doc_object();
        doc_put_text(one, "contract", contract->id);
        doc_put_text(one, "policy", contract->policy);
        doc_put_text(one, "boundary_set", contract->boundary_set);
        doc_put_text(one, "commune", contract->commune);
        doc_put_int(one, "sum_insured", contract->sum_insured.minor);
        put_date(one, "starts", contract->starts);
        put_date(one, "ends", contract->ends);
        put_line(&text, one);
    }
    parcel_add(&whole->parcel, "contracts.jsonl", buf_slice(&text));
    return OK;
}

// --- what it stands on

static const char *const states[] = {
    [RAW_READ] = "read", [RAW_REFUSED] = "refused", [RAW_RELEASED] = "released"};

static enum err_kind add_file(struct whole *whole, const struct raw *raw, struct err *err)
{
    char name[NAME_BYTES], within[NAME_BYTES];
    struct hash_hex hex = hash_hex(raw->hash);
    (void)snprintf(within, sizeof(within), "archive/%.2s/%s", hex.at, hex.at);
    (void)snprintf(name, sizeof(name), "raw/%s", hex.at);
    AUTO(mem_drop) char *path = site_path(whole->from->site, within);
    AUTO(buf_free) struct buf bytes = buf_new(whole->parcel.tar->max);
    if (file_read(path, &bytes, err))
        return err_add(err, "putting a raw file into the bundle");
    parcel_add(&whole->parcel, name, buf_slice(&bytes));
    return OK;
}

static void put_raw(const struct raw *raw, struct buf *out)
{
    AUTO(doc_free) struct doc *one = doc_object();
    doc_put_text(one, "hash", hash_hex(raw->hash).at);
    doc_put_text(one, "source", raw->source);
    doc_put_text(one, "url", raw->url);
    doc_put_text(one, "fetched_at", utc_text(raw->fetched_at).at);
    doc_put_int(one, "bytes", raw->bytes);
    doc_put_text(one, "state", states[raw->state]);
    doc_put_text(one, "why", raw->why);
    doc_put_int(one, "entry", raw->entry);
    doc_put_int(one, "position", raw->position);
    put_line(out, one);
}

static int by_position(const void *a, const void *b)
{
    const struct raw *const *x = a, *const *y = b;
    return ((*x)->position > (*y)->position) - ((*x)->position < (*y)->position);
}

static int by_hash(const void *a, const void *b)
{
    const struct raw *const *x = a, *const *y = b;
    return memcmp((*x)->hash.at, (*y)->hash.at, HASH_SIZE);
}

// Those that were read under the checkpoint, of every state that says so.
struct files {
    struct raws of[3];
    const struct raw **at; // [count] borrowed
    size_t count;
};

static void files_free(struct files *files)
{
    for (size_t i = 0; i < COUNT_OF(files->of); i++)
        raws_free(&files->of[i]);
    mem_free(&files->at);
}

// What was read later than the checkpoint may have been refused under it: then it was that.
static bool was_under(const struct rereads *rereads, int64_t size, struct raw *raw)
{
    if (raw->entry <= size)
        return true;
    const struct reread *reread = reread_refused(rereads, raw, size);
    if (!reread)
        return false;
    mem_free(&raw->why);
    raw->why = mem_text(reread->why);
    raw->entry = reread->seq;
    raw->state = RAW_REFUSED;
    return true;
}

static enum err_kind list_files(struct whole *whole, struct files *files, struct err *err)
{
    static const enum raw_state wanted[] = {RAW_READ, RAW_REFUSED, RAW_RELEASED};
    AUTO(rereads_free) struct rereads rereads = {0};
    if (rereads_load(whole->from->ledger, &rereads, err))
        return err_of(err);
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        struct raws *raws = &files->of[i];
        if (raw_list(whole->from->ledger, NULL, wanted[i], 0, raws, err))
            return err_of(err);
        files->at =
            mem_resize(files->at, files->count + raws->count + 1, sizeof(const struct raw *));
        for (size_t k = 0; k < raws->count; k++) {
            if (was_under(&rereads, whole->size, &raws->at[k]))
                files->at[files->count++] = &raws->at[k];
        }
    }
    return OK;
}

static enum err_kind add_archive(struct whole *whole, struct err *err)
{
    AUTO(files_free) struct files files = {0};
    AUTO(buf_free) struct buf list = buf_new(TEXT_BYTES_MAX);
    if (list_files(whole, &files, err))
        return err_of(err);
    qsort(files.at, files.count, sizeof(const struct raw *), by_position);
    for (size_t i = 0; i < files.count; i++)
        put_raw(files.at[i], &list);
    parcel_add(&whole->parcel, "raw.jsonl", buf_slice(&list));
    qsort(files.at, files.count, sizeof(const struct raw *), by_hash);
    for (size_t i = 0, last = SIZE_MAX; i < files.count; i++) {
        bool again = last != SIZE_MAX && hash_same(files.at[last]->hash, files.at[i]->hash);
        if (again || files.at[i]->state == RAW_RELEASED)
            continue; // one file may be of two sources
        if (add_file(whole, files.at[i], err))
            return err_of(err);
        last = i;
    }
    return OK;
}

static enum err_kind add_stations(struct whole *whole, struct err *err)
{
    AUTO(file_names_free) char **sources = NULL;
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    if (station_sources(whole->from->ledger, &sources, err))
        return err_of(err);
    for (size_t i = 0; sources[i]; i++) {
        AUTO(stations_free) struct stations stations = {0};
        if (station_list(whole->from->ledger, sources[i], &stations, err))
            return err_of(err);
        for (size_t k = 0; k < stations.count; k++) {
            const struct station *station = &stations.at[k];
            AUTO(doc_free) struct doc *one = doc_object();
            doc_put_text(one, "source", sources[i]);
            doc_put_text(one, "code", station->code);
            doc_put_text(one, "name", station->name);
            doc_put_int(one, "latitude_micro", station->latitude_micro);
            doc_put_int(one, "longitude_micro", station->longitude_micro);
            doc_put_int(one, "flags", station->flags);
            put_line(&text, one);
        }
    }
    parcel_add(&whole->parcel, "stations.jsonl", buf_slice(&text));
    return OK;
}

static enum err_kind add_sources(struct whole *whole, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(SOURCES_BYTES_MAX);
    AUTO(mem_drop) char *path = site_path(whole->from->site, "sources.yaml");
    if (file_read(path, &text, err))
        return err_of(err);
    parcel_add(&whole->parcel, "sources.yaml", buf_slice(&text));
    return OK;
}

enum err_kind whole_make(const struct receipt_from *from, struct buf *tar, int64_t *left,
                         struct err *err)
{
    struct hash ignored;
    int64_t head = 0;
    AUTO(whole_free)
    struct whole whole = {
        .from = from, .entries = buf_new(TEXT_BYTES_MAX), .leaves = buf_new(TEXT_BYTES_MAX)};
    parcel_begin(&whole.parcel, tar, "gong-all", (struct utc){0});
    parcel_add(&whole.parcel, "CHECK.md", STR(how));
    if (add_log(&whole, err) || add_entries(&whole, err) || add_sources(&whole, err) ||
        ledger_walk(from->ledger, 1, "policy", take_policy, &whole, err) || add_sets(&whole, err) ||
        add_contracts(&whole, err) || add_stations(&whole, err) || add_archive(&whole, err) ||
        ledger_head(from->ledger, &head, &ignored, err))
        return err_of(err);
    *left = head - whole.size;
    if (whole.entries.full || whole.leaves.full)
        return err_set(err, ERR_INPUT, "the entries are over %d MiB; take bundles of settlements",
                       TEXT_BYTES_MAX >> 20);
    return parcel_end(&whole.parcel, site_folder(from->site), err);
}
