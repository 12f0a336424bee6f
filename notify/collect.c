#include "notify/collect.h"

#include "core/clock.h"
#include "core/doc.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/site.h"
#include "ledger/payment.h"
#include "ledger/people.h"
#include "notify/journal.h"
#include "notify/recipient.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    JOURNAL_BYTES_MAX = 1 << 30,
    LINE_BYTES_MAX = 1 << 20,
    FILE_BYTES_MAX = 16 << 20,
    ASK_AGAIN_MS = 3600000, // what became of it comes by a file of others, not by asking
    ID_SIZE = 32,
};

struct collect {
    const struct site *site;
    const struct collect_kind *kind;
    struct people *people;
    struct journal *journal, *files;
    char *folder;
    struct collected *waiting; // taken, and in no file yet
    size_t count, room;
    int64_t since_ms; // ticks: when the oldest began to wait here
    struct utc at;    // of the newest job
};

void collect_close(struct collect **collect)
{
    struct collect *one = *collect;
    if (!one)
        return;
    people_close(&one->people);
    journal_close(&one->journal);
    journal_close(&one->files);
    mem_free(&one->folder);
    mem_free(&one->waiting);
    mem_free(collect);
}

// --- lines
// --------------------------------------------------------------------------------------------

static struct doc *doc_of(const struct collected *payment)
{
    struct doc *line = doc_object();
    doc_put_text(line, "account", payment->account);
    doc_put_int(line, "amount_vnd", payment->amount_vnd);
    doc_put_text(line, "commune", payment->commune);
    doc_put_text(line, "contract", payment->contract);
    doc_put_text(line, "key", payment->key);
    doc_put_text(line, "name", payment->name);
    doc_put_text(line, "period", payment->period);
    doc_put_text(line, "policy", payment->policy);
    doc_put_text(line, "reference", payment->reference);
    return line;
}

static void copy(const struct doc *line, const char *key, char *out, size_t size)
{
    (void)snprintf(out, size, "%s", doc_text(doc_get(line, key), ""));
}

static struct collected payment_of(const struct doc *line)
{
    struct collected payment = {.amount_vnd = doc_int(doc_get(line, "amount_vnd"), 0)};
    copy(line, "account", payment.account, sizeof(payment.account));
    copy(line, "commune", payment.commune, sizeof(payment.commune));
    copy(line, "contract", payment.contract, sizeof(payment.contract));
    copy(line, "key", payment.key, sizeof(payment.key));
    copy(line, "name", payment.name, sizeof(payment.name));
    copy(line, "period", payment.period, sizeof(payment.period));
    copy(line, "policy", payment.policy, sizeof(payment.policy));
    copy(line, "reference", payment.reference, sizeof(payment.reference));
    return payment;
}

static void wait_for_file(struct collect *collect, const struct collected *payment)
{
    if (collect->count == 0)
        collect->since_ms = clock_ticks_ms();
    if (collect->count == collect->room) {
        collect->room = collect->room ? 2 * collect->room : 64;
        collect->waiting = mem_resize(collect->waiting, collect->room, sizeof(*collect->waiting));
    }
    collect->waiting[collect->count++] = *payment;
}

// --- opening
// ------------------------------------------------------------------------------------------

// The lines of the journal that no file has: a payment's reference is a key of the files' journal.
static enum err_kind read_waiting(struct collect *collect, const char *path, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(JOURNAL_BYTES_MAX);
    if (file_read(path, &text, err))
        return err_of(err);
    struct str rest = buf_slice(&text), line;
    while (str_take_line(&rest, &line)) {
        AUTO(doc_free) struct doc *doc = NULL;
        if (doc_parse(line, path, &doc, err))
            return err_set(err, ERR_BROKEN, "%s has a line that is not ours", path);
        struct collected payment = payment_of(doc);
        if (!journal_has(collect->files, payment.reference))
            wait_for_file(collect, &payment);
    }
    return OK;
}

static char *path_in(const struct collect *collect, const char *start, const char *id,
                     const char *end)
{
    AUTO(buf_free) struct buf name = buf_new(200);
    buf_print(&name, "%s%s%s", start, id, end);
    return file_join(collect->folder, name.at);
}

static enum err_kind give_name(struct collect *collect, const char *id, struct err *err)
{
    AUTO(buf_free) struct buf end = buf_new(20);
    buf_print(&end, ".%s", collect->kind->extension);
    AUTO(mem_drop) char *part = path_in(collect, ".", id, ".part");
    AUTO(mem_drop) char *path = path_in(collect, "", id, end.at);
    if (rename(part, path) != 0)
        return err_errno(err, ERR_BROKEN, "cannot name %s", path);
    return OK;
}

