// Official alerts of others that were heard, on their way to the officers: who is told what, once.
#include "notify/cap_pass.h"

#include "core/doc.h"
#include "core/site.h"
#include "ledger/outbox.h"
#include "notify/cap_relay.h"
#include "tests/notify/bed.h"

static const char subscribers[] =
    "gong_subscribers: 1\nsubscribers:\n"
    "  officers: {channel: mail, to: duty@drill.invalid, wants: [bulletins]}\n"
    "  screens: {channel: mqtt, to: gong/drill, wants: [bulletins]}\n"
    "  others: {channel: mail, to: union@drill.invalid, wants: [alerts]}\n";

struct said {
    const char *identifier, *status, *type, *references, *seal;
    bool stands;
    const char *expires; // NULL: far off
};

#define FAR_OFF "2099-09-04T19:00:00+07:00"
static struct doc *list_of(const struct said *said, size_t count)
{
    struct doc *list = doc_array();
    for (size_t i = 0; i < count; i++) {
        struct doc *one = doc_object(), *quote = doc_object();
        const struct {
            const char *key, *text;
        } fields[] = {{"identifier", said[i].identifier},
                      {"sender", "a@b.invalid"},
                      {"by", "Trung tâm (diễn tập)"},
                      {"sent", "2024-09-04T19:00:00+07:00"},
                      {"status", said[i].status},
                      {"msgType", said[i].type},
                      {"references", said[i].references},
                      {"seal", said[i].seal},
                      {"expires", said[i].expires ? said[i].expires : FAR_OFF},
                      {"headline", "Mưa lớn"},
                      {"areaDesc", "Bắc Kạn"}};
        for (size_t f = 0; f < COUNT_OF(fields); f++)
            doc_put_text(one, fields[f].key, fields[f].text);
        doc_put_text(quote, "vi",
                     "Nguồn: Trung tâm (diễn tập), phát lúc 19:00 04/09/2024: «Mưa lớn»");
        doc_put_text(quote, "en",
                     "Source: Trung tâm (diễn tập), issued 19:00 04/09/2024: «Mưa lớn»");
        doc_put(one, "quote", quote);
        doc_put_bool(one, "stands", said[i].stands);
        doc_push(list, one);
    }
    return list;
}

static size_t take(struct place *place, const char *channel, struct outbox_items *items)
{
    struct outbox_claim claim = {.channel = channel,
                                 .worker = "w",
                                 .max = 10,
                                 .lane_max = 9,
                                 .now = {1725451200},
                                 .now_ms = 1000,
                                 .lease_until_ms = 60000};
    outbox_items_free(items);
    CHECK_OK(outbox_take(place->ledger, &claim, items, &place->err), place->err);
    return items->count;
}

#define BACK "a@b.invalid,1,2024-09-04T19:00:00+07:00"
#define ALIEN "x@y.invalid,1,2024-09-04T19:00:00+07:00"
static const struct {
    const char *name, *settings;
    struct said said[2];
    size_t count, heard, told, standing;
} rows[] = {
    {"an alert", "", {{"1", "Actual", "Alert", "", "not checked", true, NULL}}, 1, 1, 1, 1},
    {"an exercise is heard and kept to ourselves",
     "",
     {{"1", "Exercise", "Alert", "", "not checked", true, NULL}},
     1,
     1,
     0,
     0},
    {"what nobody signed where somebody must have",
     "cap_relay_certificate: keys/official.pem\n",
     {{"1", "Actual", "Alert", "", "unsigned", true, NULL}},
     1,
     0,
     0,
     0},
    {"what is signed, whatever was done to its blanks",
     "cap_relay_certificate: keys/official.pem\n",
     {{"1", "Actual", "Alert", "", "signed, without instructions and blanks", true, NULL}},
     1,
     1,
     1,
     1},
    {"an unsigned copy does not come before the signed one",
     "cap_relay_certificate: keys/official.pem\n",
     {{"1", "Actual", "Alert", "", "signed", true, NULL},
      {"1", "Actual", "Alert", "", "unsigned", true, NULL}},
     2,
     1,
     1,
     1},
    {"it is taken back: the newest is the first of the list",
     "",
     {{"2", "Actual", "Cancel", BACK, "not checked", false, NULL},
      {"1", "Actual", "Alert", "", "not checked", true, NULL}},
     2,
     2,
     2,
     0},
    {"an exercise that was heard and not told is taken back in earnest",
     "",
     {{"2", "Actual", "Cancel", BACK, "not checked", false, NULL},
      {"1", "Exercise", "Alert", "", "not checked", true, NULL}},
     2,
     2,
     0,
     0},
    {"an exercise ends no warning",
     "",
     {{"2", "Exercise", "Cancel", BACK, "not checked", false, NULL},
      {"1", "Actual", "Alert", "", "not checked", true, NULL}},
     2,
     2,
     1,
     1},
    {"the end of what was never heard",
     "",
     {{"2", "Actual", "Cancel", BACK, "not checked", false, NULL}},
     1,
     1,
     0,
     0},
    {"another's word about it",
     "",
     {{"2", "Actual", "Cancel", ALIEN, "not checked", false, NULL},
      {"1", "Actual", "Alert", "", "not checked", true, NULL}},
     2,
     2,
     1,
     1},
};

