#include "ledger/stretch.h"

#include "core/canonical.h"
#include "core/doc.h"
#include "core/mem.h"
#include "ledger/act_check.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/merkle.h"
#include "ledger/tree.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

const char *const stretch_kind_names[STRETCH_KINDS] = {
    [STRETCH_DECISION] = "decision", [STRETCH_BASIS] = "basis",   [STRETCH_PAYOUT] = "payout",
    [STRETCH_POLICY] = "policy",     [STRETCH_INGEST] = "ingest",
};

static void drop_acts(struct stretch *stretch)
{
    for (size_t i = 0; i < stretch->acts; i++)
        mem_free(&stretch->act[i].text);
    stretch->acts = 0;
}

static enum err_kind broken(struct stretch *stretch, int64_t seq, const char *why, struct err *err)
{
    stretch->bad_seq = seq;
    return err_set(err, ERR_BROKEN, "ledger entry %" PRId64 " %s", seq, why);
}

// Says what is wrong with a text that is not canonical.
static const char *form_of(struct str text)
{
    struct err ignored = {0};
    AUTO(doc_free) struct doc *doc = NULL;
    return doc_parse(text, "entry", &doc, &ignored) ? "is no JSON" : "is not in canonical form";
}

// The members of entries that are looked at, in the order of their names.
enum member {
    ACT,
    ALERT,
    ANSWER,
    BATCH,
    COMMUNE,
    COUNTED_FROM,
    INDEX_MILLI,
    KIND,
    PERIOD,
    POLICY,
    RAW,
    RAW_CELLS,
    RAW_NORTH,
    SEQ,
    SOURCE,
    STORED,
    MEMBERS
};
static const struct canonical_member members[MEMBERS] = {
    [ACT] = {STR("act"), {0}},
    [ALERT] = {STR("alert"), {0}},
    [ANSWER] = {STR("answer"), {0}},
    [BATCH] = {STR("batch"), {0}},
    [COMMUNE] = {STR("commune"), {0}},
    [COUNTED_FROM] = {STR("counted_from"), {0}},
    [INDEX_MILLI] = {STR("index_milli"), {0}},
    [KIND] = {STR("kind"), {0}},
    [PERIOD] = {STR("period"), {0}},
    [POLICY] = {STR("policy"), {0}},
    [RAW] = {STR("raw"), {0}},
    [RAW_CELLS] = {STR("raw_cells"), {0}},
    [RAW_NORTH] = {STR("raw_north"), {0}},
    [SEQ] = {STR("seq"), {0}},
    [SOURCE] = {STR("source"), {0}},
    [STORED] = {STR("stored"), {0}},
};

struct stretch *stretch_new(void)
{
    struct stretch *stretch = mem_new(1, sizeof(*stretch));
    stretch->noted = buf_new((size_t)STRETCH_MAX * 21);
    return stretch;
}

void stretch_free(struct stretch **stretch)
{
    if (!*stretch)
        return;
    drop_acts(*stretch);
    mem_free(&(*stretch)->act);
    mem_free(&(*stretch)->file);
    buf_free(&(*stretch)->noted);
    decision_check_end(&(*stretch)->decisions);
    kinds_free(&(*stretch)->kinds);
    mem_free(stretch);
}

static void keep_act(struct stretch *stretch, int64_t seq, struct str text)
{
    stretch->act = mem_resize(stretch->act, stretch->acts + 1, sizeof(*stretch->act));
    stretch->act[stretch->acts++] = (struct stretch_act){seq, str_copy(text)};
}

// An "ingest" entry of one file alone.
static void keep_file(struct stretch *stretch, struct str source, struct str raw)
{
    const struct stretch_file *last = stretch->files ? &stretch->file[stretch->files - 1] : NULL;
    struct stretch_file file = {.source_len = source.len};
    if (last && str_same(source, (struct str){last->source, last->source_len}) &&
        str_same(raw, (struct str){last->raw, sizeof(last->raw)})) {
        stretch->repeats++;
        return;
    }
    if (!source.len || source.len > sizeof(file.source) || raw.len != sizeof(file.raw))
        return;
    memcpy(file.source, source.at, source.len);
    memcpy(file.raw, raw.at, raw.len);
    if (!stretch->file)
        stretch->file = mem_new(STRETCH_MAX, sizeof(*stretch->file));
    stretch->file[stretch->files++] = file;
}

// Mostly it is that of the entry before.
static void know_kind(struct stretch *stretch, struct str kind)
{
    struct stretch_last *last = &stretch->last;
    if (kind.len > 0 && kind.len == last->len && memcmp(kind.at, last->kind, kind.len) == 0)
        return;
    last->len = kind.len < sizeof(last->kind) ? kind.len : 0;
    memcpy(last->kind, kind.at, last->len);
    last->counted = STRETCH_KINDS;
    for (int i = 0; i < STRETCH_KINDS; i++) {
        if (str_is(kind, stretch_kind_names[i]))
            last->counted = i;
    }
    last->place = kinds_place(&stretch->kinds, kind);
    last->is_act = act_check_wants(kind);
}

