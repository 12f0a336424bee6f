#include "triggers/receipt_site.h"

#include "core/file.h"
#include "core/hash.h"
#include "core/http.h"
#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/raw.h"
#include "ledger/reading.h"
#include "ledger/station.h"
#include "ledger/track.h"
#include "policies/policy.h"
#include "triggers/grounds.h"
#include "triggers/place.h"
#include "triggers/receipt.h"
#include "triggers/receipt_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RAW_BYTES_MAX = 1 << 30, FETCH_MAX = 200 };

// --- the site

static enum err_kind make_site(struct place *place, const struct receipt_site *said,
                               struct err *err)
{
    AUTO(map_close) struct map *map = NULL;
    const char *sources = NULL;
    bool fresh = false;
    if (doc_need_text(said->receipt, "sources_yaml", &sources, err) ||
        place_make(place, sources, err) || map_open(place->site, LEDGER_WRITE, &map, err))
        return err_of(err);
    return boundary_set_put(map, said->set, &fresh, err);
}

// --- the raw files

// Where a raw file lies: raw_folder/HASH, or raw_folder/ab/HASH. Its bytes are hashed: a wrong file
// is no evidence.
static enum err_kind find_raw(const char *raw_folder, const char *hash, char **out, struct err *err)
{
    AUTO(buf_free) struct buf name = buf_new(200), bytes = buf_new(RAW_BYTES_MAX);
    buf_print(&name, "%.2s/%s", hash, hash);
    AUTO(mem_drop) char *flat = file_join(raw_folder, hash);
    AUTO(mem_drop) char *deep = file_join(raw_folder, name.at);
    const char *path = file_exists(flat) ? flat : deep;
    if (!file_exists(path))
        return err_set(err, ERR_MISSING,
                       "raw file %s is not in %s; it is in the archive of the site, and in the "
                       "bundle (gong bundle)",
                       hash, raw_folder);
    if (file_read(path, &bytes, err))
        return err_of(err);
    if (strcmp(hash_hex(hash_of(buf_slice(&bytes))).at, hash) != 0)
        return err_set(err, ERR_REFUSED,
                       "the receipt does not hold: %s has other bytes than its name says", path);
    char *absolute = realpath(path, NULL);
    if (!absolute)
        return err_errno(err, ERR_LATER, "cannot find %s", path);
    *out = http_file_url(absolute);
    mem_free(&absolute);
    return OK;
}

// As many words as a command line holds: gong-ingest fetch --as (FILE ADDRESS)... --source NAME
// --site SITE --quiet. The address is that which the receipt names: it says of which run, lead and
// member a file is.
struct fetch_words {
    char *url[FETCH_MAX];
    size_t count;
};

static void fetch_words_free(struct fetch_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        mem_free(&words->url[i]);
    words->count = 0;
}

static enum err_kind fetch_now(const struct place *place, const char *source,
                               struct fetch_words *words, struct err *err)
{
    const char *argv[FETCH_MAX + 7] = {"fetch"};
    const char *const rest[] = {"--as", "--source", source, "--site", place->site, "--quiet"};
    if (words->count == 0)
        return OK;
    memcpy(argv + 1, words->url, words->count * sizeof(*argv));
    memcpy(argv + 1 + words->count, rest, sizeof(rest));
    enum err_kind kind = place_run("gong-ingest", argv, 1 + words->count + COUNT_OF(rest), err);
    fetch_words_free(words);
    return kind;
}

// Those of one source together, in their order.
static enum err_kind fetch_all(const struct place *place, const struct doc *raw,
                               const char *raw_folder, struct err *err)
{
    AUTO(fetch_words_free) struct fetch_words words = {0};
    const char *hash = NULL, *source = NULL, *url = NULL, *last = NULL;
    for (size_t i = 0; i < doc_count(raw); i++) {
        const struct doc *one = doc_at(raw, i);
        if (doc_need_text(one, "hash", &hash, err) || doc_need_text(one, "source", &source, err) ||
            doc_need_text(one, "url", &url, err))
            return err_of(err);
        bool other = last && strcmp(last, source) != 0;
        if ((other || words.count == FETCH_MAX) && fetch_now(place, last, &words, err))
            return err_of(err);
        if (find_raw(raw_folder, hash, &words.url[words.count], err))
            return err_of(err);
        words.url[words.count + 1] = mem_text(url);
        words.count += 2;
        last = source;
    }
    return last ? fetch_now(place, last, &words, err) : OK;
}