static void who_is_told_what(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = bed_site(rows[i].settings);
        AUTO(site_free) struct site *site = NULL;
        AUTO(outbox_items_free) struct outbox_items items = {0};
        AUTO(doc_free) struct doc *list = list_of(rows[i].said, rows[i].count);
        struct pass_report report;
        struct err err = {0};
        bed_write(place.folder, "subscribers.yaml", subscribers);
        CHECK_OK(site_open(place.folder, &site, &err), err);
        struct utc now = {1725451200};
        CHECK_OK(cap_pass_list(site, place.ledger, now, list, &report, &err), err);
        CHECK_INT(report.heard, rows[i].heard);
        CHECK_INT(report.told, rows[i].told);
        CHECK_INT(take(&place, "mqtt", &items), rows[i].heard > 0);
        if (items.count)
            CHECK_INT(strstr(items.at[0].body, "\"bulletins\":[]") == NULL, rows[i].standing > 0);
        CHECK_INT(take(&place, "mail", &items), rows[i].told > 0); // one in flight a person
        if (items.count) {
            CHECK_HAS(items.at[0].body, "\"vi\":\"Nguồn: Trung tâm (diễn tập), phát lúc 19:00 "
                                        "04/09/2024: «Mưa lớn». Nơi: Bắc Kạn. Hiệu lực đến: 19:00 "
                                        "04/09/2099. Số hiệu: 1. gong chỉ chuyển lời của nguồn.\"");
            CHECK_TEXT(items.at[0].person, "officers");
            CHECK_INT(items.at[0].expires.s, 4092206400);
        }
        ROW("a second time nobody hears of it");
        CHECK_OK(cap_pass_list(site, place.ledger, now, list, &report, &err), err);
        CHECK_INT(report.heard + report.told, 0);
    }
}

// --- what stands
// --------------------------------------------------------------------------------------

// The newest list of a screen; NULL when none was put since it was asked for last.
static struct doc *screen(struct place *place, int64_t *last_id)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(place->ledger),
                                "SELECT id, body FROM outbox WHERE channel = 'mqtt' AND id > ?"
                                " ORDER BY id DESC LIMIT 1");
    struct doc *body = NULL;
    bool row = false;
    stmt_int(stmt, 1, *last_id);
    CHECK_OK(stmt_next(stmt, &row, &place->err), place->err);
    if (!row)
        return NULL;
    *last_id = row_int(stmt, 0);
    CHECK_OK(doc_parse(str_of(row_text(stmt, 1)), "list", &body, &place->err), place->err);
    return body;
}

#define SOON "2024-09-04T20:00:00+07:00" // an hour later than `now`
#define ONE                                                                                        \
    {                                                                                              \
        "1", "Actual", "Alert", "", "not checked", true, SOON                                      \
    }
#define TWO                                                                                        \
    {                                                                                              \
        "2", "Actual", "Alert", "", "not checked", true, NULL                                      \
    }
#define ENDLESS                                                                                    \
    {                                                                                              \
        "3", "Actual", "Alert", "", "not checked", true, ""                                        \
    }
