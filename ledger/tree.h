#ifndef GONG_LEDGER_TREE_H
#define GONG_LEDGER_TREE_H

#include "ledger/ledger.h"
#include "ledger/merkle.h"

#include <stdint.h>

// The Merkle tree over the ledger's entries: leaf i is the text of entry i + 1. Of every 256
// entries the root is kept, of every 256 such roots again theirs, and so on (the tiles of C2SP
// tlog-tiles, height 8, but for level 0, which is made from the entries: their texts are there). So
// any root or path of any size is a few reads and at most some thousand hashes.
enum { TILE_HEIGHT = 8, TILE_WIDTH = 1 << TILE_HEIGHT, TILE_LEVELS = 8 };

// The leaves of the tile of level 0 that is not full yet, as far as this program appended them
// itself without a break: they need not be read and hashed again when it is full.
struct tree_tail {
    int64_t seq;                  // of the entry of the last leaf; 0: none
    size_t count;                 // leaves that are known, up to seq
    struct hash leaf[TILE_WIDTH]; // [(seq - 1) % TILE_WIDTH]
};

// Called by ledger_append after entry `seq`, whose leaf this is, was written.
MUST_USE enum err_kind tree_grow(struct ledger *ledger, struct tree_tail *tail, int64_t seq,
                                 const struct hash *leaf, struct err *err);

// The root over the first `size` entries. ERR_MISSING when there are fewer, ERR_BROKEN when a
// subtree is not there.
MUST_USE enum err_kind tree_root(struct ledger *ledger, uint64_t size, struct hash *out,
                                 struct err *err);

// The path of entry `seq` in the tree of `size` entries (RFC 6962 section 2.1.1). As tree_root.
MUST_USE enum err_kind tree_inclusion(struct ledger *ledger, int64_t seq, uint64_t size,
                                      struct merkle_path *out, struct err *err);

// The path from the tree of old_size to that of size (section 2.1.2), 0 < old_size <= size.
MUST_USE enum err_kind tree_consistency(struct ledger *ledger, uint64_t old_size, uint64_t size,
                                        struct merkle_path *out, struct err *err);

// Hashes [first, first + count) of a level, within one tile; each stands for 256^level entries.
MUST_USE enum err_kind tree_hashes(struct ledger *ledger, uint32_t level, uint64_t first,
                                   size_t count, struct hash *out, struct err *err);

// Compares the stored subtrees with leaves that are made again: TILE_WIDTH at a time, by their
// root, and what is left at the end.
struct tree_check {
    struct ledger *ledger;
    size_t count[TILE_LEVELS];
    struct hash hash[TILE_LEVELS][TILE_WIDTH];
    struct merkle_edge edge;
};
// ERR_BROKEN names the entries whose subtree does not fit.
MUST_USE enum err_kind tree_check_whole(struct tree_check *check, const struct hash *root,
                                        struct err *err);
MUST_USE enum err_kind tree_check_end(struct tree_check *check, const struct hash *leaf,
                                      size_t count, struct err *err);

#endif
