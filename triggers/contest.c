#include "triggers/contest.h"

#include "core/mem.h"
#include "ledger/dispute.h"
#include "ledger/people.h"

#include <inttypes.h>
#include <string.h>

enum kind_of_step { OPENED, ANSWERED, CLOSED };

static const char *text(const struct doc *doc, const char *key)
{
    return doc_text(doc_get(doc, key), "");
}

enum err_kind contest_fits(struct ledger *ledger, const struct contract *contract, int64_t decision,
                           struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    if (ledger_entry_doc(ledger, decision, &doc, err))
        return err_of(err);
    if (strcmp(text(doc, "kind"), "decision") != 0)
        return err_set(err, ERR_INPUT,
                       "entry %" PRId64 " is no decision; gong history %s names those of this "
                       "contract",
                       decision, contract->id);
    if (strcmp(text(doc, "policy"), contract->policy) != 0 ||
        strcmp(text(doc, "commune"), contract->commune) != 0)
        return err_set(err, ERR_INPUT,
                       "decision %" PRId64 " is of %s, commune %s, and contract %s of %s, commune "
                       "%s; gong history %s names its own",
                       decision, text(doc, "policy"), text(doc, "commune"), contract->id,
                       contract->policy, contract->commune, contract->id);
    return OK;
}

// Of an entry: who, when, why and what else it says.
static enum err_kind put_step(struct ledger *ledger, int64_t seq, const char *const keys[],
                              struct doc *one, struct err *err)
{
    AUTO(doc_free) struct doc *entry = NULL;
    if (ledger_entry_doc(ledger, seq, &entry, err))
        return err_of(err);
    for (size_t i = 0; keys[i]; i++)
        doc_put_text(one, keys[i], text(entry, keys[i]));
    return OK;
}

static enum err_kind put_later(struct ledger *ledger, int64_t seq, const char *member,
                               const char *const keys[], struct doc *one, struct err *err)
{
    if (!seq)
        return OK;
    struct doc *step = doc_object();
    doc_put(one, member, step);
    doc_put_int(step, "entry", seq);
    return put_step(ledger, seq, keys, step, err);
}

enum err_kind contest_put(struct ledger *ledger, const struct dispute_rows *all, int64_t decision,
                          struct doc *one, struct err *err)
{
    static const char *const opened[] = {"contract", "by", "at", "due", "why", NULL},
                             *const answered[] = {"by", "at", "why", "receipt", NULL},
                             *const closed[] = {"by", "at", "why", "outcome", NULL};
    struct doc *list = NULL;
    for (size_t i = 0; i < all->count; i++) {
        const struct dispute_row *row = &all->at[i];
        if (row->decision != decision)
            continue;
        if (!list)
            doc_put(one, "disputes", list = doc_array());
        struct doc *made = doc_object();
        doc_push(list, made);
        doc_put_int(made, "dispute", row->seq);
        if (put_step(ledger, row->seq, opened, made, err) ||
            put_later(ledger, row->answered, "answer", answered, made, err) ||
            put_later(ledger, row->closed, "close", closed, made, err))
            return err_of(err);
    }
    return OK;
}

static const char *word(enum kind_of_step kind, bool vi)
{
    static const char *const words[][2] = {[OPENED] = {"disputed", "khiếu nại"},
                                           [ANSWERED] = {"answered", "trả lời"},
                                           [CLOSED] = {"closed", "kết thúc"}};
    return words[kind][vi];
}

static const char *outcome_word(const char *outcome, bool vi)
{
    static const char *const words[][2] = {{"upheld", "khiếu nại đúng"},
                                           {"rejected", "bác khiếu nại"},
                                           {"withdrawn", "rút khiếu nại"}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(words[i][0], outcome) == 0)
            return words[i][vi];
    }
    return outcome;
}

static void say_step(const struct doc *step, int64_t entry, enum kind_of_step kind, bool vi,
                     struct buf *out)
{
    const char *outcome = text(step, "outcome"), *by = text(step, "by");
    buf_print(out, "    %s #%" PRId64 " %.10s%s%s%s%s", word(kind, vi), entry, text(step, "at"),
              *outcome ? ", " : "", *outcome ? outcome_word(outcome, vi) : "", *by ? ", " : "", by);
    buf_print(out, ": %s\n", text(step, "why"));
}

void contest_say(const struct doc *disputes, bool vi, struct buf *out)
{
    for (size_t i = 0; i < doc_count(disputes); i++) {
        const struct doc *one = doc_at(disputes, i), *answer = doc_get(one, "answer"),
                         *close = doc_get(one, "close");
        say_step(one, doc_int(doc_get(one, "dispute"), 0), OPENED, vi, out);
        if (answer)
            say_step(answer, doc_int(doc_get(answer, "entry"), 0), ANSWERED, vi, out);
        else if (!close)
            buf_print(out, vi ? "    chưa trả lời; hạn %.10s\n" : "    not answered; due %.10s\n",
                      text(one, "due"));
        if (close)
            say_step(close, doc_int(doc_get(close, "entry"), 0), CLOSED, vi, out);
    }
}
