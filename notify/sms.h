#ifndef GONG_NOTIFY_SMS_H
#define GONG_NOTIFY_SMS_H

#include "core/err.h"
#include "core/sms.h"
#include "core/sms_fit.h"
#include "core/text.h"
#include "ledger/contact.h"
#include "notify/channel.h"

#include <stdbool.h>

struct site;
struct phrase_book;

// What every SMS driver does alike: who it goes to and in which language, the class of a message
// and the rules of that class (opt-out, quiet hours, how many a day), the text as it travels.
struct sms_desk;

// Opens the register of people for writing (opt-outs, what was sent) and the phrases.
MUST_USE enum err_kind sms_desk_open(const struct site *site, struct sms_desk **out,
                                     struct err *err);
void sms_desk_close(struct sms_desk **desk);
struct people *sms_desk_people(struct sms_desk *desk);
const struct phrase_book *sms_desk_phrases(const struct sms_desk *desk);

struct sms_letter {
    char to[20]; // E.164 digits
    struct buf text;
    struct sms_size size;
    struct sms_fitted fitted; // which of its texts it is
    enum contact_class class;
    char wanted[8], used[8]; // languages: what the person has, what was there
};
void sms_letter_free(struct sms_letter *letter);

// Makes the letter of a job. False: the job is settled (its outcome and why are set), because it
// may not or not now be sent: refused, busy until quiet hours or the day's count are over, to be
// tried again. ERR_BROKEN: our own store cannot be trusted.
MUST_USE enum err_kind sms_write(struct sms_desk *desk, struct job *job, struct sms_letter *out,
                                 bool *ready, struct err *err);

// It was taken by the carrier: done, with what it was in numbers ("kannel: GSM-7, 262 units, 2
// parts, vi", and "the short text", "accents off" where it is not all of it); counts for the day of
// its person.
MUST_USE enum err_kind sms_done(struct sms_desk *desk, struct job *job,
                                const struct sms_letter *letter, const char *carrier,
                                struct err *err);

// What a part of a message is called by us at one of its tries, where the carrier has no name for
// it: 16 hexadecimal digits of the message's key, number of the try, number of the part (from 1).
struct sms_part_name {
    char at[64];
};
struct sms_part_name sms_part_name(const struct job *job, size_t part);

void sms_settle(struct job *job, enum outcome outcome, int64_t after_ms, const char *why, ...)
    PRINTF(4, 5);

#endif