// --- comparing

static enum err_kind differ(const struct reading_meta *meta, int32_t is, int32_t was,
                            struct err *err)
{
    return err_set(err, ERR_REFUSED,
                   "the receipt does not hold: for %s up to %s the raw files give %" PRId32
                   ", it says %" PRId32 " (thousandths)",
                   meta->variable, utc_text(meta->valid_to).at, is, was);
}

static enum err_kind none_of(const struct reading_meta *meta, struct err *err)
{
    return err_set(err, ERR_REFUSED,
                   "the receipt does not hold: the raw files give no %s of %s up to %s",
                   meta->variable, meta->source, utc_text(meta->valid_to).at);
}

static enum err_kind compare_gauge(struct ledger *ledger, const char *station,
                                   const struct readings *said, size_t i, struct err *err)
{
    AUTO(readings_free) struct readings made = {0};
    const struct reading_meta *meta = &said->meta[i];
    struct reading_query query = {.source = meta->source,
                                  .variable = meta->variable,
                                  .boundary_set = STATION_SET,
                                  .issued_at = meta->issued_at,
                                  .from = {meta->valid_to.s - 1},
                                  .to = meta->valid_to};
    struct station_choice choice = {meta->source, &station, 1};
    if (station_load(ledger, &choice, &query, &made, err))
        return err->kind == ERR_MISSING ? none_of(meta, err) : err_of(err);
    for (size_t k = 0; k < made.count; k++) {
        if (made.meta[k].valid_from.s != meta->valid_from.s || made.meta[k].member != meta->member)
            continue;
        int32_t value = said->value[i * said->communes];
        bool same = made.value[k] == value && made.cover[k] == said->cover[i * said->communes];
        return same ? OK : differ(meta, made.value[k], value, err);
    }
    return none_of(meta, err);
}

static enum err_kind compare_one(struct ledger *ledger, const struct readings *said, size_t i,
                                 struct err *err)
{
    AUTO(mem_drop) int32_t *value = NULL;
    AUTO(mem_drop) uint16_t *cover = NULL;
    const struct reading_meta *meta = &said->meta[i];
    size_t communes = 0;
    bool found = false;
    if (reading_newest_step(ledger, meta, &found, &value, &cover, &communes, err))
        return err_of(err);
    if (!found || communes != said->communes)
        return none_of(meta, err);
    for (size_t c = 0; c < communes; c++) {
        size_t at = i * communes + c;
        if (value[c] != said->value[at] || cover[c] != said->cover[at])
            return differ(meta, value[c], said->value[at], err);
    }
    return OK;
}

// Where all communes are here, the set is the one that the decision names: it gives, with the grid
// of the raw file, the very weights. Those of one commune alone have another name.
static enum err_kind compare_weights(struct ledger *ledger, const struct receipt_site *said,
                                     const struct reading_meta *meta, struct receipt_report *report,
                                     struct err *err)
{
    struct hash made;
    if (!receipt_is_wide(said->policy)) {
        report->unweighed++;
        return OK;
    }
    if (reading_newest_weights(ledger, meta, &made, err))
        return err_of(err);
    if (!hash_same(made, meta->weights))
        return err_set(
            err, ERR_REFUSED,
            "the receipt does not hold: for %s up to %s the boundary set and the grid of "
            "the raw file give weights %.16s…, it says %.16s…",
            meta->variable, utc_text(meta->valid_to).at, hash_hex(made).at,
            hash_hex(meta->weights).at);
    report->weighed++;
    return OK;
}

static enum err_kind compare_step(struct ledger *ledger, const struct receipt_site *said, size_t i,
                                  struct receipt_report *report, struct err *err)
{
    const struct readings *readings = &said->grounds->readings;
    return compare_one(ledger, readings, i, err)
               ? err_of(err)
               : compare_weights(ledger, said, &readings->meta[i], report, err);
}

static enum err_kind compare_readings(struct ledger *ledger, const struct receipt_site *said,
                                      struct receipt_report *report, struct err *err)
{
    const struct readings *readings = &said->grounds->readings;
    for (size_t i = 0; i < readings->count; i++) {
        const char *station = receipt_gauge(said->policy, &readings->meta[i]);
        if (*station ? compare_gauge(ledger, station, readings, i, err)
                     : compare_step(ledger, said, i, report, err))
            return err_of(err);
        report->readings++;
    }
    return OK;
}

