#ifndef GONG_CORE_SITE_H
#define GONG_CORE_SITE_H

#include "core/clock.h"
#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

// A site is one folder: gong.yaml and everything that a gong on one machine keeps.
//
//   gong.yaml        settings (every one with unit, default and limits; see site_settings)
//   sources.yaml     where the weather comes from
//   policies/        one YAML file per policy
//   witnesses        who cosigns the ledger (ledger/quorum.h); may be missing
//   subscribers.yaml who else is told (ledger/subscriber.h); may be missing
//   cap.yaml         what alerts are called in CAP; may be missing
//   ledger.db        entries, decisions, readings, outbox       0600
//   people.db        contracts and people, apart from the ledger 0600
//   map.db           boundary sets and weights                   0600
//                    (none of the three where `store` names a PostgreSQL)
//   archive/         raw bytes by SHA-256                        0700
//   keys/            secrets                                     0700, files 0600
//   run/             sockets and pid files                       0700
//   out/             what the file drivers wrote                 0700
struct site;

enum setting_type { SETTING_TEXT, SETTING_CHOICE, SETTING_WHOLE, SETTING_DRIVER };

struct setting {
    const char *name;
    enum setting_type type;
    const char *unit;     // "s", "MiB", ...; "" for none
    const char *standard; // the default, as text; SETTING_DRIVER: on a drill site
    int64_t min, max;     // SETTING_WHOLE
    const char *choices;  // SETTING_CHOICE: "drill live"; SETTING_DRIVER: see below
    const char *help;     // one line
};

// A SETTING_DRIVER row makes a channel: "sms_driver" is that of "sms". Its choices are two sets
// that never meet, "file | kannel smpp": left of the bar the drivers of drill sites, which cannot
// reach a phone or an account, right of it those of live ones. "none" (the default of a live site:
// the channel's messages wait) goes with both. A site that names a driver of the other set is
// refused when it is opened.

// The table of all settings; gong init writes gong.yaml from it. Ends with name NULL.
extern const struct setting site_settings[];

// Opens DIR/gong.yaml. ERR_MISSING when there is none (says: gong init DIR), ERR_INPUT with
// file:line:column when a setting is unknown, of the wrong kind or out of its limits.
MUST_USE enum err_kind site_open(const char *folder, struct site **out, struct err *err);
void site_free(struct site **site);

// Whether the settings `store` and `store_schema` may be these: secrets stand in no setting, and a
// schema's name is in no need of quotes. ERR_INPUT says what to write. To be asked before anything
// is put where a name leads that no program would open again.
MUST_USE enum err_kind site_check_store(const char *store, const char *schema, struct err *err);

const char *site_folder(const struct site *site);
const char *site_text(const struct site *site, const char *setting); // assert: it is in the table
int64_t site_whole(const struct site *site, const char *setting);
bool site_is_drill(const struct site *site); // mode: drill

// The channels of gong in the order of the table, with a driver or without: site_channel(0).at is
// "sms"; "" after the last.
struct channel_name {
    char at[16];
};
struct channel_name site_channel(size_t i);

// The driver of a channel, "none" when the site does not use it; NULL when there is no such
// channel.
const char *site_driver(const struct site *site, const char *channel);

// Whether anything goes out by a channel here: it has a driver and, but for sms and pay, the site
// has subscribers (subscribers.yaml).
bool site_serves(const struct site *site, const char *channel);

// A secret (a password, a key) kept in keys/NAME: its text without the line end, appended to `out`.
// ERR_MISSING when it is not there or empty, ERR_REFUSED when anybody but its owner may read it;
// both say what to do. It belongs in no log, no error and no setting.
MUST_USE enum err_kind site_secret(const struct site *site, const char *name, struct buf *out,
                                   struct err *err);

// A path in the site; heap, mem_free.
char *site_path(const struct site *site, const char *name);

// Whether a path, there or not, is one of those named above in any site's folder, by whatever links
// it is reached: no report goes there.
bool site_owns(const char *path);

// Whether a path, there or not, lies in this folder of a site or is it, by whatever links.
bool site_holds(const char *folder, const char *path);

// gong.yaml as gong init writes it: every setting commented, `mode` as given.
// `store` and `schema` NULL: the defaults.
void site_template(struct buf *out, const char *mode, const char *store, const char *schema);

#endif