#define SENT_TWO "a@b.invalid,2,2024-09-04T19:00:00+07:00"
#define ITS_END "2024-09-04T18:00:00+07:00"
#define TWO_BACK                                                                                   \
    {                                                                                              \
        "4", "Actual", "Cancel", SENT_TWO, "not checked", false, ITS_END                           \
    }
static void what_stands(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct said heard[3];
        size_t count;
        int64_t after_s;
        const char *ids; // of the list, newest first; NULL: none is put
    } polls[] = {
        {"three are heard", {ENDLESS, TWO, ONE}, 3, 0, "3 2 1 "},
        {"the feed has them no more, or was not reached: they stand", {ONE}, 0, 60, NULL},
        {"it has one of them", {TWO}, 1, 120, NULL},
        {"one ends though nothing is heard", {ONE}, 0, HOUR_S, "3 2 "},
        {"one is taken back, by a word that itself has ended", {TWO_BACK}, 1, HOUR_S + 60, "3 "},
        {"without an end it stands a day", {ONE}, 0, DAY_S - 1, NULL},
        {"and no longer", {ONE}, 0, DAY_S, ""},
        {"an empty list is not put twice", {ONE}, 0, DAY_S + 60, NULL},
    };
    AUTO(place_free) struct place place = bed_site("");
    AUTO(site_free) struct site *site = NULL;
    struct err err = {0};
    int64_t last_id = 0;
    bed_write(place.folder, "subscribers.yaml", subscribers);
    CHECK_OK(site_open(place.folder, &site, &err), err);
    for (size_t i = 0; i < COUNT_OF(polls); i++) {
        ROW(polls[i].name);
        struct pass_report report;
        AUTO(buf_free) struct buf ids = buf_new(100);
        AUTO(doc_free) struct doc *list = list_of(polls[i].heard, polls[i].count);
        struct utc now = {1725451200 + polls[i].after_s};
        CHECK_OK(cap_pass_list(site, place.ledger, now, list, &report, &err), err);
        AUTO(doc_free) struct doc *shown = screen(&place, &last_id);
        CHECK_INT(shown != NULL, polls[i].ids != NULL);
        const struct doc *all = doc_get(shown, "bulletins");
        for (size_t k = 0; k < doc_count(all); k++)
            buf_print(&ids, "%s ", doc_text(doc_get(doc_at(all, k), "identifier"), ""));
        CHECK_TEXT(ids.len ? ids.at : "", polls[i].ids ? polls[i].ids : "");
        CHECK_INT(doc_int(doc_get(shown, "left_out"), 0), 0);
    }
    ROW("that it was taken back is worth telling for hours");
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(place.ledger), "SELECT expires FROM outbox WHERE channel = 'mail'"
                                         " ORDER BY id DESC LIMIT 1");
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &err), err);
    CHECK_INT(row_int(stmt, 0), 1725451200 + HOUR_S + 60 + 12 * HOUR_S);
}

static void more_than_there_is_room_for(void **state)
{
    (void)state;
    enum { MANY = 400 };
    static struct said said[MANY];
    static char ids[MANY][8];
    AUTO(place_free) struct place place = bed_site("");
    AUTO(site_free) struct site *site = NULL;
    struct pass_report report;
    struct err err = {0};
    int64_t last_id = 0;
    bed_write(place.folder, "subscribers.yaml", subscribers);
    CHECK_OK(site_open(place.folder, &site, &err), err);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(ids[i], sizeof(ids[i]), "%d", MANY - i);
        said[i] = (struct said){ids[i], "Actual", "Alert", "", "not checked", true, NULL};
    }
    AUTO(doc_free) struct doc *list = list_of(said, MANY);
    CHECK_OK(cap_pass_list(site, place.ledger, (struct utc){1725451200}, list, &report, &err), err);
    CHECK_INT(report.told, MANY);
    AUTO(doc_free) struct doc *shown = screen(&place, &last_id);
    const struct doc *all = doc_get(shown, "bulletins");
    CHECK(doc_count(all) > 60 && doc_count(all) < MANY);
    CHECK_INT(doc_int(doc_get(shown, "left_out"), 0), MANY - (int64_t)doc_count(all));
    CHECK_TEXT(doc_text(doc_get(doc_at(all, 0), "identifier"), ""), "400");
}

