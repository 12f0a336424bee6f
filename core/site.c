#include "core/site.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/yaml.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const struct setting site_settings[] = {
    {"title", SETTING_TEXT, "", "gong", 0, 0, NULL, "name of this site, shown by gong status"},
    {"mode", SETTING_CHOICE, "", "drill", 0, 0, "drill live",
     "drill: every message says DIỄN TẬP / DRILL and only file drivers are used"},
    {"store", SETTING_TEXT, "", "sqlite", 0, 0, NULL,
     "where the ledger and the register are: sqlite (files of this folder), or "
     "postgresql://USER@HOST/DATABASE (no password in it)"},
    {"store_schema", SETTING_TEXT, "", "gong", 0, 0, NULL,
     "in PostgreSQL: what the names of this site's schemas begin with"},
    {"clock", SETTING_CHOICE, "", "system", 0, 0, "system data",
     "data: the time is that of the newest reading (drills and replays only)"},
    {"language", SETTING_CHOICE, "", "vi", 0, 0, "vi en", "language of messages to people here"},

    {"consent", SETTING_CHOICE, "", "optional", 0, 0, "optional required",
     "whether contracts are taken without the date on which the person consented"},

    // Channels: drivers of drill sites | drivers of live sites.
    {"sms_driver", SETTING_DRIVER, "", "file", 0, 0, "file | kannel smpp http",
     "how SMS leave: file = out/sms.jsonl, kannel = a Kannel gateway, smpp = a carrier directly, "
     "http = an aggregator"},
    {"pay_driver", SETTING_DRIVER, "", "file", 0, 0, "file | gsma iso20022 csv",
     "how payouts leave: file = out/pay.jsonl, gsma = mobile money, iso20022 = bank files,"
     " csv = cash lists of communes"},
    {"mail_driver", SETTING_DRIVER, "", "file", 0, 0, "file | smtp",
     "how mail to subscribers leaves: file = out/mail.jsonl, smtp = a mail server"},
    {"webhook_driver", SETTING_DRIVER, "", "file", 0, 0, "file | http",
     "how other programs are called: file = out/webhook.jsonl, http = signed POSTs"},
    {"mqtt_driver", SETTING_DRIVER, "", "file", 0, 0, "file | mqtt",
     "how kept state is published: file = out/mqtt.jsonl, mqtt = a broker"},
    {"telco_driver", SETTING_DRIVER, "", "file", 0, 0, "file | smtp",
     "how requests to operators of mobile networks leave: file = out/telco.jsonl, smtp = mail"},

    // SMS, whatever the driver.
    {"sms_sender", SETTING_TEXT, "", "GONG", 0, 0, NULL,
     "brand name or short code that SMS come from, as it is registered with the carriers"},
    {"sms_policy_warning", SETTING_CHOICE, "", "auto", 0, 0, "ascii160 ascii ucs2 auto",
     "how warnings are written: accents off in one part, off, kept, or kept while they fit"},
    {"sms_policy", SETTING_CHOICE, "", "auto", 0, 0, "ascii160 ascii ucs2 auto",
     "the same for all other SMS"},
    {"sms_parts_max", SETTING_WHOLE, "parts", "3", 1, 10, NULL,
     "parts that one SMS may have; of a longer text goes what fits (notify/SMS.md)"},
    {"sms_per_second", SETTING_WHOLE, "SMS/s", "50", 1, 10000, NULL,
     "parts a second that are handed to the carrier; less while it throttles"},
    {"sms_valid_min", SETTING_WHOLE, "min", "120", 5, 2880, NULL,
     "how long the carrier keeps trying to reach a phone: a warning of last night is harmful"},
    {"quiet_from_h", SETTING_WHOLE, "h", "21", 0, 23, NULL,
     "from this hour (Vietnamese time) only warnings are sent; the rest waits"},
    {"quiet_to_h", SETTING_WHOLE, "h", "7", 0, 23, NULL,
     "until this hour; the same as quiet_from_h: there are no quiet hours"},
    {"service_per_day", SETTING_WHOLE, "SMS", "3", 1, 100, NULL,
     "SMS that are no warning, to one person in 24 hours; more wait"},
    {"ask_after_h", SETTING_WHOLE, "h", "0", 0, 168, NULL,
     "hours after the time that an alert spoke of, when its people are asked whether it rained; 0: "
     "never"},
    {"stop_covers", SETTING_CHOICE, "", "service", 0, 0, "service all",
     "what a person's STOP ends: service = all but danger warnings, all = these too"},
    {"callback_address", SETTING_TEXT, "", "127.0.0.1", 0, 0, NULL,
     "address of this machine that carriers call back (receipts, inbound SMS)"},
    {"callback_port", SETTING_WHOLE, "", "8090", 1, 65535, NULL, "its port"},

    // Kannel: passwords in keys/kannel, keys/kannel-status; keys/kannel-callback is the word in the
    // path of what it calls back.
    {"kannel_url", SETTING_TEXT, "", "http://127.0.0.1:13013/cgi-bin/sendsms", 0, 0, NULL,
     "sendsms of a Kannel smsbox"},
    {"kannel_user", SETTING_TEXT, "", "gong", 0, 0, NULL, "its sendsms user"},
    {"kannel_smsc", SETTING_TEXT, "", "any", 0, 0, NULL, "its smsc-id to send by, or any"},
    {"kannel_status_url", SETTING_TEXT, "", "http://127.0.0.1:13000/status.xml", 0, 0, NULL,
     "status page of its bearerbox, for gong channel check"},

    // An aggregator: its secret in keys/sms-http; keys/sms-http-callback as for Kannel.
    {"sms_http_file", SETTING_TEXT, "", "sms-http.yaml", 0, 0, NULL,
     "how the aggregator is spoken to: a file in the site, after those in data/sms-http"},

    // SMPP: the password in keys/smpp.
    {"smpp_host", SETTING_TEXT, "", "127.0.0.1", 0, 0, NULL, "the carrier's SMPP 3.4 server"},
    {"smpp_port", SETTING_WHOLE, "", "2775", 1, 65535, NULL, "its port"},
    {"smpp_system_id", SETTING_TEXT, "", "gong", 0, 0, NULL, "system_id, at most 15 characters"},
    {"smpp_system_type", SETTING_TEXT, "", "none", 0, 0, NULL, "system_type, or none"},
    {"smpp_binds", SETTING_CHOICE, "", "auto", 0, 0, "auto transceiver pair",
     "one link for both ways, or one that sends and one that hears; auto: two when the carrier "
     "knows no transceiver"},
    {"smpp_tls", SETTING_CHOICE, "", "no", 0, 0, "no yes", "whether the link is in TLS"},
    {"smpp_ca_file", SETTING_TEXT, "", "system", 0, 0, NULL,
     "whose certificates are believed in TLS: a file in the site (PEM), or what the system "
     "believes"},
    {"smpp_query_s", SETTING_WHOLE, "s", "0", 0, 86400, NULL,
     "seconds after which the carrier is asked about a message whose receipt did not come; 0: "
     "never"},
    {"smpp_window", SETTING_WHOLE, "parts", "10", 1, 100, NULL,
     "parts that may wait for the carrier's answer at once"},
    {"smpp_ids", SETTING_CHOICE, "", "same", 0, 0, "same hex-decimal",
     "message ids of receipts: as in the answer, or decimal where the answer had hexadecimal"},

    // Subscribers (subscribers.yaml). The mail server's password is in keys/mail, the broker's in
    // keys/mqtt, the key of each webhook in the file that its subscriber names.
    {"mail_url", SETTING_TEXT, "", "smtp://127.0.0.1:25", 0, 0, NULL,
     "the mail server, smtp://HOST:PORT or smtps://HOST:PORT"},
    {"mail_from", SETTING_TEXT, "", "gong@localhost.invalid", 0, 0, NULL, "who mail comes from"},
    {"mail_user", SETTING_TEXT, "", "", 0, 0, NULL,
     "user at the mail server (the password goes over TLS only); empty: none"},
    {"mail_ca_file", SETTING_TEXT, "", "system", 0, 0, NULL,
     "certificates to trust for that: a file in the site (keys/mail-ca.pem), or system"},
    {"webhook_within", SETTING_CHOICE, "", "no", 0, 0, "no yes",
     "whether webhooks may call addresses of this machine and its own network"},
    {"mqtt_host", SETTING_TEXT, "", "127.0.0.1", 0, 0, NULL, "the MQTT broker"},
    {"mqtt_port", SETTING_WHOLE, "", "1883", 1, 65535, NULL, "its port"},
    {"mqtt_client", SETTING_TEXT, "", "gong", 0, 0, NULL, "our client id there"},
    {"mqtt_user", SETTING_TEXT, "", "", 0, 0, NULL, "user there; empty: none"},
    {"mqtt_ca_file", SETTING_TEXT, "", "none", 0, 0, NULL,
     "certificates to trust for TLS: a file in the site (keys/mqtt-ca.pem), or none for plain TCP"},
    {"mqtt_again_s", SETTING_WHOLE, "s", "300", 1, 86400, NULL,
     "how often all state is published again: a broker that crashed has forgotten it"},
    {"telco_authority", SETTING_TEXT, "", "Ban chỉ huy (chưa ghi trong gong.yaml)", 0, 0, NULL,
     "who asks operators to send a text: stands on the form"},
    {"telco_signatory", SETTING_TEXT, "", "", 0, 0, NULL,
     "who signs the form: an office, such as Chánh Văn phòng; needed in earnest"},
    {"telco_phone", SETTING_TEXT, "", "", 0, 0, NULL,
     "number of the office that an operator rings to confirm; needed in earnest"},
    {"telco_confirm_min", SETTING_WHOLE, "min", "30", 1, 1440, NULL,
     "how long an operator may take to confirm before it is an alarm"},

    // Dispatcher and workers.
    {"poll_s", SETTING_WHOLE, "s", "60", 1, 3600, NULL,
     "how often each worker looks for work by itself, nudged or not"},
    {"bus_listen", SETTING_TEXT, "", "", 0, 0, NULL,
     "where workers on other machines connect (tcp://HOST:PORT), encrypted, known by their keys "
     "(gong keys); empty: nowhere"},
    {"lease_s", SETTING_WHOLE, "s", "30", 1, 3600, NULL,
     "how long a worker may hold one message before it is handed out again"},
    {"pay_lease_s", SETTING_WHOLE, "s", "90", 1, 3600, NULL,
     "how long a worker may hold one payment before its outcome counts as unknown"},
    {"credit", SETTING_WHOLE, "messages", "0", 0, 1000, NULL,
     "messages that one worker may hold at once (a payment worker always holds one); 0: as many as "
     "its driver works best with, kannel 512, the others 64"},
    {"retry_first_ms", SETTING_WHOLE, "ms", "2000", 50, 600000, NULL,
     "pause before the second try of a message; doubles with each further one, up to 10 minutes"},
    {"attempts_max", SETTING_WHOLE, "tries", "5", 1, 100, NULL,
     "tries of one message before it is set aside as dead"},

    // Money.
    {"pay_approvals", SETTING_WHOLE, "people", "1", 1, 5, NULL,
     "how many people must approve payouts before they are sent (a drill needs none)"},
    {"pay_day_vnd_max", SETTING_WHOLE, "đồng", "0", 0, 1000000000000000, NULL,
     "most that leaves in one day; what goes over it is held; 0: no limit"},
    {"pay_event_vnd_max", SETTING_WHOLE, "đồng", "0", 0, 1000000000000000, NULL,
     "most that leaves for one policy and period; what goes over it is held; 0: no limit"},

    // Payouts of a batch that looks wrong are held until a person has looked (live sites).
    {"hold_worst_times", SETTING_WHOLE, "x", "2", 0, 100, NULL,
     "hold what pays more, or in more communes, than so many times the worst season of the past "
     "that "
     "the policy was signed with; 0: never"},
    {"hold_share_pct", SETTING_WHOLE, "%", "0", 0, 100, NULL,
     "hold what pays in more than this share of the communes; 0: never"},
    {"hold_doubt_pct", SETTING_WHOLE, "%", "20", 0, 100, NULL,
     "hold when the data of more than this share of the paying communes are doubted; 0: never"},
    {"hold_second_pct", SETTING_WHOLE, "%", "50", 0, 100, NULL,
     "hold when the policy's second source says no in more than this share of them; 0: never"},

    {"cap_url", SETTING_TEXT, "", "http://127.0.0.1/cap", 0, 0, NULL,
     "where out/cap is served from, as others see it, for good"},
    {"cap_sender", SETTING_TEXT, "", "gong@localhost.invalid", 0, 0, NULL,
     "who sends CAP alerts: like an e-mail address, for good"},
    {"cap_sender_name", SETTING_TEXT, "", "gong", 0, 0, NULL, "the same in words"},
    {"cap_prefix", SETTING_TEXT, "", "vn-gong", 0, 0, NULL,
     "what identifiers of alerts begin with"},
    {"cap_sign", SETTING_CHOICE, "", "no", 0, 0, "no yes",
     "sign CAP alerts with keys/cap-key.pem and keys/cap-cert.pem"},
    {"cap_relay_url", SETTING_TEXT, "", "none", 0, 0, NULL,
     "an official Atom feed of CAP alerts that is passed on to subscribers who want bulletins, or "
     "none"},
    {"cap_relay_certificate", SETTING_TEXT, "", "none", 0, 0, NULL,
     "who must have signed these: a PEM in the site (keys/official.pem), or none"},
    {"cap_relay_s", SETTING_WHOLE, "s", "300", 30, 86400, NULL, "how often that feed is asked"},
    {"pay_batch_s", SETTING_WHOLE, "s", "300", 0, 86400, NULL,
     "how long a bank file or cash list waits for more payouts"},
    {"pay_batch_max", SETTING_WHOLE, "payouts", "1000", 1, 5000, NULL,
     "most payouts in one bank file or cash list"},
    {"bank_debtor", SETTING_TEXT, "", "", 0, 0, NULL, "who pays, as the bank knows us"},
    {"bank_account", SETTING_TEXT, "", "", 0, 0, NULL,
     "account that pays, BIN:account, as 970436:0123456789"},
    {"gsma_url", SETTING_TEXT, "", "", 0, 0, NULL,
     "address of the mobile money provider, up to /transactions (its key: keys/gsma-api-key)"},
    {"gsma_account", SETTING_TEXT, "", "", 0, 0, NULL, "our account there, that is debited"},
    {"gsma_timeout_ms", SETTING_WHOLE, "ms", "40000", 50, 300000, NULL,
     "how long the provider may take for one answer"},
    {"gsma_quiet_s", SETTING_WHOLE, "s", "300", 0, 86400, NULL,
     "how long an order must stay unknown to the provider before it counts as never arrived"},
    {"gsma_callback_url", SETTING_TEXT, "", "", 0, 0, NULL,
     "where the provider calls back, as it sees us; empty: it is asked only"},
    {"gsma_listen_port", SETTING_WHOLE, "", "0", 0, 65535, NULL,
     "port on 127.0.0.1 for these calls, behind a TLS proxy; 0: none"},

    // Fetching and reading weather.
    {"fetch_mib_max", SETTING_WHOLE, "MiB", "256", 1, 4096, NULL,
     "largest file that is fetched; a larger one is refused"},
    {"fetch_timeout_s", SETTING_WHOLE, "s", "120", 1, 3600, NULL, "longest time for one file"},
    {"fetch_at_once", SETTING_WHOLE, "transfers", "8", 1, 64, NULL,
     "files that are fetched at the same time, over all hosts"},
    {"fetch_tries", SETTING_WHOLE, "tries", "4", 1, 20, NULL,
     "tries of one file in one run, when a server is busy or a line breaks"},
    {"fetch_backoff_ms", SETTING_WHOLE, "ms", "1000", 1, 60000, NULL,
     "pause before the second try; it doubles with each one after"},
    {"fetch_ca_file", SETTING_TEXT, "", "system", 0, 0, NULL,
     "certificates to trust: a file in the site (keys/ca.pem), or system"},
    {"alarm_url", SETTING_TEXT, "", "none", 0, 0, NULL,
     "where alarms of silent sources are posted as JSON (http, https), or none"},
    {"heartbeat_url", SETTING_TEXT, "", "none", 0, 0, NULL,
     "asked every poll_s while gong-ingest is alive, for a watcher outside (http, https), or none"},
    {"decode_mib_max", SETTING_WHOLE, "MiB", "512", 64, 8192, NULL,
     "memory of the sandboxed decoder of one file, beside the file itself"},
    {"decode_cpu_s", SETTING_WHOLE, "s", "5", 1, 600, NULL,
     "processor time of the sandboxed decoder, for each begun 16 MiB of a file"},
    {NULL, SETTING_TEXT, NULL, NULL, 0, 0, NULL, NULL},
};

