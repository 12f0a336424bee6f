#include "triggers/restate.h"

#include "core/mem.h"
#include "ledger/decision.h"
#include "ledger/dispute.h"
#include "ledger/map.h"
#include "ledger/raw.h"
#include "ledger/reading.h"
#include "triggers/contest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { REVISED_MAX = 50 };

// --- what was revised between two bases

struct hashes {
    struct hash *at;
    size_t count;
};

static void hashes_free(struct hashes *hashes)
{
    mem_free(&hashes->at);
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

static enum err_kind hashes_of(struct ledger *ledger, int64_t batch, struct hashes *out,
                               struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    AUTO(hashes_free) struct hashes made = {0};
    if (ledger_entry_doc(ledger, batch, &doc, err))
        return err_of(err);
    const struct doc *list = doc_get(doc_get(doc, "inputs"), "readings");
    made.at = mem_new(doc_count(list) + 1, sizeof(struct hash));
    for (size_t i = 0; i < doc_count(list); i++) {
        if (hash_parse(str_of(doc_text(doc_at(list, i), "")), &made.at[made.count++], err))
            return err_of(err);
    }
    qsort(made.at, made.count, sizeof(struct hash), by_bytes);
    *out = MOVE(made);
    return OK;
}

// Those of `a` that are not in `b`.
static struct hashes only_in(const struct hashes *a, const struct hashes *b)
{
    struct hashes only = {mem_new(a->count + 1, sizeof(struct hash)), 0};
    for (size_t i = 0; i < a->count; i++) {
        if (!bsearch(&a->at[i], b->at, b->count, sizeof(struct hash), by_bytes))
            only.at[only.count++] = a->at[i];
    }
    return only;
}

// One run over the corrections of a commune, or of a whole policy.
struct run {
    struct ledger *ledger;
    const struct restate_query *query;
    struct raws raws;
    char boundary_set[32];
    size_t place; // of the commune in that set; SIZE_MAX: no values are shown
};

static void run_free(struct run *run)
{
    raws_free(&run->raws);
}

static const char *url_of(const struct run *run, struct hash raw)
{
    for (size_t i = 0; i < run->raws.count; i++) {
        if (hash_same(run->raws.at[i].hash, raw))
            return run->raws.at[i].url;
    }
    return "";
}

static bool same_step(const struct reading_meta *a, const struct reading_meta *b)
{
    return strcmp(a->source, b->source) == 0 && strcmp(a->variable, b->variable) == 0 &&
           strcmp(a->boundary_set, b->boundary_set) == 0 && a->valid_from.s == b->valid_from.s &&
           a->valid_to.s == b->valid_to.s && a->issued_at.s == b->issued_at.s &&
           a->member == b->member;
}

static void put_value(const struct run *run, const struct readings *readings, size_t i,
                      const char *key, struct doc *out)
{
    if (run->place == SIZE_MAX || strcmp(readings->meta[i].boundary_set, run->boundary_set) != 0)
        return;
    if (readings->value[i] == READING_NONE)
        doc_put_null(out, key);
    else
        doc_put_int(out, key, readings->value[i]);
}

static struct doc *step_doc(const struct run *run, const struct readings *new, size_t i,
                            const struct readings *old)
{
    const struct reading_meta *meta = &new->meta[i];
    struct doc *one = doc_object();
    doc_put_text(one, "source", meta->source);
    doc_put_text(one, "from", utc_text(meta->valid_from).at);
    doc_put_text(one, "to", utc_text(meta->valid_to).at);
    doc_put_text(one, "new_raw", hash_hex(meta->raw).at);
    doc_put_text(one, "new_url", url_of(run, meta->raw));
    put_value(run, new, i, "new_milli", one);
    for (size_t j = 0; j < old->count; j++) {
        if (!same_step(meta, &old->meta[j]))
            continue;
        doc_put_text(one, "old_raw", hash_hex(old->meta[j].raw).at);
        put_value(run, old, j, "old_milli", one);
    }
    return one;
}

// In the order in which people read them: by source, then time, then member.
struct step {
    const struct reading_meta *meta;
    size_t at;
};

static int by_time(const void *a, const void *b)
{
    const struct reading_meta *x = ((const struct step *)a)->meta,
                              *y = ((const struct step *)b)->meta;
    int order = strcmp(x->source, y->source);
    if (order)
        return order;
    if (x->valid_from.s != y->valid_from.s)
        return x->valid_from.s < y->valid_from.s ? -1 : 1;
    return (x->member > y->member) - (x->member < y->member);
}

static void put_steps(const struct run *run, const struct readings *after,
                      const struct readings *before, struct doc *out)
{
    AUTO(mem_drop) struct step *step = mem_new(after->count + 1, sizeof(*step));
    struct doc *list = doc_array();
    size_t shown = after->count < REVISED_MAX ? after->count : REVISED_MAX;
    doc_put(out, "revised", list);
    for (size_t i = 0; i < after->count; i++)
        step[i] = (struct step){&after->meta[i], i};
    qsort(step, after->count, sizeof(*step), by_time);
    for (size_t i = 0; i < shown; i++)
        doc_push(list, step_doc(run, after, step[i].at, before));
    doc_put_int(out, "revised_more", (int64_t)(after->count - shown));
}

static enum err_kind put_revised(const struct run *run, int64_t old_batch, int64_t new_batch,
                                 struct doc *out, struct err *err)
{
    AUTO(hashes_free) struct hashes old = {0};
    AUTO(hashes_free) struct hashes new = {0};
    AUTO(readings_free) struct readings before = {0};
    AUTO(readings_free) struct readings after = {0};
    size_t place = run->place == SIZE_MAX ? 0 : run->place;
    if (hashes_of(run->ledger, old_batch, &old, err) ||
        hashes_of(run->ledger, new_batch, &new, err))
        return err_of(err);
    AUTO(hashes_free) struct hashes added = only_in(&new, &old);
    AUTO(hashes_free) struct hashes gone = only_in(&old, &new);
    if (reading_load_named_places(run->ledger, added.at, added.count, &place, 1, &after, err) ||
        reading_load_named_places(run->ledger, gone.at, gone.count, &place, 1, &before, err))
        return err_of(err);
    put_steps(run, &after, &before, out);
    return OK;
}

// --- a commune

static enum err_kind put_payouts(const struct run *run, int64_t decision, struct doc *out,
                                 struct err *err)
{
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    struct doc *list = doc_array();
    doc_put(out, "payouts", list);
    if (payout_list_of(run->ledger, decision, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct payout_row *row = &rows.at[i];
        if (run->query->contract && strcmp(run->query->contract, row->contract) != 0)
            continue;
        struct doc *one = doc_object();
        doc_put_int(one, "amount_vnd", row->amount.minor);
        doc_put_text(one, "contract", row->contract);
        doc_put_int(one, "entry", row->seq);
        doc_put_text(one, "period", row->period);
        doc_put_text(one, "state", row->state);
        doc_put_bool(one, "top_up", strchr(row->period, '+') != NULL);
        doc_push(list, one);
    }
    return OK;
}

// The decision on the same occasion that this one takes the place of; NULL: none.
static const struct decision_row *before_of(const struct decision_rows *rows, size_t i)
{
    for (size_t j = i; j-- > 0;) {
        if (strcmp(rows->at[j].policy, rows->at[i].policy) == 0 &&
            strcmp(rows->at[j].period, rows->at[i].period) == 0)
            return &rows->at[j];
    }
    return NULL;
}

static enum err_kind find_place(struct run *run, struct map *map, const struct decision_row *row,
                                struct err *err)
{
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    if (strcmp(run->boundary_set, row->boundary_set) == 0)
        return OK;
    if (boundary_set_load(map, row->boundary_set, false, &set, err))
        return err_of(err);
    memcpy(run->boundary_set, row->boundary_set, sizeof(run->boundary_set));
    run->place = boundary_set_find(set, row->commune);
    return OK;
}

static enum err_kind put_decisions(struct run *run, struct map *map, struct doc *list,
                                   struct err *err)
{
    AUTO(decision_rows_free) struct decision_rows rows = {0};
    AUTO(dispute_rows_free) struct dispute_rows disputes = {0};
    struct decision_query wanted = {.policy = run->query->policy, .commune = run->query->commune};
    if (decision_list(run->ledger, &wanted, &rows, err) ||
        dispute_list(run->ledger, run->query->contract, &disputes, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct decision_row *row = &rows.at[i], *before = before_of(&rows, i);
        struct doc *one = doc_object();
        doc_push(list, one);
        doc_put_text(one, "answer", answer_name(row->answer));
        doc_put_text(one, "as_of", utc_text(row->as_of).at);
        doc_put_int(one, "batch", row->batch_seq);
        doc_put_int(one, "entry", row->seq);
        if (row->has_index)
            doc_put_int(one, "index_milli", row->index_milli);
        doc_put_text(one, "period", row->period);
        doc_put_text(one, "policy", row->policy);
        doc_put_int(one, "version", row->version);
        if (before)
            doc_put_int(one, "replaces", before->seq);
        if (before && (find_place(run, map, row, err) ||
                       put_revised(run, before->batch_seq, row->batch_seq, one, err)))
            return err_of(err);
        if (put_payouts(run, row->seq, one, err) ||
            contest_put(run->ledger, &disputes, row->seq, one, err))
            return err_of(err);
    }
    return OK;
}

// --- a policy

// Answers of a batch, and how many communes have another one than in the batch before.
static enum err_kind put_answers(struct run *run, const struct batch_row *row, struct doc *out,
                                 struct err *err)
{
    AUTO(decision_rows_free) struct decision_rows now = {0};
    AUTO(decision_rows_free) struct decision_rows before = {0};
    struct decision_query query = {.batch_seq = row->seq}, old = {.batch_seq = row->replaces};
    int64_t count[3] = {0}, changed = 0;
    if (decision_list(run->ledger, &query, &now, err) ||
        (row->replaces && decision_list(run->ledger, &old, &before, err)))
        return err_of(err);
    for (size_t i = 0; i < now.count; i++) {
        count[now.at[i].answer]++;
        // Communes are decided in one order.
        if (i < before.count && strcmp(now.at[i].commune, before.at[i].commune) == 0)
            changed += now.at[i].answer != before.at[i].answer;
    }
    doc_put_int(out, "no", count[ANSWER_NO]);
    doc_put_int(out, "unknown", count[ANSWER_UNKNOWN]);
    doc_put_int(out, "yes", count[ANSWER_YES]);
    if (row->replaces)
        doc_put_int(out, "changed", changed);
    return OK;
}

static enum err_kind put_batches(struct run *run, struct doc *list, struct err *err)
{
    AUTO(batch_rows_free) struct batch_rows rows = {0};
    if (batch_list(run->ledger, run->query->policy, NULL, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct batch_row *row = &rows.at[i];
        struct doc *one = doc_object();
        doc_push(list, one);
        doc_put_text(one, "as_of", utc_text(row->as_of).at);
        doc_put_int(one, "batch", row->seq);
        doc_put_text(one, "period", row->period);
        doc_put_int(one, "version", row->version);
        if (row->replaces)
            doc_put_int(one, "replaces", row->replaces);
        if (put_answers(run, row, one, err) ||
            (row->replaces && put_revised(run, row->replaces, row->seq, one, err)))
            return err_of(err);
    }
    return OK;
}

enum err_kind restate_make(struct ledger *ledger, struct map *map,
                           const struct restate_query *query, struct doc **out, struct err *err)
{
    AUTO(run_free) struct run run = {.ledger = ledger, .query = query, .place = SIZE_MAX};
    AUTO(doc_free) struct doc *made = doc_object();
    struct doc *list = doc_array();
    doc_put(made, "decisions", list);
    if (query->policy)
        doc_put_text(made, "policy", query->policy);
    if (query->commune)
        doc_put_text(made, "commune", query->commune);
    if (query->contract)
        doc_put_text(made, "contract", query->contract);
    if (raw_list(ledger, NULL, RAW_READ, 0, &run.raws, err) ||
        (query->commune ? put_decisions(&run, map, list, err) : put_batches(&run, list, err)))
        return err_of(err);
    *out = TAKE(made);
    return OK;
}

// --- words

static const char *text(const struct doc *doc, const char *key)
{
    return doc_text(doc_get(doc, key), "");
}

static int64_t number(const struct doc *doc, const char *key)
{
    return doc_int(doc_get(doc, key), 0);
}

static void say_value(const struct doc *step, const char *key, bool vi, struct buf *out)
{
    const struct doc *value = doc_get(step, key);
    if (doc_is_null(value))
        buf_text(out, vi ? "không có" : "nothing");
    else
        text_milli(out, doc_int(value, 0), vi ? ',' : '.');
}

static void say_revised(const struct doc *one, bool vi, struct buf *out)
{
    const struct doc *list = doc_get(one, "revised");
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *step = doc_at(list, i);
        buf_print(out, "    %s %s %s .. %s: ",
                  doc_get(step, "old_raw") ? (vi ? "số liệu sửa" : "revised")
                                           : (vi ? "số liệu đến sau" : "came later"),
                  text(step, "source"), text(step, "from"), text(step, "to"));
        if (doc_get(step, "old_milli")) {
            say_value(step, "old_milli", vi, out);
            buf_text(out, " -> ");
        }
        if (doc_get(step, "new_milli"))
            say_value(step, "new_milli", vi, out);
        buf_print(out, vi ? "; tệp %.12s… %s\n" : "; file %.12s… %s\n", text(step, "new_raw"),
                  text(step, "new_url"));
    }
    if (number(one, "revised_more"))
        buf_print(out, vi ? "    và %" PRId64 " bước nữa\n" : "    and %" PRId64 " more steps\n",
                  number(one, "revised_more"));
}

// A payout's state as people read it; English has the ledger's own words.
static const char *state_word(const char *state, bool vi)
{
    static const char *const words[][2] = {
        {"planned", "chờ duyệt"},        {"approved", "đã duyệt"}, {"sending", "đang chi"},
        {"accepted", "bên chi đã nhận"}, {"paid", "đã trả"},       {"rejected", "bị từ chối"},
        {"returned", "tiền trả lại"},    {"unknown", "chưa rõ"}};
    for (size_t i = 0; vi && i < COUNT_OF(words); i++) {
        if (strcmp(words[i][0], state) == 0)
            return words[i][1];
    }
    return state;
}

static void say_payouts(const struct doc *list, bool vi, struct buf *out)
{
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *one = doc_at(list, i);
        buf_print(out, "    %s %s, %s: ",
                  doc_bool(doc_get(one, "top_up"), false) ? (vi ? "trả thêm" : "top-up")
                                                          : (vi ? "chi trả" : "payout"),
                  text(one, "contract"), text(one, "period"));
        text_grouped(out, number(one, "amount_vnd"), vi ? '.' : ',');
        buf_print(out, vi ? " đồng (%s)\n" : " VND (%s)\n", state_word(text(one, "state"), vi));
    }
}

static void say_answer(const struct doc *one, bool vi, struct buf *out)
{
    static const char *const answers[][3] = {
        {"yes", "có", "yes"}, {"no", "không", "no"}, {"unknown", "không rõ", "not known"}};
    const char *answer = text(one, "answer");
    if (!*answer) {
        buf_print(out,
                  vi ? "có %" PRId64 ", không %" PRId64 ", không rõ %" PRId64
                     : "yes %" PRId64 ", no %" PRId64 ", not known %" PRId64,
                  number(one, "yes"), number(one, "no"), number(one, "unknown"));
        if (doc_get(one, "changed"))
            buf_print(out, vi ? "; %" PRId64 " xã đổi kết quả" : "; %" PRId64 " communes changed",
                      number(one, "changed"));
        return;
    }
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        if (strcmp(answers[i][0], answer) == 0)
            buf_text(out, answers[i][vi ? 1 : 2]);
    }
    if (doc_get(one, "index_milli")) {
        buf_text(out, vi ? ", chỉ số " : ", index ");
        text_milli(out, number(one, "index_milli"), vi ? ',' : '.');
    }
}

void restate_say(const struct doc *history, enum language language, struct buf *out)
{
    const struct doc *list = doc_get(history, "decisions");
    bool vi = language == LANGUAGE_VI;
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *one = doc_at(list, i);
        int64_t entry = doc_get(one, "entry") ? number(one, "entry") : number(one, "batch");
        const char *policy = doc_get(one, "policy") ? text(one, "policy") : text(history, "policy");
        buf_print(out, "#%" PRId64 "  %s v%" PRId64 "  %s %s  ", entry, policy,
                  number(one, "version"), vi ? "kỳ" : "period", text(one, "period"));
        say_answer(one, vi, out);
        if (doc_get(one, "replaces"))
            buf_print(out, vi ? "; thay cho #%" PRId64 : "; replaces #%" PRId64,
                      number(one, "replaces"));
        buf_char(out, '\n');
        say_revised(one, vi, out);
        say_payouts(doc_get(one, "payouts"), vi, out);
        contest_say(doc_get(one, "disputes"), vi, out);
    }
}
