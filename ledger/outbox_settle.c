// What became of messages: answers of workers, later evidence of carriers, dead letters.
#include "core/mem.h"
#include "ledger/behind.h"
#include "ledger/db.h"
#include "ledger/group.h"
#include "ledger/outbox.h"
#include "ledger/payment.h"
#include "ledger/payout_state.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DOUBTS_MAX = 2, DEAD_MAX = 100000 };

// The row as it stands now.
struct standing {
    int64_t id;
    enum outbox_state state;
    int64_t attempt, tries, doubts;
    bool ask, is_pay;
};

static enum err_kind find(struct db *db, int64_t id, const char *channel, struct standing *out,
                          struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT state, attempt, ask, channel = 'pay', tries, doubts,"
                                    " channel FROM outbox WHERE id = ?");
    bool row = false;
    stmt_int(stmt, 1, id);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row || (channel && strcmp(channel, row_text(stmt, 6)) != 0))
        return err_set(err, ERR_INPUT, "the outbox has no message %" PRId64 "%s%s", id,
                       channel ? " of channel " : "", channel ? channel : "");
    *out = (struct standing){.id = id,
                             .state = (enum outbox_state)row_int(stmt, 0),
                             .attempt = row_int(stmt, 1),
                             .ask = row_int(stmt, 2) != 0,
                             .is_pay = row_int(stmt, 3) != 0,
                             .tries = row_int(stmt, 4),
                             .doubts = row_int(stmt, 5)};
    return OK;
}

// Moves a message; one that would be ready again, but was overtaken by a newer one of its thread,
// is superseded instead.
static enum err_kind move(struct db *db, const struct standing *standing, enum outbox_state state,
                          int64_t due_ms, const char *result, struct err *err)
{
    bool ends = standing->state == OUTBOX_READY && state != OUTBOX_READY;
    if (ends && behind_wake(db, standing->id, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE outbox SET state = CASE WHEN ?1 = 0 AND thread <> '' AND EXISTS"
                    " (SELECT 1 FROM outbox AS n WHERE n.thread = outbox.thread AND n.thread <> ''"
                    " AND n.channel = outbox.channel AND n.id > outbox.id) THEN 6 ELSE ?1 END,"
                    " due_ms = ?2, result = ?3, tries = ?4, doubts = ?5, ask = 0, worker = ''"
                    " WHERE id = ?6");
    stmt_int(stmt, 1, state);
    stmt_int(stmt, 2, due_ms);
    stmt_text(stmt, 3, result);
    stmt_int(stmt, 4, standing->tries);
    stmt_int(stmt, 5, standing->doubts);
    stmt_int(stmt, 6, standing->id);
    return stmt_run(stmt, err);
}

// --- answers
// ----------------------------------------------------------------------------------------

// What became of the message as its parts say: delivered when all parts of one try are, else what
// the last try has reached: failed when a part of it failed, else what the least of them has.
static enum err_kind raise_by_parts(struct db *db, int64_t id, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        db,
        "UPDATE outbox SET evidence = CASE WHEN EXISTS (SELECT 1 FROM part WHERE message = ?1"
        " GROUP BY attempt HAVING min(evidence) = 3 AND max(evidence) = 3) THEN 3 ELSE"
        " (SELECT CASE max(evidence) WHEN 4 THEN 4 ELSE min(evidence) END FROM part"
        " WHERE message = ?1 AND attempt = (SELECT max(attempt) FROM part WHERE message = ?1))"
        " END WHERE id = ?1 AND evidence <> 3 AND EXISTS (SELECT 1 FROM part WHERE message = ?1)");
    stmt_int(stmt, 1, id);
    return stmt_run(stmt, err);
}

// What failed while this try was in hand, under a name that it has too, is of it.
static enum err_kind keep_doubt(struct db *db, const struct outbox_answer *answer, const char *ref,
                                struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "UPDATE part SET attempt = ?1 WHERE channel = (SELECT channel"
                                    " FROM outbox WHERE id = ?2) AND ref = ?3 || ' of try ' || ?1"
                                    " AND message = ?2");
    if (answer->attempt < 2)
        return OK;
    stmt_int(stmt, 1, answer->attempt);
    stmt_int(stmt, 2, answer->id);
    stmt_text(stmt, 3, ref);
    return stmt_run(stmt, err);
}

