#include "ledger/cosign.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/seal.h"

#include <inttypes.h>
#include <string.h>

// --- what comes back

// The checkpoint of that size as it is kept; false when the site made none.
static enum err_kind kept_note(struct ledger *ledger, uint64_t size, struct buf *note, bool *found,
                               struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT note FROM checkpoint WHERE size = ?");
    stmt_int(stmt, 1, (int64_t)size);
    if (stmt_next(stmt, found, err))
        return err_of(err);
    if (*found)
        buf_text(note, row_text(stmt, 0));
    return OK;
}

static enum err_kind replace(struct ledger *ledger, uint64_t size, const struct buf *old,
                             const struct buf *note, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(ledger_folder(ledger), "checkpoint");
    AUTO(buf_free) struct buf newest = buf_new(NOTE_BYTES_MAX);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "UPDATE checkpoint SET note = ? WHERE size = ?");
    stmt_text(stmt, 1, note->at);
    stmt_int(stmt, 2, (int64_t)size);
    if (stmt_run(stmt, err) || file_read(path, &newest, err))
        return err_of(err);
    if (!str_same(buf_slice(&newest), buf_slice(old)))
        return OK; // an older one: the file stays with the newest
    return file_write(path, buf_slice(note), 0644, err);
}

// It is one that this site made, to the letter.
static enum err_kind check_ours(struct ledger *ledger, struct str text, bool by_log,
                                struct buf *kept, struct err *err)
{
    struct checkpoint said;
    bool found = false;
    if (checkpoint_parse(text, &said, err) || kept_note(ledger, said.size, kept, &found, err))
        return err_of(err);
    if (found && kept->len > text.len && memcmp(kept->at, text.at, text.len) == 0 &&
        kept->at[text.len] == '\n')
        return OK;
    if (by_log)
        return err_set(err, ERR_BROKEN,
                       "the key of this log signed a checkpoint over %" PRIu64
                       " entries which this ledger never had: it was lost with what a backup does "
                       "not hold, or "
                       "there are two ledgers under one key; keep the file, it is the evidence",
                       said.size);
    return err_set(err, ERR_REFUSED,
                   "this site made no such checkpoint over %" PRIu64
                   " entries, and did not sign it",
                   said.size);
}

// Opens the witness's note by the keys of the log (first) and of all witnesses that are named.
static enum err_kind open_note(const struct note_key *log, const struct quorum *named,
                               struct str note, struct str *text, bool *held, struct err *err)
{
    struct note_key key[1 + QUORUM_MEMBERS_MAX] = {*log};
    struct checkpoint said;
    bool any = false;
    for (size_t i = 0; i < named->witnesses; i++)
        key[1 + i] = named->witness[i];
    if (note_open(note, key, 1 + named->witnesses, text, held, err) ||
        checkpoint_parse(*text, &said, err))
        return err_of(err);
    if (strcmp(said.origin, log->name) != 0)
        return err_set(err, ERR_INPUT, "it is a checkpoint of %s, this ledger is %s", said.origin,
                       log->name);
    for (size_t i = 0; i < named->witnesses; i++)
        any = any || held[1 + i];
    if (!any)
        return err_set(
            err, ERR_REFUSED,
            "none of the %zu witnesses that this site names cosigned it; a new one is a line "
            "of its file \"witnesses\"",
            named->witnesses);
    return OK;
}

static void add_lines(const struct quorum *named, struct str note, const bool *held,
                      struct buf *kept, struct cosigned *out)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < named->witnesses; i++) {
        struct str line;
        bool known = note_line_of(buf_slice(kept), &named->witness[i], &line);
        bool fresh = !known && held[i] && note_line_of(note, &named->witness[i], &line);
        if (fresh) {
            buf_str(kept, str_trim(line));
            buf_char(kept, '\n');
        }
        out->fresh += fresh;
        out->witnesses += known || fresh;
        seen |= (uint64_t)(known || fresh) << i;
    }
    out->met = quorum_met(named, seen);
}

enum err_kind cosign_add(struct ledger *ledger, const struct quorum *named, struct str note,
                         struct cosigned *out, struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(buf_free) struct buf old = buf_new(NOTE_BYTES_MAX), kept = buf_new(NOTE_BYTES_MAX);
    bool held[1 + QUORUM_MEMBERS_MAX] = {false};
    struct cosigned done = {0};
    struct checkpoint said;
    struct note_key log;
    struct str text;
    if (named->witnesses == 0)
        return err_set(err, ERR_INPUT,
                       "this site names no witnesses: write their keys into %s/witnesses",
                       ledger_folder(ledger));
    if (seal_key(ledger_folder(ledger), &log, err) ||
        open_note(&log, named, note, &text, held, err) || ledger_begin(ledger, &txn, err) ||
        check_ours(ledger, text, held[0], &old, err) || checkpoint_parse(text, &said, err))
        return err_of(err);
    done.size = said.size;
    buf_str(&kept, buf_slice(&old));
    add_lines(named, note, held + 1, &kept, &done);
    if (kept.full)
        return err_set(err, ERR_INPUT, "the checkpoint has no room for more cosignatures");
    if (done.fresh && (replace(ledger, said.size, &old, &kept, err) || ledger_commit(&txn, err)))
        return err_add(err, "keeping cosignatures");
    *out = done;
    return OK;
}

// --- what goes out

static bool has_cosignature(const struct quorum *quorum, struct str note)
{
    struct str line;
    for (size_t i = 0; i < quorum->witnesses; i++) {
        if (note_line_of(note, &quorum->witness[i], &line))
            return true;
    }
    return false;
}

enum err_kind cosign_newest(struct ledger *ledger, const struct quorum *quorum, char **note,
                            struct checkpoint *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 20000");
    static_assert(COSIGN_WITHIN == 20000, "the statement says it too");
    struct note_key log;
    bool row = true;
    *note = NULL;
    if (quorum->who < 0)
        return OK;
    if (seal_key(ledger_folder(ledger), &log, err))
        return err_of(err);
    while (row) {
        struct err none = {0};
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        struct str text, bytes = row ? row_bytes(stmt, 0) : STR("");
        if (!has_cosignature(quorum, bytes) || quorum_open(quorum, &log, bytes, &text, NULL, &none))
            continue;
        if (checkpoint_parse(text, out, err))
            return err_of(err);
        *note = str_copy(bytes);
        return OK;
    }
    return OK;
}

enum err_kind cosign_shown(struct ledger *ledger, int64_t seq, char **note, struct checkpoint *out,
                           struct err *err)
{
    AUTO(mem_drop) char *cosigned = NULL;
    struct quorum quorum;
    struct checkpoint point;
    if (quorum_of_site(ledger_folder(ledger), &quorum, err) ||
        cosign_newest(ledger, &quorum, &cosigned, &point, err))
        return err_of(err);
    if (!cosigned || point.size < (uint64_t)seq)
        return seal_newest(ledger, note, out, err);
    *note = TAKE(cosigned);
    *out = point;
    return OK;
}