enum { SETTINGS_MAX = 200, SECRET_BYTES_MAX = 64 * 1024 };

static const char NO_DRIVER[] = "none", DRIVER_ENDING[] = "_driver";

struct site {
    char *folder;
    char *text[SETTINGS_MAX]; // as site_settings; a default where the file has none
    int64_t whole[SETTINGS_MAX];
};

static size_t index_of(const char *name)
{
    for (size_t i = 0; site_settings[i].name; i++) {
        if (strcmp(site_settings[i].name, name) == 0)
            return i;
    }
    assert(false && "a setting that is not in the table");
    return 0;
}

static bool has_word(struct str words, struct str word)
{
    struct str one;
    while (str_take_field(&words, ' ', &one)) {
        if (one.len && str_same(one, word))
            return true;
    }
    return false;
}

// A driver must be of the set of the site's mode (which stands before the drivers in the table).
static enum err_kind read_driver(const struct site *site, const struct setting *setting,
                                 struct str text, struct err *err)
{
    const char *bar = strchr(setting->choices, '|');
    assert(bar);
    struct str drill = str_trim((struct str){setting->choices, (size_t)(bar - setting->choices)});
    struct str live = str_trim(str_of(bar + 1));
    struct str ours = site_is_drill(site) ? drill : live;
    if (str_is(text, NO_DRIVER) || has_word(ours, text))
        return OK;
    const char *why = "there is no such driver";
    if (has_word(live, text))
        why = "it reaches people, and this site is a drill";
    else if (has_word(drill, text))
        why = "it is for drills and reaches nobody, and this site is live";
    return err_set(err, ERR_INPUT, "\"" STR_FMT "\": %s; write one of: none " STR_FMT,
                   STR_ARG(text), why, STR_ARG(ours));
}