// Keeps what the carrier calls the parts of this try. One that it calls the same at every try is of
// the last, whatever failed before; what failed while this try was in hand (note_doubt) counts as
// its, until it is delivered; delivered while any later try was in hand, it is. One that it calls
// as it did another message's goes by a name of ours, which no carrier says: it is awaited, so that
// the other parts alone are not the message.
static enum err_kind keep_refs(struct db *db, const struct outbox_answer *answer, struct err *err)
{
    struct str rest = str_of(answer->ref), word;
    while (str_take_field(&rest, ' ', &word)) {
        if (word.len == 0)
            continue;
        AUTO(mem_drop) char *ref = str_copy(word);
        AUTO(stmt_done)
        struct stmt *stmt =
            stmt_of(db, "INSERT INTO part (channel, ref, message, evidence, at, why, attempt)"
                        " SELECT channel, CASE WHEN EXISTS (SELECT 1 FROM part AS p WHERE"
                        " p.channel = outbox.channel AND p.ref = ?2 AND p.message <> ?1)"
                        " THEN ?2 || ' of message ' || id ELSE ?2 END,"
                        " id, 0, ?3, '', ?4 FROM outbox WHERE id = ?1"
                        " ON CONFLICT (channel, ref) DO UPDATE SET attempt = ?4, evidence ="
                        " CASE WHEN part.evidence <> 4 THEN part.evidence WHEN EXISTS (SELECT 1"
                        " FROM part AS d WHERE d.message = ?1 AND d.evidence = 3 AND"
                        " substr(d.ref, 1, length(?2) + 8) = ?2 || ' of try ') THEN 3 ELSE 0 END"
                        " WHERE part.message = ?1 AND part.attempt < ?4");
        stmt_int(stmt, 1, answer->id);
        stmt_text(stmt, 2, ref);
        stmt_int(stmt, 3, answer->at.s);
        stmt_int(stmt, 4, answer->attempt);
        if (stmt_run(stmt, err) || keep_doubt(db, answer, ref, err))
            return err_of(err);
    }
    return answer->attempt > 1 ? raise_by_parts(db, answer->id, err) : OK;
}

static enum err_kind done(struct txn *txn, struct standing *standing, struct utc at,
                          const char *why, struct err *err)
{
    if (standing->state == OUTBOX_DONE)
        return OK;
    if (move(ledger_db(txn_ledger(txn)), standing, OUTBOX_DONE, 0, why, err))
        return err_of(err);
    return standing->is_pay ? payout_end(txn, standing->id, at, "paid", why, err) : OK;
}

static enum err_kind dead(struct txn *txn, struct standing *standing, struct utc at,
                          const char *why, struct err *err)
{
    if (move(ledger_db(txn_ledger(txn)), standing, OUTBOX_DEAD, 0, why, err))
        return err_of(err);
    return standing->is_pay ? payout_end(txn, standing->id, at, "rejected", why, err) : OK;
}

// Waits in `unknown` until it is asked about; the payout says `state`, or what it said (NULL).
static enum err_kind wait_and_ask(struct db *db, struct standing *standing,
                                  const struct outbox_answer *answer, const char *state,
                                  struct err *err)
{
    if (move(db, standing, OUTBOX_UNKNOWN, answer->due_ms, answer->why, err))
        return err_of(err);
    return standing->is_pay && state ? payout_state_put(db, standing->id, state, err) : OK;
}

// It did not happen and is to be tried again (or to be asked about again).
static enum err_kind again(struct db *db, struct standing *standing,
                           const struct outbox_answer *answer, struct err *err)
{
    if (move(db, standing, standing->ask ? OUTBOX_UNKNOWN : OUTBOX_READY, answer->due_ms,
             answer->why, err))
        return err_of(err);
    return standing->is_pay && !standing->ask ? payment_take_back(db, standing->id, err) : OK;
}

