#include "ledger/subscriber.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/yaml.h"

#include <stdio.h>
#include <string.h>

static const char *const channels[] = {"mail", "webhook", "mqtt", "telco", "sms", NULL};
static const char *const languages[] = {"vi", "en", NULL};
static const char *const wishes[] = {"alerts",      "payouts",   "alarms",
                                     "checkpoints", "bulletins", NULL};

void subscribers_free(struct subscribers *list)
{
    mem_free(&list->at);
    list->count = 0;
}

static enum err_kind copy_text(const struct yaml *node, char *out, size_t size, struct err *err)
{
    if (node->kind != YAML_TEXT || node->text.len == 0)
        return yaml_refuse(node, err, "a text is wanted here");
    if (node->text.len >= size)
        return yaml_refuse(node, err, "longer than %zu bytes", size - 1);
    (void)snprintf(out, size, STR_FMT, STR_ARG(node->text));
    return OK;
}

static enum err_kind read_names(const struct yaml *of, const char *key,
                                struct subscriber_names *out, struct err *err)
{
    const struct yaml *list = yaml_get(of, key);
    if (!list)
        return OK;
    if (list->kind != YAML_LIST || list->count == 0 || list->count > SUBSCRIBER_NAMES_MAX)
        return yaml_refuse(list, err, "%s is a list of 1 to %d names, as [a, b]", key,
                           (int)SUBSCRIBER_NAMES_MAX);
    for (size_t i = 0; i < list->count; i++) {
        if (copy_text(list->item[i], out->at[i], sizeof(out->at[i]), err))
            return err_of(err);
    }
    out->count = list->count;
    return OK;
}

static enum err_kind read_wishes(const struct yaml *of, struct subscriber *out, struct err *err)
{
    const struct yaml *list;
    if (yaml_need(of, "wants", YAML_LIST, &list, err))
        return err_of(err);
    for (size_t i = 0; i < list->count; i++) {
        size_t wish;
        if (yaml_choice(list->item[i], wishes, &wish, err))
            return err_of(err);
        out->wants[wish] = true;
    }
    return OK;
}

// No blank, no control character: what could break out of a header or a topic.
static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

static enum err_kind check_address(const struct yaml *at, const struct subscriber *one,
                                   struct err *err)
{
    const char *to = one->to, *sign = strchr(to, '@');
    bool mails = strcmp(one->channel, "mail") == 0 || strcmp(one->channel, "telco") == 0;
    if (!is_plain(to))
        return yaml_refuse(at, err, "a blank or a control character in an address; take it out");
    if (mails &&
        (!sign || sign == to || !sign[1] || strpbrk(to, "<>,;\"") || strchr(sign + 1, '@')))
        return yaml_refuse(at, err, "\"%s\" is no mail address; write one as duty@example.vn", to);
    if (strcmp(one->channel, "webhook") == 0 && strncmp(to, "https://", 8) != 0 &&
        strncmp(to, "http://", 7) != 0)
        return yaml_refuse(at, err, "a webhook's address begins with https:// or http://");
    if (strcmp(one->channel, "mqtt") == 0 && (strpbrk(to, "+#") || *to == '$' || *to == '/'))
        return yaml_refuse(at, err, "a topic to publish under has no + and #, as gong/alerts");
    if (strcmp(one->channel, "sms") == 0 && strlen(to) >= sizeof(one->id))
        return yaml_refuse(at, err, "no person of the register has so long an id");
    if (strcmp(one->channel, "sms") == 0 && strspn(to, "0123456789+") == strlen(to))
        return yaml_refuse(at, err, "a person of the register is wanted here, not a number");
    return OK;
}

static enum err_kind read_one(const struct yaml *key, const struct yaml *of, struct subscriber *out,
                              struct err *err)
{
    static const char *const keys[] = {"channel", "to",       "wants",  "language",
                                       "zones",   "policies", "secret", NULL};
    const struct yaml *to, *channel, *language = yaml_get(of, "language"),
                                     *secret = yaml_get(of, "secret");
    size_t c, l = 0;
    if (yaml_check_keys(of, keys, err) || copy_text(key, out->id, sizeof(out->id), err) ||
        yaml_need(of, "channel", YAML_TEXT, &channel, err) ||
        yaml_choice(channel, channels, &c, err) || yaml_need(of, "to", YAML_TEXT, &to, err) ||
        copy_text(to, out->to, sizeof(out->to), err) || read_wishes(of, out, err) ||
        (language && yaml_choice(language, languages, &l, err)) ||
        (secret && copy_text(secret, out->secret, sizeof(out->secret), err)) ||
        read_names(of, "zones", &out->zones, err) ||
        read_names(of, "policies", &out->policies, err))
        return err_of(err);
    (void)snprintf(out->channel, sizeof(out->channel), "%s", channels[c]);
    (void)snprintf(out->language, sizeof(out->language), "%s", languages[l]);
    if (!is_plain(out->id) || strpbrk(out->id, "/|@"))
        return yaml_refuse(key, err, "an id is letters, digits and \"-\"");
    if (strcmp(out->channel, "webhook") == 0 && !*out->secret)
        return yaml_refuse(of, err, "a webhook is signed: name its key file, as secret: hook-1");
    if (strchr(out->secret, '/'))
        return yaml_refuse(secret, err, "a secret is the name of a file in keys");
    return check_address(to, out, err);
}

enum err_kind subscribers_load(const char *site_folder, struct subscribers *out, struct err *err)
{
    static const char *const keys[] = {"gong_subscribers", "subscribers", NULL};
    AUTO(mem_drop) char *path = file_join(site_folder, "subscribers.yaml");
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    AUTO(subscribers_free) struct subscribers list = {0};
    const struct yaml *map;
    struct str version;
    if (!file_exists(path)) {
        *out = MOVE(list);
        return OK;
    }
    if (yaml_load(path, &file, err) || yaml_check_keys(yaml_root(file), keys, err) ||
        yaml_need_text(yaml_root(file), "gong_subscribers", &version, err) ||
        yaml_need(yaml_root(file), "subscribers", YAML_MAP, &map, err))
        return err_of(err);
    if (!str_is(version, "1"))
        return yaml_refuse(yaml_root(file), err, "gong_subscribers is not 1");
    if (map->count > SUBSCRIBERS_MAX)
        return yaml_refuse(map, err, "more than %d subscribers", (int)SUBSCRIBERS_MAX);
    list.at = mem_new(map->count + 1, sizeof(*list.at));
    for (; list.count < map->count; list.count++) {
        if (read_one(map->key[list.count], map->item[list.count], &list.at[list.count], err))
            return err_of(err);
    }
    *out = MOVE(list);
    return OK;
}

const struct subscriber *subscriber_find(const struct subscribers *list, const char *channel,
                                         const char *id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->at[i].id, id) == 0 && strcmp(list->at[i].channel, channel) == 0)
            return &list->at[i];
    }
    return NULL;
}

static bool holds(const struct subscriber_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->at[i], name) == 0)
            return true;
    }
    return names->count == 0;
}

bool subscriber_hears(const struct subscriber *subscriber, enum subscriber_wish wish,
                      const char *policy)
{
    return subscriber->wants[wish] && (!policy || holds(&subscriber->policies, policy));
}

bool subscriber_in_zone(const struct subscriber *subscriber, const char *zone)
{
    return holds(&subscriber->zones, zone);
}
