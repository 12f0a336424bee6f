#include "triggers/explain.h"

#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "policies/signed.h"
#include "policies/trace.h"
#include "triggers/alert_note.h"
#include "triggers/due.h"
#include "triggers/reckon.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// --- finding
// --------------------------------------------------------------------------------------

static bool time_of(const struct doc *object, const char *key, struct utc *out)
{
    struct err ignored;
    const char *text = doc_text(doc_get(object, key), NULL);
    return text && utc_parse(str_of(text), out, &ignored) == OK;
}

// Whether the window that a batch looked at holds some moment of the day.
static enum err_kind holds_day(struct ledger *ledger, int64_t batch_seq, struct utc start,
                               bool *holds, struct err *err)
{
    AUTO(doc_free) struct doc *basis = NULL;
    struct utc from, to;
    if (ledger_entry_doc(ledger, batch_seq, &basis, err))
        return err_of(err);
    const struct doc *inputs = doc_get(basis, "inputs");
    *holds = time_of(inputs, "from", &from) && time_of(inputs, "to", &to) &&
             from.s < start.s + DAY_S && to.s > start.s;
    return OK;
}

static enum err_kind nothing_found(const struct question *question, size_t others, struct err *err)
{
    if (others)
        return err_set(err, ERR_MISSING,
                       "commune %s has %zu decisions under policy %s, but none of %s; leave out "
                       "--date for the newest",
                       question->commune, others, question->policy, question->day);
    return err_set(err, ERR_MISSING,
                   "commune %s was never decided under policy %s; see gong status for the "
                   "policies, or run gong trigger run",
                   question->commune, question->policy);
}

enum err_kind explain_find(struct ledger *ledger, const struct question *question,
                           struct decision_row *out, struct err *err)
{
    struct decision_query query = {
        .policy = question->policy, .commune = question->commune, .newest_only = true};
    AUTO(decision_rows_free) struct decision_rows rows = {0};
    struct utc start = {0};
    if (question->day) {
        struct civil day;
        if (date_parse(str_of(question->day), &day, err))
            return err_add(err, "reading --date");
        start.s = utc_of_civil(day).s - VIETNAM_OFFSET_S;
    }
    if (decision_list(ledger, &query, &rows, err))
        return err_of(err);
    for (size_t i = rows.count; i-- > 0;) {
        bool holds = true;
        if (question->day && holds_day(ledger, rows.at[i].batch_seq, start, &holds, err))
            return err_of(err);
        if (holds) {
            *out = rows.at[i];
            return OK;
        }
    }
    return nothing_found(question, rows.count, err);
}

// --- making
// ---------------------------------------------------------------------------------------

static enum err_kind policy_of(struct ledger *ledger, struct hash policy_hash, struct policy **out,
                               struct err *err)
{
    AUTO(buf_free) struct buf yaml = buf_new(POLICY_BYTES_MAX);
    return policy_text_get(ledger, policy_hash, &yaml, err) ||
                   policy_parse(buf_slice(&yaml), "policy text", out, err)
               ? err_of(err)
               : OK;
}

static struct doc *texts_doc(const struct texts *texts)
{
    struct doc *doc = doc_object();
    for (size_t i = 0; i < LANGUAGES; i++)
        doc_put_text(doc, language_names[i], texts->at[i]);
    return doc;
}

void explain_titles(const struct policy *policy, struct doc *out)
{
    AUTO(doc_free) struct doc *titles = doc_object();
    for (size_t i = 0; i < policy->parts; i++) {
        if (policy->part[i].title.at[0])
            doc_put(titles, policy->part[i].name, texts_doc(&policy->part[i].title));
    }
    doc_put(out, "title", texts_doc(&policy->title));
    if (doc_count(titles))
        doc_put(out, "titles", TAKE(titles));
}

static enum err_kind put_titles(struct ledger *ledger, struct hash policy_hash, struct doc *out,
                                struct err *err)
{
    AUTO(policy_free) struct policy *policy = NULL;
    if (policy_of(ledger, policy_hash, &policy, err))
        return err_of(err);
    explain_titles(policy, out);
    return OK;
}

