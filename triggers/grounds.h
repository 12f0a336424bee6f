#ifndef GONG_TRIGGERS_GROUNDS_H
#define GONG_TRIGGERS_GROUNDS_H

#include "core/doc.h"
#include "core/err.h"
#include "core/hash.h"
#include "ledger/reading.h"
#include "ledger/track.h"

#include <stdbool.h>

struct boundary_set;
struct ledger;
struct looks;
struct occasion;
struct policy;

// What a decision stands on: the readings of communes, those of the gauges that the policy names
// (one value for every commune), and those that are made of storm tracks (triggers/storm.h). Which
// is which stands in meta.boundary_set.
struct grounds {
    struct readings readings;
    struct tracks tracks;
    struct looks *looks; // those taken at them; NULL: none are kept
};
void grounds_free(struct grounds *grounds); // frees what is in it; serves as cleanup attribute

// boundary_set of the readings of a gauge that a look of the policy is of: "@station 0".
enum { GROUNDS_TAG_SIZE = 32 };
void grounds_station_tag(const struct policy *policy, const char *station,
                         char out[GROUNDS_TAG_SIZE]);

// Whether the policy measures distances, to storms or between communes: its boundary set is then
// wanted with shapes.
bool grounds_wants_shapes(const struct policy *policy);

// Whether all that the policy looks at is one stretch of readings of communes, each for itself, so
// that every policy of which that is the same stretch stands on the same; `*out` borrows its texts.
bool grounds_are_one(const struct policy *policy, const struct occasion *occasion,
                     struct reading_query *out);

// Everything of one occasion, from the ledger. ERR_MISSING when a source has no such gauge,
// ERR_INPUT when a commune has no polygon and the policy measures distances.
MUST_USE enum err_kind grounds_load(struct ledger *ledger, const struct policy *policy,
                                    const struct occasion *occasion, const struct boundary_set *set,
                                    struct grounds *out, struct err *err);

// The same from the names in a basis entry's `inputs`. ERR_MISSING when one is not there.
MUST_USE enum err_kind grounds_named(struct ledger *ledger, const struct policy *policy,
                                     const struct occasion *occasion,
                                     const struct boundary_set *set, const struct doc *inputs,
                                     struct grounds *out, struct err *err);

// The same where readings and tracks are there already (a receipt's): adds the readings that are
// made of the tracks, and which communes are beside each other.
MUST_USE enum err_kind grounds_complete(const struct policy *policy,
                                        const struct occasion *occasion,
                                        const struct boundary_set *set, struct grounds *grounds,
                                        struct err *err);

// Whether the readings of every source, substitutes left out, follow one another without a hole.
bool grounds_whole(const struct policy *policy, const struct readings *readings,
                   const struct occasion *occasion);

// The hash over all of it: what a batch stands on.
struct hash grounds_basis(const struct grounds *grounds);

// Puts readings, stations, tracks, raw and weights into `inputs`.
void grounds_list(const struct grounds *grounds, struct doc *inputs);

// A list of hashes as `inputs` has them, `*out` [count], mem_free; ERR_INPUT when one is none.
MUST_USE enum err_kind grounds_names(const struct doc *list, struct hash **out, size_t *count,
                                     struct err *err);

#endif
