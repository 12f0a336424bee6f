#ifndef GONG_NOTIFY_SMPP_PARTS_H
#define GONG_NOTIFY_SMPP_PARTS_H

#include "notify/channel.h"
#include "notify/sms.h"
#include "notify/smpp_pdu.h"

// The letters of a batch as parts on their way: what each part became, and what follows for its
// job.
enum smpp_part_state {
    PART_WAITING,  // not sent yet, or to be sent again (throttled)
    PART_SENT,     // no answer yet
    PART_ACCEPTED, // the carrier has it
    PART_RETRY,    // not taken, may be later
    PART_DOWN,     // not taken: our sender name or our standing is wrong
    PART_REFUSED,  // never will
    PART_UNKNOWN,  // sent, and no answer
};

struct smpp_part {
    size_t letter, number; // index of the letter; 0-based number in it
    struct str text;       // a slice of the letter
    enum smpp_part_state state;
    uint32_t status;
    char id[SMPP_ID_MAX + 1];
};

enum { PARTS_LETTERS_MAX = 256, PARTS_MAX = PARTS_LETTERS_MAX * SMS_PARTS_MAX };

struct smpp_parts {
    struct job *job[PARTS_LETTERS_MAX]; // borrowed
    struct sms_letter letter[PARTS_LETTERS_MAX];
    size_t letters;
    struct smpp_part part[PARTS_MAX];
    size_t count;
};

struct smpp_parts *smpp_parts_new(void);
void smpp_parts_free(struct smpp_parts **parts);

// Takes a letter (moved) with its job.
void smpp_parts_add(struct smpp_parts *parts, struct job *job, struct sms_letter *letter);

// What a status of submit_sm_resp means. Source: SMPP 3.4, 5.1.3, and what carriers do.
enum smpp_part_state smpp_part_state_of(uint32_t status);

// Whether any part of the letter was ever sent.
bool smpp_parts_is_begun(const struct smpp_parts *parts, size_t letter);

// Settles the jobs: the worst of a letter's parts counts; `down` says why what was never sent was
// not (outcome DOWN or BUSY after after_ms). As soon as a part was taken all have refs: the
// carrier's ids, or names of ours, of which no receipt comes.
struct smpp_parts_end {
    const char *why; // why what waits was not sent; "" : no time was left
    int64_t after_ms;
};
MUST_USE enum err_kind smpp_parts_settle(struct smpp_parts *parts, struct sms_desk *desk,
                                         const struct smpp_parts_end *end, struct err *err);

// Writes our name as the source of a submit or a question: a word, a short code or a number.
void smpp_part_source(const char *sender, struct smpp_pdu *out);

// The submit of a part.
struct smpp_part_route {
    const char *sender;
    int64_t valid_min;
    uint8_t reference; // of the letter, for phones to join its parts by
};
void smpp_part_submit(const struct smpp_parts *parts, const struct smpp_part *part,
                      const struct smpp_part_route *route, struct smpp_pdu *out, struct buf *bytes);

#endif
