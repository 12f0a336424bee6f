#include "notify/cap.h"

#include "core/doc.h"
#include "core/xml.h"
#include "ledger/map.h"
#include "notify/cap_check.h"
#include "notify/cap_feed.h"
#include "notify/cap_sign.h"
#include "tests/notify/cap_alert.h"
#include "tests/notify/golden.h"

static const char SCHEMA[] = "../shared/specs/cap/CAP-v1.2.xsd";

static void test_the_three_messages_of_a_thread(void **state)
{
    (void)state;
    static const char *const names[] = {"cap-alert.xml", "cap-update.xml", "cap-cancel.xml"};
    for (int i = 0; i < 3; i++) {
        ROW(names[i]);
        struct err err = {0};
        AUTO(buf_free) struct buf out = buf_new(CAP_BYTES_MAX);
        struct cap_alert alert = alert_of(true);
        alert.type = (enum cap_type)i;
        if (i > 0) {
            alert.identifier = "vn-gong-drill-20240905T070000-0002";
            alert.sent.s += 12 * 3600;
            alert.references =
                "drill@gong.invalid,vn-gong-drill-20240904T190000-0001,2024-09-04T19:00:00+07:00";
        }
        if (i == 1)
            alert.response = "AllClear";
        if (i == 2)
            alert.note = "sent by mistake";
        CHECK_OK(cap_write(&alert, &out, &err), err);
        golden(names[i], buf_slice(&out));
        CHECK_TEXT(schema_says(buf_slice(&out), SCHEMA), "");
    }
}

// --- what the check finds
// ------------------------------------------------------------------------------

#define FIFTY "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define FORTY_SEVEN "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
// The head of an alert, and that of an update without its references.
#define FIRST "<msgType>Alert</msgType>\n  <scope>Public</scope>"
#define AFTER "<msgType>Update</msgType>\n  <scope>Public</scope>"

