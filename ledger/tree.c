#include "ledger/tree.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

// A subtree's number in its table: levels apart, positions in order.
static int64_t subtree_id(uint32_t level, uint64_t position)
{
    enum { LEVEL_SHIFT = 56 };
    return (int64_t)((uint64_t)level << LEVEL_SHIFT | position);
}

// Roots [first, first + count) of a level, as they are stored; `*found` false when one is not.
static enum err_kind stored(struct ledger *ledger, uint32_t level, uint64_t first, size_t count,
                            struct hash *out, bool *found, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT id, hash FROM subtree WHERE id >= ?"
                                                   " ORDER BY id LIMIT ?");
    *found = false;
    stmt_int(stmt, 1, subtree_id(level, first));
    stmt_int(stmt, 2, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        bool row = false;
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        if (!row || row_int(stmt, 0) != subtree_id(level, first + i) ||
            row_bytes(stmt, 1).len != HASH_SIZE)
            return OK;
        out[i] = row_hash(stmt, 1);
    }
    *found = true;
    return OK;
}

// Leaves [first, first + count) out of the entries themselves.
static enum err_kind leaves(struct ledger *ledger, uint64_t first, size_t count, struct hash *out,
                            struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT text FROM entry WHERE seq > ? ORDER BY seq LIMIT ?");
    stmt_int(stmt, 1, (int64_t)first);
    stmt_int(stmt, 2, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        bool row = false;
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        if (!row)
            return err_set(err, ERR_MISSING, "the ledger has no entry %" PRIu64, first + i + 1);
        out[i] = merkle_leaf(row_bytes(stmt, 0));
    }
    return OK;
}

enum err_kind tree_hashes(struct ledger *ledger, uint32_t level, uint64_t first, size_t count,
                          struct hash *out, struct err *err)
{
    bool found = false;
    assert(level < TILE_LEVELS && count > 0 && first % TILE_WIDTH + count <= TILE_WIDTH);
    if (level == 0)
        return leaves(ledger, first, count, out, err);
    if (stored(ledger, level, first, count, out, &found, err))
        return err_of(err);
    if (found)
        return OK;
    return err_set(err, ERR_BROKEN,
                   "the Merkle tree of the ledger lacks one of the subtrees %" PRIu32 "/%" PRIu64
                   " to %" PRIu64 "; ledger.db was changed",
                   level, first, first + count - 1);
}

static enum err_kind put_subtree(struct ledger *ledger, uint32_t level, uint64_t position,
                                 const struct hash *hash, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "INSERT INTO subtree VALUES (?, ?)");
    stmt_int(stmt, 1, subtree_id(level, position));
    stmt_hash(stmt, 2, hash);
    return stmt_send(stmt, err);
}

static void add_leaf(struct tree_tail *tail, int64_t seq, const struct hash *leaf)
{
    size_t within = (size_t)(seq - 1) % TILE_WIDTH;
    bool goes_on = tail->seq == seq - 1 && within > 0;
    tail->leaf[within] = *leaf;
    tail->count = goes_on ? tail->count + 1 : 1;
    tail->seq = seq;
}

// The whole tile of level 0 that the tail ends: what it does not know is read.
static enum err_kind tail_tile(struct ledger *ledger, const struct tree_tail *tail,
                               struct hash tile[TILE_WIDTH], struct err *err)
{
    size_t unknown = TILE_WIDTH - tail->count;
    if (unknown && leaves(ledger, (uint64_t)tail->seq - TILE_WIDTH, unknown, tile, err))
        return err_of(err);
    memcpy(tile + unknown, tail->leaf + unknown, tail->count * sizeof(*tile));
    return OK;
}

enum err_kind tree_grow(struct ledger *ledger, struct tree_tail *tail, int64_t seq,
                        const struct hash *leaf, struct err *err)
{
    struct hash tile[TILE_WIDTH];
    uint64_t count = (uint64_t)seq; // of the level below
    add_leaf(tail, seq, leaf);
    for (uint32_t level = 1; level < TILE_LEVELS && count % TILE_WIDTH == 0; level++) {
        uint64_t first = count - TILE_WIDTH;
        if (level == 1 ? tail_tile(ledger, tail, tile, err)
                       : tree_hashes(ledger, level - 1, first, TILE_WIDTH, tile, err))
            return err_of(err);
        struct hash root = merkle_fold(tile, TILE_WIDTH);
        count /= TILE_WIDTH;
        if (put_subtree(ledger, level, count - 1, &root, err))
            return err_of(err);
    }
    return OK;
}

static uint32_t log2_of(uint64_t power)
{
    return (uint32_t)__builtin_ctzll(power);
}

// The root over the 2^height leaves from `first` on, which is a multiple of 2^height.
static enum err_kind whole_part(struct ledger *ledger, uint64_t first, uint32_t height,
                                struct hash *out, struct err *err)
{
    struct hash tile[TILE_WIDTH];
    uint32_t level = height / TILE_HEIGHT;
    size_t count = (size_t)1 << (height % TILE_HEIGHT);
    if (tree_hashes(ledger, level, first >> (level * TILE_HEIGHT), count, tile, err))
        return err_of(err);
    *out = merkle_fold(tile, count);
    return OK;
}

static uint64_t largest_power_to(uint64_t count)
{
    return (uint64_t)1 << (63 - __builtin_clzll(count));
}