// --- what is read of one
// -----------------------------------------------------------------------------

#define INFO(language, expires, areas)                                                             \
    "<info><language>" language                                                                    \
    "</language><category>Met</category><event>Mưa</event><urgency>Future</urgency>"              \
    "<severity>Severe</severity><certainty>Likely</certainty>" expires                             \
    "<headline>Mưa lớn</headline>" areas "</info>"
#define EXPIRES(time) "<expires>2024-09-0" time ":00+07:00</expires>"
#define AREA(name) "<area><areaDesc>" name "</areaDesc><circle>22.1,105.8 9</circle></area>"
#define LONG_40 "Xã Cao Minh, huyện Pác Nặm, tỉnh A; "
#define LONG_400                                                                                   \
    "1 " LONG_40 "2 " LONG_40 "3 " LONG_40 "4 " LONG_40 "5 " LONG_40 "6 " LONG_40 "7 " LONG_40     \
    "8 " LONG_40 "9 " LONG_40 "10 " LONG_40 "11 " LONG_40 "12 " LONG_40

static const struct {
    const char *name, *type, *infos, *vi, *en, *expires;
    size_t listed, over;
} alerts[] = {
    {"two languages", "Alert",
     INFO("vi-VN", EXPIRES("4T23:00"), AREA("Bắc Kạn") AREA("Cao Bằng"))
         INFO("en-US", EXPIRES("4T23:00"), AREA("Bac Kan")),
     "Bắc Kạn; Cao Bằng", "Bac Kan", "2024-09-04T23:00:00+07:00", 1, 0},
    {"five provinces, the first over", "Alert",
     INFO("vi-VN", EXPIRES("4T18:30"), AREA("Bắc Kạn") AREA("Cao Bằng"))
         INFO("vi-VN", EXPIRES("5T10:00"), AREA("Cao Bằng") AREA("Hà Giang") AREA("Lào Cai"))
             INFO("vi-VN", EXPIRES("4T22:00"), AREA("Sơn La")),
     "Bắc Kạn; Cao Bằng; Hà Giang; Lào Cai; Sơn La", "Bắc Kạn; Cao Bằng; Hà Giang; Lào Cai; Sơn La",
     "2024-09-05T10:00:00+07:00", 1, 0},
    {"one without an end", "Alert",
     INFO("vi-VN", EXPIRES("4T18:30"), AREA("Bắc Kạn")) INFO("vi-VN", "", AREA("Cao Bằng")),
     "Bắc Kạn; Cao Bằng", "Bắc Kạn; Cao Bằng", "", 1, 0},
    {"all over", "Alert",
     INFO("vi-VN", EXPIRES("4T18:30"), AREA("Bắc Kạn"))
         INFO("vi-VN", EXPIRES("4T18:40"), AREA("Cao Bằng")),
     "", "", "", 0, 1},
    {"more places than there is room for", "Alert",
     INFO("vi-VN", EXPIRES("4T23:00"), AREA(LONG_400) AREA("Bắc Kạn")), "…", "…",
     "2024-09-04T23:00:00+07:00", 1, 0},
    {"a Cancel whose own end has passed", "Cancel",
     INFO("vi-VN", EXPIRES("4T18:30"), AREA("Bắc Kạn")), "Bắc Kạn", "Bắc Kạn",
     "2024-09-04T18:30:00+07:00", 1, 0},
    {"an Update that is over still takes back", "Update",
     INFO("vi-VN", EXPIRES("4T18:30"), AREA("Bắc Kạn")), "Bắc Kạn", "Bắc Kạn",
     "2024-09-04T18:30:00+07:00", 1, 1},
};

