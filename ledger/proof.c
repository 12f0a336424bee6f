#include "ledger/proof.h"

#include "core/mem.h"
#include "core/num.h"
#include "ledger/cosign.h"
#include "ledger/seal.h"
#include "ledger/tree.h"

#include <inttypes.h>

static const char first_line[] = "c2sp.org/tlog-proof@v1";
static const char index_word[] = "index ";

static const char old_word[] = "old ";

static void put_path(const struct merkle_path *path, const char *note, struct buf *out)
{
    for (size_t i = 0; i < path->count; i++) {
        base64_add(out, path->hash[i].at, HASH_SIZE);
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
    buf_text(out, note);
}

enum err_kind proof_make(struct ledger *ledger, int64_t seq, struct buf *out, struct err *err)
{
    AUTO(mem_drop) char *note = NULL;
    AUTO(entry_free) struct entry entry = {0};
    struct checkpoint newest;
    struct merkle_path path;
    if (ledger_entry(ledger, seq, &entry, err) || cosign_shown(ledger, seq, &note, &newest, err))
        return err_of(err);
    if ((uint64_t)seq > newest.size)
        return err_set(err, ERR_MISSING,
                       "entry %" PRId64
                       " is not under a checkpoint yet (the newest is over %" PRIu64
                       "); write: gong ledger seal",
                       seq, newest.size);
    if (tree_inclusion(ledger, seq, newest.size, &path, err))
        return err_of(err);
    buf_print(out, "%s\n%s%" PRId64 "\n", first_line, index_word, seq - 1);
    put_path(&path, note, out);
    return OK;
}

static enum err_kind take_path(struct str *rest, struct merkle_path *path, struct err *err)
{
    struct str line;
    while (str_take_line(rest, &line) && line.len) {
        size_t len = 0;
        if (path->count == COUNT_OF(path->hash))
            return err_set(err, ERR_INPUT, "the proof's path is longer than any tree is high");
        if (base64_parse(line, path->hash[path->count].at, HASH_SIZE, &len, err))
            return err_of(err);
        if (len != HASH_SIZE)
            return err_set(err, ERR_INPUT, "a hash of the proof is not 32 bytes");
        path->count++;
    }
    return OK;
}

static enum err_kind take_head(struct str *rest, uint64_t *index, struct err *err)
{
    struct str line = {0};
    int64_t number = 0;
    if (!str_take_line(rest, &line) || !str_is(line, first_line))
        return err_set(err, ERR_INPUT, "this is no proof: its first line is not %s", first_line);
    if (!str_take_line(rest, &line))
        return err_set(err, ERR_INPUT, "the proof ends after its first line");
    if (str_starts(line, "extra ") && !str_take_line(rest, &line)) // not trusted, not needed
        return err_set(err, ERR_INPUT, "the proof ends before its index");
    if (!str_starts(line, index_word))
        return err_set(err, ERR_INPUT, "the proof has no line that begins with \"index \"");
    line.at += sizeof(index_word) - 1;
    line.len -= sizeof(index_word) - 1;
    if (num_whole(line, 0, INT64_MAX, &number, err))
        return err_of(err);
    *index = (uint64_t)number;
    return OK;
}

static enum err_kind open_checkpoint(struct str note, const struct note_key *key,
                                     const struct quorum *quorum, struct checkpoint *out,
                                     struct err *err)
{
    struct str text;
    if (quorum_open(quorum, key, note, &text, NULL, err) || checkpoint_parse(text, out, err))
        return err_of(err);
    return OK;
}

enum err_kind proof_check(struct str proof, struct str entry, const struct note_key *key,
                          const struct quorum *quorum, struct proved *out, struct err *err)
{
    struct proved proved = {0};
    struct merkle_path path = {0};
    if (take_head(&proof, &proved.index, err) || take_path(&proof, &path, err) ||
        open_checkpoint(proof, key, quorum, &proved.checkpoint, err))
        return err_of(err);
    struct hash leaf = merkle_leaf(entry);
    if (!merkle_included(&leaf, proved.index, proved.checkpoint.size, &path,
                         &proved.checkpoint.root))
        return err_set(
            err, ERR_REFUSED,
            "the proof does not hold for this entry: the entry was changed, or the proof "
            "is another's");
    *out = proved;
    return OK;
}

// --- that it only grew

enum err_kind proof_growth_make(struct ledger *ledger, uint64_t old_size, struct buf *out,
                                struct err *err)
{
    AUTO(mem_drop) char *note = NULL;
    struct checkpoint newest;
    struct merkle_path path;
    if (seal_newest(ledger, &note, &newest, err))
        return err_of(err);
    if (old_size == 0 || old_size > newest.size)
        return err_set(err, ERR_INPUT,
                       "a ledger of %" PRIu64
                       " entries cannot have grown to the newest checkpoint, "
                       "which is over %" PRIu64,
                       old_size, newest.size);
    if (tree_consistency(ledger, old_size, newest.size, &path, err))
        return err_of(err);
    buf_print(out, "%s%" PRIu64 "\n", old_word, old_size);
    put_path(&path, note, out);
    return OK;
}

bool proof_is_growth(struct str proof)
{
    return str_starts(proof, old_word);
}

static enum err_kind take_old(struct str *rest, uint64_t *size, struct err *err)
{
    struct str line = {0};
    int64_t number = 0;
    if (!str_take_line(rest, &line) || !str_starts(line, old_word))
        return err_set(err, ERR_INPUT,
                       "this is no proof of growth: it does not begin with \"old \"");
    line.at += sizeof(old_word) - 1;
    line.len -= sizeof(old_word) - 1;
    if (num_whole(line, 1, INT64_MAX, &number, err))
        return err_of(err);
    *size = (uint64_t)number;
    return OK;
}

enum err_kind proof_growth_check(struct str proof, struct str old_note, const struct note_key *key,
                                 const struct quorum *quorum, struct growth *out, struct err *err)
{
    struct growth growth = {0};
    struct merkle_path path = {0};
    uint64_t old_size = 0;
    if (take_old(&proof, &old_size, err) || take_path(&proof, &path, err) ||
        open_checkpoint(proof, key, quorum, &growth.now, err))
        return err_of(err);
    if (open_checkpoint(old_note, key, NULL, &growth.old, err))
        return err_add(err, "reading the older checkpoint");
    if (growth.old.size != old_size)
        return err_set(err, ERR_REFUSED,
                       "the proof is from %" PRIu64 " entries on, the older checkpoint is over "
                       "%" PRIu64 "; write: gong ledger prove --from %" PRIu64,
                       old_size, growth.old.size, growth.old.size);
    if (!merkle_consistent(old_size, &growth.old.root, growth.now.size, &growth.now.root, &path))
        return err_set(err, ERR_REFUSED,
                       "the proof does not hold: the ledger of %" PRIu64
                       " entries does not continue "
                       "that of %" PRIu64 "; keep both checkpoints, they are the evidence",
                       growth.now.size, old_size);
    *out = growth;
    return OK;
}