// Contracts of the commune that were paid on this decision, or the one that is asked for.
static enum err_kind put_payouts(struct ledger *ledger, const struct decision_row *row,
                                 const char *contract, struct doc *out, struct err *err)
{
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    struct doc *list = doc_array();
    doc_put(out, "payouts", list);
    if (payout_list(ledger, contract, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct payout_row *payout = &rows.at[i];
        size_t len = strlen(row->period);
        bool of_period = strcmp(payout->policy, row->policy) == 0 &&
                         strncmp(payout->period, row->period, len) == 0 &&
                         (payout->period[len] == 0 || payout->period[len] == '+');
        if (contract ? !of_period : payout->decision_seq != row->seq)
            continue;
        struct doc *one = doc_object();
        doc_put_text(one, "contract", payout->contract);
        doc_put_int(one, "amount", payout->amount.minor);
        doc_put_text(one, "currency", payout->amount.currency);
        doc_put_text(one, "state", payout->state);
        doc_put_int(one, "entry", payout->seq);
        doc_push(list, one);
    }
    return OK;
}

static enum err_kind put_commune(struct map *map, const struct decision_row *row, struct doc *out,
                                 struct err *err)
{
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    if (boundary_set_load(map, row->boundary_set, false, &set, err))
        return err_of(err);
    size_t at = boundary_set_find(set, row->commune);
    doc_put_text(out, "commune", row->commune);
    doc_put_text(out, "commune_name", at == SIZE_MAX ? row->commune : set->commune[at].name);
    doc_put_text(out, "boundary_set", row->boundary_set);
    return OK;
}

enum err_kind explain_make(struct ledger *ledger, struct map *map, const struct decision_row *row,
                           const char *contract, struct doc **out, struct err *err)
{
    AUTO(doc_free) struct doc *made = doc_object();
    AUTO(doc_free) struct doc *decision = NULL;
    AUTO(doc_free) struct doc *basis = NULL;
    struct doc *signatures = NULL;
    if (ledger_entry_doc(ledger, row->seq, &decision, err) ||
        ledger_entry_doc(ledger, row->batch_seq, &basis, err) || put_commune(map, row, made, err) ||
        signed_doc(ledger, row->policy_hash, &signatures, err))
        return err_of(err);
    if (signatures)
        doc_put(made, "signatures", signatures);
    if (put_titles(ledger, row->policy_hash, made, err) ||
        put_payouts(ledger, row, contract, made, err))
        return err_of(err);
    doc_put_text(made, "policy", row->policy);
    doc_put_int(made, "version", row->version);
    doc_put_text(made, "policy_hash", hash_hex(row->policy_hash).at);
    doc_put_text(made, "period", row->period);
    doc_put_text(made, "as_of", utc_text(row->as_of).at);
    doc_put_text(made, "answer", answer_name(row->answer));
    if (row->has_index)
        doc_put_int(made, "index_milli", row->index_milli);
    doc_put_int(made, "entry", row->seq);
    doc_put_int(made, "batch", row->batch_seq);
    int64_t replaces = doc_int(doc_get(basis, "replaces"), 0);
    if (replaces)
        doc_put_int(made, "replaces", replaces);
    if (contract)
        doc_put_text(made, "contract", contract);
    doc_put_same(made, "trace", doc_get(decision, "trace"));
    if (doc_get(decision, "alert"))
        doc_put_same(made, "alert", doc_get(decision, "alert"));
    if (doc_get(decision, "quality"))
        doc_put_same(made, "quality", doc_get(decision, "quality"));
    doc_put_same(made, "inputs", doc_get(basis, "inputs"));
    *out = TAKE(made);
    return OK;
}

static struct doc *not_covered_doc(const struct contract *contract, const struct occasion *occasion)
{
    struct doc *doc = doc_object();
    doc_put_bool(doc, "covered", false);
    doc_put_text(doc, "starts", date_text(contract->starts).at);
    doc_put_text(doc, "ends", date_text(contract->ends).at);
    doc_put_text(doc, "first", date_text(occasion->first).at);
    doc_put_text(doc, "last", date_text(occasion->last).at);
    return doc;
}

enum err_kind explain_reckon(struct ledger *ledger, const struct decision_row *row,
                             const struct contract *contract, const struct doc *explanation,
                             struct doc *list, struct err *err)
{
    AUTO(policy_free) struct policy *policy = NULL;
    struct occasion occasion;
    struct share share;
    if (row->answer == ANSWER_UNKNOWN || !reckon_share(doc_get(explanation, "trace"), &share))
        return OK;
    if (policy_of(ledger, row->policy_hash, &policy, err) ||
        due_occasion(policy, row->period, row->as_of, &occasion, err))
        return err_of(err);
    if (policy->kind != POLICY_INSURANCE)
        return OK;
    struct doc *one = contract_holds(contract, occasion.first, occasion.last)
                          ? reckon_doc(policy, contract->sum_insured.minor, share, occasion.last)
                          : not_covered_doc(contract, &occasion);
    doc_put_text(one, "contract", contract->id);
    doc_push(list, one);
    return OK;
}

// --- saying
// ---------------------------------------------------------------------------------------

static const char *text(const struct doc *doc, const char *key)
{
    return doc_text(doc_get(doc, key), "");
}

static int64_t number(const struct doc *doc, const char *key)
{
    return doc_int(doc_get(doc, key), 0);
}

struct phrase {
    const char *word, *said[LANGUAGES];
};

static const struct phrase answers[] = {
    {"yes", {"CÓ (đạt ngưỡng)", "YES (triggered)"}},
    {"no", {"KHÔNG (chưa đạt ngưỡng)", "NO (not triggered)"}},
    {"unknown", {"CHƯA BIẾT (thiếu số liệu)", "NOT KNOWN (data are missing)"}},
};

static const struct phrase states[] = {
    {"planned", {"chờ chi", "waiting to be paid"}},
    {"approved", {"đã duyệt, chờ chi", "approved, waiting to be paid"}},
    {"sending", {"đang gửi", "being sent"}},
    {"accepted", {"nơi chi đã nhận lệnh", "taken in hand by the payer"}},
    {"returned", {"tiền bị trả lại", "the money came back"}},
    {"paid", {"đã chi", "paid"}},
    {"rejected", {"bị từ chối", "rejected"}},
    {"unknown", {"chưa rõ, đang hỏi lại", "not known yet, being asked about"}},
};

static const char *say(const struct phrase *phrases, size_t count, const char *word,
                       enum language language)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(phrases[i].word, word) == 0)
            return phrases[i].said[language];
    }
    return word;
}

