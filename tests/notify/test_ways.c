#include "core/mail.h"
#include "core/proc.h"
#include "core/sign.h"
#include "notify/mqtt.h"
#include "notify/webhook.h"
#include "tests/loopback.h"
#include "tests/notify/payhouse.h"

#include <netinet/in.h>
#include <sys/socket.h>

// E-mail, webhooks and MQTT against real servers that the test starts on loopback.

static void wait_port(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(0x7f000001)};
    for (int i = 0; i < 20000; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int there = connect(fd, (struct sockaddr *)&address, sizeof(address));
        (void)close(fd);
        if (there == 0)
            return;
        pause_a_little();
    }
    CHECK_FAILED("nothing listens on %d", port);
}

static struct webhook_keys keys_of(const char *secret)
{
    struct err err = {0};
    struct webhook_keys keys;
    CHECK_OK(webhook_keys_parse(str_of(secret), &keys, &err), err);
    return keys;
}

// --- webhook
// ------------------------------------------------------------------------------------------

// The example of the Standard Webhooks specification and its libraries.
#define OLD "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define NEW "whsec_bmV3LWtleS1vZi1hLWRyaWxsLW5vdC1zZWNyZXQ="
static const char SECRET[] = OLD;
static const char ID[] = "msg_p5jXN8AQM9LWM0D4loKWxJek";
static const char BODY[] = "{\"test\": 2432232314}";
enum { AT_S = 1614265330 };

