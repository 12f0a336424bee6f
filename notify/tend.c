#include "notify/tend.h"

#include "core/file.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/alarm.h"
#include "ledger/errand.h"
#include "ledger/subscriber.h"
#include "notify/cap_desk.h"
#include "notify/cap_pass.h"

#include <inttypes.h>
#include <stdio.h>

static enum err_kind escalate(const struct site *site, struct ledger *ledger,
                              const struct errand *errand, struct utc now, struct err *err)
{
    AUTO(subscribers_free) struct subscribers to = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    char vi[200], en[200];
    (void)snprintf(vi, sizeof(vi), "nhà mạng %s chưa xác nhận đề nghị nhắn tin số %" PRId64 ".",
                   errand->to, errand->message);
    (void)snprintf(en, sizeof(en), "operator %s did not confirm request %" PRId64 ".", errand->to,
                   errand->message);
    struct alarm_word word = {vi, en, site_is_drill(site), 0, now};
    if (subscribers_load(site_folder(site), &to, err) || ledger_begin(ledger, &txn, err) ||
        errand_put(txn, errand->message, ERRAND_OVERDUE, now, &word.cause, err) ||
        alarm_tell(txn, &to, &word, err))
        return err_of(err);
    log_warn("operator %s did not confirm request %" PRId64, errand->to, errand->message);
    return ledger_commit(&txn, err);
}

enum err_kind tend_errands(const struct site *site, struct ledger *ledger, struct utc now,
                           size_t *count, struct err *err)
{
    AUTO(errands_free) struct errands list = {0};
    int64_t patience_s = site_whole(site, "telco_confirm_min") * 60;
    *count = 0;
    if (errand_list(ledger, &list, err))
        return err_of(err);
    for (size_t i = 0; i < list.count; i++) {
        const struct errand *one = &list.at[i];
        if (one->state != ERRAND_ASKED || now.s - one->asked.s < patience_s)
            continue;
        if (escalate(site, ledger, one, now, err))
            return err_of(err);
        ++*count;
    }
    return OK;
}

static enum err_kind publish(const struct site *site, struct ledger *ledger, struct map *map,
                             struct utc now, struct err *err)
{
    AUTO(mem_drop) char *words = site_path(site, "cap.yaml");
    struct cap_report report = {0};
    if (!file_exists(words))
        return OK;
    if (cap_publish(site, ledger, map, now, &report, err))
        return err_of(err);
    if (report.published)
        log_info("%zu alerts published as CAP", report.published);
    if (report.no_instruction)
        log_warn(CAP_NO_INSTRUCTION, report.no_instruction);
    if (report.refused) {
        *err = report.why;
        return err_add(err, "%zu alerts were not published as CAP", report.refused);
    }
    return OK;
}

static enum err_kind escalate_all(const struct site *site, struct ledger *ledger, struct utc now,
                                  struct err *err)
{
    size_t overdue = 0;
    return tend_errands(site, ledger, now, &overdue, err);
}

static enum err_kind clear_screens(const struct site *site, struct ledger *ledger, struct utc now,
                                   struct err *err)
{
    return cap_pass_unset(site, ledger, now, err);
}

enum err_kind tend(const struct site *site, struct ledger *ledger, struct map *map, struct utc now,
                   struct err *err)
{
    // What is wrong with CAP must not keep an operator's silence from being told, nor that our
    // alerts from being published or a list of official ones from being emptied.
    struct err why[3] = {{0}, {0}, {0}};
    const struct err *worst = NULL;
    (void)publish(site, ledger, map, now, &why[0]);
    (void)escalate_all(site, ledger, now, &why[1]);
    (void)clear_screens(site, ledger, now, &why[2]);
    for (size_t i = 0; i < COUNT_OF(why); i++) {
        if (why[i].kind && (!worst || (why[i].kind == ERR_BROKEN && worst->kind != ERR_BROKEN)))
            worst = &why[i];
    }
    if (!worst)
        return OK;
    *err = *worst;
    for (size_t i = 0; i < COUNT_OF(why); i++) {
        if (why[i].kind && &why[i] != worst)
            err_more(err, "also: %s", why[i].text);
    }
    return err_of(err);
}
