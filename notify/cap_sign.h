#ifndef GONG_NOTIFY_CAP_SIGN_H
#define GONG_NOTIFY_CAP_SIGN_H

#include "core/err.h"
#include "core/text.h"

// XML signatures by the program xmlsec1, in a confined child: other people's bytes and OpenSSL stay
// out of this process.

// Signs a text that has an empty Signature in it (cap_write with `sign`). Keys are PEM files.
// ERR_MISSING when xmlsec1 or a key is not there, ERR_REFUSED when it does not sign.
MUST_USE enum err_kind cap_sign(struct str text, const char *key, const char *certificate,
                                struct buf *out, struct err *err);

// How a signature was found to be good.
enum cap_seal {
    CAP_UNSIGNED, // there is none
    CAP_AS_IS,    // over the bytes as they are
    CAP_PLAIN,    // only without processing instructions and ignorable blanks: as some signers do
    CAP_FALSE,    // it is none of the pinned certificate's
};
const char *cap_seal_name(enum cap_seal seal);

// Checks against one pinned certificate (PEM).
MUST_USE enum err_kind cap_verify(struct str text, const char *certificate, enum cap_seal *out,
                                  struct err *err);

#endif
