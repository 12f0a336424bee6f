#ifndef GONG_NOTIFY_COLLECT_H
#define GONG_NOTIFY_COLLECT_H

#include "notify/channel.h"

#include <stddef.h>
#include <stdint.h>

// Payments that leave as files: collected one by one, then closed into a file when there are enough
// or the oldest has waited long enough. A payment is in at most one file, and a file is seen whole,
// once, whatever is killed when:
//
//   out/NAME.jsonl        one line a payment, on the disk before it counts as taken
//   out/FOLDER/.ID.part   a file that is being closed, whole and on the disk
//   out/NAME-files.jsonl  its line: from here on these payments are in it
//   out/FOLDER/ID.EXT     the file, by rename
//
// A part without a line is thrown away, one with a line is given its name. What became of the
// payments comes back by other ways (gong pay bank, gong pay cash): until then they are PENDING.
struct collected {
    char key[KEY_MAX], reference[32], name[128], account[40], contract[48];
    char policy[64], period[32], commune[16];
    int64_t amount_vnd;
};

struct collect_kind {
    const char *name, *folder, *extension; // "pay-iso20022", "bank", "xml"
    bool by_commune;                       // a file for each commune, else for each event
    // Writes the file of `count` payments of one event (and commune).
    enum err_kind (*write)(const struct site *site, const char *id, struct utc at,
                           const struct collected *payment, size_t count, struct buf *out,
                           struct err *err);
};

struct collect;
MUST_USE enum err_kind collect_open(const struct site *site, const struct collect_kind *kind,
                                    struct collect **out, struct err *err);
void collect_close(struct collect **collect);
MUST_USE enum err_kind collect_deliver(struct collect *collect, struct job *job, size_t count,
                                       struct err *err);
// Closes what is due; with `all` whatever waits. `*files` counts the new ones.
MUST_USE enum err_kind collect_step(struct collect *collect, bool all, size_t *files,
                                    struct err *err);

#endif
