#include "ledger/ledger.h"

#include "core/canonical.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/reserve.h"
#include "core/text.h"
#include "ledger/doubted.h"
#include "ledger/mode.h"
#include "ledger/post.h"
#include "ledger/posted.h"
#include "ledger/schema.h"
#include "ledger/seal.h"
#include "ledger/stored.h"
#include "ledger/store.h"
#include "ledger/tree.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum {
    ENTRY_BYTES_MAX = 64 << 20,
    WALK_PAGE = 2000, // entries of a walk that are asked for at once
};

struct txn {
    struct ledger *ledger;
    bool open;
    bool remade;     // its entries stand in a ledger already
    bool head_known; // read once a transaction: nobody else writes until it ends
    int64_t head_seq;
    struct hash head;
    bool appended;        // an entry, whose time is the ledger's `at`
    struct posted posted; // what was put into the outbox
    struct doubted doubted;
    struct stored stored; // of a file that was read
};

struct ledger {
    struct db *db;
    char *folder;
    struct txn txn;
    const struct post *post; // NULL: anybody may write
    struct buf bytes;        // of the entry that is being appended
    struct tree_tail tail;
    struct hash tail_head; // of the chain at the tail's last leaf
    struct utc at;         // of the last entry that was appended here
    struct utc_text at_text;
};

enum err_kind ledger_create(const char *folder, struct err *err)
{
    if (store_create(folder, "ledger", &ledger_kind, err))
        return err_of(err);
    return seal_start(folder, err);
}

struct ledger *ledger_over(struct db *db, const char *folder)
{
    struct ledger *ledger = mem_new(1, sizeof(*ledger));
    ledger->db = db;
    ledger->folder = mem_text(folder);
    ledger->txn.ledger = ledger;
    ledger->bytes = buf_new(ENTRY_BYTES_MAX);
    return ledger;
}

void ledger_forget(struct ledger **ledger)
{
    if (!*ledger)
        return;
    buf_free(&(*ledger)->bytes);
    mem_free(&(*ledger)->folder);
    mem_free(ledger);
}

enum err_kind ledger_open(const char *folder, enum ledger_mode mode, struct ledger **out,
                          struct err *err)
{
    struct db *db = NULL;
    if (store_open(folder, "ledger", &ledger_kind, mode == LEDGER_WRITE, &db, err))
        return err->kind;
    AUTO(ledger_close) struct ledger *ledger = ledger_over(db, folder);
    if (mode_check(db, folder, err))
        return err_of(err);
    if (mode == LEDGER_WRITE && seal_check(ledger, err))
        return err_add(err, "opening the ledger in %s", folder);
    *out = TAKE(ledger);
    return OK;
}

void ledger_close(struct ledger **ledger)
{
    if (!*ledger)
        return;
    assert(!(*ledger)->txn.open);
    db_close(&(*ledger)->db);
    ledger_forget(ledger);
}

struct db *ledger_db(struct ledger *ledger)
{
    return ledger->db;
}

const char *ledger_folder(const struct ledger *ledger)
{
    return ledger->folder;
}

static enum err_kind start(struct ledger *ledger, enum db_begin how, struct txn **out,
                           struct err *err)
{
    assert(!ledger->txn.open);
    if (db_begin(ledger->db, how, err))
        return err->kind;
    if (ledger->post && post_check(ledger->db, ledger->post, err)) {
        db_undo(ledger->db);
        return err_of(err);
    }
    ledger->txn.open = true;
    ledger->txn.head_known = false;
    ledger->txn.remade = false;
    ledger->txn.appended = false;
    ledger->txn.posted.count = 0;
    ledger->txn.stored = (struct stored){0};
    *out = &ledger->txn;
    return OK;
}

enum err_kind ledger_begin(struct ledger *ledger, struct txn **out, struct err *err)
{
    return start(ledger, DB_WRITE, out, err);
}

enum err_kind ledger_begin_lazy(struct ledger *ledger, struct txn **out, struct err *err)
{
    return start(ledger, DB_LAZY, out, err);
}

// When that is said which nothing but messages was written with: when their cause was.
static enum err_kind time_of(struct txn *txn, struct utc *out, struct err *err)
{
    AUTO(doc_free) struct doc *entry = NULL;
    *out = txn->ledger->at;
    if (txn->appended)
        return OK;
    if (ledger_entry_doc(txn->ledger, txn->posted.cause, &entry, err))
        return err_of(err);
    return utc_parse(str_of(doc_text(doc_get(entry, "at"), "")), out, err);
}