// Parts that a kill left: named when their payments are in them, else thrown away.
static enum err_kind end_parts(struct collect *collect, struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    if (file_names(collect->folder, &names, err))
        return err_of(err);
    for (size_t i = 0; names[i]; i++) {
        size_t len = strlen(names[i]);
        if (names[i][0] != '.' || len < 7 || strcmp(names[i] + len - 5, ".part") != 0)
            continue;
        AUTO(mem_drop) char *id = str_copy((struct str){names[i] + 1, len - 6});
        AUTO(mem_drop) char *path = file_join(collect->folder, names[i]);
        if (journal_has(collect->files, id) ? give_name(collect, id, err) != OK : unlink(path) != 0)
            return err->kind ? err_of(err) : err_errno(err, ERR_BROKEN, "cannot remove %s", path);
    }
    return OK;
}

static enum err_kind open_parts(struct collect *collect, struct err *err)
{
    AUTO(buf_free) struct buf name = buf_new(200);
    buf_print(&name, "out/%s.jsonl", collect->kind->name);
    AUTO(mem_drop) char *lines = site_path(collect->site, name.at);
    buf_clear(&name);
    buf_print(&name, "out/%s-files.jsonl", collect->kind->name);
    AUTO(mem_drop) char *files = site_path(collect->site, name.at);
    buf_clear(&name);
    buf_print(&name, "out/%s", collect->kind->folder);
    collect->folder = site_path(collect->site, name.at);
    if (file_make_folder(collect->folder, 0700, err) ||
        people_open(site_folder(collect->site), LEDGER_READ, &collect->people, err) ||
        journal_open(lines, &collect->journal, err) || journal_open(files, &collect->files, err) ||
        journal_begin(collect->files, err))
        return err_of(err);
    journal_abandon(collect->files);
    if (end_parts(collect, err) || read_waiting(collect, lines, err))
        return err_of(err);
    return OK;
}

enum err_kind collect_open(const struct site *site, const struct collect_kind *kind,
                           struct collect **out, struct err *err)
{
    AUTO(collect_close) struct collect *collect = mem_new(1, sizeof(*collect));
    collect->site = site;
    collect->kind = kind;
    collect->at = clock_system.now(clock_system.self);
    if (open_parts(collect, err))
        return err_of(err);
    *out = TAKE(collect);
    return OK;
}

// --- taking payments
// ----------------------------------------------------------------------------------

static void settle(struct job *job, enum outcome outcome, int64_t after_ms, const char *why)
{
    job->outcome = outcome;
    job->after_ms = after_ms;
    (void)snprintf(job->why, sizeof(job->why), "%.*s", (int)sizeof(job->why) - 1, why);
}

static enum err_kind find_payment(struct collect *collect, const struct note *note,
                                  struct collected *out, struct err *err)
{
    AUTO(doc_free) struct doc *body = NULL;
    struct person person;
    struct contract contract;
    struct money money;
    struct err why = {0};
    if (doc_parse(note->body, "message body", &body, &why) ||
        money_parse_vnd(str_of(doc_text(doc_get(body, "amount_vnd"), "")), &money, &why) ||
        money.minor == 0)
        return err_set(err, ERR_REFUSED, "the message names no amount in whole đồng");
    if (recipient_find(collect->people, note->person, &person, err))
        return err_of(err);
    if (!collect->kind->by_commune && !*person.account)
        return err_set(err, ERR_REFUSED, "person %s has no account", note->person);
    *out = (struct collected){.amount_vnd = money.minor};
    if (contract_find(collect->people, note->contract, &contract, &why) == OK)
        memcpy(out->commune, contract.commune, sizeof(out->commune));
    else if (collect->kind->by_commune)
        return err_set(err, ERR_REFUSED, "the register has no contract %s", note->contract);
    memcpy(out->key, note->key, sizeof(out->key));
    memcpy(out->reference, payment_reference_of(note->key).at, PAYMENT_REFERENCE_SIZE);
    memcpy(out->name, person.name, sizeof(out->name));
    memcpy(out->account, person.account, sizeof(out->account));
    memcpy(out->contract, note->contract, sizeof(out->contract));
    copy(body, "policy", out->policy, sizeof(out->policy));
    copy(body, "period", out->period, sizeof(out->period));
    return OK;
}

// Within the journal's turn: adds the line, or says why not. `*added`: it waits for a file once the
// turn has ended well.
static enum err_kind take(struct collect *collect, struct job *job, struct collected *payment,
                          bool *added, struct err *err)
{
    struct err why = {0};
    *added = false;
    if (journal_has(collect->journal, job->note->key)) {
        settle(job, OUTCOME_PENDING, ASK_AGAIN_MS, "in a file, or in the next one");
        return OK;
    }
    if (job->note->ask) {
        settle(job, OUTCOME_ABSENT, 0, "in no file of this site");
        return OK;
    }
    if (clock_wall_ms() >= job->note->deadline_ms) { // it may be held, or another's, by now
        settle(job, OUTCOME_BUSY, 0, "its time was over before it was begun");
        return OK;
    }
    enum err_kind kind = find_payment(collect, job->note, payment, &why);
    if (kind == ERR_BROKEN) {
        *err = why;
        return kind;
    }
    if (kind) {
        settle(job, kind == ERR_REFUSED ? OUTCOME_REFUSED : OUTCOME_BUSY, 0, why.text);
        return OK;
    }
    AUTO(doc_free) struct doc *line = doc_of(payment);
    AUTO(buf_free) struct buf text = buf_new(LINE_BYTES_MAX);
    doc_canonical(line, &text);
    journal_add(collect->journal, job->note->key, buf_slice(&text));
    settle(job, OUTCOME_PENDING, ASK_AGAIN_MS, "in the next file");
    *added = true;
    return OK;
}

