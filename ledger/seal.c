#include "ledger/seal.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KEY_BYTES_MAX = 1000, RANDOM_NAME = 8 };

static const char no_origin[] = "not-sealed-yet";

// --- the key

enum err_kind seal_key_create(const char *folder, struct err *err)
{
    AUTO(note_signer_forget) struct note_signer signer = {0};
    AUTO(buf_free) struct buf secret = buf_new(KEY_BYTES_MAX), open = buf_new(KEY_BYTES_MAX);
    AUTO(mem_drop) char *secret_path = file_join(folder, "keys/log.key");
    AUTO(mem_drop) char *open_path = file_join(folder, "keys/log.vkey");
    char name[NOTE_NAME_MAX] = "gong.invalid/log-";
    uint8_t random[RANDOM_NAME];
    random_bytes(random, sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++)
        (void)snprintf(name + strlen(name), 3, "%02x", random[i]);
    if (note_signer_new(name, NOTE_LOG, &signer, err))
        return err_of(err);
    note_signer_text(&signer, &secret);
    note_key_text(&signer.key, &open);
    buf_char(&secret, '\n');
    buf_char(&open, '\n');
    if (file_write(secret_path, buf_slice(&secret), 0600, err) ||
        file_write(open_path, buf_slice(&open), 0644, err))
        return err_of(err);
    return OK;
}

enum err_kind seal_key(const char *folder, struct note_key *out, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(folder, "keys/log.vkey");
    return note_key_load(path, out, err);
}

static enum err_kind signer_of(const char *folder, struct note_signer *out, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(folder, "keys/log.key");
    AUTO(buf_free) struct buf text = buf_new(KEY_BYTES_MAX);
    enum err_kind kind = file_read(path, &text, err);
    if (!kind)
        kind = note_signer_parse(buf_slice(&text), out, err);
    if (text.at)
        memset(text.at, 0, text.len);
    return kind ? err_add(err, "reading the log's key %s", path) : OK;
}

// --- the file

static char *file_of(const char *folder)
{
    return file_join(folder, "checkpoint");
}

enum err_kind seal_start(const char *folder, struct err *err)
{
    AUTO(mem_drop) char *path = file_of(folder);
    AUTO(buf_free) struct buf text = buf_new(NOTE_BYTES_MAX);
    struct checkpoint none = {.root = merkle_empty()};
    (void)snprintf(none.origin, sizeof(none.origin), "%s", no_origin);
    checkpoint_text(&none, &text);
    return file_write(path, buf_slice(&text), 0644, err);
}

static enum err_kind read_file(struct ledger *ledger, struct buf *text, struct checkpoint *out,
                               struct err *err)
{
    AUTO(mem_drop) char *path = file_of(ledger_folder(ledger));
    enum err_kind kind = file_read(path, text, err);
    if (kind == ERR_MISSING)
        return err_set(err, ERR_BROKEN,
                       "%s is missing: the last checkpoint of the ledger must stand beside it; put "
                       "it back, or take the newest one from a witness",
                       path);
    if (kind || checkpoint_parse(buf_slice(text), out, err))
        return err_add(err, "reading %s", path);
    return OK;
}

// The ledger begins with what the checkpoint says.
static enum err_kind continues(struct ledger *ledger, const struct checkpoint *last,
                               struct err *err)
{
    int64_t seq = 0;
    struct hash ignored, root;
    if (ledger_head(ledger, &seq, &ignored, err))
        return err_of(err);
    if (last->size > (uint64_t)seq)
        return err_set(err, ERR_BROKEN,
                       "the ledger holds %" PRId64 " entries, its last checkpoint %" PRIu64
                       ": an old backup was put back, or entries were cut off; put the newer "
                       "ledger.db back",
                       seq, last->size);
    if (tree_root(ledger, last->size, &root, err))
        return err_of(err);
    if (!hash_same(root, last->root))
        return err_set(err, ERR_BROKEN,
                       "the first %" PRIu64 " entries of the ledger are not those of its last "
                       "checkpoint: something was changed; gong ledger verify says what",
                       last->size);
    return OK;
}

enum err_kind seal_check(struct ledger *ledger, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(NOTE_BYTES_MAX);
    struct checkpoint last;
    if (read_file(ledger, &text, &last, err))
        return err_of(err);
    return continues(ledger, &last, err);
}