// The messages that were put are told to the ledger (posted.h).
static enum err_kind tell_posted(struct txn *txn, struct err *err)
{
    AUTO(doc_free) struct doc *body = NULL;
    struct utc at;
    int64_t seq = 0;
    if (posted_body(txn->ledger, &txn->posted, &body, err))
        return err_of(err);
    if (!body)
        return OK;
    return time_of(txn, &at, err) ? err_of(err)
                                  : ledger_append(txn, "messages", at, body, &seq, NULL, err);
}

// So are doubts that were changed (doubted.h), of an entry in the same transaction.
static enum err_kind tell_doubted(struct txn *txn, struct err *err)
{
    AUTO(doc_free) struct doc *body = NULL;
    int64_t seq = 0;
    if (!txn->doubted.flags)
        return OK;
    body = doc_object();
    doc_put(body, "flags", TAKE(txn->doubted.flags));
    return ledger_append(txn, "doubts", txn->ledger->at, body, &seq, NULL, err);
}

enum err_kind ledger_commit(struct txn **txn, struct err *err)
{
    assert((*txn)->open);
    if (tell_doubted(*txn, err) || tell_posted(*txn, err) || db_commit((*txn)->ledger->db, err))
        return err->kind; // the caller's ledger_undo rolls back
    (*txn)->open = false;
    *txn = NULL;
    return OK;
}

void ledger_undo(struct txn **txn)
{
    if (!*txn)
        return;
    db_undo((*txn)->ledger->db);
    doc_free(&(*txn)->doubted.flags);
    (*txn)->open = false;
    *txn = NULL;
}

void ledger_fence(struct ledger *ledger, const struct post *post)
{
    ledger->post = post;
}

void txn_remakes(struct txn *txn)
{
    txn->remade = true;
}

struct doubted *txn_doubted(struct txn *txn)
{
    return &txn->doubted;
}

struct posted *txn_posted(struct txn *txn)
{
    return &txn->posted;
}

struct stored *txn_stored(struct txn *txn)
{
    return &txn->stored;
}

struct ledger *txn_ledger(struct txn *txn)
{
    return txn->ledger;
}

enum err_kind ledger_head(struct ledger *ledger, int64_t *seq, struct hash *hash, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger->db, "SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1");
    bool row = false;
    *seq = 0;
    *hash = (struct hash){0};
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (row) {
        *seq = row_int(stmt, 0);
        *hash = row_hash(stmt, 1);
    }
    return OK;
}

static enum err_kind know_head(struct txn *txn, struct err *err)
{
    struct ledger *ledger = txn->ledger;
    if (txn->head_known)
        return OK;
    if (ledger_head(ledger, &txn->head_seq, &txn->head, err))
        return err->kind;
    txn->head_known = true;
    // Somebody else appended since, or what we appended was undone.
    if (ledger->tail.seq != txn->head_seq || !hash_same(ledger->tail_head, txn->head))
        ledger->tail = (struct tree_tail){0};
    return OK;
}

// Texts come composed and without control characters from every edge (text_nfc). What has something
// that other tools write otherwise is not written at all: they would never come to the same bytes.
static enum err_kind check_public(const char *kind, struct str text, struct err *err)
{
    const char *what = canonical_private(text);
    return what ? err_set(err, ERR_INPUT, "an entry of kind %s holds %s: leave it out", kind, what)
                : OK;
}

// In a file the row after the last takes the next number by itself, which spares a look whether it
// is there already.
static enum err_kind put_entry(struct txn *txn, const char *kind, struct str text,
                               const struct hash *hash, struct err *err)
{
    struct db *db = txn->ledger->db;
    bool file = db_is_file(db);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, file ? "INSERT INTO entry (kind, hash, text) VALUES (?1, ?2, ?3)"
                         : "INSERT INTO entry (kind, hash, text, seq) VALUES (?1, ?2, ?3, ?4)");
    stmt_text(stmt, 1, kind);
    stmt_hash(stmt, 2, hash);
    stmt_str(stmt, 3, text);
    if (!file)
        stmt_int(stmt, 4, txn->head_seq + 1);
    return stmt_send(stmt, err);
}