static const struct phrase doubts[] = {
    {"range", {"giá trị vượt mức từng thấy", "values beyond what the place has seen"}},
    {"step", {"thay đổi quá nhanh so với bước trước", "a jump from the step before"}},
    {"space", {"khác hẳn xung quanh", "far from everything around it"}},
    {"frozen", {"lặp lại y nguyên bước trước", "a copy of the step before"}},
    {"twin", {"hai thành viên tổ hợp giống hệt nhau", "two members that are one"}},
    {"repeated", {"lặp lại y nguyên lần dự báo trước", "a copy of the run before"}},
    {"members", {"thiếu thành viên tổ hợp", "members of the run are missing"}},
    {"second", {"nguồn thứ hai cho số liệu khác hẳn", "a second product says otherwise"}},
};

static void say_quality(const struct doc *quality, enum language language, struct buf *out)
{
    size_t count = doc_count(quality);
    if (count == 0)
        return;
    buf_text(out, language == LANGUAGE_VI ? "  số liệu đáng ngờ: " : "  doubtful data: ");
    for (size_t i = 0; i < count; i++)
        buf_print(out, "%s%s", i ? "; " : "",
                  say(doubts, COUNT_OF(doubts), doc_text(doc_at(quality, i), ""), language));
    buf_char(out, '\n');
}

static void say_inputs(const struct doc *inputs, enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    const struct doc *raw = doc_get(inputs, "raw");
    buf_print(out, "  %s %s (%s)", vi ? "số liệu:" : "data:", text(inputs, "source"),
              text(inputs, "variable"));
    if (doc_get(inputs, "refused"))
        buf_print(out, vi ? "; tệp %.12s… không đọc được" : "; file %.12s… could not be read",
                  text(inputs, "raw_refused"));
    else
        buf_print(out, vi ? "; %zu số đọc từ %zu tệp gốc" : "; %zu readings from %zu raw files",
                  doc_count(doc_get(inputs, "readings")), doc_count(raw));
    for (size_t i = 0; i < doc_count(raw) && i < 3; i++)
        buf_print(out, "%s%.12s…", i ? ", " : ": ", doc_text(doc_at(raw, i), ""));
    if (doc_count(raw) > 3)
        buf_text(out, ", …");
    buf_char(out, '\n');
}

static void say_licences(const struct doc *list, enum language language, struct buf *out)
{
    for (size_t i = 0; i < doc_count(list); i++)
        buf_print(out, "%s%s",
                  i                         ? "; "
                  : language == LANGUAGE_VI ? "  giấy phép: "
                                            : "  licence: ",
                  doc_text(doc_at(list, i), ""));
    if (doc_count(list))
        buf_char(out, '\n');
}

static void say_payouts(const struct doc *explanation, enum language language, struct buf *out)
{
    enum { SHOWN_MAX = 5 };
    bool vi = language == LANGUAGE_VI;
    const struct doc *list = doc_get(explanation, "payouts");
    size_t count = doc_count(list);
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++) {
        const struct doc *payout = doc_at(list, i);
        buf_print(out, "  %s %s: ", vi ? "hợp đồng" : "contract", text(payout, "contract"));
        unit_money(out, number(payout, "amount"), language);
        buf_print(out, " %s, %s (%s%" PRId64 ")\n", vi ? "đồng" : "VND",
                  say(states, COUNT_OF(states), text(payout, "state"), language),
                  vi ? "sổ cái #" : "ledger entry ", number(payout, "entry"));
    }
    if (count > SHOWN_MAX)
        buf_print(out, vi ? "  … và %zu hợp đồng khác\n" : "  … and %zu more contracts\n",
                  count - SHOWN_MAX);
    if (count == 0 && doc_get(explanation, "contract"))
        buf_print(out,
                  vi ? "  hợp đồng %s: không có khoản chi cho kỳ này\n"
                     : "  contract %s: nothing is paid for this period\n",
                  text(explanation, "contract"));
}

