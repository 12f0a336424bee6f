#ifndef GONG_POLICIES_SUPPLY_H
#define GONG_POLICIES_SUPPLY_H

#include "core/err.h"
#include "core/text.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy;

// What sources.yaml says of its sources, as far as a policy depends on it: a name that stands there
// under no source, or under one that gives something else, is a policy that never decides, and no
// error anywhere. All of that file is read by ingest/source.h; here, what is not known is passed
// over.
enum supply_format { SUPPLY_GRID, SUPPLY_STATIONS, SUPPLY_TRACKS, SUPPLY_CAP, SUPPLY_REPORTS };

enum { SUPPLY_NAME_SIZE = 64, SUPPLY_GIVES_MAX = 16, SUPPLY_WORD_SIZE = 32 };
struct supply {
    char name[SUPPLY_NAME_SIZE];
    enum supply_format format;
    bool forecast;
    int64_t members;                                // of a run, where it says so; 0 else
    char boundary_set[SUPPLY_WORD_SIZE];            // SUPPLY_GRID, SUPPLY_REPORTS; "" else
    char gives[SUPPLY_GIVES_MAX][SUPPLY_WORD_SIZE]; // variables; those of tracks do not stand there
    size_t count;                                   // of gives
    char *title, *licence;                          // heap; NULL where it says none
};

struct supplies {
    struct supply *at; // heap
    size_t count;
};
void supplies_free(struct supplies *supplies); // frees what is in it

// ERR_MISSING when the file is not there, ERR_INPUT when it is no YAML map of sources.
MUST_USE enum err_kind supplies_load(const char *path, struct supplies *out, struct err *err);

// Each source that the policy looks at (its own, that of parts, models and substitutes) and that
// cannot give what is asked of it: one line each, "what; what to do". Returns how many;
// `out` is appended to. `of_site`: the boundary sets are a site's and must be the policy's; those
// of the file that ships are examples.
size_t supplies_miss(const struct policy *policy, const struct supplies *supplies, bool of_site,
                     struct buf *out);

// Each source of the policy, a line: its name, title and licence, as far as that file has them.
void supplies_say(const struct policy *policy, const struct supplies *supplies,
                  enum language language, struct buf *out);

#endif
