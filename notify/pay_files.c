#include "notify/pay_files.h"

#include "core/doc.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"
#include "notify/cashlist.h"
#include "notify/collect.h"
#include "notify/pain.h"

#include <stdio.h>
#include <string.h>

static enum err_kind write_pain(const struct site *site, const char *id, struct utc at,
                                const struct collected *payment, size_t count, struct buf *out,
                                struct err *err)
{
    char event[PAIN_ID_MAX + 1];
    AUTO(mem_drop) struct pain_payment *list = mem_new(count, sizeof(*list));
    (void)snprintf(event, sizeof(event), "%.22s/%.12s", payment->policy, payment->period);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct pain_payment){payment[i].reference, payment[i].amount_vnd,
                                        payment[i].name, payment[i].account};
    struct pain_file file = {.message = id,
                             .event = event,
                             .at = at,
                             .debtor = site_text(site, "bank_debtor"),
                             .account = site_text(site, "bank_account"),
                             .payment = list,
                             .count = count};
    if (pain_write(&file, out, err) || pain_check(buf_slice(out), id, err))
        return err_of(err);
    return OK;
}

static enum err_kind write_cash(const struct site *site, const char *id, struct utc at,
                                const struct collected *payment, size_t count, struct buf *out,
                                struct err *err)
{
    (void)site;
    (void)at;
    AUTO(mem_drop) struct cash_row *row = mem_new(count, sizeof(*row));
    for (size_t i = 0; i < count; i++)
        row[i] = (struct cash_row){payment[i].reference, payment[i].contract, payment[i].name,
                                   payment[i].amount_vnd};
    cashlist_write(row, count, out);
    if (out->full)
        return err_set(err, ERR_INPUT, "the cash list %s is too long", id);
    return OK;
}

static const struct collect_kind iso20022 = {"pay-iso20022", "bank", "xml", false, write_pain};
static const struct collect_kind csv = {"pay-csv", "cash", "csv", true, write_cash};

static enum err_kind need_bank(const struct site *site, struct err *err)
{
    static const char *const needed[] = {"bank_debtor", "bank_account"};
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if (!*site_text(site, needed[i]))
            return err_set(err, ERR_INPUT, "%s is empty; write it into gong.yaml", needed[i]);
    }
    return OK;
}

static enum err_kind open_kind(const struct site *site, const struct collect_kind *kind,
                               void **self, struct err *err)
{
    struct collect *collect = NULL;
    if (collect_open(site, kind, &collect, err))
        return err_of(err);
    *self = collect;
    return OK;
}

enum err_kind pay_iso20022_open(const struct site *site, const struct host *host, void **self,
                                struct err *err)
{
    (void)host;
    if (need_bank(site, err))
        return err_of(err);
    return open_kind(site, &iso20022, self, err);
}

enum err_kind pay_csv_open(const struct site *site, const struct host *host, void **self,
                           struct err *err)
{
    (void)host;
    return open_kind(site, &csv, self, err);
}

enum err_kind pay_files_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    return collect_deliver(self, job, count, err);
}

enum err_kind pay_files_step(void *self, struct err *err)
{
    size_t files = 0;
    if (collect_step(self, false, &files, err))
        return err_of(err);
    if (files)
        log_info("%zu payment files were closed", files);
    return OK;
}

void pay_files_close(void **self)
{
    struct collect *collect = *self;
    struct err err = {0};
    size_t files = 0;
    // Whoever ends this worker wants the files. What could not be closed waits on the disk.
    if (collect && collect_step(collect, true, &files, &err))
        log_err("payment files were not closed", &err);
    collect_close(&collect);
    *self = NULL;
}

static enum err_kind check_kind(const struct site *site, const struct collect_kind *kind,
                                struct doc *report, struct err *err)
{
    AUTO(buf_free) struct buf folder = buf_new(200);
    AUTO(collect_close) struct collect *collect = NULL;
    buf_print(&folder, "out/%s", kind->folder);
    if (collect_open(site, kind, &collect, err))
        return err_of(err);
    doc_put_text(report, "folder", folder.at);
    return OK;
}

enum err_kind pay_iso20022_check(const struct site *site, struct doc *report, struct err *err)
{
    if (need_bank(site, err))
        return err_of(err);
    return check_kind(site, &iso20022, report, err);
}

enum err_kind pay_csv_check(const struct site *site, struct doc *report, struct err *err)
{
    return check_kind(site, &csv, report, err);
}
