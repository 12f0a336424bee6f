#include "triggers/cleared.h"

#include "core/mem.h"
#include "core/phrase.h"
#include "ledger/decision.h"
#include "ledger/former.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "ledger/subscriber.h"
#include "policies/calendar.h"
#include "policies/policy.h"
#include "triggers/bulletin.h"
#include "triggers/due.h"
#include "triggers/evaluate.h"
#include "triggers/notice.h"
#include "triggers/official.h"

#include <string.h>

// Everything that a message is made from.
struct told {
    struct policy *policy;
    struct boundary_set *set;
    struct contracts contracts;
    struct phrase_book *phrases;
    struct people *people;
    struct map *map;
    struct subscribers subscribers;
    struct bulletin *bulletin;
    struct official *official;
};

static void told_free(struct told *told)
{
    policy_free(&told->policy);
    boundary_set_free(&told->set);
    contracts_free(&told->contracts);
    phrase_free(&told->phrases);
    bulletin_free(&told->bulletin);
    official_free(&told->official);
    subscribers_free(&told->subscribers);
    people_close(&told->people);
    map_close(&told->map);
}

// The newest decision on the commune that was about weather, not about a file; NULL for none.
static const struct decision_row *newest(const struct decision_rows *rows)
{
    for (size_t i = rows->count; i > 0; i--) {
        if (strncmp(rows->at[i - 1].period, "file-", 5) != 0)
            return &rows->at[i - 1];
    }
    return NULL;
}

static enum err_kind find_policy(const struct cleared *cleared, const struct decision_row *row,
                                 struct told *told, struct err *err)
{
    AUTO(buf_free) struct buf yaml = buf_new(POLICY_BYTES_MAX);
    if (policy_text_get(cleared->ledger, row->policy_hash, &yaml, err) ||
        policy_parse(buf_slice(&yaml), row->policy, &told->policy, err))
        return err_of(err);
    return OK;
}

static enum err_kind find_people(const struct cleared *cleared, const struct decision_row *row,
                                 struct told *told, struct err *err)
{
    const char *folder = site_folder(cleared->site);
    struct err why = {0};
    // A translator's slip costs the other languages, never the message.
    if (phrase_load_site(folder, &told->phrases, &why))
        told->phrases = NULL;
    if (subscribers_load(folder, &told->subscribers, err) ||
        people_open(folder, LEDGER_READ, &told->people, err) ||
        map_open(folder, LEDGER_READ, &told->map, err) ||
        boundary_set_load(told->map, row->boundary_set, false, &told->set, err) ||
        former_tell(told->map, told->set, err))
        return err_of(err);
    struct official_ask ask = {cleared->ledger, told->map, row->boundary_set,
                               told->policy->variable, cleared->now};
    if (official_load(&ask, &told->official, err) ||
        contract_list_at(told->people, row->boundary_set, local_date(cleared->now),
                         &told->contracts, err))
        return err_of(err);
    return OK;
}

// One bulletin, as after a batch: the commune is over, and where the alert is still on.
static enum err_kind tell_subscribers(struct txn *txn, const struct cleared *cleared,
                                      const struct notice *about, struct told *told,
                                      struct err *err)
{
    struct notice notice = *about;
    told->bulletin = bulletin_new(&told->subscribers);
    for (size_t i = 0; told->bulletin && i < told->set->count; i++) {
        struct alert_state state;
        notice.commune = &told->set->commune[i];
        if (alert_state_get(cleared->ledger, cleared->policy, notice.commune->code, &state, err))
            return err_of(err);
        bulletin_note_alert(told->bulletin, &notice, &state, notice.commune == about->commune);
    }
    return bulletin_send(txn, told->bulletin, about, cleared->act, err);
}

static enum err_kind tell(struct txn *txn, const struct cleared *cleared,
                          const struct decision_row *row, struct told *told, size_t *sent,
                          struct err *err)
{
    struct occasion occasion;
    struct decision_result result = {.has_index = row->has_index, .index_milli = row->index_milli};
    size_t commune = boundary_set_find(told->set, row->commune), first = 0, count = 0;
    if (commune == SIZE_MAX)
        return err_set(err, ERR_MISSING, "boundary set %s has no commune %s", row->boundary_set,
                       row->commune);
    if (due_occasion(told->policy, row->period, row->as_of, &occasion, err))
        return err_of(err);
    occasion.as_of = cleared->now; // the message is of now, whenever the weather was
    struct utc next = calendar_next(told->policy, cleared->now);
    if (occasion.to.s < next.s)
        occasion.to = next;
    while (first < told->contracts.count &&
           strcmp(told->contracts.at[first].commune, row->commune) < 0)
        first++;
    while (first + count < told->contracts.count &&
           strcmp(told->contracts.at[first + count].commune, row->commune) == 0)
        count++;
    const struct notice notice = {.policy = told->policy,
                                  .occasion = &occasion,
                                  .commune = &told->set->commune[commune],
                                  .result = &result,
                                  .official =
                                      official_number(told->official, &told->set->commune[commune]),
                                  .cause = row->seq,
                                  .drill = site_is_drill(cleared->site),
                                  .phrases = told->phrases,
                                  .cancel = true,
                                  .again = cleared->act};
    if (count && notice_alert(txn, &notice, &told->contracts.at[first], count, sent, err))
        return err_of(err);
    return tell_subscribers(txn, cleared, &notice, told, err);
}

enum err_kind cleared_tell(struct txn *txn, const struct cleared *cleared, size_t *sent,
                           struct err *err)
{
    AUTO(decision_rows_free) struct decision_rows rows = {0};
    AUTO(told_free) struct told told = {0};
    const struct decision_query query = {.policy = cleared->policy, .commune = cleared->commune};
    *sent = 0;
    if (decision_list(cleared->ledger, &query, &rows, err))
        return err_of(err);
    const struct decision_row *row = newest(&rows);
    if (!row)
        return OK;
    if (find_policy(cleared, row, &told, err) || find_people(cleared, row, &told, err))
        return err_of(err);
    return tell(txn, cleared, row, &told, sent, err);
}