static enum err_kind read_choice(const struct setting *setting, struct str text, struct err *err)
{
    struct str rest = str_of(setting->choices), one;
    while (str_take_field(&rest, ' ', &one)) {
        if (str_same(one, text))
            return OK;
    }
    return err_set(err, ERR_INPUT, "\"" STR_FMT "\" is not one of: %s", STR_ARG(text),
                   setting->choices);
}

static enum err_kind read_setting(struct site *site, size_t i, struct str text, struct err *err)
{
    const struct setting *setting = &site_settings[i];
    if (setting->type == SETTING_CHOICE && read_choice(setting, text, err))
        return err->kind;
    if (setting->type == SETTING_DRIVER && read_driver(site, setting, text, err))
        return err->kind;
    if (setting->type == SETTING_WHOLE &&
        num_whole(text, setting->min, setting->max, &site->whole[i], err))
        return err->kind;
    mem_free(&site->text[i]);
    site->text[i] = str_copy(text);
    return OK;
}

// A setting without a line keeps its default; the drivers of a live site have none.
static void set_absent(struct site *site, size_t i)
{
    if (site_settings[i].type != SETTING_DRIVER || site_is_drill(site))
        return;
    mem_free(&site->text[i]);
    site->text[i] = mem_text(NO_DRIVER);
}