static void test_a_call_is_signed(void **state)
{
    (void)state;
    struct webhook_keys keys = keys_of(SECRET);
    AUTO(buf_free) struct buf out = buf_new(200);
    webhook_sign(&keys, ID, AT_S, str_of(BODY), &out);
    CHECK_TEXT(out.at, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void test_what_a_receiver_refuses(void **state)
{
    (void)state;
    static const char good[] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    static const struct {
        const char *name, *id, *body, *signatures;
        int64_t now_s;
        const char *error; // NULL: taken
    } rows[] = {
        {"as it was sent", ID, BODY, good, AT_S, NULL},
        {"at the edge of the window", ID, BODY, good, AT_S + 300, NULL},
        {"played again later", ID, BODY, good, AT_S + 301, "older or newer"},
        {"from the future", ID, BODY, good, AT_S - 301, "older or newer"},
        {"another id", "msg_2", BODY, good, AT_S, "no signature"},
        {"another body", ID, "{\"test\": 2432232315}", good, AT_S, "no signature"},
        {"two signatures while the key changes", ID, BODY,
         "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", AT_S, NULL},
        {"another version only", ID, BODY, "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", AT_S,
         "no signature"},
        {"none", ID, BODY, "", AT_S, "no signature"},
    };
    struct webhook_keys keys = keys_of(SECRET);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        enum err_kind kind = webhook_check(&keys, rows[i].id, AT_S, rows[i].now_s,
                                           str_of(rows[i].body), str_of(rows[i].signatures), &err);
        CHECK_INT(kind, rows[i].error ? ERR_REFUSED : OK);
        if (rows[i].error)
            CHECK_HAS(err.text, rows[i].error);
    }
}

// A secret has one key, or two while it changes.
static void test_keys_of_a_secret(void **state)
{
    (void)state;
    static const struct {
        const char *name, *secret;
        size_t count; // 0: refused
        const char *error;
    } rows[] = {
        {"one", OLD, 1, NULL},
        {"the new one and the old one, in lines", NEW "\n" OLD "\n", 2, NULL},
        {"in one line", NEW "  " OLD, 2, NULL},
        {"from an editor that ends lines with two signs", NEW "\r\n" OLD "\r\n", 2, NULL},
        {"too short", "whsec_c2hvcnQ=", 0, "24 to 64 bytes"},
        {"a second one that is too short", OLD "\nwhsec_c2hvcnQ=", 0, "24 to 64 bytes"},
        {"three", NEW " " OLD " " OLD, 0, "write the new one and the old"},
        {"none", " \n", 0, "is empty"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct webhook_keys keys = {.count = 9};
        CHECK_INT(webhook_keys_parse(str_of(rows[i].secret), &keys, &err),
                  rows[i].error ? ERR_INPUT : OK);
        CHECK_INT(keys.count, rows[i].error ? 9 : rows[i].count);
        if (rows[i].error)
            CHECK_HAS(err.text, rows[i].error);
    }
}

static pid_t start_hook(const char *folder, const char *secret, int *port)
{
    pid_t pid = 0;
    struct err err = {0};
    char number[16], taken[100];
    *port = (int)free_port();
    (void)snprintf(number, sizeof(number), "%d", *port);
    (void)snprintf(taken, sizeof(taken), "%s/taken", folder);
    const char *argv[] = {"/usr/bin/python3", "tests/tools/hook.py", number, taken, secret, NULL};
    CHECK_OK(proc_start(argv, &pid, &err), err);
    wait_port(*port);
    return pid;
}

// Neither side has to change its key at the same moment as the other. The receiver is not of ours:
// it makes the one signature of its own key and looks for that.
static void test_a_key_changes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *ours, *theirs;
        enum err_kind kind;
    } rows[] = {
        {"before", OLD, OLD, OK},
        {"we sign with both, they have the old one", NEW "\n" OLD, OLD, OK},
        {"we sign with both, they have the new one", NEW "\n" OLD, NEW, OK},
        {"after", NEW, NEW, OK},
        {"they were forgotten", NEW, OLD, ERR_REFUSED},
        {"they have a third", NEW "\n" OLD, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ERR_REFUSED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        char folder[] = "/tmp/gong-hook-XXXXXX", url[100];
        int port = 0;
        CHECK(mkdtemp(folder) != NULL);
        pid_t pid = start_hook(folder, rows[i].theirs, &port);
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/gong", port);
        struct webhook_keys keys = keys_of(rows[i].ours);
        struct webhook_call call = {.url = url,
                                    .id = ID,
                                    .body = str_of(BODY),
                                    .keys = &keys,
                                    .now_s = clock_system.now(clock_system.self).s,
                                    .timeout_ms = 60000,
                                    .may_be_private = true};
        CHECK_INT(webhook_send(&call, &err), rows[i].kind);
        proc_end(pid, 2000);
        (void)nftw(folder, place_remove, 16, FTW_DEPTH | FTW_PHYS);
        ROW("a receiver of ours sees the same");
        AUTO(buf_free) struct buf signatures = buf_new(400);
        webhook_sign(&keys, ID, AT_S, str_of(BODY), &signatures);
        struct webhook_keys theirs = keys_of(rows[i].theirs);
        CHECK_INT(
            webhook_check(&theirs, ID, AT_S, AT_S, str_of(BODY), buf_slice(&signatures), &err),
            rows[i].kind);
        ROW("and one that has both takes what each signs");
        theirs = keys_of(NEW "\n" OLD);
        CHECK_OK(webhook_check(&theirs, ID, AT_S, AT_S, str_of(BODY), buf_slice(&signatures), &err),
                 err);
    }
}

static void test_where_a_call_may_go(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool within;
        enum err_kind kind;
        const char *error;
    } rows[] = {
        {"http://127.0.0.1:1/x", false, ERR_REFUSED, "an address within"},
        {"http://10.0.0.1/x", false, ERR_REFUSED, "an address within"},
        {"http://169.254.169.254/x", false, ERR_REFUSED, "an address within"},
        {"http://192.168.1.1/x", false, ERR_REFUSED, "an address within"},
        {"http://0.0.0.0/x", false, ERR_REFUSED, "an address within"},
        {"ftp://127.0.0.1/x", true, ERR_INPUT, "begins with https"},
        {"http://user@127.0.0.1/x", true, ERR_INPUT, "no user"},
        {"http:///x", true, ERR_INPUT, "has no host"},
        {"http://127.0.0.1:1/x", true, ERR_LATER, "127.0.0.1"},
    };
    struct webhook_keys keys = keys_of(SECRET);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].url);
        struct err err = {0};
        struct webhook_call call = {.url = rows[i].url,
                                    .id = ID,
                                    .body = str_of(BODY),
                                    .keys = &keys,
                                    .now_s = AT_S,
                                    .timeout_ms = 2000,
                                    .may_be_private = rows[i].within};
        CHECK_INT(webhook_send(&call, &err), rows[i].kind);
        CHECK_HAS(err.text, rows[i].error);
    }
}

