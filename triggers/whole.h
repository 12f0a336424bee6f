#ifndef GONG_TRIGGERS_WHOLE_H
#define GONG_TRIGGERS_WHOLE_H

#include "core/err.h"
#include "ledger/note.h"
#include "triggers/receipt.h"
#include "triggers/replay.h"

#include <stdbool.h>
#include <stddef.h>

struct parcel_seen;

// Everything by which every decision of a site is made again elsewhere, in one tar file:
//
//   entries.jsonl            all entries under the newest checkpoint, one canonical JSON a line
//   leaves.txt               the hash of each as a leaf of the Merkle tree, so that a changed one
//                            is named
//   checkpoint, log.vkey     what the log signed, and its key
//   sources.yaml             how the raw files are read
//   policies/HASH.yaml       every text that decided
//   boundary/SET.jsonl       {code, name, zone, shape} of each commune
//   contracts.jsonl          {contract, policy, boundary_set, commune, sum_insured, starts, ends}
//   raw.jsonl, raw/SHA256    the raw files in the order in which they came, and what became of them
//   stations.jsonl           gauges by place
//   CHECK.md, SHA256SUMS     as in a bundle of one settlement
//
// No person, name, phone or account. The same bytes for the same site. ERR_MISSING when nothing was
// sealed yet or the archive lacks a raw file, ERR_INPUT when it does not fit into `tar`. `*left` is
// how many newer entries are not in it: they were not sealed yet.
MUST_USE enum err_kind whole_make(const struct receipt_from *from, struct buf *tar, int64_t *left,
                                  struct err *err);

// How such a bundle is checked: who is told, as in `replay`.
struct whole_check {
    const struct note_key *key;
    const struct quorum *quorum; // who must have cosigned the checkpoint; NULL: nobody
    void (*differs)(void *self, const char *what);
    void (*progress)(void *self, size_t done, size_t total);
    void *self;
};
struct whole_report {
    bool vouched;  // the site signed the list of files
    uint64_t size; // entries, of the checkpoint
    char origin[NOTE_NAME_MAX];
    struct replay_report replay;
};

// Makes a site of nothing but the bundle in a temporary folder: the ledger again from its entries,
// whose root must be the one that `key` signed; readings again from the raw files; and every
// decision again from these. ERR_REFUSED names what does not hold; differences of decisions are
// counted and told.
MUST_USE enum err_kind whole_verify(const struct parcel_seen *seen, const struct whole_check *check,
                                    struct whole_report *report, struct err *err);

#endif
