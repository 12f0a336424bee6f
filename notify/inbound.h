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

#endif