// What each answer of a receiver comes to; a redirect is not followed.
static void test_what_a_receiver_answers(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum err_kind kind;
    } rows[] = {
        {"gong", OK},
        {"status/200", OK},
        {"status/299", OK},
        {"status/301", ERR_REFUSED},
        {"status/302", ERR_REFUSED},
        {"status/307", ERR_REFUSED},
        {"status/308", ERR_REFUSED},
        {"status/400", ERR_REFUSED},
        {"status/401", ERR_REFUSED},
        {"status/404", ERR_REFUSED},
        {"status/410", ERR_REFUSED},
        {"status/408", ERR_LATER},
        {"status/429", ERR_LATER},
        {"status/500", ERR_LATER},
        {"status/503", ERR_LATER},
    };
    int port = 0;
    struct err err = {0};
    char folder[] = "/tmp/gong-hook-XXXXXX", taken[100];
    CHECK(mkdtemp(folder) != NULL);
    pid_t pid = start_hook(folder, SECRET, &port);
    (void)snprintf(taken, sizeof(taken), "%s/taken", folder);
    struct webhook_keys keys = keys_of(SECRET);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].path);
        char url[100], says[40];
        err = (struct err){0};
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/%s", port, rows[i].path);
        struct webhook_call call = {.url = url,
                                    .id = ID,
                                    .body = str_of(BODY),
                                    .keys = &keys,
                                    .now_s = clock_system.now(clock_system.self).s,
                                    .timeout_ms = 60000,
                                    .may_be_private = true};
        CHECK_INT(webhook_send(&call, &err), rows[i].kind);
        if (!rows[i].kind)
            continue;
        (void)snprintf(says, sizeof(says), "answered %s", rows[i].path + strlen("status/"));
        CHECK_HAS(err.text, says);
    }
    proc_end(pid, 2000);
    ROW("nothing came but the first call: no redirect was followed");
    AUTO(buf_free) struct buf text = buf_new(10000);
    CHECK_OK(file_read(taken, &text, &err), err);
    CHECK_INT(str_count(buf_slice(&text), '\n'), 1);
    (void)nftw(folder, place_remove, 16, FTW_DEPTH | FTW_PHYS);
}

// --- mail
// ---------------------------------------------------------------------------------------------

static void test_a_letter_is_taken_by_a_real_server(void **state)
{
    (void)state;
    int port = (int)free_port();
    pid_t pid = 0;
    struct err err = {0};
    char folder[] = "/tmp/gong-mail-XXXXXX", where[32], url[64], mailbox[100];
    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(where, sizeof(where), "127.0.0.1:%d", port);
    (void)snprintf(url, sizeof(url), "smtp://127.0.0.1:%d", port);
    (void)snprintf(mailbox, sizeof(mailbox), "%s/box", folder);
    const char *argv[] = {"/usr/bin/python3",          "-m",    "aiosmtpd", "-n", "-l", where, "-c",
                          "aiosmtpd.handlers.Mailbox", mailbox, NULL};
    CHECK_OK(proc_start(argv, &pid, &err), err);
    wait_port(port);
    AUTO(buf_free) struct buf text = buf_new(10000);
    struct letter letter = {"gong@drill.invalid",
                            "officer@drill.invalid",
                            "[DIỄN TẬP] Mưa rất to: Phường Bắc Kạn, và các xã lân cận",
                            "Có thể mưa 116,4 mm trong 24 giờ.",
                            "vn-gong-1",
                            "Wed, 04 Sep 2024 19:00:00 +0700"};
    mail_write(&letter, &text);
    struct mail mail = {.url = url,
                        .user = "",
                        .password = "",
                        .authority = "",
                        .from = letter.from,
                        .to = letter.to,
                        .message = buf_slice(&text),
                        .timeout_ms = 60000};
    long code = 0;
    CHECK_OK(mail_send(&mail, &code, &err), err);
    CHECK_INT(code, 250);
    proc_end(pid, 2000);
    // Read back by Python's own mail library.
    static const char read_back[] = "import sys,mailbox,email.header as h\n"
                                    "m=list(mailbox.Maildir(sys.argv[1]))[0]\n"
                                    "print(str(h.make_header(h.decode_header(m['Subject']))))\n"
                                    "print(m['Message-ID'],m['Auto-Submitted'])\n"
                                    "print(m.get_payload(decode=True).decode())\n";
    const char *reader[] = {"/usr/bin/python3", "-c", read_back, mailbox, NULL};
    AUTO(buf_free) struct buf out = buf_new(10000);
    AUTO(buf_free) struct buf says = buf_new(10000);
    int exit_code = 0;
    CHECK_OK(proc_run(reader, -1, &(struct proc_limits){.output_bytes_max = 10000}, &out, &says,
                      &exit_code, &err),
             err);
    CHECK_TEXT(out.at, "[DIỄN TẬP] Mưa rất to: Phường Bắc Kạn, và các xã lân cận\n"
                       "<vn-gong-1@drill.invalid> auto-generated\n"
                       "Có thể mưa 116,4 mm trong 24 giờ.\n");
    ROW("nobody is there");
    CHECK_INT(mail_send(&mail, &code, &err), ERR_LATER);
    (void)nftw(folder, place_remove, 16, FTW_DEPTH | FTW_PHYS);
}