static const struct {
    const char *name, *from, *to, *error;
    bool schema_takes_it;
} mutations[] = {
    {"longitude before latitude", "22.10000,105.80000 22.10000,105.90000", "105.8,22.1 105.9,22.1",
     "lies nowhere on Earth", true},
    {"a polygon that is not closed", "22.20000,105.90000 22.10000,105.80000<",
     "22.20000,105.90000 22.10000,105.81000<", "is not closed", true},
    {"a polygon that crosses itself",
     "22.10000,105.80000 22.10000,105.90000 22.20000,105.90000 22.10000,105.80000",
     "22.1,105.8 22.2,105.9 22.2,105.8 22.1,105.9 22.1,105.8", "crosses itself", true},
    {"three points", "22.10000,105.90000 22.20000,105.90000 22.1", "22.20000,105.90000 22.1",
     "has 3 points", true},
    {"two blanks", "22.10000,105.80000 22.10000", "22.10000,105.80000  22.10000", "with one blank",
     true},
    {"seven decimals", "22.10000,105.80000 22", "22.1000001,105.80000 22", "is no lat,lon", true},
    {"Z", "<sent>2024-09-04T19:00:00+07:00", "<sent>2024-09-04T12:00:00Z", "sent: ", false},
    {"a fraction of a second", "<sent>2024-09-04T19:00:00+", "<sent>2024-09-04T19:00:00.5+",
     "sent: ", false},
    {"another offset", "<sent>2024-09-04T19:00:00+07:00", "<sent>2024-09-04T12:00:00-00:00",
     "is not in +07:00", true},
    {"an unknown severity", "<severity>Severe<", "<severity>Very Severe<", "severity: ", false},
    {"no urgency", "<urgency>Expected</urgency>", "", "urgency is missing", false},
    {"event before category", "<category>Met</category>\n    <event>Mưa rất to</event>",
     "<event>Mưa rất to</event>\n    <category>Met</category>", "category is missing", false},
    {"it ends before it begins", "<expires>2024-09-07T19:00:00", "<expires>2024-09-04T18:59:59",
     "expires is not after effective", true},
    {"no end", "<expires>2024-09-07T19:00:00+07:00</expires>", "", "expires is missing", true},
    {"effective long before sent", "<effective>2024-09-04", "<effective>2024-09-02",
     "more than a day before", true},
    {"a sender with a blank", "drill@gong.invalid<", "drill gong<", "sender must not", true},
    {"an update without references", "<msgType>Alert<", "<msgType>Update<", "wants references",
     true},
    {"an alert with references", "</scope>",
     "</scope><references>a,b,2024-09-04T19:00:00+07:00</references>", "no references", true},
    {"the first is not Vietnamese", "<language>vi-VN<", "<language>tyz<", "must be in vi-VN", true},
    {"no English", "<language>en<", "<language>fr<", "an info in en is missing", true},
    {"other facts in English", "<language>en</language>\n    <category>Met<",
     "<language>en</language>\n    <category>Geo<", "category is not that", true},
    {"a drill without its mark", "[DRILL] Very", "Very", "does not begin with the mark", true},
    {"no instruction", "<instruction>Keep away from streams and slopes.</instruction>", "",
     "instruction does not say", true},
    {"no headline", "<headline>[DRILL] Very heavy rain: Phường Bắc Kạn</headline>", "",
     "headline is missing", true},
    {"not in NFC", "Tránh xa", "Tra\xcc\x81nh xa", "is not in NFC", true},
    {"no geocode",
     "<geocode>\n        <valueName>pilots</valueName>\n        "
     "<value>01843</value>\n      </geocode>",
     "", "no geocode", true},
    {"a private alert to nobody", "<scope>Public<", "<scope>Private<", "wants addresses", true},
    {"restricted, but how", "<scope>Public<", "<scope>Restricted<", "wants a restriction", true},
    {"references with another form of time", FIRST,
     AFTER "<references>a,b,2024-09-04T12:00:00Z</references>", "is no sender,identifier,sent",
     true},
    {"a reference of two words", FIRST, AFTER "<references>a,b</references>",
     "\"a,b\" is no sender,identifier,sent", true},
    {"references with a comma for a blank", FIRST,
     AFTER "<references>a,b,2024-09-04T19:00:00+07:00,a,c,2024-09-04T19:00:00+07:00</references>",
     "is no sender,identifier,sent", true},
    {"it begins after its end", "<expires>2024-09-07T19:00:00",
     "<onset>2024-09-07T19:00:01+07:00</onset><expires>2024-09-07T19:00:00",
     "onset is after expires", true},
    {"a headline of 161 letters", "<headline>[DIỄN TẬP] Mưa rất to: Phường Bắc Kạn<",
     "<headline>[DIỄN TẬP] ă" FIFTY "ă" FIFTY "ă" FORTY_SEVEN "<", "headline has 161 letters",
     true},
    {"a language tag with a line below", "<language>vi-VN<", "<language>vi_VN<",
     "language: ", false},
    {"a circle without its radius", "</polygon>", "</polygon><circle>22.1,105.8</circle>",
     "is no lat,lon and radius in km", true},
    {"a circle with a blank for the comma", "</polygon>",
     "</polygon><circle>22.1 105.8 12</circle>", "is no lat,lon and radius in km", true},
    {"another place in English", "<value>01843<", "<value>01846<", "area is not that", true},
    {"another polygon in English", "22.10000,105.80000 22.10000,105.90000 22.20000",
     "22.10000,105.80000 22.10000,105.91000 22.20000", "area is not that", true},
    {"a control character", "Tránh xa", "Tránh\x7f xa", "control character", true},
    {"CAP 1.1", "emergency:cap:1.2", "emergency:cap:1.1", "CAP 1.2 is wanted", false},
    {"an element of one's own", "</scope>", "</scope><colour>red</colour>", "colour cannot stand",
     false},
};

