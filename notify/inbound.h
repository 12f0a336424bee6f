#ifndef GONG_NOTIFY_INBOUND_H
#define GONG_NOTIFY_INBOUND_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"
#include "notify/sms.h"

// Messages that people send: to stop and start again, to ask for their rain, to answer whether it
// rained. A sender is known by the number that the carrier gives, which can be forged: whatever is
// asked, the answer goes to that number and tells only of its own people.
enum inbound_word {
    INBOUND_STOP,  // TC, TU CHOI, HUY, NGUNG, DUNG, STOP
    INBOUND_START, // DK, DANG KY, TIEP TUC, START
    INBOUND_RAIN,  // MUA
    INBOUND_YES,   // CO
    INBOUND_NO,    // KHONG, KO
    INBOUND_OTHER,
};
enum { INBOUND_WORDS = INBOUND_OTHER + 1 };
extern const char
    *const inbound_word_names[]; // "stop", "start", "rain", "yes", "no", "other", NULL

// The first word (or two) of a text, in any case and with or without accents.
enum inbound_word inbound_parse(struct str text);

struct inbound {
    const char *carrier; // "kannel", "smpp"
    struct str id;       // the carrier's own id of the message, at least 1 byte
    struct str from, to; // numbers as the carrier writes them
    struct str text;     // UTF-8
};

struct inbound_desk;

// Opens the site's ledger for writing: answers are entries, replies are messages in the outbox.
MUST_USE enum err_kind inbound_open(const struct site *site, struct sms_desk *desk,
                                    struct inbound_desk **out, struct err *err);
void inbound_close(struct inbound_desk **desk);

// Keeps a message and does what it asks. OK: it is done for good and the carrier may forget it; the
// same message again changes nothing. ERR_INPUT: it can never be taken (the number is none): the
// carrier may forget it too. ERR_LATER, ERR_BROKEN: not now; the carrier must keep it.
MUST_USE enum err_kind inbound_take(struct inbound_desk *desk, const struct inbound *inbound,
                                    struct err *err);

// The same of a part of a longer text: it is kept, and when all are there they are taken as one
// message. `inbound->id` is not looked at.
struct inbound_piece {
    uint16_t reference;    // the same for all parts
    uint8_t total, number; // 2..255; 1..total
};
MUST_USE enum err_kind inbound_take_piece(struct inbound_desk *desk, const struct inbound *inbound,
                                          const struct inbound_piece *piece, struct err *err);

// Takes what is there of texts of which a part waits for the others for INBOUND_WAIT_S: somebody
// who said STOP is heard though the rest was lost. Call it now and then.
enum { INBOUND_WAIT_S = 600 };
MUST_USE enum err_kind inbound_tend(struct inbound_desk *desk, struct utc now, struct err *err);

#endif