// A track came out of the raw files when one does that has its name but for the revision: files
// that the decision did not look at may have had others before.
static enum err_kind compare_tracks(struct ledger *ledger, const struct tracks *said,
                                    struct receipt_report *report, struct err *err)
{
    AUTO(mem_drop) struct hash *names = NULL;
    AUTO(tracks_free) struct tracks made = {0};
    size_t count = 0;
    if (said->count == 0)
        return OK;
    if (track_names(ledger, &names, &count, err) ||
        track_load_named(ledger, names, count, &made, err))
        return err_of(err);
    for (size_t i = 0; i < said->count; i++) {
        bool found = false;
        for (size_t k = 0; k < made.count && !found; k++) {
            struct track other = made.at[k]; // borrowed
            other.revision = said->at[i].revision;
            found = hash_same(track_hash(&other), said->at[i].hash);
        }
        if (!found)
            return err_set(err, ERR_REFUSED,
                           "the receipt does not hold: the raw files give another track of storm "
                           "%s, or none",
                           said->at[i].storm);
        report->readings++;
    }
    return OK;
}

// A file that could not be read then cannot be read now, and for the same reason.
static enum err_kind compare_refusal(struct ledger *ledger, const char *why, struct err *err)
{
    AUTO(raws_free) struct raws raws = {0};
    if (raw_list(ledger, NULL, RAW_REFUSED, 0, &raws, err))
        return err_of(err);
    for (size_t i = 0; i < raws.count; i++) {
        if (strcmp(raws.at[i].why, why) == 0)
            return OK;
    }
    return err_set(err, ERR_REFUSED,
                   "the receipt does not hold: the file that was refused can be read, or for "
                   "another reason not");
}

// --- reading them again

// Nobody's clock decides: a table was not too early for the site that read it, and a file that
// waits for one before it does so until all are read. What then still waits was read when the other
// had been given up, after any time.
static enum err_kind decode_read(const struct place *place, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(place->site, "gong.yaml");
    const char *far = "9999-12-31T00:00:00Z";
    const char *by_data[] = {"decode", "--site", place->site, "--quiet"};
    const char *given_up[] = {"decode", "--site", place->site, "--quiet", "--now", far};
    if (file_write(path, str_of("mode: drill\nclock: data\n"), 0644, err) ||
        place_run_first("gong-ingest", by_data, COUNT_OF(by_data), err))
        return err_of(err);
    return place_run("gong-ingest", given_up, COUNT_OF(given_up), err);
}

// A table may have been too early: as of when it was refused. Receipts that do not tell it are of
// programs that tell of the decision alone.
static enum err_kind decode_refused(const struct place *place, const struct receipt_site *said,
                                    struct err *err)
{
    const struct doc *raw = doc_get(said->receipt, "raw");
    const char *at;
    if (doc_need_text(said->basis, "at", &at, err))
        return err_of(err);
    for (size_t i = 0; i < doc_count(raw); i++) {
        const struct doc *one = doc_at(raw, i);
        if (strcmp(doc_text(doc_get(one, "source"), ""), said->policy->source) == 0)
            at = doc_text(doc_get(one, "refused_at"), at);
    }
    const char *words[] = {"decode", "--site", place->site, "--quiet", "--now", at};
    return place_run("gong-ingest", words, COUNT_OF(words), err);
}

enum err_kind receipt_site_derive(const struct receipt_site *said, const char *raw_folder,
                                  struct receipt_report *report, struct err *err)
{
    AUTO(place_free) struct place place = {0};
    AUTO(ledger_close) struct ledger *ledger = NULL;
    const struct doc *raw = doc_get(said->receipt, "raw");
    const char *refused = doc_text(doc_get(doc_get(said->basis, "inputs"), "refused"), NULL);
    if (make_site(&place, said, err))
        return err_add(err, "making a site to check the receipt in");
    if (fetch_all(&place, raw, raw_folder, err))
        return err_of(err);
    report->raw = doc_count(raw);
    if ((refused ? decode_refused(&place, said, err) : decode_read(&place, err)) ||
        ledger_open(place.site, LEDGER_READ, &ledger, err) ||
        compare_readings(ledger, said, report, err) ||
        compare_tracks(ledger, &said->grounds->tracks, report, err) ||
        (refused && compare_refusal(ledger, refused, err)))
        return err_of(err);
    report->derived = true;
    return OK;
}
