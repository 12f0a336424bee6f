// The Merkle tree of RFC 6962: published roots, every path of small trees, and the stored subtrees.
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/merkle.h"
#include "ledger/seal.h"
#include "ledger/tree.h"
#include "tests/ledger/place.h"

#include <stdio.h>

enum { SMALL = 40, LARGE = 66200, BATCH = 2000 };

// The leaves and roots that Certificate Transparency's own tests publish.
static void published_roots(void **state)
{
    (void)state;
    static const struct {
        struct str leaf;
        const char *root;
    } rows[] = {
        {STR(""), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {STR("\x00"), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {STR("\x10"), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {STR("\x20\x21"), "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {STR("\x30\x31"), "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {STR("\x40\x41\x42\x43"),
         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {STR("\x50\x51\x52\x53\x54\x55\x56\x57"),
         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {STR("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct merkle_edge edge = {0};
    CHECK_TEXT(hash_hex(merkle_root(&edge)).at,
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct hash leaf = merkle_leaf(rows[i].leaf);
        merkle_add(&edge, &leaf);
        CHECK_TEXT(hash_hex(merkle_root(&edge)).at, rows[i].root);
    }
}

static void append(struct place *place, int64_t count)
{
    for (int64_t done = 0; done < count;) {
        AUTO(ledger_undo) struct txn *txn = NULL;
        CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
        for (int i = 0; i < BATCH && done < count; i++, done++) {
            AUTO(doc_free) struct doc *body = doc_object();
            int64_t seq = 0;
            doc_put_int(body, "number", done);
            CHECK_OK(ledger_append(txn, "drill", (struct utc){0}, body, &seq, NULL, &place->err),
                     place->err);
        }
        CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    }
}

struct plain {
    struct merkle_edge edge;
    struct hash leaf[SMALL];
    struct hash root[SMALL + 1];
};

static enum err_kind take_leaf(void *self, const struct entry *entry, struct err *err)
{
    struct plain *plain = self;
    (void)err;
    plain->leaf[plain->edge.size] = merkle_leaf(str_of(entry->text));
    merkle_add(&plain->edge, &plain->leaf[plain->edge.size]);
    plain->root[plain->edge.size] = merkle_root(&plain->edge);
    return OK;
}

static void every_path_of_small_trees(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    static struct plain plain;
    append(&place, SMALL);
    CHECK_OK(ledger_walk(place.ledger, 1, NULL, take_leaf, &plain, &place.err), place.err);
    for (uint64_t size = 1; size <= SMALL; size++) {
        struct hash root;
        CHECK_OK(tree_root(place.ledger, size, &root, &place.err), place.err);
        CHECK(hash_same(root, plain.root[size]));
        for (uint64_t other = 1; other <= size; other++) {
            struct merkle_path path;
            const struct hash *leaf = &plain.leaf[other - 1];
            CHECK_OK(tree_inclusion(place.ledger, (int64_t)other, size, &path, &place.err),
                     place.err);
            CHECK(merkle_included(leaf, other - 1, size, &path, &root));
            CHECK(!merkle_included(&plain.leaf[other % size], other - 1, size, &path, &root) ||
                  size == 1);
            CHECK(!merkle_included(leaf, other - 1, size, &path, &plain.root[size - 1]));
            CHECK(!merkle_included(leaf, size, size, &path, &root));
            CHECK_OK(tree_consistency(place.ledger, other, size, &path, &place.err), place.err);
            CHECK(merkle_consistent(other, &plain.root[other], size, &root, &path));
            CHECK(!merkle_consistent(other, &plain.leaf[0], size, &root, &path) || other == 1);
            CHECK(other == size ||
                  !merkle_consistent(other, &plain.root[other], size, &plain.leaf[0], &path));
            if (path.count) {
                path.hash[path.count - 1].at[7] ^= 1;
                CHECK(!merkle_consistent(other, &plain.root[other], size, &root, &path));
            }
        }
    }
}

// Past the 65,536 of a subtree of the second level: roots by subtrees are roots by leaves.
static void tiles_give_what_leaves_give(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {255,   256,   257,   511,   512,   513,  1000,
                                     65279, 65535, 65536, 65537, 65792, LARGE};
    AUTO(place_free) struct place place = place_new();
    append(&place, LARGE);
    struct ledger_report report;
    struct hash newest;
    CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
    CHECK_OK(tree_root(place.ledger, LARGE, &newest, &place.err), place.err);
    CHECK(hash_same(report.root, newest));
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct merkle_path path;
        struct hash root;
        AUTO(entry_free) struct entry entry = {0};
        CHECK_OK(tree_root(place.ledger, sizes[i], &root, &place.err), place.err);
        CHECK_OK(tree_consistency(place.ledger, sizes[i], LARGE, &path, &place.err), place.err);
        CHECK(merkle_consistent(sizes[i], &root, LARGE, &newest, &path));
        CHECK_OK(ledger_entry(place.ledger, (int64_t)sizes[i], &entry, &place.err), place.err);
        CHECK_OK(tree_inclusion(place.ledger, (int64_t)sizes[i], LARGE, &path, &place.err),
                 place.err);
        struct hash leaf = merkle_leaf(str_of(entry.text));
        CHECK(merkle_included(&leaf, sizes[i] - 1, LARGE, &path, &newest));
    }
    struct hash ignored;
    CHECK_INT(tree_root(place.ledger, LARGE + 1, &ignored, &place.err), ERR_MISSING);
    CHECK_HAS(place.err.text, "the ledger has 66200 entries, not 66201");
}

static void a_changed_subtree_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sql, *words;
    } rows[] = {
        {"a hash",
         "UPDATE subtree SET hash = zeroblob(32) WHERE id = (CAST(1 AS INTEGER) << 56) + 1",
         "entries 257 to 512"},
        {"a hash taken out", "DELETE FROM subtree WHERE id = (CAST(1 AS INTEGER) << 56)",
         "entries 1 to 256"},
        {"a hash moved", "UPDATE subtree SET id = id + 7 WHERE id = (CAST(1 AS INTEGER) << 56) + 1",
         "entries 257 to 512"},
        {"a hash too many",
         "INSERT INTO subtree VALUES ((CAST(1 AS INTEGER) << 56) + 2, zeroblob(32))",
         "no entry bears out"},
        {"a hash of a level too many",
         "INSERT INTO subtree VALUES (CAST(2 AS INTEGER) << 56, zeroblob(32))",
         "no entry bears out"},
        {"a byte after a hash", "UPDATE subtree SET hash = CAST(hash || x'00' AS BLOB)",
         "entries 1 to 256"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        append(&place, 700);
        struct ledger_report report;
        CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
        CHECK_OK(db_run(ledger_db(place.ledger), rows[i].sql, &place.err), place.err);
        CHECK_INT(ledger_verify(place.ledger, &report, &place.err), ERR_BROKEN);
        CHECK_HAS(place.err.text, rows[i].words);
    }
}

TEST_MAIN(cmocka_unit_test(published_roots), cmocka_unit_test(every_path_of_small_trees),
          cmocka_unit_test(tiles_give_what_leaves_give),
          cmocka_unit_test(a_changed_subtree_is_found))