// The root over leaves [first, end), where first is a multiple of the largest power of two in it:
// so are all the ranges of RFC 6962.
static enum err_kind range(struct ledger *ledger, uint64_t first, uint64_t end, struct hash *out,
                           struct err *err)
{
    struct merkle_edge edge = {0};
    assert(first < end);
    while (first < end) {
        uint64_t count = largest_power_to(end - first);
        assert(first % count == 0);
        if (whole_part(ledger, first, log2_of(count), &edge.part[edge.count++], err))
            return err_of(err);
        first += count;
    }
    *out = merkle_root(&edge);
    return OK;
}

static enum err_kind has(struct ledger *ledger, uint64_t size, struct err *err)
{
    int64_t seq = 0;
    struct hash ignored;
    if (ledger_head(ledger, &seq, &ignored, err))
        return err_of(err);
    if (size > (uint64_t)seq)
        return err_set(err, ERR_MISSING, "the ledger has %" PRId64 " entries, not %" PRIu64, seq,
                       size);
    return OK;
}

enum err_kind tree_root(struct ledger *ledger, uint64_t size, struct hash *out, struct err *err)
{
    if (has(ledger, size, err))
        return err_of(err);
    if (size == 0)
        *out = merkle_empty();
    return size ? range(ledger, 0, size, out, err) : OK;
}

// RFC 6962 counts from the leaf up, the walk goes down.
static void turn(struct merkle_path *path)
{
    for (size_t i = 0, j = path->count; i + 1 < j; i++) {
        j--;
        struct hash kept = path->hash[i];
        path->hash[i] = path->hash[j];
        path->hash[j] = kept;
    }
}

static enum err_kind push(struct ledger *ledger, uint64_t first, uint64_t end,
                          struct merkle_path *path, struct err *err)
{
    assert(path->count < 2 * MERKLE_LEVELS);
    return range(ledger, first, end, &path->hash[path->count++], err);
}

enum err_kind tree_inclusion(struct ledger *ledger, int64_t seq, uint64_t size,
                             struct merkle_path *out, struct err *err)
{
    struct merkle_path path = {0};
    if (has(ledger, size, err))
        return err_of(err);
    if (seq < 1 || (uint64_t)seq > size)
        return err_set(err, ERR_MISSING, "entry %" PRId64 " is not in a tree of %" PRIu64, seq,
                       size);
    uint64_t leaf = (uint64_t)seq - 1, first = 0, end = size;
    while (end - first > 1) {
        uint64_t middle = first + largest_power_to(end - first - 1);
        bool left = leaf < middle;
        if (left ? push(ledger, middle, end, &path, err) : push(ledger, first, middle, &path, err))
            return err_of(err);
        *(left ? &end : &first) = middle;
    }
    turn(&path);
    *out = path;
    return OK;
}

enum err_kind tree_consistency(struct ledger *ledger, uint64_t old_size, uint64_t size,
                               struct merkle_path *out, struct err *err)
{
    struct merkle_path path = {0};
    assert(old_size > 0 && old_size <= size);
    if (has(ledger, size, err))
        return err_of(err);
    uint64_t first = 0, end = size;
    while (end > old_size) { // the old tree ends within [first, end)
        uint64_t middle = first + largest_power_to(end - first - 1);
        bool left = old_size <= middle;
        if (left ? push(ledger, middle, end, &path, err) : push(ledger, first, middle, &path, err))
            return err_of(err);
        *(left ? &end : &first) = middle;
    }
    if (first > 0 && push(ledger, first, end, &path, err))
        return err_of(err);
    turn(&path);
    *out = path;
    return OK;
}

static enum err_kind broken_subtree(uint32_t level, uint64_t position, struct err *err)
{
    uint64_t each = (uint64_t)1 << (TILE_HEIGHT * level);
    return err_set(err, ERR_BROKEN,
                   "the Merkle tree does not fit entries %" PRIu64 " to %" PRIu64
                   " (subtree %" PRIu32 "/%" PRIu64 " was changed)",
                   position * each + 1, (position + 1) * each, level, position);
}

enum err_kind tree_check_whole(struct tree_check *check, const struct hash *root, struct err *err)
{
    struct hash next = *root;
    merkle_add_whole(&check->edge, TILE_HEIGHT, root);
    uint64_t count = check->edge.size;
    for (uint32_t level = 1; level < TILE_LEVELS; level++) {
        struct hash there;
        bool found = false;
        count /= TILE_WIDTH;
        if (stored(check->ledger, level, count - 1, 1, &there, &found, err))
            return err_of(err);
        if (!found || !hash_same(there, next))
            return broken_subtree(level, count - 1, err);
        check->hash[level][check->count[level]++] = next;
        if (check->count[level] < TILE_WIDTH)
            return OK;
        next = merkle_fold(check->hash[level], TILE_WIDTH);
        check->count[level] = 0;
    }
    return OK;
}

enum err_kind tree_check_end(struct tree_check *check, const struct hash *leaf, size_t count,
                             struct err *err)
{
    assert(count < TILE_WIDTH);
    for (size_t i = 0; i < count; i++)
        merkle_add(&check->edge, &leaf[i]);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(check->ledger), "SELECT count(*) FROM subtree");
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    uint64_t roots = 0;
    for (uint64_t whole = check->edge.size / TILE_WIDTH; whole; whole /= TILE_WIDTH)
        roots += whole;
    if (!row || row_int(stmt, 0) != (int64_t)roots)
        return err_set(err, ERR_BROKEN, "the Merkle tree holds subtrees that no entry bears out");
    return OK;
}
