#include "ledger/merkle.h"

#include "core/twin.h"

#include <assert.h>
#include <string.h>

struct hash merkle_leaf(struct str bytes)
{
    return hash_of_two("\x00", 1, bytes);
}

struct hash merkle_leaf_and_link(struct str bytes, const struct hash *before, struct hash *link)
{
    const struct twin text[2] = {{"\x00", 1, bytes}, {before->at, HASH_SIZE, bytes}};
    struct hash out[2];
    twin_hash(text, out);
    *link = out[1];
    return out[0];
}

struct hash merkle_node(const struct hash *left, const struct hash *right)
{
    uint8_t first[1 + HASH_SIZE] = {0x01};
    memcpy(first + 1, left->at, HASH_SIZE);
    return hash_of_two(first, sizeof(first), (struct str){(const char *)right->at, HASH_SIZE});
}

struct hash merkle_empty(void)
{
    return hash_of((struct str){"", 0});
}

// Two nodes at once; their four parts lie one after the other.
static void two_nodes(const struct hash part[4], struct hash node[2])
{
    uint8_t bytes[2][1 + 2 * HASH_SIZE];
    struct twin text[2];
    for (size_t i = 0; i < 2; i++) {
        bytes[i][0] = 0x01;
        memcpy(bytes[i] + 1, part[2 * i].at, (size_t)2 * HASH_SIZE);
        text[i] = (struct twin){bytes[i], sizeof(bytes[i]), {NULL, 0}};
    }
    twin_hash(text, node);
}

struct hash merkle_fold(struct hash *hash, size_t count)
{
    assert(count > 0 && (count & (count - 1)) == 0);
    for (; count > 1; count /= 2) {
        for (size_t i = 0; i + 2 <= count / 2; i += 2) {
            struct hash node[2];
            two_nodes(&hash[2 * i], node);
            memcpy(&hash[i], node, sizeof(node));
        }
        if (count == 2)
            hash[0] = merkle_node(&hash[0], &hash[1]);
    }
    return hash[0];
}

void merkle_add(struct merkle_edge *edge, const struct hash *leaf)
{
    merkle_add_whole(edge, 0, leaf);
}

void merkle_add_whole(struct merkle_edge *edge, uint32_t height, const struct hash *root)
{
    struct hash whole = *root;
    assert(edge->size % ((uint64_t)1 << height) == 0);
    for (uint64_t bits = edge->size >> height; bits & 1; bits >>= 1)
        whole = merkle_node(&edge->part[--edge->count], &whole);
    assert(edge->count <= MERKLE_LEVELS);
    edge->part[edge->count++] = whole;
    edge->size += (uint64_t)1 << height;
}

struct hash merkle_root(const struct merkle_edge *edge)
{
    if (edge->count == 0)
        return merkle_empty();
    struct hash root = edge->part[edge->count - 1];
    for (size_t i = edge->count - 1; i > 0; i--)
        root = merkle_node(&edge->part[i - 1], &root);
    return root;
}

// RFC 9162 section 2.1.3.2: walks from the leaf to the root; `fn` is the node's number in its
// level, `sn` that of the level's last.
bool merkle_included(const struct hash *leaf, uint64_t index, uint64_t size,
                     const struct merkle_path *path, const struct hash *root)
{
    if (index >= size)
        return false;
    uint64_t fn = index, sn = size - 1;
    struct hash hash = *leaf;
    for (size_t i = 0; i < path->count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            hash = merkle_node(&path->hash[i], &hash);
            for (; !(fn & 1) && fn; sn >>= 1)
                fn >>= 1;
        } else {
            hash = merkle_node(&hash, &path->hash[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_same(hash, *root);
}

// RFC 9162 section 2.1.4.2, for 0 < old_size < size.
static bool walk_consistent(uint64_t old_size, const struct hash *old_root, uint64_t size,
                            const struct hash *root, const struct merkle_path *path)
{
    bool whole = (old_size & (old_size - 1)) == 0; // then the old root itself begins the path
    size_t at = 0;
    if (!whole && path->count == 0)
        return false;
    struct hash old = whole ? *old_root : path->hash[at++];
    struct hash new = old;
    uint64_t fn = old_size - 1, sn = size - 1;
    for (; fn & 1; sn >>= 1)
        fn >>= 1;
    for (; at < path->count; at++) {
        const struct hash *next = &path->hash[at];
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            old = merkle_node(next, &old);
            new = merkle_node(next, &new);
            for (; !(fn & 1) && fn; sn >>= 1)
                fn >>= 1;
        } else {
            new = merkle_node(&new, next);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_same(old, *old_root) && hash_same(new, *root);
}

bool merkle_consistent(uint64_t old_size, const struct hash *old_root, uint64_t size,
                       const struct hash *root, const struct merkle_path *path)
{
    if (old_size > size)
        return false;
    if (old_size == 0)
        return path->count == 0 && hash_same(*old_root, merkle_empty());
    if (old_size == size)
        return path->count == 0 && hash_same(*old_root, *root);
    return walk_consistent(old_size, old_root, size, root, path);
}
