#ifndef GONG_CORE_SMS_H
#define GONG_CORE_SMS_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// How a text travels as SMS: in the 7-bit alphabet of 3GPP TS 23.038 (160 septets, 153 in each part
// of several) or in UTF-16 (70 units, 67 in each part). Of the Vietnamese letters with accents only
// "à è é ì ò ù É" are in the 7-bit alphabet.
enum sms_coding { SMS_GSM7, SMS_UCS2 };
extern const char *const sms_coding_names[]; // "GSM-7", "UCS-2", NULL

enum { SMS_PARTS_MAX = 10, SMS_REFUSED = 0 };

struct sms_size {
    enum sms_coding coding;
    size_t units; // septets (a letter of the extension table is two), or UTF-16 units
    size_t parts; // SMS_REFUSED (0): more than SMS_PARTS_MAX
};

// The size of a text as it stands, in the 7-bit alphabet when all of it is there. UTF-8 that is not
// NFC is counted as it is, which is why it is made NFC first; what is no UTF-8 is an assert.
struct sms_size sms_measure(struct str text);

// Cuts off the next part: `*part` is a slice of `*rest`. A pair is never split: an escape and its
// letter, the halves of a surrogate pair, a letter and its combining marks. False when nothing is
// left. `parts` is the number of all parts (from sms_measure): one alone may be longer.
bool sms_take_part(struct str *rest, enum sms_coding coding, size_t parts, struct str *part);

// How a route wants its texts.
//   ascii160  accents off, one part: what provinces send by the operators' brand names
//   ascii     accents off, up to the parts allowed
//   ucs2      accents kept, always UTF-16
//   auto      7-bit when it can be written so; else accents kept while that fits into the parts
//             allowed; else accents off
enum sms_policy { SMS_POLICY_ASCII160, SMS_POLICY_ASCII, SMS_POLICY_UCS2, SMS_POLICY_AUTO };
extern const char *const sms_policy_names[]; // "ascii160", ..., NULL: as enum sms_policy

struct sms_limits {
    enum sms_policy policy;
    size_t parts_max; // 1..SMS_PARTS_MAX, a hard cap
};

// Makes the text that is sent: NFC, typographic marks replaced (’ – … “ ” and the hard blank cost
// UTF-16 for nothing), then as the policy says. Appended to `out`, with its size.
// ERR_INPUT when it is no clean UTF-8, is too long (says by how much), or has letters that cannot
// be written without UTF-16 where the policy wants none (says which): nothing is guessed or cut.
MUST_USE enum err_kind sms_prepare(struct str text, const struct sms_limits *limits,
                                   struct buf *out, struct sms_size *size, struct err *err);

// The text in the 7-bit alphabet without accents, whatever it is made of: a letter that has no such
// form is left out, and appended to `lost`. Never refuses; what is no UTF-8 becomes '?'.
void sms_plain(struct str text, struct buf *out, struct buf *lost);

// The bytes of a text on the wire: one septet an octet, or UTF-16BE without a mark.
void sms_encode(struct str text, enum sms_coding coding, struct buf *out);

// Bytes from the wire as UTF-8; what cannot be read becomes U+FFFD. Appended to `out`.
void sms_decode_gsm7(struct str bytes, struct buf *out);
void sms_decode_utf16(struct str bytes, struct buf *out);
void sms_decode_latin1(struct str bytes, struct buf *out);

#endif