static enum err_kind read_settings(struct site *site, const struct yaml *root, struct err *err)
{
    const char *names[SETTINGS_MAX + 1] = {0};
    for (size_t i = 0; site_settings[i].name; i++)
        names[i] = site_settings[i].name;
    if (root->kind != YAML_MAP)
        return yaml_refuse(root, err, "settings are wanted here, as \"name: value\"");
    if (yaml_check_keys(root, names, err))
        return err->kind;
    for (size_t i = 0; site_settings[i].name; i++) {
        const struct yaml *value = yaml_get(root, site_settings[i].name);
        if (!value) {
            set_absent(site, i);
            continue;
        }
        struct err why = {0};
        if (value->kind != YAML_TEXT)
            return yaml_refuse(value, err, "\"%s\" must be a single value", names[i]);
        if (read_setting(site, i, value->text, &why))
            return yaml_refuse(value, err, "%s: %s", names[i], why.text);
    }
    return OK;
}

static bool has_password(const char *store)
{
    struct str rest = str_of(store + strlen("postgresql://"));
    size_t host = 0;
    while (host < rest.len && !strchr("/?", rest.at[host]))
        host++;
    const char *at = memchr(rest.at, '@', host);
    return (at && memchr(rest.at, ':', (size_t)(at - rest.at))) || strstr(store, "password=");
}