static void test_each_mutation_is_found(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf good = buf_new(CAP_BYTES_MAX);
    struct cap_alert alert = alert_of(true);
    CHECK_OK(cap_write(&alert, &good, &err), err);
    for (size_t i = 0; i < COUNT_OF(mutations); i++) {
        ROW(mutations[i].name);
        AUTO(buf_free) struct buf bad = buf_new(CAP_BYTES_MAX);
        AUTO(xml_free) struct xml *xml = NULL;
        struct cap_findings findings;
        const char *at = strstr(good.at, mutations[i].from);
        CHECK(at != NULL);
        buf_add(&bad, good.at, (size_t)(at - good.at));
        buf_text(&bad, mutations[i].to);
        buf_text(&bad, at + strlen(mutations[i].from));
        CHECK_OK(xml_parse(buf_slice(&bad), "f", &xml, &err), err);
        cap_check(xml, CAP_OURS, &findings);
        CHECK_INT(cap_verdict(&findings, "f", &err), ERR_INPUT);
        bool found = false;
        for (size_t f = 0; f < findings.count && f < CAP_FINDINGS_MAX; f++)
            found |= strstr(findings.at[f].text, mutations[i].error) != NULL;
        if (!found)
            CHECK_FAILED("\"%s\" is not \"%s\"", err.text, mutations[i].error);
        CHECK((*schema_says(buf_slice(&bad), SCHEMA) == '\0') == mutations[i].schema_takes_it);
    }
}

// The longest headline, and places at the edge: what is outside is said, not refused.
static void test_what_is_only_strange(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *to, *warning; // NULL: nothing is found
    } rows[] = {
        {"a headline of 160 letters", "<headline>[DIỄN TẬP] Mưa rất to: Phường Bắc Kạn<",
         "<headline>[DIỄN TẬP] " FIFTY "ă" FIFTY "ă" FORTY_SEVEN "<", NULL},
        {"a place far in the north", "22.10000,105.80000 22.10000,105.90000 22.20000",
         "25.10000,105.80000 22.10000,105.90000 22.20000", "polygon: point 1 lies outside"},
        {"a place in the ocean", "22.10000,105.80000 22.10000,105.90000 22.20000",
         "22.10000,105.80000 22.10000,118.90000 22.20000", "polygon: point 2 lies outside"},
    };
    struct err err = {0};
    AUTO(buf_free) struct buf good = buf_new(CAP_BYTES_MAX);
    struct cap_alert alert = alert_of(true);
    CHECK_OK(cap_write(&alert, &good, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf text = buf_new(CAP_BYTES_MAX);
        AUTO(xml_free) struct xml *xml = NULL;
        struct cap_findings findings;
        const char *at = strstr(good.at, rows[i].from);
        CHECK(at != NULL);
        buf_add(&text, good.at, (size_t)(at - good.at));
        buf_text(&text, rows[i].to);
        buf_text(&text, at + strlen(rows[i].from));
        CHECK_OK(xml_parse(buf_slice(&text), "f", &xml, &err), err);
        cap_check(xml, CAP_OURS, &findings);
        bool warned = false;
        for (size_t f = 0; f < findings.count; f++)
            warned |= !findings.at[f].is_error && rows[i].warning &&
                      strstr(findings.at[f].text, rows[i].warning);
        CHECK_INT(warned, rows[i].warning != NULL);
        if (!rows[i].warning)
            CHECK_INT(findings.count, 0);
    }
}

// --- other people's alerts
// --------------------------------------------------------------------------------

// As ../shared/data/SOURCES.md and ../shared/specs/cap/SOURCES.md say of each.
static void test_every_example_is_read_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path, *error; // NULL: read
    } rows[] = {
        {"../shared/data/cap/australia.cap", NULL},
        {"../shared/data/cap/canada.cap", NULL},
        {"../shared/data/cap/dwd_20170223.xml", NULL},
        {"../shared/data/cap/oasis_example_amber.xml", NULL},
        {"../shared/data/cap/wcatwc_tsunami_warning.cap", NULL},
        {"../shared/data/cap/earthquake_cap11.cap", "emergency:cap:1.1}alert"},
        {"../shared/data/cap/weather_noaa_cap11.cap", "emergency:cap:1.1}alert"},
        {"../shared/data/cap/us_example.cap.xml", "emergency:cap:1.1}alert"},
        {"../shared/data/cap/invalid.cap", "scope is missing"},
        {"../shared/data/cap/nws_atom_feed.xml", "Atom}feed, an alert of CAP 1.2 is wanted"},
        {"../shared/specs/cap/examples/sc_valid.xml", NULL},
        {"../shared/specs/cap/examples/tg_valid.xml", NULL},
        {"../shared/specs/cap/examples/sc_no_signature.xml", NULL},
        {"../shared/specs/cap/examples/sc_invalid_schema.xml", "is wanted"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].path);
        struct err err = {0};
        AUTO(buf_free) struct buf text = buf_new(1 << 20);
        AUTO(xml_free) struct xml *xml = NULL;
        struct cap_findings findings;
        CHECK_OK(file_read(rows[i].path, &text, &err), err);
        CHECK_OK(xml_parse(buf_slice(&text), "f", &xml, &err), err);
        cap_check(xml, CAP_FOREIGN, &findings);
        enum err_kind kind = cap_verdict(&findings, "f", &err);
        if (!rows[i].error) {
            CHECK_OK(kind, err);
            continue;
        }
        CHECK_INT(kind, ERR_INPUT);
        CHECK_HAS(err.text, rows[i].error);
    }
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        count++;
    return count;
}