// A rule puts it off, perhaps for hours: nothing that is more urgent waits behind it.
static enum err_kind put_off(struct db *db, struct standing *standing,
                             const struct outbox_answer *answer, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "UPDATE outbox SET lane = ?1 WHERE id = ?2 AND lane < ?1");
    stmt_int(stmt, 1, OUTBOX_LANE_REST);
    stmt_int(stmt, 2, standing->id);
    return stmt_run(stmt, err) ? err_of(err) : again(db, standing, answer, err);
}

static enum err_kind absent(struct db *db, struct standing *standing,
                            const struct outbox_answer *answer, struct err *err)
{
    if (!standing->ask)
        return OK;
    standing->ask = false;
    return again(db, standing, answer, err);
}

static enum err_kind doubtful(struct txn *txn, struct standing *standing,
                              const struct outbox_answer *answer, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    standing->doubts++;
    if (standing->is_pay || standing->ask)
        return wait_and_ask(db, standing, answer, standing->ask ? NULL : "unknown", err);
    if (standing->doubts >= DOUBTS_MAX)
        return dead(txn, standing, answer->at, "sent twice, and no answer either time", err);
    return again(db, standing, answer, err);
}

static enum err_kind settle_in_hand(struct txn *txn, struct standing *standing,
                                    const struct outbox_answer *answer, int64_t attempts_max,
                                    struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    switch (answer->outcome) {
    case OUTCOME_DONE:
        break;
    case OUTCOME_PENDING:
        return wait_and_ask(db, standing, answer, "accepted", err);
    case OUTCOME_ABSENT:
        return absent(db, standing, answer, err);
    case OUTCOME_BUSY:
    case OUTCOME_DOWN:
        return again(db, standing, answer, err);
    case OUTCOME_PUT_OFF:
        return put_off(db, standing, answer, err);
    case OUTCOME_RETRY:
        // Who asks what became of a message asks until there is an answer.
        standing->tries += !standing->ask;
        if (standing->tries >= attempts_max)
            return dead(txn, standing, answer->at, answer->why, err);
        return again(db, standing, answer, err);
    case OUTCOME_REFUSED:
        return dead(txn, standing, answer->at, answer->why, err);
    case OUTCOME_UNKNOWN:
        return doubtful(txn, standing, answer, err);
    }
    return OK;
}

// Whether an answer is what nearly every one is, done and no more; and says the same as another.
static bool is_usual(const struct outbox_answer *answer, const struct outbox_answer *as)
{
    return answer->outcome == OUTCOME_DONE && answer->channel && !*answer->ref && as->channel &&
           strcmp(answer->channel, as->channel) == 0 && answer->attempt == as->attempt &&
           strcmp(answer->why, as->why) == 0;
}

// The longest run from the first on of such answers from the worker that has the messages in hand:
// `*len`, at least one. Not done: at least one of them is something else, or one comes twice.
static enum err_kind done_as_usual(struct db *db, const struct outbox_answer *answer, size_t count,
                                   size_t *len, bool *done, struct err *err)
{
    // By their ids alone: no other index leads to so few.
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE outbox SET state = 3, due_ms = 0, result = ?25, ask = 0, worker = ''"
                    " WHERE id IN " GROUP_IDS " AND state + 0 = 1 AND attempt = ?26"
                    " AND channel = ?27 AND channel <> 'pay'");
    int64_t id[GROUP_MAX];
    *done = false;
    for (*len = 0; *len < count && *len < GROUP_MAX && is_usual(&answer[*len], answer); ++*len)
        id[*len] = answer[*len].id;
    if (*len == 0) {
        *len = 1;
        return OK;
    }
    group_bind(stmt, id, *len);
    stmt_text(stmt, GROUP_MAX + 1, answer->why);
    stmt_int(stmt, GROUP_MAX + 2, answer->attempt);
    stmt_text(stmt, GROUP_MAX + 3, answer->channel);
    if (stmt_run(stmt, err))
        return err_of(err);
    *done = (size_t)stmt_changes(stmt) == *len;
    return OK;
}