enum err_kind ledger_append(struct txn *txn, const char *kind, struct utc at,
                            const struct doc *body, int64_t *seq, struct hash *hash,
                            struct err *err)
{
    struct ledger *ledger = txn->ledger;
    assert(txn->open);
    if (know_head(txn, err))
        return err->kind;
    if (at.s != ledger->at.s || !*ledger->at_text.at)
        ledger->at_text = utc_text(at);
    ledger->at = at;
    struct doc_member frame[] = {
        {"at", ledger->at_text.at, 0}, {"kind", kind, 0}, {"seq", NULL, txn->head_seq + 1}};
    struct buf *bytes = &ledger->bytes;
    struct hash next;
    buf_clear(bytes);
    bool everyday = doc_canonical_with(body, frame, COUNT_OF(frame), bytes);
    if (bytes->full)
        return err_set(err, ERR_BROKEN, "an entry of kind %s is over %d MiB", kind,
                       ENTRY_BYTES_MAX >> 20);
    if (!everyday && !txn->remade && check_public(kind, buf_slice(bytes), err))
        return err_of(err);
    struct hash leaf = merkle_leaf_and_link(buf_slice(bytes), &txn->head, &next);
    if (put_entry(txn, kind, buf_slice(bytes), &next, err) ||
        tree_grow(ledger, &ledger->tail, txn->head_seq + 1, &leaf, err)) {
        txn->head_known = false; // so that the next number is that of the next row, in any case
        return err_add(err, "appending an entry of kind %s", kind);
    }
    *seq = ++txn->head_seq;
    txn->appended = true;
    txn->head = ledger->tail_head = next;
    if (hash)
        *hash = next;
    return OK;
}

bool ledger_make_room(struct ledger *ledger)
{
    return db_is_file(ledger->db) && reserve_give_up(ledger->folder);
}

void entry_free(struct entry *entry)
{
    mem_free(&entry->kind);
    mem_free(&entry->text);
}

enum err_kind ledger_entry(struct ledger *ledger, int64_t seq, struct entry *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger->db, "SELECT kind, hash, text FROM entry WHERE seq = ?");
    bool row = false;
    stmt_int(stmt, 1, seq);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (!row)
        return err_set(err, ERR_MISSING, "the ledger has no entry %" PRId64, seq);
    *out = (struct entry){
        .seq = seq,
        .hash = row_hash(stmt, 1),
        .kind = mem_text(row_text(stmt, 0)),
        .text = mem_text(row_text(stmt, 2)),
    };
    return OK;
}

enum err_kind ledger_entry_doc(struct ledger *ledger, int64_t seq, struct doc **out,
                               struct err *err)
{
    AUTO(entry_free) struct entry entry = {0};
    if (ledger_entry(ledger, seq, &entry, err))
        return err_of(err);
    return doc_parse(str_of(entry.text), "ledger entry", out, err);
}

bool ledger_kind_is_few(const char *kind)
{
    return strcmp(kind, "decision") != 0 && strcmp(kind, "ingest") != 0 &&
           strcmp(kind, "payout") != 0;
}

// A kind of many entries has no index (ENTRY_FEW).
static const char *walk_of(const char *kind)
{
    if (!kind)
        return "SELECT seq, kind, hash, text FROM entry WHERE seq >= ?1 ORDER BY seq LIMIT ?2";
    if (!ledger_kind_is_few(kind))
        return "SELECT seq, kind, hash, text FROM entry WHERE seq >= ?1 AND kind = ?3 ORDER BY seq"
               " LIMIT ?2";
    return "SELECT seq, kind, hash, text FROM entry WHERE " ENTRY_FEW
           " AND seq >= ?1 AND kind = ?3 ORDER BY seq LIMIT ?2";
}

// One page of a walk, which PostgreSQL gives whole; `*next` is 0 after the last.
static enum err_kind walk_page(struct ledger *ledger, int64_t *next, const char *kind,
                               enum err_kind (*each)(void *self, const struct entry *entry,
                                                     struct err *err),
                               void *self, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger->db, walk_of(kind));
    int64_t rows = 0;
    stmt_int(stmt, 1, *next);
    stmt_int(stmt, 2, WALK_PAGE);
    if (kind)
        stmt_text(stmt, 3, kind);
    enum err_kind failed = OK;
    for (; stmt_more(stmt, &failed, err); rows++) {
        AUTO(entry_free)
        struct entry entry = {
            .seq = row_int(stmt, 0),
            .hash = row_hash(stmt, 2),
            .kind = mem_text(row_text(stmt, 1)),
            .text = mem_text(row_text(stmt, 3)),
        };
        *next = entry.seq + 1;
        if (each(self, &entry, err))
            return err->kind;
    }
    if (failed)
        return failed;
    if (rows < WALK_PAGE)
        *next = 0;
    return OK;
}

enum err_kind ledger_walk(struct ledger *ledger, int64_t first, const char *kind,
                          enum err_kind (*each)(void *self, const struct entry *entry,
                                                struct err *err),
                          void *self, struct err *err)
{
    for (int64_t next = first > 0 ? first : 1; next;) {
        if (walk_page(ledger, &next, kind, each, self, err))
            return err_of(err);
    }
    return OK;
}
