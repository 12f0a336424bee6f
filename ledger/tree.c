#include "ledger/tree.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

// A tile's number in its table: levels apart, positions in order.
static int64_t tile_id(uint32_t level, uint64_t position)
{
    enum { LEVEL_SHIFT = 56 };
    return (int64_t)((uint64_t)level << LEVEL_SHIFT | position);
}

// Copies `count` hashes of a level from `first` on (within one tile) out of the stored tile;
// `*found` false when it does not hold them.
static enum err_kind stored(struct ledger *ledger, uint32_t level, uint64_t first, size_t count,
                            struct hash *out, bool *found, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT hashes FROM tile WHERE id = ?");
    size_t within = first % TILE_WIDTH;
    bool row = false;
    *found = false;
    stmt_int(stmt, 1, tile_id(level, first / TILE_WIDTH));
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    struct str bytes = row ? row_bytes(stmt, 0) : (struct str){"", 0};
    if (bytes.len < (within + count) * HASH_SIZE)
        return OK;
    memcpy(out, bytes.at + within * HASH_SIZE, count * HASH_SIZE);
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
    if (stored(ledger, level, first, count, out, &found, err))
        return err_of(err);
    if (found)
        return OK;
    if (level == 0)
        return leaves(ledger, first, count, out, err);
    return err_set(err, ERR_BROKEN,
                   "the Merkle tree of the ledger lacks tile %" PRIu32 "/%" PRIu64
                   "; ledger.db was changed",
                   level, first / TILE_WIDTH);
}

static enum err_kind put_tile(struct ledger *ledger, uint32_t level, uint64_t position,
                              const struct hash *hash, size_t count, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "INSERT INTO tile VALUES (?1, ?2)"
                                                   " ON CONFLICT (id) DO UPDATE SET hashes = ?2");
    stmt_int(stmt, 1, tile_id(level, position));
    stmt_bytes(stmt, 2, hash, count * HASH_SIZE);
    return stmt_run(stmt, err);
}

static void add_leaf(struct tree_tail *tail, int64_t seq, struct str text)
{
    size_t within = (size_t)(seq - 1) % TILE_WIDTH;
    bool goes_on = tail->seq == seq - 1 && within > 0;
    tail->leaf[within] = merkle_leaf(text);
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

enum err_kind tree_grow(struct ledger *ledger, struct tree_tail *tail, int64_t seq, struct str text,
                        struct err *err)
{
    add_leaf(tail, seq, text);
    if (seq % TILE_WIDTH)
        return OK; // the tail of the tree is read from the entries
    struct hash tile[TILE_WIDTH];
    uint64_t count = (uint64_t)seq; // hashes in this level now
    struct hash last = {0};         // the one that comes into this level
    for (uint32_t level = 0; level < TILE_LEVELS; level++) {
        uint64_t position = (count - 1) / TILE_WIDTH;
        size_t within = (count - 1) % TILE_WIDTH;
        bool full = within + 1 == TILE_WIDTH;
        if (level == 0 && tail_tile(ledger, tail, tile, err))
            return err_of(err);
        if (level > 0 && within > 0 &&
            tree_hashes(ledger, level, position * TILE_WIDTH, within, tile, err))
            return err_of(err);
        if (level > 0)
            tile[within] = last;
        if (put_tile(ledger, level, position, tile, within + 1, err))
            return err_of(err);
        if (!full)
            return OK;
        last = merkle_fold(tile, TILE_WIDTH);
        count /= TILE_WIDTH;
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

static enum err_kind broken_tile(uint32_t level, uint64_t position, struct err *err)
{
    uint64_t each = (uint64_t)1 << (TILE_HEIGHT * (level + 1));
    return err_set(err, ERR_BROKEN,
                   "the Merkle tree does not fit entries %" PRIu64 " to %" PRIu64 " (tile %" PRIu32
                   "/%" PRIu64 " was changed)",
                   position * each + 1, (position + 1) * each, level, position);
}

static enum err_kind check_tile(struct tree_check *check, uint32_t level, struct err *err)
{
    struct hash tile[TILE_WIDTH];
    size_t count = check->count[level];
    bool found = false;
    if (stored(check->ledger, level, check->position[level] * TILE_WIDTH, count, tile, &found, err))
        return err_of(err);
    if (!found || memcmp(tile, check->hash[level], count * HASH_SIZE) != 0)
        return broken_tile(level, check->position[level], err);
    check->tiles++;
    return OK;
}

enum err_kind tree_check_leaf(struct tree_check *check, const struct hash *leaf, struct err *err)
{
    struct hash next = *leaf;
    merkle_add(&check->edge, leaf);
    for (uint32_t level = 0; level < TILE_LEVELS; level++) {
        check->hash[level][check->count[level]++] = next;
        if (check->count[level] < TILE_WIDTH)
            return OK;
        if (check_tile(check, level, err))
            return err_of(err);
        next = merkle_fold(check->hash[level], TILE_WIDTH);
        check->count[level] = 0;
        check->position[level]++;
    }
    return OK;
}

enum err_kind tree_check_end(struct tree_check *check, struct err *err)
{
    for (uint32_t level = 1; level < TILE_LEVELS; level++) {
        if (check->count[level] && check_tile(check, level, err))
            return err_of(err);
    }
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(check->ledger), "SELECT count(*), sum(length(hashes)) FROM tile");
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    uint64_t hashes = check->edge.size / TILE_WIDTH * TILE_WIDTH; // of level 0, whole tiles only
    for (uint64_t count = check->edge.size / TILE_WIDTH; count; count /= TILE_WIDTH)
        hashes += count;
    if (!row || row_int(stmt, 0) != (int64_t)check->tiles ||
        row_int(stmt, 1) != (int64_t)(hashes * HASH_SIZE))
        return err_set(err, ERR_BROKEN, "the Merkle tree holds tiles that no entry bears out");
    return OK;
}