// What the entry tells that later checks go by.
static void take_entry(struct stretch *stretch, int64_t seq, struct str text,
                       const struct canonical_member *said)
{
    struct kind_seen *kind = &stretch->kinds.at[stretch->last.place];
    stretch->counted[stretch->last.counted]++;
    kind->entries++;
    kind->numbers += seq;
    stretch->tells_stored |= said[STORED].value.at != NULL;
    stretch->tells_bases |=
        said[COUNTED_FROM].value.at || said[RAW_NORTH].value.at || said[RAW_CELLS].value.at;
    if (stretch->last.counted == STRETCH_INGEST && !said[RAW_NORTH].value.at)
        keep_file(stretch, said[SOURCE].value, said[RAW].value);
    if (said[ALERT].value.at)
        buf_print(&stretch->noted, "%" PRId64 ",", seq);
    if (said[ACT].value.at || stretch->last.is_act)
        keep_act(stretch, seq, text);
}

static enum err_kind check_decision(struct stretch *stretch, int64_t seq,
                                    const struct canonical_member *said, struct err *err)
{
    const char *why = NULL;
    struct decision_said decision = {
        .answer = said[ANSWER].value,
        .batch = said[BATCH].value,
        .commune = said[COMMUNE].value,
        .index_milli = said[INDEX_MILLI].value,
        .period = said[PERIOD].value,
        .policy = said[POLICY].value,
    };
    bool is_one = stretch->last.counted == STRETCH_DECISION;
    if (decision_check_entry(&stretch->decisions, seq, is_one ? &decision : NULL, &why, err))
        return err_of(err);
    return why ? broken(stretch, seq, why, err) : OK;
}

// The row in hand is entry number `seq`.
static enum err_kind check_entry(struct stretch *stretch, struct stmt *stmt, int64_t seq,
                                 struct err *err)
{
    struct canonical_member said[MEMBERS];
    struct str kind = row_bytes(stmt, 1), text = row_bytes(stmt, 3);
    struct hash hash = row_hash(stmt, 2);
    struct hash link, leaf = merkle_leaf_and_link(text, &stretch->head, &link);
    memcpy(said, members, sizeof(said));
    if (!hash_same(link, hash))
        return broken(stretch, seq, "or the one before it was changed: its hash does not fit", err);
    if (!canonical_is(text, said, MEMBERS))
        return broken(stretch, seq, form_of(text), err);
    if (!canonical_says_text(said[KIND].value, kind) ||
        !canonical_says_number(said[SEQ].value, seq))
        return broken(stretch, seq, "says another number or kind than its row", err);
    stretch->head = hash;
    stretch->leaf[seq - stretch->first] = leaf;
    know_kind(stretch, kind);
    take_entry(stretch, seq, text, said);
    return check_decision(stretch, seq, said, err);
}

static enum err_kind next_row(struct stretch *stretch, struct stmt *stmt, int64_t seq,
                              struct err *err)
{
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row || row_int(stmt, 0) != seq)
        return broken(stretch, seq, "is missing", err);
    return OK;
}

static void fold(struct stretch *stretch)
{
    struct hash tile[TILE_WIDTH];
    for (size_t i = 0; (i + 1) * TILE_WIDTH <= stretch->count; i++) {
        memcpy(tile, stretch->leaf + i * TILE_WIDTH, sizeof(tile));
        stretch->root[i] = merkle_fold(tile, TILE_WIDTH);
    }
}

static void begin(struct stretch *stretch)
{
    stretch->head = (struct hash){0};
    stretch->bad_seq = 0;
    drop_acts(stretch);
    memset(stretch->counted, 0, sizeof(stretch->counted));
    kinds_zero(&stretch->kinds);
    stretch->tells_bases = stretch->tells_stored = false;
    stretch->files = 0;
    buf_clear(&stretch->noted);
    stretch->repeats = 0;
}

enum err_kind stretch_check(struct stretch *stretch, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(stretch->ledger), "SELECT seq, kind, hash, text"
                                                            " FROM entry WHERE seq >= ?"
                                                            " ORDER BY seq LIMIT ?");
    int64_t before = stretch->first - 1;
    assert(stretch->first > 0 && stretch->count > 0 && stretch->count <= STRETCH_MAX);
    begin(stretch);
    stmt_int(stmt, 1, before > 0 ? before : 1);
    stmt_int(stmt, 2, (int64_t)stretch->count + (before > 0));
    if (before > 0 && next_row(stretch, stmt, before, err))
        return err_of(err);
    if (before > 0)
        stretch->head = row_hash(stmt, 2);
    if (decision_check_begin(&stretch->decisions, ledger_db(stretch->ledger), stretch->first,
                             stretch->first + (int64_t)stretch->count - 1, err))
        return err_of(err);
    for (size_t i = 0; i < stretch->count; i++) {
        int64_t seq = stretch->first + (int64_t)i;
        if (next_row(stretch, stmt, seq, err) || check_entry(stretch, stmt, seq, err))
            return err_of(err);
    }
    decision_check_end(&stretch->decisions);
    fold(stretch);
    return OK;
}