static void all_infos_of_an_alert(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(alerts); i++) {
        ROW(alerts[i].name);
        AUTO(place_free) struct place place = bed_site("");
        AUTO(site_free) struct site *site = NULL;
        AUTO(buf_free) struct buf feed = buf_new(10000), alert = buf_new(20000);
        AUTO(doc_free) struct doc *list = doc_array();
        struct relay_report report;
        struct err err = {0};
        AUTO(mem_drop) char *feed_path = file_join(place.folder, "feed.xml");
        AUTO(mem_drop) char *alert_path = file_join(place.folder, "alert.xml");
        AUTO(mem_drop) char *feed_url = http_file_url(feed_path);
        AUTO(mem_drop) char *alert_url = http_file_url(alert_path);
        CHECK_OK(site_open(place.folder, &site, &err), err);
        buf_print(&feed,
                  "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>f</id><title>t</title>"
                  "<entry><id>%s</id><title>e</title></entry></feed>",
                  alert_url);
        buf_print(&alert,
                  "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">"
                  "<identifier>1</identifier><sender>a@b.invalid</sender>"
                  "<sent>2024-09-04T18:00:00+07:00</sent><status>Actual</status>"
                  "<msgType>%s</msgType><scope>Public</scope>%s%s</alert>",
                  alerts[i].type,
                  strcmp(alerts[i].type, "Alert") == 0
                      ? ""
                      : "<references>a@b.invalid,0,2024-09-04T17:00:00+07:00</references>",
                  alerts[i].infos);
        bed_write(place.folder, "feed.xml", feed.at);
        bed_write(place.folder, "alert.xml", alert.at);
        struct relay_ask ask = {.url = feed_url, .now = {1725451200}};
        CHECK_OK(cap_relay(site, &ask, list, &report, &err), err);
        CHECK_INT(report.refused, 0);
        CHECK_INT(report.over, alerts[i].over);
        CHECK_INT(doc_count(list), alerts[i].listed);
        const struct doc *one = doc_at(list, 0);
        if (!one)
            continue;
        const char *vi = doc_text(doc_get(doc_get(one, "where"), "vi"), "");
        if (strcmp(alerts[i].vi, "…") == 0) {
            CHECK(strlen(vi) > 400 && strlen(vi) <= 500);
            CHECK(str_ends(str_of(vi), "…"));
        } else {
            CHECK_TEXT(vi, alerts[i].vi);
            CHECK_TEXT(doc_text(doc_get(doc_get(one, "where"), "en"), ""), alerts[i].en);
        }
        CHECK_TEXT(doc_text(doc_get(one, "areaDesc"), ""), vi);
        CHECK_TEXT(doc_text(doc_get(one, "expires"), ""), alerts[i].expires);
        bool stands = strcmp(alerts[i].type, "Alert") == 0;
        CHECK_INT(doc_bool(doc_get(one, "stands"), true), stands);
        CHECK_INT(doc_get(one, "area") != NULL, stands); // nobody asks where another held
        CHECK_INT(doc_bool(doc_get(one, "quoted"), false), alerts[i].over == 0);
    }
}

// What was fetched is not fetched again until the feed says that it was changed.
static void what_was_fetched_is_kept(void **state)
{
    (void)state;
    static const struct {
        const char *name, *updated, *identifier; // NULL: the file is gone
        const char *listed;
        size_t refused;
    } rounds[] = {
        {"fetched", "2024-09-04T18:00:00+07:00", "1", "1", 0},
        {"not again", "2024-09-04T18:00:00+07:00", NULL, "1", 0},
        {"changed and not there", "2024-09-04T18:10:00+07:00", NULL, "", 1},
        {"changed", "2024-09-04T18:10:00+07:00", "2", "2", 0},
        {"nothing is said of changes: fetched", "", "3", "3", 0},
        {"each time", "", NULL, "", 1},
    };
    AUTO(place_free) struct place place = bed_site("");
    AUTO(site_free) struct site *site = NULL;
    struct err err = {0};
    AUTO(mem_drop) char *feed_path = file_join(place.folder, "feed.xml");
    AUTO(mem_drop) char *alert_path = file_join(place.folder, "alert.xml");
    AUTO(mem_drop) char *feed_url = http_file_url(feed_path);
    AUTO(mem_drop) char *alert_url = http_file_url(alert_path);
    CHECK_OK(site_open(place.folder, &site, &err), err);
    for (size_t i = 0; i < COUNT_OF(rounds); i++) {
        ROW(rounds[i].name);
        AUTO(buf_free) struct buf feed = buf_new(10000), alert = buf_new(20000);
        AUTO(doc_free) struct doc *list = doc_array();
        struct relay_report report;
        buf_print(&feed,
                  "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>f</id><title>t</title>"
                  "<entry><id>%s</id><title>e</title><updated>%s</updated></entry></feed>",
                  alert_url, rounds[i].updated);
        buf_print(&alert,
                  "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">"
                  "<identifier>%s</identifier><sender>a@b.invalid</sender>"
                  "<sent>2024-09-04T18:00:00+07:00</sent><status>Actual</status>"
                  "<msgType>Alert</msgType><scope>Public</scope>%s</alert>",
                  rounds[i].identifier ? rounds[i].identifier : "",
                  INFO("vi-VN", EXPIRES("4T23:00"), AREA("Bắc Kạn")));
        bed_write(place.folder, "feed.xml", feed.at);
        (void)unlink(alert_path);
        if (rounds[i].identifier)
            bed_write(place.folder, "alert.xml", alert.at);
        struct relay_ask ask = {.url = feed_url, .now = {1725451200}};
        CHECK_OK(cap_relay(site, &ask, list, &report, &err), err);
        CHECK_INT(report.refused, rounds[i].refused);
        CHECK_TEXT(doc_text(doc_get(doc_at(list, 0), "identifier"), ""), rounds[i].listed);
    }
}

