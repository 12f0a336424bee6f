#include "ledger/subscriber.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/ledger/place.h"

static enum err_kind load(struct place *place, const char *yaml, struct subscribers *out)
{
    AUTO(mem_drop) char *path = file_join(place->folder, "subscribers.yaml");
    CHECK_OK(file_write(path, str_of(yaml), 0600, &place->err), place->err);
    return subscribers_load(place->folder, out, &place->err);
}

#define HEAD "gong_subscribers: 1\nsubscribers:\n  duty:\n"

static void who_is_told_what(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(subscribers_free) struct subscribers list = {0};
    CHECK_OK(subscribers_load(place.folder, &list, &place.err), place.err);
    ROW("without the file nobody is");
    CHECK_INT(list.count, 0);
    CHECK_OK(load(&place,
                  HEAD
                  "    channel: mail\n    to: duty@drill.invalid\n    wants: [alerts, alarms]\n"
                  "    zones: [north]\n  hook:\n    channel: webhook\n    to: https://a.invalid/x\n"
                  "    secret: hook\n    language: en\n    wants: [payouts, checkpoints]\n    "
                  "policies: [rain]\n",
                  &list),
             place.err);
    CHECK_INT(list.count, 2);
    const struct subscriber *duty = subscriber_find(&list, "mail", "duty");
    const struct subscriber *hook = subscriber_find(&list, "webhook", "hook");
    CHECK(duty && hook && !subscriber_find(&list, "mqtt", "duty"));
    CHECK_TEXT(duty->language, "vi");
    CHECK_TEXT(hook->language, "en");
    static const struct {
        const char *name, *who, *policy, *zone;
        enum subscriber_wish wish;
        bool hears;
    } rows[] = {
        {"alerts of its zone", "duty", "rain", "north", WISH_ALERTS, true},
        {"not of another zone", "duty", "rain", "south", WISH_ALERTS, false},
        {"not what it did not ask for", "duty", "rain", "north", WISH_PAYOUTS, false},
        {"alarms are of no policy", "duty", NULL, "north", WISH_ALARMS, true},
        {"of its policy, everywhere", "hook", "rain", "south", WISH_PAYOUTS, true},
        {"checkpoints, which it asked for", "hook", NULL, "south", WISH_CHECKPOINTS, true},
        {"and who did not hears none", "duty", NULL, "north", WISH_CHECKPOINTS, false},
        {"not of another policy", "hook", "drought", "south", WISH_PAYOUTS, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        const struct subscriber *who = strcmp(rows[i].who, "duty") == 0 ? duty : hook;
        CHECK_INT(subscriber_hears(who, rows[i].wish, rows[i].policy) &&
                      subscriber_in_zone(who, rows[i].zone),
                  rows[i].hears);
    }
}

static void what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *yaml, *says;
    } rows[] = {
        {"no way that is known", HEAD "    channel: fax\n    to: a@b.vn\n    wants: [alerts]\n",
         "subscribers.yaml:4:14: "},
        {"a wish that is none", HEAD "    channel: mail\n    to: a@b.vn\n    wants: [checkpoint]\n",
         "checkpoints"},
        {"a mail address without @", HEAD "    channel: mail\n    to: duty\n    wants: [alerts]\n",
         "is no mail address"},
        {"one that breaks out of its header",
         HEAD "    channel: mail\n    to: \"a@b.vn>, x\"\n    wants: [alerts]\n",
         "a blank or a control character"},
        {"two addresses", HEAD "    channel: mail\n    to: a@b.vn,c@d.vn\n    wants: [alerts]\n",
         "is no mail address"},
        {"a webhook without a key",
         HEAD "    channel: webhook\n    to: https://a.invalid\n    wants: [alerts]\n",
         "a webhook is signed"},
        {"a key outside of keys",
         HEAD "    channel: webhook\n    to: https://a.invalid\n    secret: ../x\n    wants: []\n",
         "the name of a file in keys"},
        {"a webhook that is no http",
         HEAD "    channel: webhook\n    to: ftp://a.invalid\n    secret: x\n    wants: [alerts]\n",
         "begins with https:// or http://"},
        {"a topic with a wild card",
         HEAD "    channel: mqtt\n    to: gong/#\n    wants: [alerts]\n", "has no + and #"},
        {"a number in place of a person",
         HEAD "    channel: sms\n    to: \"+84900000001\"\n    wants: [alarms]\n",
         "a person of the register"},
        {"a wish that is none", HEAD "    channel: mail\n    to: a@b.vn\n    wants: [alert]\n",
         "alert"},
        {"a slip of a key", HEAD "    channel: mail\n    too: a@b.vn\n    wants: [alerts]\n",
         "too"},
        {"a language nobody wrote",
         HEAD "    channel: mail\n    to: a@b.vn\n    language: fr\n    wants: [alerts]\n", "fr"},
        {"zones that are no list",
         HEAD "    channel: mail\n    to: a@b.vn\n    wants: [alerts]\n    zones: north\n",
         "zones is a list"},
        {"an id with a slash",
         "gong_subscribers: 1\nsubscribers:\n  a/b:\n    channel: mail\n    to: a@b.vn\n"
         "    wants: [alerts]\n",
         "an id is letters"},
        {"another version", "gong_subscribers: 2\nsubscribers: {}\n", "gong_subscribers is not 1"},
    };
    AUTO(place_free) struct place place = place_new();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(subscribers_free) struct subscribers list = {0};
        CHECK_INT(load(&place, rows[i].yaml, &list), ERR_INPUT);
        CHECK_HAS(place.err.text, rows[i].says);
        CHECK(list.at == NULL);
    }
}

TEST_MAIN(cmocka_unit_test(who_is_told_what), cmocka_unit_test(what_is_refused))
