#ifndef GONG_TRIGGERS_CONTEST_H
#define GONG_TRIGGERS_CONTEST_H

#include "core/doc.h"
#include "core/text.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stdint.h>

struct contract;
struct dispute_rows;

// What is said against a decision, as its history shows it.

// ERR_MISSING when the ledger has no such entry; ERR_INPUT when it is no decision, or one of
// another policy or commune than the contract's.
MUST_USE enum err_kind contest_fits(struct ledger *ledger, const struct contract *contract,
                                    int64_t decision, struct err *err);

// Adds "disputes" to a decision's object: [{dispute, contract, by, at, why, due, answer?: {entry,
// by, why, receipt}, close?: {entry, by, why, outcome}}]; nothing when there is none.
MUST_USE enum err_kind contest_put(struct ledger *ledger, const struct dispute_rows *all,
                                   int64_t decision, struct doc *one, struct err *err);

// In words, a line for each step.
void contest_say(const struct doc *disputes, bool vi, struct buf *out);

#endif
