#ifndef GONG_NOTIFY_PAY_FILES_H
#define GONG_NOTIFY_PAY_FILES_H

#include "notify/channel.h"

// The drivers "iso20022" and "csv" of pay. iso20022 collects payments into pain.001 files in
// out/bank, for the bank's own way of taking files; csv into cash lists in out/cash, one for each
// commune. One machine a site may run them: the files of its out folder are the truth.
MUST_USE enum err_kind pay_iso20022_open(const struct site *site, const struct host *host,
                                         void **self, struct err *err);
MUST_USE enum err_kind pay_csv_open(const struct site *site, const struct host *host, void **self,
                                    struct err *err);
MUST_USE enum err_kind pay_files_deliver(void *self, struct job *job, size_t count,
                                         struct err *err);
void pay_files_close(void **self);
MUST_USE enum err_kind pay_files_step(void *self, struct err *err);
MUST_USE enum err_kind pay_iso20022_check(const struct site *site, struct doc *report,
                                          struct err *err);
MUST_USE enum err_kind pay_csv_check(const struct site *site, struct doc *report, struct err *err);

#endif