// --- feeds
// --------------------------------------------------------------------------------------------

static void test_a_feed_is_written_and_read(void **state)
{
    (void)state;
    static const struct feed_entry entries[] = {
        {"http://127.0.0.1/cap/vn-gong-2.xml",
         "[DIỄN TẬP] Mưa rất to: Xã Chợ Rã",
         "Rain & wind",
         {1725494400}},
        {"http://127.0.0.1/cap/vn-gong-1.xml",
         "[DIỄN TẬP] Mưa rất to: Bắc Kạn",
         "Rain & wind",
         {1725451200}},
    };
    struct feed feed = {"http://127.0.0.1/cap/feed.xml",
                        "gong (diễn tập)",
                        "Drill command",
                        {1725494400},
                        entries,
                        2};
    struct err err = {0};
    AUTO(feed_links_free) struct feed_links links = {0};
    AUTO(buf_free) struct buf out = buf_new(10000);
    cap_feed_write(&feed, &out);
    golden("cap-feed.xml", buf_slice(&out));
    CHECK_OK(cap_feed_read(buf_slice(&out), "f", 10, &links, &err), err);
    CHECK_INT(links.count, 2);
    CHECK_TEXT(links.at[0].url, entries[0].url);
    CHECK_TEXT(links.at[1].updated, "2024-09-04T19:00:00+07:00");
    feed_links_free(&links);
    ROW("a large feed of others");
    AUTO(buf_free) struct buf text = buf_new(1 << 20);
    CHECK_OK(file_read("../shared/data/cap/nws_atom_feed.xml", &text, &err), err);
    CHECK_OK(cap_feed_read(buf_slice(&text), "f", 1000, &links, &err), err);
    CHECK_INT(links.count, count_of(text.at, "<entry>"));
    CHECK(links.count > 50 && strncmp(links.at[0].url, "https://alerts.weather.gov/cap/", 31) == 0);
    feed_links_free(&links);
    ROW("no feed");
    CHECK_INT(cap_feed_read(STR("<alert/>"), "f", 10, &links, &err), ERR_INPUT);
    CHECK_HAS(err.text, "f is no Atom feed");
}

// --- shapes and signatures
// -----------------------------------------------------------------------------

static void make_keys(char *folder)
{
    struct err err = {0};
    AUTO(mem_drop) char *key = file_join(folder, "key.pem");
    AUTO(mem_drop) char *certificate = file_join(folder, "cert.pem");
    const char *argv[] = {"/usr/bin/openssl", "req",   "-x509",          "-newkey",   "rsa:2048",
                          "-nodes",           "-subj", "/CN=gong drill", "-days",     "30",
                          "-keyout",          key,     "-out",           certificate, NULL};
    AUTO(buf_free) struct buf out = buf_new(10000);
    AUTO(buf_free) struct buf says = buf_new(10000);
    int exit_code = 0;
    CHECK_OK(proc_run(argv, -1, &(struct proc_limits){.output_bytes_max = 10000}, &out, &says,
                      &exit_code, &err),
             err);
    CHECK_INT(exit_code, 0);
}