// --- MQTT
// ---------------------------------------------------------------------------------------------

static void test_state_is_retained_by_a_real_broker(void **state)
{
    (void)state;
    int port = (int)free_port();
    pid_t pid = 0;
    struct err err = {0};
    char number[16];
    (void)snprintf(number, sizeof(number), "%d", port);
    const char *argv[] = {
        "/usr/bin/env", "PATH=/usr/sbin:/usr/bin:/bin", "mosquitto", "-p", number, NULL};
    CHECK_OK(proc_start(argv, &pid, &err), err);
    wait_port(port);
    struct mqtt_place place = {.host = "127.0.0.1",
                               .client = "gong-drill",
                               .port = port,
                               .user = "",
                               .password = "",
                               .authority = ""};
    const struct mqtt_state topics[] = {{"gong/drill/bac-kan/current", STR("{\"alerts\":2}")},
                                        {"gong/drill/dak-nong/current", STR("{\"alerts\":0}")}};
    CHECK_OK(mqtt_publish(&place, topics, 2, 5000, &err), err);
    CHECK_OK(mqtt_publish(&place, topics, 2, 5000, &err), err);
    ROW("who comes later finds the state");
    const char *reader[] = {"/usr/bin/mosquitto_sub",     "-h", "127.0.0.1", "-p", number, "-t",
                            "gong/drill/bac-kan/current", "-C", "1",         "-W", "5",    NULL};
    AUTO(buf_free) struct buf out = buf_new(10000);
    AUTO(buf_free) struct buf says = buf_new(10000);
    int exit_code = 0;
    CHECK_OK(proc_run(reader, -1, &(struct proc_limits){.output_bytes_max = 10000}, &out, &says,
                      &exit_code, &err),
             err);
    CHECK_TEXT(out.at, "{\"alerts\":2}\n");
    proc_end(pid, 2000);
    ROW("the broker is gone");
    CHECK_INT(mqtt_publish(&place, topics, 2, 2000, &err), ERR_LATER);
    CHECK_HAS(err.text, "the MQTT broker is not there");
}

TEST_MAIN(cmocka_unit_test(test_a_call_is_signed), cmocka_unit_test(test_what_a_receiver_refuses),
          cmocka_unit_test(test_keys_of_a_secret), cmocka_unit_test(test_a_key_changes),
          cmocka_unit_test(test_where_a_call_may_go),
          cmocka_unit_test(test_what_a_receiver_answers),
          cmocka_unit_test(test_a_letter_is_taken_by_a_real_server),
          cmocka_unit_test(test_state_is_retained_by_a_real_broker))
