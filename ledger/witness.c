#include "ledger/witness.h"

#include "core/file.h"
#include "core/http.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/merkle.h"
#include "ledger/mirror.h"
#include "ledger/tree.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>

enum { BUNDLE_BYTES_MAX = 1 << 30, EDGE_BYTES_MAX = 8000, TIMEOUT_S = 120, TURN_MS = 10000 };

// A file of the published ledger.
static enum err_kind fetch(const struct witness *witness, const char *name, struct buf *out,
                           struct err *err)
{
    AUTO(mem_drop) char *address = file_join(witness->source, name);
    struct str source = str_of(witness->source);
    if (str_starts(source, "http://") || str_starts(source, "https://"))
        return http_get(address, TIMEOUT_S, out, err);
    return file_read(address, out, err);
}

// --- what is kept

// Two at once would each hold what it reads against the same memory: both sides of a fork would be
// cosigned. `*fd` is held to the end.
static enum err_kind take_turn(const struct witness *witness, int *fd, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(witness->folder, "lock");
    bool held = false;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return err_errno(err, ERR_REFUSED, "cannot open %s", path);
    if (file_lock(*fd, path, LOCK_EX, TURN_MS, &held, err))
        return err_of(err);
    if (!held)
        return err_set(err, ERR_LATER, "another gong ledger follow is at work with %s; try again",
                       witness->folder);
    return OK;
}

// The edge as text: the size, then one hash a line.
static enum err_kind read_edge(const struct witness *witness, struct merkle_edge *out,
                               struct err *err)
{
    AUTO(mem_drop) char *path = file_join(witness->folder, "edge");
    AUTO(mem_drop) char *note = file_join(witness->folder, "checkpoint");
    AUTO(buf_free) struct buf text = buf_new(EDGE_BYTES_MAX);
    struct merkle_edge edge = {0};
    struct str line;
    int64_t size = 0;
    *out = edge;
    if (!file_exists(path) && file_exists(note)) // the edge is written first
        return err_set(err, ERR_BROKEN,
                       "%s is missing, and %s says that the ledger was followed here: take it from "
                       "a backup, or begin anew in another folder",
                       path, note);
    if (!file_exists(path))
        return OK; // the first time: from the first entry on
    if (file_read(path, &text, err))
        return err_of(err);
    struct str rest = buf_slice(&text);
    if (!str_take_line(&rest, &line) || num_whole(line, 0, INT64_MAX, &size, err))
        return err_set(err, ERR_BROKEN, "%s is damaged: take it from a backup", path);
    edge.size = (uint64_t)size;
    while (str_take_line(&rest, &line)) {
        if (edge.count == COUNT_OF(edge.part) || hash_parse(line, &edge.part[edge.count++], err))
            return err_set(err, ERR_BROKEN, "%s is damaged: take it from a backup", path);
    }
    if ((size_t)__builtin_popcountll(edge.size) != edge.count)
        return err_set(err, ERR_BROKEN, "%s is damaged: take it from a backup", path);
    *out = edge;
    return OK;
}

static enum err_kind keep(const struct witness *witness, const struct merkle_edge *edge,
                          struct str note, struct err *err)
{
    AUTO(mem_drop) char *edge_path = file_join(witness->folder, "edge");
    AUTO(mem_drop) char *note_path = file_join(witness->folder, "checkpoint");
    AUTO(buf_free) struct buf text = buf_new(EDGE_BYTES_MAX);
    buf_print(&text, "%" PRIu64 "\n", edge->size);
    for (size_t i = 0; i < edge->count; i++)
        buf_print(&text, "%s\n", hash_hex(edge->part[i]).at);
    if (file_write(edge_path, buf_slice(&text), 0600, err) ||
        file_write(note_path, note, 0644, err))
        return err_add(err, "keeping what was witnessed");
    return OK;
}

// The note stands as it came beside what is kept: with the older checkpoint it is the evidence.
static enum err_kind contradict(const struct witness *witness, const struct buf *note,
                                const char *what, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(witness->folder, "contradiction");
    struct err ignored = {0};
    bool kept = file_write(path, buf_slice(note), 0644, &ignored) == OK;
    return err_set(err, ERR_BROKEN,
                   "%s; ask its operator, and show them the two checkpoints (%s is %s)", what, path,
                   kept ? "the one that lies" : "where the other could not be kept");
}

// --- reading on

static enum err_kind add_lines(struct str lines, uint64_t first, uint64_t end,
                               struct merkle_edge *edge, struct err *err)
{
    struct str line;
    for (uint64_t i = first; i < end; i++) {
        if (!str_take_line(&lines, &line))
            return err_set(err, ERR_INPUT, "a bundle of entries ends before entry %" PRIu64, i + 1);
        if (i < edge->size)
            continue; // known from before
        struct hash leaf = merkle_leaf(line);
        merkle_add(edge, &leaf);
    }
    return OK;
}