static enum err_kind sign_head(struct ledger *ledger, const struct checkpoint *head, struct utc at,
                               struct buf *note, struct err *err)
{
    AUTO(note_signer_forget) struct note_signer signer = {0};
    struct checkpoint named = *head;
    if (signer_of(ledger_folder(ledger), &signer, err))
        return err_of(err);
    (void)snprintf(named.origin, sizeof(named.origin), "%s", signer.key.name);
    AUTO(buf_free) struct buf text = buf_new(NOTE_BYTES_MAX);
    checkpoint_text(&named, &text);
    buf_str(note, buf_slice(&text));
    buf_char(note, '\n');
    note_sign(&signer, buf_slice(&text), at, note);
    return OK;
}

static enum err_kind keep(struct ledger *ledger, const struct checkpoint *head,
                          const struct buf *note, struct err *err)
{
    AUTO(mem_drop) char *path = file_of(ledger_folder(ledger));
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "INSERT INTO checkpoint VALUES (?, ?) ON CONFLICT DO NOTHING");
    stmt_int(stmt, 1, (int64_t)head->size);
    stmt_text(stmt, 2, note->at);
    if (stmt_run(stmt, err))
        return err_of(err);
    return file_write(path, buf_slice(note), 0644, err);
}

// The write transaction keeps two sealers apart; the file is replaced before it ends, so that the
// file is never older than a checkpoint that somebody was shown.
enum err_kind seal_make(struct ledger *ledger, struct utc at, bool *made, struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(buf_free) struct buf text = buf_new(NOTE_BYTES_MAX), note = buf_new(NOTE_BYTES_MAX);
    struct checkpoint last, head = {0};
    struct hash ignored;
    int64_t seq = 0;
    *made = false;
    if (ledger_begin(ledger, &txn, err) || read_file(ledger, &text, &last, err) ||
        continues(ledger, &last, err) || ledger_head(ledger, &seq, &ignored, err))
        return err_of(err);
    if ((uint64_t)seq == last.size && strcmp(last.origin, no_origin) != 0)
        return OK;
    head.size = (uint64_t)seq;
    if (tree_root(ledger, head.size, &head.root, err) || sign_head(ledger, &head, at, &note, err) ||
        keep(ledger, &head, &note, err) || ledger_commit(&txn, err))
        return err_add(err, "sealing the ledger");
    *made = true;
    return OK;
}

enum err_kind seal_newest(struct ledger *ledger, char **note, struct checkpoint *out,
                          struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(NOTE_BYTES_MAX);
    struct checkpoint last;
    if (read_file(ledger, &text, &last, err))
        return err_of(err);
    if (strcmp(last.origin, no_origin) == 0)
        return err_set(err, ERR_MISSING, "the ledger was not sealed yet; write: gong ledger seal");
    *note = buf_take(&text);
    *out = last;
    return OK;
}

// --- what is no checkpoint

static void vouch_text(const char *origin, const char *purpose, struct hash hash, struct buf *out)
{
    buf_print(out, "%s %s\n%s\n", origin, purpose, hash_hex(hash).at);
}

enum err_kind seal_vouch(const char *folder, const char *purpose, struct hash hash,
                         struct buf *note, struct err *err)
{
    AUTO(note_signer_forget) struct note_signer signer = {0};
    AUTO(buf_free) struct buf text = buf_new(KEY_BYTES_MAX);
    if (signer_of(folder, &signer, err))
        return err_of(err);
    vouch_text(signer.key.name, purpose, hash, &text);
    buf_str(note, buf_slice(&text));
    buf_char(note, '\n');
    note_sign(&signer, buf_slice(&text), UTC_NEVER, note);
    return OK;
}

enum err_kind seal_vouched(struct str note, const struct note_key *key, const char *purpose,
                           struct hash hash, struct err *err)
{
    AUTO(buf_free) struct buf wanted = buf_new(KEY_BYTES_MAX);
    struct str text = {0};
    bool held = false;
    if (note_open(note, key, 1, &text, &held, err))
        return err_of(err);
    vouch_text(key->name, purpose, hash, &wanted);
    if (!held || !str_same(text, buf_slice(&wanted)))
        return err_set(err, ERR_REFUSED, "the log %s did not sign this", key->name);
    return OK;
}
