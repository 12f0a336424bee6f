#ifndef GONG_LEDGER_MERKLE_H
#define GONG_LEDGER_MERKLE_H

#include "core/hash.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The Merkle tree of RFC 6962 section 2.1 as arithmetic on hashes: no ledger, no file. A leaf is
// SHA-256(0x00 || bytes), a node SHA-256(0x01 || left || right); the tree of no leaf is SHA-256
// of nothing. Leaves count from 0.

// A tree of 2^63 leaves has paths no longer than this.
enum { MERKLE_LEVELS = 63 };

struct hash merkle_leaf(struct str bytes);
// The same beside the entry's hash in the chain, SHA-256(before || bytes): both at once.
struct hash merkle_leaf_and_link(struct str bytes, const struct hash *before, struct hash *link);
struct hash merkle_node(const struct hash *left, const struct hash *right);
struct hash merkle_empty(void);

// The root over hash[count], count a power of two (assert). Uses hash[] as its working space.
struct hash merkle_fold(struct hash *hash, size_t count);

// A tree that only grows, kept as the roots of its whole parts, largest first: one per bit of
// `size`. Open value; {0} is the empty tree.
struct merkle_edge {
    uint64_t size;
    size_t count;
    struct hash part[MERKLE_LEVELS + 1];
};
void merkle_add(struct merkle_edge *edge, const struct hash *leaf);
// 2^height leaves at once, of which `root` is the root; edge->size is a multiple of that (assert).
void merkle_add_whole(struct merkle_edge *edge, uint32_t height, const struct hash *root);
struct hash merkle_root(const struct merkle_edge *edge);

// A path: hashes from the leaf's side up (inclusion), or as RFC 6962 section 2.1.2 orders them
// (consistency).
struct merkle_path {
    size_t count;
    struct hash hash[2 * MERKLE_LEVELS];
};

// True when `path` proves that `leaf` is number `index` of the `size` leaves under `root`.
bool merkle_included(const struct hash *leaf, uint64_t index, uint64_t size,
                     const struct merkle_path *path, const struct hash *root);

// True when `path` proves that the tree (old_size, old_root) is the beginning of (size, root).
// An empty tree is the beginning of every tree, with an empty path.
bool merkle_consistent(uint64_t old_size, const struct hash *old_root, uint64_t size,
                       const struct hash *root, const struct merkle_path *path);

#endif