enum err_kind site_check_store(const char *store, const char *schema, struct err *err)
{
    size_t letters = strspn(schema, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (letters == 0 || schema[letters] || letters > 40)
        return err_set(err, ERR_INPUT,
                       "store_schema: \"%s\" is no name; write small letters, digits and \"_\"",
                       schema);
    if (strcmp(store, "sqlite") == 0)
        return OK;
    if (!str_starts(str_of(store), "postgresql://") || strchr(store, '#'))
        return err_set(err, ERR_INPUT,
                       "store: \"%s\" is none; write sqlite or postgresql://USER@HOST/DATABASE",
                       store);
    if (has_password(store))
        return err_set(err, ERR_INPUT,
                       "store: a password stands in it; take it out and put it into a file that "
                       "PGPASSFILE names, a service of pg_service.conf, or let the socket know its "
                       "user (peer)");
    return OK;
}

enum err_kind site_open(const char *folder, struct site **out, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(folder, "gong.yaml");
    if (!file_exists(path))
        return err_set(err, ERR_MISSING,
                       "%s is no gong site (no gong.yaml); make one: gong init %s", folder, folder);
    AUTO(site_free) struct site *site = mem_new(1, sizeof(*site));
    site->folder = mem_text(folder);
    for (size_t i = 0; site_settings[i].name; i++) {
        enum err_kind kind = read_setting(site, i, str_of(site_settings[i].standard), err);
        assert(kind == OK);
    }
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    if (yaml_load(path, &file, err) || read_settings(site, yaml_root(file), err))
        return err->kind;
    struct err why = {0};
    if (site_check_store(site_text(site, "store"), site_text(site, "store_schema"), &why))
        return err_set(err, ERR_INPUT, "%s: %s", path, why.text);
    if (strcmp(site_text(site, "clock"), "data") == 0 && !site_is_drill(site))
        return err_set(err, ERR_INPUT, "%s: clock: data is for drills; write mode: drill", path);
    *out = TAKE(site);
    return OK;
}

void site_free(struct site **site)
{
    if (!*site)
        return;
    for (size_t i = 0; i < SETTINGS_MAX; i++)
        mem_free(&(*site)->text[i]);
    mem_free(&(*site)->folder);
    mem_free(site);
}

const char *site_folder(const struct site *site)
{
    return site->folder;
}

const char *site_text(const struct site *site, const char *setting)
{
    return site->text[index_of(setting)];
}

int64_t site_whole(const struct site *site, const char *setting)
{
    size_t i = index_of(setting);
    assert(site_settings[i].type == SETTING_WHOLE);
    return site->whole[i];
}

bool site_is_drill(const struct site *site)
{
    return strcmp(site_text(site, "mode"), "drill") == 0;
}

struct channel_name site_channel(size_t i)
{
    struct channel_name name = {""};
    for (size_t at = 0; site_settings[at].name; at++) {
        if (site_settings[at].type != SETTING_DRIVER || i-- > 0)
            continue;
        size_t len = strlen(site_settings[at].name) - strlen(DRIVER_ENDING);
        assert(len < sizeof(name.at));
        memcpy(name.at, site_settings[at].name, len);
        break;
    }
    return name;
}

const char *site_driver(const struct site *site, const char *channel)
{
    size_t len = strlen(channel);
    for (size_t i = 0; site_settings[i].name; i++) {
        const char *name = site_settings[i].name;
        if (site_settings[i].type == SETTING_DRIVER && strncmp(name, channel, len) == 0 &&
            strcmp(name + len, DRIVER_ENDING) == 0)
            return site->text[i];
    }
    return NULL;
}

bool site_serves(const struct site *site, const char *channel)
{
    AUTO(mem_drop) char *subscribers = site_path(site, "subscribers.yaml");
    const char *driver = site_driver(site, channel);
    bool is_for_all = strcmp(channel, "sms") == 0 || strcmp(channel, "pay") == 0;
    return driver && strcmp(driver, NO_DRIVER) != 0 && (is_for_all || file_exists(subscribers));
}

enum err_kind site_secret(const struct site *site, const char *name, struct buf *out,
                          struct err *err)
{
    AUTO(mem_drop) char *inside = file_join("keys", name);
    AUTO(mem_drop) char *path = site_path(site, inside);
    AUTO(buf_free) struct buf text = buf_new(SECRET_BYTES_MAX);
    struct stat status;
    if (stat(path, &status) != 0)
        return err_set(err, ERR_MISSING,
                       "%s is not there; write the secret into it and chmod 600 it", path);
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(err, ERR_REFUSED, "%s can be read by others; chmod 600 it", path);
    if (file_read(path, &text, err))
        return err_of(err);
    struct str secret = str_trim(buf_slice(&text));
    if (secret.len == 0)
        return err_set(err, ERR_MISSING, "%s is empty; write the secret into it", path);
    buf_str(out, secret);
    return OK;
}

char *site_path(const struct site *site, const char *name)
{
    return file_join(site->folder, name);
}

// What is at the end of all links; of what is not there yet, its folder's and its name. Heap; NULL
// when that folder is not there.
static char *real_path(const char *path)
{
    char *there = realpath(path, NULL);
    if (there)
        return there;
    AUTO(mem_drop) char *folder = file_folder(path);
    AUTO(mem_drop) char *real = realpath(folder, NULL);
    const char *name = strrchr(path, '/');
    return real ? file_join(real, name ? name + 1 : path) : NULL;
}

bool site_holds(const char *folder, const char *path)
{
    AUTO(mem_drop) char *site = realpath(folder, NULL), *each = mem_text(path);
    char *real = realpath(each, NULL);
    while (!real && strchr(each, '/')) { // what is not there yet lies where its folder does
        *strrchr(each, '/') = '\0';
        real = realpath(*each ? each : "/", NULL);
    }
    if (!real)
        real = realpath(".", NULL);
    size_t len = site ? strlen(site) : 0;
    bool holds = site && real && strncmp(real, site, len) == 0 && (!real[len] || real[len] == '/');
    mem_free(&real);
    return holds;
}

bool site_owns(const char *path)
{
    static const char *const own[] = {"gong.yaml", "sources.yaml", "policies",  "witnesses",
                                      "cap.yaml",  "checkpoint",   "archive",   "keys",
                                      "run",       "out",          "ledger.db", "subscribers.yaml",
                                      "people.db", "map.db"};
    AUTO(mem_drop) char *real = real_path(path);
    for (char *end = real ? strchr(real, '/') : NULL; end; end = strchr(end + 1, '/')) {
        *end = '\0';
        AUTO(mem_drop) char *settings = file_join(real, "gong.yaml");
        *end = '/';
        if (!file_exists(settings))
            continue;
        for (size_t i = 0; i < COUNT_OF(own); i++) { // of ledger.db also ledger.db-wal
            size_t len = strlen(own[i]);
            bool is_base = strcmp(own[i] + len - 3, ".db") == 0;
            if (strncmp(end + 1, own[i], len) == 0 && strchr(is_base ? "/-" : "/", end[1 + len]))
                return true;
        }
    }
    return false;
}

void site_template(struct buf *out, const char *mode, const char *store, const char *schema)
{
    buf_text(out,
             "# Settings of this gong site. A line that is taken out falls back to its default.\n");
    for (const struct setting *s = site_settings; s->name; s++) {
        buf_print(out, "\n# %s\n# default: %s%s%s", s->help, s->standard, *s->unit ? " " : "",
                  s->unit);
        if (s->type == SETTING_WHOLE)
            buf_print(out, "; from %lld to %lld", (long long)s->min, (long long)s->max);
        if (s->type == SETTING_CHOICE)
            buf_print(out, "; one of: %s", s->choices);
        if (s->type == SETTING_DRIVER)
            buf_print(out, "; in drills and in earnest: none %s", s->choices);
        const char *value = strcmp(s->name, "mode") == 0 ? mode : s->standard;
        if (store && strcmp(s->name, "store") == 0)
            value = store;
        if (schema && strcmp(s->name, "store_schema") == 0)
            value = schema;
        if (s->type == SETTING_DRIVER && strcmp(mode, "drill") != 0)
            value = NO_DRIVER;
        buf_print(out, "\n%s: %s\n", s->name, value);
    }
}