static enum err_kind settle_one(struct txn *txn, const struct outbox_answer *answer,
                                int64_t attempts_max, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    struct standing standing;
    if (find(db, answer->id, answer->channel, &standing, err))
        return err_of(err);
    if (answer->attempt > standing.attempt)
        return err_set(err, ERR_INPUT, "message %" PRId64 " never had an attempt %" PRId64,
                       answer->id, answer->attempt);
    if (*answer->ref && keep_refs(db, answer, err))
        return err_of(err);
    if (answer->outcome == OUTCOME_DONE)
        return done(txn, &standing, answer->at, answer->why, err);
    if (standing.attempt != answer->attempt || standing.state != OUTBOX_LEASED)
        return OK;
    return settle_in_hand(txn, &standing, answer, attempts_max, err);
}

static enum err_kind settle_all(struct txn *txn, const struct outbox_answer *answer, size_t count,
                                int64_t attempts_max, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    for (size_t i = 0, len; i < count; i += len) {
        bool is_done = false;
        if (done_as_usual(db, &answer[i], count - i, &len, &is_done, err))
            return err_of(err);
        for (size_t one = i; !is_done && one < i + len; one++) {
            if (settle_one(txn, &answer[one], attempts_max, err))
                return err_of(err);
        }
    }
    return OK;
}

// --- evidence
// ---------------------------------------------------------------------------------------

static enum err_kind find_message(struct db *db, const struct outbox_evidence *evidence,
                                  int64_t *id, struct err *err)
{
    bool by_ref = *evidence->ref != '\0', row = false;
    AUTO(stmt_done)
    struct stmt *stmt = by_ref
                            ? stmt_of(db, "SELECT message FROM part WHERE channel = ? AND ref = ?")
                            : stmt_of(db, "SELECT id FROM outbox WHERE channel = ? AND key = ?");
    stmt_text(stmt, 1, evidence->channel);
    stmt_text(stmt, 2, by_ref ? evidence->ref : evidence->key);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_MISSING, "channel %s has no message \"%s\"", evidence->channel,
                       by_ref ? evidence->ref : evidence->key);
    *id = row_int(stmt, 0);
    return OK;
}

// States of a part only rise; delivered and failed are final.
static enum err_kind raise_part(struct db *db, const struct outbox_evidence *evidence,
                                struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "UPDATE part SET evidence = ?3, at = ?4, why = ?5"
                                    " WHERE channel = ?1 AND ref = ?2 AND evidence < ?3"
                                    " AND evidence < 3");
    stmt_text(stmt, 1, evidence->channel);
    stmt_text(stmt, 2, evidence->ref);
    stmt_int(stmt, 3, evidence->kind);
    stmt_int(stmt, 4, evidence->at.s);
    stmt_text(stmt, 5, evidence->why);
    return stmt_run(stmt, err);
}

// Failed, or delivered after it failed, while a later try is in hand than the one that the name is
// known of: whose report this is nobody knows before that try's answer tells its names. It is kept
// under a name of ours, where "delivered" takes the place of "failed": one of the two is there.
static enum err_kind note_doubt(struct db *db, const struct outbox_evidence *evidence,
                                struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "INSERT INTO part (channel, ref, message, evidence, at, why, attempt)"
                    " SELECT p.channel, p.ref || ' of try ' || o.attempt, p.message, ?5, ?3, ?4,"
                    " p.attempt FROM part AS p, outbox AS o WHERE p.channel = ?1 AND p.ref = ?2"
                    " AND o.id = p.message AND o.state = 1 AND p.attempt < o.attempt"
                    " AND (?5 = 4 OR p.evidence = 4) ON CONFLICT (channel, ref) DO UPDATE"
                    " SET evidence = excluded.evidence, at = excluded.at, why = excluded.why"
                    " WHERE excluded.evidence < part.evidence");
    stmt_text(stmt, 1, evidence->channel);
    stmt_text(stmt, 2, evidence->ref);
    stmt_int(stmt, 3, evidence->at.s);
    stmt_text(stmt, 4, evidence->why);
    stmt_int(stmt, 5, evidence->kind);
    return stmt_run(stmt, err);
}

// It is delivered: then what was in doubt was of the try before.
static enum err_kind end_doubt(struct db *db, const struct outbox_evidence *evidence, int64_t id,
                               struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "UPDATE part SET evidence = 3 WHERE channel = ?1 AND message ="
                                    " ?3 AND ref = ?2 || ' of try ' || attempt AND evidence = 4");
    stmt_text(stmt, 1, evidence->channel);
    stmt_text(stmt, 2, evidence->ref);
    stmt_int(stmt, 3, id);
    return stmt_run(stmt, err);
}

