#ifndef GONG_LEDGER_SUBSCRIBER_H
#define GONG_LEDGER_SUBSCRIBER_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

// Who else is told: officers by mail, programs by webhook, screens by MQTT, operators of mobile
// networks by a request, the operator of gong by SMS. subscribers.yaml of the site:
//
//   gong_subscribers: 1
//   subscribers:
//     bac-kan-officers:              # an id that goes into the outbox; its address never does
//       channel: mail                # mail, webhook, mqtt, telco, sms
//       to: duty@example.invalid     # address, URL, begin of the topic, person of the register
//       wants: [alerts, alarms]      # alerts, payouts, alarms, checkpoints (of the ledger),
//                                    # bulletins (official ones that are passed on, cap_relay_url)
//       language: vi                 # vi (the default), en
//       zones: [former-bac-kan]      # only what concerns these; without it all
//       policies: [bac-kan-rain]     # only these; without it all
//       secret: NAME                 # webhook: keys/NAME
//
// One id for each way; somebody who is told in two ways stands there twice.

enum subscriber_wish {
    WISH_ALERTS,
    WISH_PAYOUTS,
    WISH_ALARMS,
    WISH_CHECKPOINTS,
    WISH_BULLETINS,
};
enum {
    WISHES = WISH_BULLETINS + 1,
    SUBSCRIBERS_MAX = 200,
    SUBSCRIBER_NAMES_MAX = 32, // zones, policies of one
    SUBSCRIBER_NAME_SIZE = 64,
};

struct subscriber_names {
    char at[SUBSCRIBER_NAMES_MAX][SUBSCRIBER_NAME_SIZE];
    size_t count; // 0: all
};

struct subscriber {
    char id[48], channel[16], to[256], secret[64], language[8];
    bool wants[WISHES];
    struct subscriber_names zones, policies;
};

struct subscribers {
    struct subscriber *at;
    size_t count;
};
void subscribers_free(struct subscribers *list);

// Nobody when the site has no such file. ERR_INPUT with file:line:column and what to write.
MUST_USE enum err_kind subscribers_load(const char *site_folder, struct subscribers *out,
                                        struct err *err);

// By id and channel; NULL when there is none (any more).
const struct subscriber *subscriber_find(const struct subscribers *list, const char *channel,
                                         const char *id);

// Whether one wants to hear this of a policy and of a zone.
bool subscriber_hears(const struct subscriber *subscriber, enum subscriber_wish wish,
                      const char *policy);
bool subscriber_in_zone(const struct subscriber *subscriber, const char *zone);

#endif