static void test_signed_and_changed(void **state)
{
    (void)state;
    char folder[] = "/tmp/gong-sign-XXXXXX";
    struct err err = {0};
    enum cap_seal seal;
    AUTO(buf_free) struct buf text = buf_new(CAP_BYTES_MAX);
    AUTO(buf_free) struct buf made = buf_new(CAP_BYTES_MAX);
    CHECK(mkdtemp(folder) != NULL);
    make_keys(folder);
    AUTO(mem_drop) char *key = file_join(folder, "key.pem");
    AUTO(mem_drop) char *certificate = file_join(folder, "cert.pem");
    struct cap_alert alert = alert_of(true);
    alert.sign = true;
    CHECK_OK(cap_write(&alert, &text, &err), err);
    CHECK_OK(cap_sign(buf_slice(&text), key, certificate, &made, &err), err);
    CHECK_TEXT(schema_says(buf_slice(&made), SCHEMA), "");
    CHECK_OK(cap_verify(buf_slice(&made), certificate, &seal, &err), err);
    CHECK_TEXT(cap_seal_name(seal), "signed");
    ROW("one number is another");
    char *at = strstr(made.at, "116.4 mm");
    CHECK(at != NULL);
    at[2] = '7';
    CHECK_OK(cap_verify(buf_slice(&made), certificate, &seal, &err), err);
    CHECK_INT(seal, CAP_FALSE);
    at[2] = '6';
    ROW("another certificate");
    make_keys(folder);
    CHECK_OK(cap_verify(buf_slice(&made), certificate, &seal, &err), err);
    CHECK_INT(seal, CAP_FALSE);
    ROW("no signature at all");
    AUTO(buf_free) struct buf bare = buf_new(CAP_BYTES_MAX);
    alert.sign = false;
    CHECK_OK(cap_write(&alert, &bare, &err), err);
    CHECK_OK(cap_verify(buf_slice(&bare), certificate, &seal, &err), err);
    CHECK_INT(seal, CAP_UNSIGNED);
    ROW("no key");
    CHECK_INT(cap_sign(buf_slice(&text), "/nowhere", certificate, &made, &err), ERR_MISSING);
    (void)unlink(key);
    (void)unlink(certificate);
    (void)rmdir(folder);
}

// Real alerts, signed by tools that format them afterwards: the certificate that stands in them is
// pinned here, which proves integrity, not origin.
static void test_real_signatures(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum cap_seal seal;
    } rows[] = {
        {"../shared/specs/cap/examples/sc_valid.xml", CAP_PLAIN},
        {"../shared/specs/cap/examples/tg_valid.xml", CAP_PLAIN},
        {"../shared/specs/cap/examples/sc_invalid_digest.xml", CAP_FALSE},
        {"../shared/specs/cap/examples/sc_no_signature.xml", CAP_UNSIGNED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].path);
        struct err err = {0};
        enum cap_seal seal;
        char path[] = "/tmp/gong-cert-XXXXXX";
        AUTO(buf_free) struct buf text = buf_new(1 << 20);
        AUTO(buf_free) struct buf pem = buf_new(1 << 20);
        AUTO(xml_free) struct xml *xml = NULL;
        CHECK_OK(file_read(rows[i].path, &text, &err), err);
        CHECK_OK(xml_parse(buf_slice(&text), "f", &xml, &err), err);
        struct str one =
            xml_trimmed(xml_find(xml_root(xml), "Signature/KeyInfo/X509Data/X509Certificate"));
        buf_text(&pem, "-----BEGIN CERTIFICATE-----\n");
        for (size_t c = 0, column = 0; c < one.len; c++) {
            if (strchr(" \r\n\t", one.at[c]))
                continue;
            buf_char(&pem, one.at[c]);
            if (++column % 64 == 0)
                buf_char(&pem, '\n');
        }
        buf_text(&pem, "\n-----END CERTIFICATE-----\n");
        int fd = mkstemp(path);
        CHECK(fd >= 0 && write(fd, pem.at, pem.len) == (ssize_t)pem.len);
        (void)close(fd);
        CHECK_OK(cap_verify(buf_slice(&text), path, &seal, &err), err);
        CHECK_TEXT(cap_seal_name(seal), cap_seal_name(rows[i].seal));
        (void)unlink(path);
    }
}

TEST_MAIN(cmocka_unit_test(test_the_three_messages_of_a_thread),
          cmocka_unit_test(test_what_is_only_strange),
          cmocka_unit_test(test_each_mutation_is_found),
          cmocka_unit_test(test_every_example_is_read_or_refused),
          cmocka_unit_test(test_a_feed_is_written_and_read),
          cmocka_unit_test(test_signed_and_changed), cmocka_unit_test(test_real_signatures))