static enum err_kind raise_ref(struct db *db, const struct outbox_evidence *evidence, int64_t id,
                               struct err *err)
{
    if (raise_part(db, evidence, err) ||
        (evidence->kind >= EVIDENCE_DELIVERED && note_doubt(db, evidence, err)) ||
        (evidence->kind == EVIDENCE_DELIVERED && end_doubt(db, evidence, id, err)))
        return err_of(err);
    return raise_by_parts(db, id, err);
}

// What is said of the message itself is of its first try, where later ones have parts: then only
// "delivered" is news.
static enum err_kind raise_whole(struct db *db, int64_t id, enum evidence_kind kind,
                                 struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE outbox SET evidence = CASE ?2 WHEN 3 THEN 3 ELSE max(evidence, ?2) END"
                    " WHERE id = ?1 AND evidence <> 3 AND CASE WHEN EXISTS (SELECT 1 FROM part"
                    " WHERE message = ?1 AND attempt > 1) THEN ?2 = 3 ELSE evidence < 3 END");
    stmt_int(stmt, 1, id);
    stmt_int(stmt, 2, kind);
    return stmt_run(stmt, err);
}

// Money: what is delivered is paid, what failed is rejected, whatever state its message is in.
static enum err_kind end_payment(struct txn *txn, struct standing *standing,
                                 const struct outbox_evidence *evidence, struct err *err)
{
    bool open = standing->state != OUTBOX_DONE && standing->state != OUTBOX_DEAD;
    if (evidence->kind == EVIDENCE_DELIVERED)
        return done(txn, standing, evidence->at, evidence->why, err);
    if (evidence->kind == EVIDENCE_FAILED && open)
        return dead(txn, standing, evidence->at, evidence->why, err);
    return OK;
}

// What nearly every word is: of a message that went once, which is no payment and of which nothing
// final was said.
static enum err_kind raise_as_usual(struct db *db, const struct outbox_evidence *evidence,
                                    bool *is_raised, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE outbox SET evidence = max(evidence, ?1) WHERE key = ?2"
                    " AND channel = ?3 AND channel <> 'pay' AND evidence < 3 AND attempt < 2");
    *is_raised = false;
    if (*evidence->ref)
        return OK;
    stmt_int(stmt, 1, evidence->kind);
    stmt_text(stmt, 2, evidence->key);
    stmt_text(stmt, 3, evidence->channel);
    if (stmt_run(stmt, err))
        return err_of(err);
    *is_raised = stmt_changes(stmt) == 1;
    return OK;
}

static enum err_kind testify_one(struct txn *txn, struct db *db,
                                 const struct outbox_evidence *evidence, struct err *err)
{
    bool by_ref = *evidence->ref != '\0', is_raised = false;
    struct standing standing;
    int64_t id = 0;
    assert(evidence->kind > EVIDENCE_NONE && evidence->kind <= EVIDENCE_FAILED);
    if (raise_as_usual(db, evidence, &is_raised, err))
        return err_of(err);
    if (is_raised)
        return OK;
    if (find_message(db, evidence, &id, err) || find(db, id, NULL, &standing, err) ||
        (by_ref ? raise_ref(db, evidence, id, err) : raise_whole(db, id, evidence->kind, err)))
        return err_of(err);
    return standing.is_pay ? end_payment(txn, &standing, evidence, err) : OK;
}

static enum err_kind testify_all(struct txn *txn, const struct outbox_evidence *evidence,
                                 size_t count, enum err_kind *noted, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    for (size_t i = 0; i < count; i++) {
        struct err why = {0};
        noted[i] = testify_one(txn, db, &evidence[i], &why);
        if (noted[i] && noted[i] != ERR_MISSING) {
            *err = why;
            return err_of(err);
        }
    }
    return OK;
}