enum err_kind collect_deliver(struct collect *collect, struct job *job, size_t count,
                              struct err *err)
{
    AUTO(mem_drop) struct collected *payment = mem_new(count, sizeof(*payment));
    size_t fresh = 0;
    enum err_kind kind = OK;
    if (journal_begin(collect->journal, err))
        return err_of(err);
    for (size_t i = 0; i < count && !kind; i++) {
        bool added = false;
        kind = take(collect, &job[i], &payment[fresh], &added, err);
        fresh += added;
    }
    if (kind) {
        journal_abandon(collect->journal);
        return kind;
    }
    if (journal_end(collect->journal, err))
        return err_of(err);
    for (size_t i = 0; i < fresh; i++)
        wait_for_file(collect, &payment[i]);
    collect->at = job[0].note->at;
    return OK;
}

// --- closing a file
// -----------------------------------------------------------------------------------

static int by_group(const void *a, const void *b)
{
    const struct collected *x = a, *y = b;
    int order = strcmp(x->policy, y->policy);
    order = order ? order : strcmp(x->period, y->period);
    order = order ? order : strcmp(x->commune, y->commune);
    return order ? order : strcmp(x->reference, y->reference);
}

static bool same_group(const struct collect *collect, const struct collected *a,
                       const struct collected *b)
{
    return strcmp(a->policy, b->policy) == 0 && strcmp(a->period, b->period) == 0 &&
           (!collect->kind->by_commune || strcmp(a->commune, b->commune) == 0);
}

// The same payments always make the same file.
static void make_id(const struct collected *payment, size_t count, char id[ID_SIZE])
{
    struct hasher hasher = hasher_new();
    for (size_t i = 0; i < count; i++)
        hasher_add(&hasher, payment[i].reference, sizeof(payment[i].reference));
    struct hash_hex hex = hash_hex(hasher_end(&hasher));
    (void)snprintf(id, ID_SIZE, "GONG-%.24s", hex.at);
}

static enum err_kind note_file(struct collect *collect, const char *id,
                               const struct collected *payment, size_t count, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(LINE_BYTES_MAX);
    if (journal_begin(collect->files, err))
        return err_of(err);
    for (size_t i = 0; i <= count; i++) {
        AUTO(doc_free) struct doc *line = doc_object();
        const char *key = i < count ? payment[i].reference : id;
        doc_put_text(line, "file", id);
        doc_put_text(line, "key", key);
        buf_clear(&text);
        doc_canonical(line, &text);
        journal_add(collect->files, key, buf_slice(&text));
    }
    return journal_end(collect->files, err);
}

static enum err_kind close_file(struct collect *collect, const struct collected *payment,
                                size_t count, struct err *err)
{
    char id[ID_SIZE];
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    make_id(payment, count, id);
    AUTO(mem_drop) char *part = path_in(collect, ".", id, ".part");
    if (collect->kind->write(collect->site, id, collect->at, payment, count, &text, err) ||
        file_write(part, buf_slice(&text), 0600, err) ||
        note_file(collect, id, payment, count, err) || give_name(collect, id, err))
        return err_add(err, "closing the file %s", id);
    return OK;
}

static bool is_due(const struct collect *collect)
{
    int64_t batch_ms = site_whole(collect->site, "pay_batch_s") * 1000;
    return collect->count >= (size_t)site_whole(collect->site, "pay_batch_max") ||
           clock_ticks_ms() - collect->since_ms >= batch_ms;
}

enum err_kind collect_step(struct collect *collect, bool all, size_t *files, struct err *err)
{
    size_t max = (size_t)site_whole(collect->site, "pay_batch_max"), done = 0;
    *files = 0;
    if (collect->count == 0 || (!all && !is_due(collect)))
        return OK;
    qsort(collect->waiting, collect->count, sizeof(*collect->waiting), by_group);
    while (done < collect->count) {
        const struct collected *first = &collect->waiting[done];
        size_t count = 1;
        while (done + count < collect->count && count < max &&
               same_group(collect, first, first + count))
            count++;
        if (close_file(collect, first, count, err))
            return err_of(err);
        done += count;
        ++*files;
    }
    collect->count = 0;
    return OK;
}
