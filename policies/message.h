#ifndef GONG_POLICIES_MESSAGE_H
#define GONG_POLICIES_MESSAGE_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stdint.h>

struct part;
struct phrase_book;
struct policy;

// What a message of a policy may name, in braces:
//   both       {commune} {index} {from} {to} {when} {issued}
//   alert      {threshold} {next}, with an ensemble {probability}, with stages {stage}
//              instead of {threshold}; {actions} where the policy or its stages say what to do
//              (policies/actions.h), and must name it then; in a stage's own message {threshold}
//              is the stage's, and {probability} stands where this stage has an ensemble;
//              so in the policy's, where it is said at a stage
//   insurance  {amount} {contract} {period}, and {strike} or {threshold} where the form has one
// {index} of members is what as many of them reach as the policy asks for, of conditions on one
// index that of one which holds (triggers/evaluate.h): a number that the trigger asks for.
// Numbers are written as people of the language write them (1.234,5 mm; 1,234.5 mm), times in
// Vietnamese local time; {when} is {from} to {to} in words ("đêm 6/9 (19h-7h)", policies/when.h),
// in other languages than English the Vietnamese ones. An alert must name {commune}, {issued} and
// {next}, a new one its reason as well: one of {index}, {threshold}, {probability}, {stage}; a
// payout {commune}, {amount} and {contract}.
struct message_values {
    const char *commune; // name
    const char *former;  // what it was before, "A, B"; NULL or "": not said
    int64_t index_milli;
    struct utc from, to;
    struct utc issued;         // when it was decided
    struct utc next;           // alert
    int64_t probability_milli; // alert of an ensemble
    const char *stage;         // alert with stages: the name of the one that is on
    bool cancel;               // the alert went off: the policy's `cancel` is said
    bool kept;          // alert that fell to a level which this run does not say: no number is said
    int64_t amount_vnd; // insurance
    const char *contract, *period;
    const char *official; // number of an official bulletin that stands for the place; NULL: none
    int64_t event;        // number of the ledger's entry that caused it; 0: none is said
};

// ERR_INPUT for a placeholder that is not known or does not fit the policy, one that must be there
// and is not, an open brace, a label of advertising or a link (neither is mixed with what gong
// says), or more than 600 bytes; says what to write. Of a stage's own message, or NULL: of the
// policy's, which is said at each stage that has none.
MUST_USE enum err_kind message_check(const struct policy *policy, const struct part *stage,
                                     const char *text, struct err *err);

// The same of a text that is said when the alert goes off: there is nothing to do any more, and no
// {actions}.
MUST_USE enum err_kind message_check_cancel(const struct policy *policy, const char *text,
                                            struct err *err);

// The same, and for an alert its reason: asked of what nobody has signed yet (policy_check_new).
// What was signed before reasons were asked for stays in force, and can be decided again.
MUST_USE enum err_kind message_check_new(const struct policy *policy, const struct part *stage,
                                         const char *text, struct err *err);

// The message in one language; what an alert says that is kept at a lower level is the program's:
// the policy's text has numbers, and those of this run are none to warn of. "[DIỄN TẬP] " or
// "[DRILL] " before it in a drill; after an alert that it is no official risk level, and the number
// of the official bulletin where there is one; the number of the event, and when a payout was
// decided. NFC. `out` is appended to.
void message_render(const struct policy *policy, const struct message_values *values,
                    enum language language, bool drill, struct buf *out);

// The same in a language of the book that is neither: false (and nothing is appended) when nobody
// wrote and approved the policy's text in it, or it does not pass message_check, nor of the end of
// an alert or of one that is kept. The text of a
// stage that has its own message stands under "POLICY/STAGE/message", and the policy's is not said
// in its place: the stage says something else. Its actions stand under "POLICY/STAGE", of a policy
// without stages under "POLICY/actions", with the word for the step before them, and must be there
// when the text names {actions}.
bool message_say(const struct policy *policy, const struct message_values *values,
                 const struct phrase_book *book, const char *language, bool drill, struct buf *out);

// What stands after the commune's name where it is said first: " (trước đây gồm A, B)", in English
// " (formerly A, B)", in other languages the names alone; nothing when values->former is not there
// or longer than a message has room for (240 bytes).
// Whoever has no room for it may take it out of a rendered text.
void message_former(const struct message_values *values, const char *language, struct buf *out);

// What an alert says of the official bulletin: " Bản tin chính thức số X."; in other languages than
// English the Vietnamese words, as the bulletin has them. Nothing where there is none, or it is
// longer than a message has room for (80 bytes).
void message_official(const struct message_values *values, const char *language, struct buf *out);

// How much of a title says what comes: up to the first comma that is none of a number, behind which
// it says where or how it is known.
size_t message_title_head(const char *title);

// What only an advertisement has, or what leads away from what can be trusted; NULL: nothing of it.
const char *message_mixed(const char *text);

const char *message_drill_mark(enum language language); // "[DIỄN TẬP] "

#endif