enum err_kind outbox_record(struct ledger *ledger, const struct outbox_news *news,
                            int64_t attempts_max, struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) ||
        settle_all(txn, news->answer, news->answers, attempts_max, err) ||
        testify_all(txn, news->evidence, news->words, news->noted, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

enum err_kind outbox_settle(struct ledger *ledger, const struct outbox_answer *answer, size_t count,
                            int64_t attempts_max, struct err *err)
{
    struct outbox_news news = {.answer = answer, .answers = count};
    return outbox_record(ledger, &news, attempts_max, err);
}

enum err_kind outbox_testify(struct ledger *ledger, const struct outbox_evidence *evidence,
                             size_t count, enum err_kind *noted, struct err *err)
{
    struct outbox_news news = {.evidence = evidence, .words = count, .noted = noted};
    return outbox_record(ledger, &news, 0, err);
}

// --- dead letters
// -----------------------------------------------------------------------------------

enum err_kind outbox_dead_list(struct ledger *ledger, const char *channel, size_t max,
                               struct outbox_dead **out, size_t *count, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        ledger_db(ledger), "SELECT id, attempt, tries, channel, key, result, person FROM outbox"
                           " WHERE state = 4 AND (?1 IS NULL OR channel = ?1) ORDER BY id"
                           " LIMIT ?2");
    assert(max > 0 && max <= (size_t)DEAD_MAX);
    AUTO(mem_drop) struct outbox_dead *list = mem_new(max, sizeof(*list));
    stmt_text(stmt, 1, channel);
    stmt_int(stmt, 2, (int64_t)max);
    enum err_kind failed = OK;
    for (*count = 0; stmt_more(stmt, &failed, err); ++*count) {
        struct outbox_dead *one = &list[*count];
        *one = (struct outbox_dead){
            .id = row_int(stmt, 0), .attempt = row_int(stmt, 1), .tries = row_int(stmt, 2)};
        row_copy(stmt, 3, one->channel, sizeof(one->channel));
        row_copy(stmt, 4, one->key, sizeof(one->key));
        row_copy(stmt, 5, one->why, sizeof(one->why));
        row_copy(stmt, 6, one->person, sizeof(one->person));
    }
    if (failed)
        return failed;
    *out = TAKE(list);
    return OK;
}

static enum err_kind forget_lapses(struct db *db, int64_t id, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, "DELETE FROM lapse WHERE message = ?");
    stmt_int(stmt, 1, id);
    return stmt_run(stmt, err);
}

// Whether its time is over, and what it is now.
static enum err_kind replayed(struct db *db, int64_t id, struct utc now, bool *stale,
                              enum outbox_state *state, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT expires <= ?2, state FROM outbox WHERE id = ?1");
    bool row = false;
    stmt_int(stmt, 1, id);
    stmt_int(stmt, 2, now.s);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *stale = row && row_int(stmt, 0) != 0;
    *state = (enum outbox_state)(row ? row_int(stmt, 1) : OUTBOX_DEAD);
    return OK;
}

enum err_kind outbox_replay(struct txn *txn, int64_t id, bool pay, struct utc now,
                            enum outbox_state *became, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    struct standing standing;
    bool stale = false;
    enum err_kind kind = find(db, id, NULL, &standing, err);
    if (kind == ERR_INPUT)
        return err_set(err, ERR_MISSING, "there is no message %" PRId64, id);
    if (kind)
        return kind;
    if (standing.is_pay != pay)
        return err_set(err, ERR_REFUSED, "message %" PRId64 " is %s; write gong %s retry", id,
                       pay ? "no payment" : "a payment", pay ? "notify" : "pay");
    if (standing.state != OUTBOX_DEAD)
        return err_set(err, ERR_INPUT,
                       "message %" PRId64 " is %s; only what is dead can be sent again", id,
                       outbox_state_name(standing.state));
    standing.tries = standing.doubts = 0;
    if (forget_lapses(db, id, err) || replayed(db, id, now, &stale, became, err))
        return err_of(err);
    enum outbox_state state = pay ? OUTBOX_UNKNOWN : stale ? OUTBOX_EXPIRED : OUTBOX_READY;
    if (move(db, &standing, state, 0,
             stale && !pay ? "its time is over" : "somebody sends it again", err) ||
        (pay && payout_state_put(db, id, "unknown", err)))
        return err_of(err);
    return replayed(db, id, now, &stale, became, err);
}
