#ifndef GONG_POLICIES_SIGNED_H
#define GONG_POLICIES_SIGNED_H

#include "core/doc.h"
#include "core/hash.h"
#include "core/text.h"
#include "ledger/ledger.h"
#include "policies/unit.h"

struct policy;

// Who proposed and who signed a policy's text at a site, and since when it is in force: in words of
// one language, a line each, appended; nothing when nobody proposed it there.
MUST_USE enum err_kind signed_words(struct ledger *ledger, struct hash hash, enum language language,
                                    struct buf *out, struct err *err);

// The same as {state, starts?, signed: [{act, at, person, role, seq}]}, or null.
MUST_USE enum err_kind signed_doc(struct ledger *ledger, struct hash hash, struct doc **out,
                                  struct err *err);

#endif
