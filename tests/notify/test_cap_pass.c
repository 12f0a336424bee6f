// Official alerts of others that were heard, on their way to the officers: who is told what, once.
#include "notify/cap_pass.h"

#include "core/doc.h"
#include "core/site.h"
#include "ledger/outbox.h"
#include "tests/notify/bed.h"

static const char subscribers[] =
    "gong_subscribers: 1\nsubscribers:\n"
    "  officers: {channel: mail, to: duty@drill.invalid, wants: [bulletins]}\n"
    "  screens: {channel: mqtt, to: gong/drill, wants: [bulletins]}\n"
    "  others: {channel: mail, to: union@drill.invalid, wants: [alerts]}\n";

struct said {
    const char *identifier, *status, *type, *references, *seal;
    bool stands;
};

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
                      {"expires", "2099-09-04T19:00:00+07:00"},
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
    {"an alert", "", {{"1", "Actual", "Alert", "", "not checked", true}}, 1, 1, 1, 1},
    {"an exercise is heard and kept to ourselves",
     "",
     {{"1", "Exercise", "Alert", "", "not checked", true}},
     1,
     1,
     0,
     0},
    {"what nobody signed where somebody must have",
     "cap_relay_certificate: keys/official.pem\n",
     {{"1", "Actual", "Alert", "", "unsigned", true}},
     1,
     0,
     0,
     0},
    {"what is signed, whatever was done to its blanks",
     "cap_relay_certificate: keys/official.pem\n",
     {{"1", "Actual", "Alert", "", "signed, without instructions and blanks", true}},
     1,
     1,
     1,
     1},
    {"an unsigned copy does not come before the signed one",
     "cap_relay_certificate: keys/official.pem\n",
     {{"1", "Actual", "Alert", "", "signed", true}, {"1", "Actual", "Alert", "", "unsigned", true}},
     2,
     1,
     1,
     1},
    {"it is taken back: the newest is the first of the list",
     "",
     {{"2", "Actual", "Cancel", BACK, "not checked", false},
      {"1", "Actual", "Alert", "", "not checked", true}},
     2,
     2,
     2,
     1},
    {"the end of what was never heard",
     "",
     {{"2", "Actual", "Cancel", BACK, "not checked", false}},
     1,
     1,
     0,
     0},
    {"another's word about it",
     "",
     {{"2", "Actual", "Cancel", ALIEN, "not checked", false},
      {"1", "Actual", "Alert", "", "not checked", true}},
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

TEST_MAIN(cmocka_unit_test(who_is_told_what))
