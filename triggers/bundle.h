#ifndef GONG_TRIGGERS_BUNDLE_H
#define GONG_TRIGGERS_BUNDLE_H

#include "triggers/receipt.h"

// Everything about one settlement in one tar file, appended to `tar` (whose maximum is the limit):
//
//   receipt.json, receipt.html   the receipt
//   policy.yaml, sources.yaml    the texts in it, as files
//   raw/SHA256                   the raw files
//   history.jsonl                every entry that belongs to it, in order (triggers/chain.h): each
//                                decision and payout of that commune and period, approvals,
//                                reserves, confirmations, holds, payments, disputes
//   outbox.jsonl                 what was to be told and paid because of each of its decisions and
//                                payouts, and what became of it (no person, and not when it left)
//   log.vkey, checkpoint         the log's key; the newest checkpoint that witnesses cosigned and
//                                the decision is under, else the newest
//   CHECK.md                     how to check it, with gong and without
//   SHA256SUMS, .note            what is in it, signed by the log (triggers/parcel.h)
//
// The same bytes for the same ledger. ERR_MISSING as receipt_make, or when the archive lacks a raw
// file; ERR_INPUT when it does not fit into `tar`.
MUST_USE enum err_kind bundle_make(const struct receipt_from *from, int64_t decision_seq,
                                   struct buf *tar, struct err *err);

#endif
