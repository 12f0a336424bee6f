#include "notify/channel.h"

#include "core/mem.h"
#include "core/site.h"
#include "notify/file_channel.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const char *const channel_names[] = {"sms", "pay", NULL};

static const struct {
    struct channel channel;
    bool is_for_drills; // it cannot reach anybody
} channels[] = {
    {{"sms", "file", file_sms_open, file_channel_deliver, file_channel_close}, true},
    {{"pay", "file", file_pay_open, file_channel_deliver, file_channel_close}, true},
};

static bool is_name(const char *name)
{
    for (size_t i = 0; channel_names[i]; i++) {
        if (strcmp(channel_names[i], name) == 0)
            return true;
    }
    return false;
}

enum err_kind channel_find(const struct site *site, const char *name, const struct channel **out,
                           struct err *err)
{
    char setting[32];
    if (!is_name(name))
        return err_set(err, ERR_INPUT, "there is no channel \"%s\"; write sms or pay", name);
    (void)snprintf(setting, sizeof(setting), "%s_driver", name);
    const char *driver = site_text(site, setting);
    for (size_t i = 0; i < COUNT_OF(channels); i++) {
        const struct channel *channel = &channels[i].channel;
        if (strcmp(channel->name, name) != 0 || strcmp(channel->driver, driver) != 0)
            continue;
        if (site_is_drill(site) && !channels[i].is_for_drills)
            return err_set(err, ERR_REFUSED, "%s: %s reaches people, and this site is a drill",
                           setting, driver);
        *out = channel;
        return OK;
    }
    return err_set(err, ERR_INPUT, "%s: there is no driver \"%s\"", setting, driver);
}
