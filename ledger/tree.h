#ifndef GONG_LEDGER_TREE_H
#define GONG_LEDGER_TREE_H

#include "ledger/ledger.h"
#include "ledger/merkle.h"

#include <stdint.h>

// The Merkle tree over the ledger's entries: leaf i is the text of entry i + 1. Kept as tiles of
// 256 hashes (the layout of C2SP tlog-tiles, height 8): one of level 0 is written when its 256
// entries are there, one of a higher level grows by a hash whenever a tile below it is full. So any
// root or path of any size is a few reads and at most some thousand hashes.
enum { TILE_HEIGHT = 8, TILE_WIDTH = 1 << TILE_HEIGHT, TILE_LEVELS = 8 };

// The leaves of the tile of level 0 that is not full yet, as far as this program appended them
// itself without a break: they need not be read and hashed again when it is full.
struct tree_tail {
    int64_t seq;                  // of the entry of the last leaf; 0: none
    size_t count;                 // leaves that are known, up to seq
    struct hash leaf[TILE_WIDTH]; // [(seq - 1) % TILE_WIDTH]
};

// Called by ledger_append after entry `seq` with this text was written.
MUST_USE enum err_kind tree_grow(struct ledger *ledger, struct tree_tail *tail, int64_t seq,
                                 struct str text, struct err *err);

// The root over the first `size` entries. ERR_MISSING when there are fewer, ERR_BROKEN when a tile
// is not there.
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

// Compares the stored tiles with leaves that are made again, one after the other from the first.
struct tree_check {
    struct ledger *ledger;
    uint64_t tiles; // that must be stored
    size_t count[TILE_LEVELS];
    uint64_t position[TILE_LEVELS];
    struct hash hash[TILE_LEVELS][TILE_WIDTH];
    struct merkle_edge edge;
};
// ERR_BROKEN names the entries whose tile does not fit.
MUST_USE enum err_kind tree_check_leaf(struct tree_check *check, const struct hash *leaf,
                                       struct err *err);
MUST_USE enum err_kind tree_check_end(struct tree_check *check, struct err *err);

#endif