// --- by SMS
// -------------------------------------------------------------------------------------------

static void what_a_telephone_gets(void **state)
{
    (void)state;
    static const char officer[] = "gong_subscribers: 1\nsubscribers:\n"
                                  "  officer: {channel: sms, to: P-1, wants: [bulletins]}\n";
    static const struct {
        const char *name, *settings, *identifier, *says, *says_not;
    } letters[] = {
        {"all of it", "sms_parts_max: 10\n", "1", "Số hiệu: 1. gong chỉ chuyển lời của nguồn.",
         "..."},
        {"an identifier that is an address", "sms_parts_max: 10\n", "https://www.b.invalid/1",
         "Số hiệu: https://www.b.invalid/1.", "..."},
        {"source, time and headline where there is no room for more", "sms_parts_max: 1\n",
         "urn:oid:2.49.0.0.704.0.2024.9.4.12.0.0",
         "Nguồn: Trung tâm (diễn tập), phát lúc 19:00 04/09/2024: \"Mưa lớn\"", "Số hiệu"},
        {"one part without accents", "sms_policy_warning: ascii160\n", "1",
         "Nguon: Trung tam (dien tap), phat luc 19:00 04/09/2024: \"Mua lon\"", "So hieu"},
    };
    for (size_t i = 0; i < COUNT_OF(letters); i++) {
        ROW(letters[i].name);
        AUTO(place_free) struct place place = bed_site(letters[i].settings);
        AUTO(site_free) struct site *site = NULL;
        AUTO(sms_desk_close) struct sms_desk *desk = NULL;
        AUTO(sms_letter_free) struct sms_letter letter = {0};
        AUTO(outbox_items_free) struct outbox_items items = {0};
        struct said said = {letters[i].identifier, "Actual", "Alert", "",
                            "not checked",         true,     NULL};
        AUTO(doc_free) struct doc *list = list_of(&said, 1);
        struct pass_report report;
        struct note note;
        struct err err = {0};
        bool ready = false;
        bed_write(place.folder, "subscribers.yaml", officer);
        CHECK_OK(site_open(place.folder, &site, &err), err);
        CHECK_OK(cap_pass_list(site, place.ledger, (struct utc){1725451200}, list, &report, &err),
                 err);
        CHECK_INT(take(&place, "sms", &items), 1);
        CHECK_OK(sms_desk_open(site, &desk, &err), err);
        struct job job = bed_job(&note, "k", items.at[0].person, items.at[0].body);
        CHECK_OK(sms_write(desk, &job, &letter, &ready, &err), err);
        CHECK_TEXT(job.why, "");
        CHECK(ready);
        CHECK_HAS(letter.text.at, letters[i].says);
        CHECK(!strstr(letter.text.at, letters[i].says_not));
    }
}

TEST_MAIN(cmocka_unit_test(who_is_told_what), cmocka_unit_test(what_stands),
          cmocka_unit_test(more_than_there_is_room_for), cmocka_unit_test(all_infos_of_an_alert),
          cmocka_unit_test(what_was_fetched_is_kept), cmocka_unit_test(what_a_telephone_gets))
