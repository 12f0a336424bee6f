#ifndef GONG_LEDGER_OUTCOME_H
#define GONG_LEDGER_OUTCOME_H

// What became of one try of a message, said by evidence only: who guesses loses money or warnings.
//
//   outcome   happened?  counted  what follows
//   DONE      yes        -        done: the carrier has it (sms, mail ...), it is paid (pay).
//                                 Delivery is another matter: evidence, below
//   PENDING   on its way no       accepted, the end not known yet: the next job of this message is
//   an
//                                 `ask`, after `after_ms` (default 5 s). For pay: state "accepted"
//   ABSENT    no         no       answer to an ask: it surely did not happen; it is sent again
//   BUSY      no         no       the carrier throttles: it keeps its place, after `after_ms`
//   PUT_OFF   no         no       a rule of gong's own (quiet hours, a day's number) puts it off:
//   as
//                                 BUSY, in the least urgent lane from now on, so that nothing more
//                                 urgent waits behind it
//   DOWN      no         no       nothing can go this way now (credentials, sender name, no
//                                 connection): the worker gets no job before `after_ms` (default
//                                 60 s); an alarm is logged
//   RETRY     no         yes      trouble with this message: again after 2 s, 4 s, 8 s ... with
//                                 jitter (or `after_ms`, when that is longer); dead after
//                                 attempts_max tries
//   REFUSED   no         -        it never will: a dead letter at once, for a person to look at
//   UNKNOWN   perhaps    -        sent, and no answer. pay: state "unknown", left only by evidence:
//                                 the next job is an ask. Others: sent again once, with the same
//                                 key; after the second unknown a dead letter
//
// To an ask (nothing may be sent) the answers are DONE, PENDING, ABSENT, REFUSED (it was tried and
// finally failed) and UNKNOWN (no answer yet: asked again after `after_ms`, 2 s, 4 s ... 20 s).
enum outcome {
    OUTCOME_UNKNOWN, // also when nobody says
    OUTCOME_DONE,
    OUTCOME_PENDING,
    OUTCOME_ABSENT,
    OUTCOME_BUSY,
    OUTCOME_DOWN,
    OUTCOME_RETRY,
    OUTCOME_REFUSED,
    OUTCOME_PUT_OFF,
};
enum { OUTCOMES = OUTCOME_PUT_OFF + 1 };

// What a carrier says later, by itself: a receipt, a callback, a line of a statement. States only
// rise; what comes twice or out of order changes nothing; DELIVERED and FAILED are final.
//
//   ACCEPTED   the carrier (the SMSC, the provider) has it
//   BUFFERED   the carrier waits for the phone
//   DELIVERED  the phone has it (all parts do). pay: the money is there: the message is done, the
//              payout "paid"
//   FAILED     it ended without. pay: finally rejected: the message is dead, the payout "rejected"
enum evidence_kind {
    EVIDENCE_NONE, // nothing was said yet
    EVIDENCE_ACCEPTED,
    EVIDENCE_BUFFERED,
    EVIDENCE_DELIVERED,
    EVIDENCE_FAILED,
};
enum { EVIDENCE_KINDS = EVIDENCE_FAILED + 1 };

// Sizes of texts that go with them, NUL included.
enum {
    KEY_MAX = 96,   // of a message
    REF_MAX = 80,   // what a carrier calls a message, or one part of it: no blank in it
    REFS_MAX = 400, // the refs of all parts, blanks between
    WHY_MAX = 200,  // by what, or why not; nobody's name, phone or account
};

#endif
