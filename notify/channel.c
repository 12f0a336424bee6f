#include "notify/channel.h"

#include "core/mem.h"
#include "core/site.h"
#include "notify/file_channel.h"
#include "notify/kannel.h"
#include "notify/pay_files.h"
#include "notify/pay_gsma.h"
#include "notify/smpp.h"
#include "notify/sms_http.h"
#include "notify/subscription.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// Which of them may work at a drill and which in earnest is said in core/site.c: a site that mixes
// them is not opened at all.
static const struct channel channels[] = {
    {.name = "sms",
     .driver = "file",
     .open = file_sms_open,
     .deliver = file_channel_deliver,
     .close = file_channel_close,
     .check = file_sms_check},
    {.name = "sms",
     .driver = "kannel",
     .credit = 512,
     .open = kannel_open,
     .deliver = kannel_deliver,
     .close = kannel_close,
     .step = kannel_step,
     .fds = kannel_fds,
     .noted = kannel_noted,
     .check = kannel_check},
    {.name = "sms",
     .driver = "smpp",
     .open = smpp_open,
     .deliver = smpp_deliver,
     .close = smpp_close,
     .noted = smpp_noted,
     .step = smpp_step,
     .fds = smpp_fds,
     .check = smpp_check},
    {.name = "sms",
     .driver = "http",
     .open = sms_http_open,
     .deliver = sms_http_deliver,
     .close = sms_http_close,
     .step = sms_http_step,
     .fds = sms_http_fds,
     .noted = sms_http_noted,
     .check = sms_http_check},
    {.name = "pay",
     .driver = "file",
     .open = file_pay_open,
     .deliver = file_channel_deliver,
     .close = file_channel_close,
     .check = file_pay_check},
    {.name = "pay",
     .driver = "gsma",
     .open = pay_gsma_open,
     .deliver = pay_gsma_deliver,
     .close = pay_gsma_close,
     .step = pay_gsma_step,
     .fds = pay_gsma_fds,
     .check = pay_gsma_check},
    {.name = "pay",
     .driver = "iso20022",
     .open = pay_iso20022_open,
     .deliver = pay_files_deliver,
     .close = pay_files_close,
     .step = pay_files_step,
     .check = pay_iso20022_check},
    {.name = "pay",
     .driver = "csv",
     .open = pay_csv_open,
     .deliver = pay_files_deliver,
     .close = pay_files_close,
     .step = pay_files_step,
     .check = pay_csv_check},
    {.name = "mail",
     .driver = "file",
     .open = file_mail_open,
     .deliver = file_channel_deliver,
     .close = file_channel_close,
     .check = file_mail_check},
    {.name = "webhook",
     .driver = "file",
     .open = file_webhook_open,
     .deliver = file_channel_deliver,
     .close = file_channel_close,
     .check = file_webhook_check},
    {.name = "mqtt",
     .driver = "file",
     .open = file_mqtt_open,
     .deliver = file_channel_deliver,
     .close = file_channel_close,
     .check = file_mqtt_check},
    {.name = "telco",
     .driver = "file",
     .open = file_telco_open,
     .deliver = file_channel_deliver,
     .close = file_channel_close,
     .check = file_telco_check},
    {.name = "mail",
     .driver = "smtp",
     .open = mail_open,
     .deliver = mail_deliver,
     .close = mail_close,
     .check = mail_check},
    {.name = "telco",
     .driver = "smtp",
     .open = telco_open,
     .deliver = mail_deliver,
     .close = mail_close,
     .check = telco_check},
    {.name = "webhook",
     .driver = "http",
     .open = hook_open,
     .deliver = hook_deliver,
     .close = hook_close,
     .check = hook_check},
    {.name = "mqtt",
     .driver = "mqtt",
     .open = mqtt_open,
     .deliver = mqtt_deliver,
     .close = mqtt_close,
     .step = mqtt_step,
     .check = mqtt_check},
};

enum err_kind channel_find(const struct site *site, const char *name, const struct channel **out,
                           struct err *err)
{
    const char *driver = site_driver(site, name);
    if (!driver) {
        AUTO(buf_free) struct buf names = buf_new(400);
        for (size_t i = 0; *site_channel(i).at; i++)
            buf_print(&names, " %s", site_channel(i).at);
        return err_usage(err, "there is no channel \"%s\"; write one of:%s", name, names.at);
    }
    if (strcmp(driver, "none") == 0)
        return err_set(err, ERR_MISSING,
                       "channel %s has no driver at this site (%s_driver: none); name one in "
                       "gong.yaml",
                       name, name);
    for (size_t i = 0; i < COUNT_OF(channels); i++) {
        if (strcmp(channels[i].name, name) == 0 && strcmp(channels[i].driver, driver) == 0) {
            *out = &channels[i];
            return OK;
        }
    }
    return err_set(err, ERR_INPUT, "%s_driver: there is no driver \"%s\"", name, driver);
}