// Up to `size` of the `published` entries, by which the newest bundle is named.
static enum err_kind read_on(const struct witness *witness, uint64_t size, uint64_t published,
                             struct merkle_edge *edge, struct err *err)
{
    AUTO(buf_free) struct buf bundle = buf_new(BUNDLE_BYTES_MAX);
    while (edge->size < size) {
        uint64_t position = edge->size / TILE_WIDTH, first = position * TILE_WIDTH;
        uint64_t left = published - first, end = first + TILE_WIDTH;
        size_t count = left < TILE_WIDTH ? (size_t)left : TILE_WIDTH;
        struct mirror_name name = mirror_entries(position, count);
        buf_clear(&bundle);
        if (fetch(witness, name.at, &bundle, err) ||
            add_lines(buf_slice(&bundle), first, end < size ? end : size, edge, err))
            return err_add(err, "reading %s/%s", witness->source, name.at);
    }
    return OK;
}

static enum err_kind compare(const struct witness *witness, const struct checkpoint *said,
                             const struct buf *note, struct merkle_edge *edge, struct err *err)
{
    char what[200];
    if (said->size < edge->size) {
        (void)snprintf(what, sizeof(what),
                       "the ledger went back from %" PRIu64 " to %" PRIu64 " entries", edge->size,
                       said->size);
        return contradict(witness, note, what, err);
    }
    uint64_t before = edge->size;
    if (read_on(witness, said->size, said->size, edge, err))
        return err_of(err);
    if (hash_same(merkle_root(edge), said->root))
        return OK;
    (void)snprintf(what, sizeof(what),
                   "the ledger is not the one of before: its %" PRIu64
                   " entries do not continue the %" PRIu64 " that were seen",
                   said->size, before);
    return contradict(witness, note, what, err);
}

// What the quorum cosigned is a beginning of this ledger. `before`: the edge of the last time.
static enum err_kind check_cosigned(const struct witness *witness, const struct merkle_edge *before,
                                    struct witnessed *seen, struct err *err)
{
    AUTO(buf_free) struct buf note = buf_new(NOTE_BYTES_MAX);
    struct checkpoint said;
    struct str text;
    if (fetch(witness, "cosigned", &note, err))
        return err_set(err, err->kind == ERR_MISSING ? ERR_REFUSED : err->kind,
                       "%s holds no checkpoint that its witnesses cosigned (\"cosigned\")",
                       witness->source);
    if (quorum_open(witness->quorum, &witness->key, buf_slice(&note), &text, NULL, err) ||
        checkpoint_parse(text, &said, err))
        return err_add(err, "reading %s/cosigned", witness->source);
    if (said.size > seen->checkpoint.size)
        return err_set(err, ERR_LATER, "the ledger was published anew meanwhile: follow it again");
    struct merkle_edge edge = {0};
    if (said.size >= before->size)
        edge = *before;
    if (read_on(witness, said.size, seen->checkpoint.size, &edge, err))
        return err_of(err);
    if (!hash_same(merkle_root(&edge), said.root))
        return contradict(witness, &note, "the ledger is not the one that its witnesses cosigned",
                          err);
    seen->cosigned = said.size;
    return OK;
}

enum err_kind witness_follow(const struct witness *witness, struct witnessed *out, struct err *err)
{
    AUTO(buf_free) struct buf note = buf_new(NOTE_BYTES_MAX);
    AUTO(file_close) int turn = -1;
    struct merkle_edge edge;
    struct witnessed seen = {0};
    struct str text;
    bool held = false;
    if (file_make_folder(witness->folder, 0700, err) || take_turn(witness, &turn, err) ||
        read_edge(witness, &edge, err) || fetch(witness, "checkpoint", &note, err) ||
        note_open(buf_slice(&note), &witness->key, 1, &text, &held, err) ||
        checkpoint_parse(text, &seen.checkpoint, err))
        return err_add(err, "following the ledger at %s", witness->source);
    struct merkle_edge before = edge;
    if (compare(witness, &seen.checkpoint, &note, &edge, err) ||
        (witness->quorum && check_cosigned(witness, &before, &seen, err)))
        return err_of(err);
    seen.fresh = edge.size - before.size;
    AUTO(buf_free) struct buf signed_note = buf_new(NOTE_BYTES_MAX);
    buf_str(&signed_note, buf_slice(&note));
    if (witness->signer)
        note_sign(witness->signer, text, witness->at, &signed_note);
    if (keep(witness, &edge, buf_slice(&signed_note), err))
        return err_of(err);
    *out = seen;
    return OK;
}
