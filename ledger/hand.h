#ifndef GONG_LEDGER_HAND_H
#define GONG_LEDGER_HAND_H

#include "core/cli.h"
#include "core/date.h"
#include "core/hash.h"
#include "ledger/act.h"
#include "ledger/ledger.h"

#include <stdbool.h>

// The hand that signs an act on the command line: with a key file here (--key), or elsewhere:
// --draft prints the bytes, `gong role sign` makes FILE.sig of them anywhere, --signature brings
// it.
#define HAND_OPTIONS                                                                               \
    {"by", "PERSON", "who does it (gong role list); not needed at a drill without people"},        \
        {"key", "FILE", "that person's key file, to sign here"},                                   \
        {"draft", NULL, "print what is to be signed, and do nothing"},                             \
    {                                                                                              \
        "signature", "FILE", "a signature over what --draft printed, made by gong role sign"       \
    }

// A site with its ledger, for a verb that writes.
struct hand {
    const struct cli *cli;
    struct site *site;
    struct ledger *ledger;
    struct utc now;
};
MUST_USE enum err_kind hand_open(const struct cli *cli, enum ledger_mode mode, struct hand *out,
                                 struct err *err);
void hand_close(struct hand *hand);

// Begins an act by who --by names. Asked before anything else.
MUST_USE enum err_kind hand_begin(const struct hand *hand, const char *act, struct act *out,
                                  struct err *err);

// Signs it, once its text is whole. With --draft the text was printed and `*draft` is true: the
// verb ends there.
MUST_USE enum err_kind hand_sign(const struct hand *hand, struct act *act, bool *draft,
                                 struct err *err);

// Writes the entry of an act that has no table of its own. At a drill without people nothing is
// written: nobody signed.
MUST_USE enum err_kind hand_record(const struct hand *hand, const struct act *act, struct err *err);

// Puts a file that an act is about into the site's archive, by its hash, before the entry names it.
MUST_USE enum err_kind hand_keep(const struct hand *hand, struct str bytes, struct hash hash,
                                 struct err *err);

// Who did it, for the log of access: the person whose act it is; at a drill without people whom
// access_who names.
const char *hand_who(const struct hand *hand, const struct act *act);

// An option that must be given: ERR_INPUT when not.
MUST_USE enum err_kind hand_need(const struct cli *cli, const char *option, const char **out,
                                 struct err *err);
// --why: 10 to 400 letters, for the ledger: no phone, account or identity number (reason.h).
MUST_USE enum err_kind hand_why(const struct cli *cli, const char *option, const char **out,
                                struct err *err);
// --evidence: the same, where a bank's reference may be a number.
MUST_USE enum err_kind hand_evidence(const struct cli *cli, const char **out, struct err *err);
// And no name or account of the register, in an option that was given. Not asked by who must be
// able to stop everything: that works without a register.
MUST_USE enum err_kind hand_names_nobody(const struct hand *hand, const char *option,
                                         struct err *err);

// Keys as files: base 64, the secret half 0600 (ERR_REFUSED when others can read it).
MUST_USE enum err_kind hand_read_key(const char *path, struct sign_secret *out, struct err *err);
MUST_USE enum err_kind hand_read_public(const char *path, struct sign_public *out, struct err *err);
MUST_USE enum err_kind hand_read_signature(const char *path, struct signature *out,
                                           struct err *err);

#endif