static void say_not_covered(const struct doc *one, enum language language, struct buf *out)
{
    buf_print(out,
              language == LANGUAGE_VI
                  ? "  hợp đồng %s: có hiệu lực từ %s đến %s, không trọn kỳ %s – %s, nên không "
                    "được bảo hiểm trong kỳ này\n"
                  : "  contract %s: holds from %s to %s, not the whole period %s – %s, so it does "
                    "not cover it\n",
              text(one, "contract"), text(one, "starts"), text(one, "ends"), text(one, "first"),
              text(one, "last"));
}

static void say_reckonings(const struct doc *list, enum language language, struct buf *out)
{
    for (size_t i = 0; i < doc_count(list); i++) {
        if (doc_get(doc_at(list, i), "covered")) { // said only when it is not
            say_not_covered(doc_at(list, i), language, out);
            continue;
        }
        buf_print(out, "  %s %s: ", language == LANGUAGE_VI ? "cách tính cho" : "reckoned for",
                  text(doc_at(list, i), "contract"));
        reckon_say(doc_at(list, i), language, out);
        buf_char(out, '\n');
    }
}

static void say_signatures(const struct doc *list, enum language language, struct buf *out)
{
    if (doc_count(list) == 0)
        return;
    buf_text(out, language == LANGUAGE_VI ? "  quy tắc do: " : "  policy by: ");
    for (size_t i = 0; i < doc_count(list); i++)
        buf_print(out, "%s%s (%s, #%" PRId64 ")", i ? ", " : "", text(doc_at(list, i), "person"),
                  text(doc_at(list, i), "role"), number(doc_at(list, i), "seq"));
    buf_char(out, '\n');
}

void explain_say(const struct doc *explanation, enum language language, bool drill, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    const struct doc *trace = doc_get(explanation, "trace");
    if (drill)
        buf_text(out, message_drill_mark(language));
    buf_print(out, "%s (%s) · %s · %s v%" PRId64 " · %s %s\n", text(explanation, "commune_name"),
              text(explanation, "commune"),
              text(doc_get(explanation, "title"), language_names[language]),
              text(explanation, "policy"), number(explanation, "version"), vi ? "kỳ" : "period",
              text(explanation, "period"));
    buf_print(out, "  %s %s\n", vi ? "trả lời:" : "answer:",
              say(answers, COUNT_OF(answers), text(explanation, "answer"), language));
    for (size_t i = 0; i < doc_count(trace); i++) {
        buf_text(out, "  · ");
        trace_say(doc_at(trace, i), doc_get(explanation, "titles"), language, out);
        // What is not known may be so for a step of which too little was seen: it is none of these.
        if (doc_at(trace, i) == trace_find(trace, TRACE_COVERAGE) &&
            trace_find(trace, TRACE_NOT_KNOWN))
            buf_text(out, vi ? " (ở các bước dùng được)" : " (in the steps that count)");
        buf_char(out, '\n');
    }
    if (doc_get(explanation, "alert")) {
        buf_text(out, "  ");
        alert_note_say(doc_get(explanation, "alert"), language, out);
        buf_char(out, '\n');
    }
    say_quality(doc_get(explanation, "quality"), language, out);
    say_reckonings(doc_get(explanation, "reckonings"), language, out);
    say_payouts(explanation, language, out);
    say_signatures(doc_get(doc_get(explanation, "signatures"), "signed"), language, out);
    say_inputs(doc_get(explanation, "inputs"), language, out);
    say_licences(doc_get(explanation, "licences"), language, out);
    buf_print(out,
              vi ? "  chứng cứ: sổ cái #%" PRId64 ", căn cứ #%" PRId64 "; quy tắc %.12s…"
                 : "  evidence: ledger entry %" PRId64 ", basis %" PRId64 "; policy %.12s…",
              number(explanation, "entry"), number(explanation, "batch"),
              text(explanation, "policy_hash"));
    if (doc_get(explanation, "replaces"))
        buf_print(out, vi ? "; thay cho căn cứ #%" PRId64 : "; replaces basis %" PRId64,
                  number(explanation, "replaces"));
    buf_print(out, "  ->  gong ledger show %" PRId64 "\n", number(explanation, "entry"));
}
