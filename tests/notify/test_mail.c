// Mail to subscribers through a real server (tests/tools/post.py on aiosmtpd): what is tried again,
// what is given up, and that a password goes over TLS only.
#include "tests/notify/bed.h"

static const char SUBSCRIBERS[] =
    "gong_subscribers: 1\nsubscribers:\n"
    "  S-good: {channel: mail, to: good@drill.invalid, wants: [alerts]}\n"
    "  S-busy: {channel: mail, to: busy@drill.invalid, wants: [alerts]}\n"
    "  S-gone: {channel: mail, to: gone@drill.invalid, wants: [alerts]}\n";
static const char BODY[] = "{\"kind\":\"alert\",\"text\":{\"vi\":\"Mưa rất to (diễn tập)\"},"
                           "\"title\":{\"vi\":\"Mưa\"}}";

struct office {
    struct place place;
    struct site *site;
    struct bed_host bed;
    const struct channel *channel;
    void *driver;
    pid_t server;
    unsigned port;
};

// What a server does: nothing special, a login over TLS, a login without.
enum login { LOGIN_NONE, LOGIN_TLS, LOGIN_PLAIN };

static void office_open(struct office *office, enum login login, const char *word,
                        const char *authority)
{
    struct err err = {0};
    char settings[300], port[16], out[100], cert[100], key[100];
    memset(office, 0, sizeof(*office));
    office->port = free_port();
    (void)snprintf(settings, sizeof(settings),
                   "mail_driver: smtp\nmail_url: smtp://localhost:%u\nmail_from: "
                   "gong@drill.invalid\n%s%s%s\n",
                   office->port, login ? "mail_user: gong\n" : "",
                   *authority ? "mail_ca_file: " : "", authority);
    office->place = bed_site(settings);
    const char *folder = office->place.folder;
    bed_write(folder, "subscribers.yaml", SUBSCRIBERS);
    bed_write(folder, "keys/mail", word);
    (void)snprintf(port, sizeof(port), "%u", office->port);
    (void)snprintf(out, sizeof(out), "%s/taken", folder);
    (void)snprintf(cert, sizeof(cert), "%s/server.cert", folder);
    (void)snprintf(key, sizeof(key), "%s/server.key", folder);
    if (login == LOGIN_TLS) {
        bed_certificate(folder, "server", "DNS:localhost,IP:127.0.0.1");
        bed_certificate(folder, "other", "DNS:localhost,IP:127.0.0.1");
    }
    const char *argv[] = {"/usr/bin/python3",
                          "tests/tools/post.py",
                          port,
                          out,
                          login == LOGIN_NONE  ? NULL
                          : login == LOGIN_TLS ? cert
                                               : "-",
                          key,
                          "gong",
                          "word",
                          NULL};
    office->server = bed_start(folder, "server.log", argv);
    bed_wait_port(office->port);
    bed_host_init(&office->bed);
    CHECK_OK(site_open(folder, &office->site, &err), err);
    CHECK_OK(channel_find(office->site, "mail", &office->channel, &err), err);
    CHECK_OK(office->channel->open(office->site, &office->bed.host, &office->driver, &err), err);
}

static void office_close(struct office *office)
{
    office->channel->close(&office->driver);
    bed_end(&office->server, SIGTERM);
    site_free(&office->site);
    place_free(&office->place);
}

static size_t taken(const struct office *office, const char *text)
{
    return bed_count_text(office->place.folder, "taken", text);
}

static void each_is_answered_by_itself(void **state)
{
    (void)state;
    static const char *const people[] = {"S-busy", "S-gone", "S-good"};
    static struct office office;
    struct note note[COUNT_OF(people)];
    struct job job[COUNT_OF(people)];
    struct err err = {0};
    office_open(&office, LOGIN_NONE, "", "");
    for (size_t i = 0; i < COUNT_OF(people); i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "alert/%s", people[i]);
        job[i] = bed_job(&note[i], key, people[i], BODY);
    }
    CHECK_OK(office.channel->deliver(office.driver, job, COUNT_OF(job), &err), err);
    ROW("451: tried again");
    CHECK_INT(job[0].outcome, OUTCOME_RETRY);
    CHECK_HAS(job[0].why, "(451)");
    ROW("550: given up, with the number");
    CHECK_INT(job[1].outcome, OUTCOME_REFUSED);
    CHECK_HAS(job[1].why, "refused it: 550");
    ROW("the rest of the batch goes out");
    CHECK_INT(job[2].outcome, OUTCOME_DONE);
    CHECK_TEXT(job[2].why, "smtp: 250");
    CHECK_INT(taken(&office, "\"to\""), 1);
    ROW("the second try is taken, under the name that every try has");
    job[0] = bed_job(&note[0], "alert/S-busy", "S-busy", BODY);
    CHECK_OK(office.channel->deliver(office.driver, job, 1, &err), err);
    CHECK_INT(job[0].outcome, OUTCOME_DONE);
    CHECK_INT(taken(&office, "busy@drill.invalid"), 1);
    job[0] = bed_job(&note[0], "alert/S-busy", "S-busy", BODY);
    CHECK_OK(office.channel->deliver(office.driver, job, 1, &err), err);
    struct hash_hex id = hash_hex(hash_of(STR("alert/S-busy")));
    id.at[40] = '\0';
    CHECK_INT(taken(&office, id.at), 2);
    ROW("the server is gone: the rest need not be tried");
    bed_end(&office.server, SIGKILL);
    CHECK_OK(office.channel->deliver(office.driver, job, 1, &err), err);
    CHECK_INT(job[0].outcome, OUTCOME_DOWN);
    office_close(&office);
}

static void a_password_goes_over_tls_only(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum login login;
        const char *word, *authority;
        enum outcome outcome;
        const char *says;
        enum err_kind check;
        size_t logins, letters;
    } rows[] = {
        {"the right word", LOGIN_TLS, "word", "server.cert", OUTCOME_DONE, "smtp: 250", OK, 2, 1},
        {"another word: the way is shut, no letter is lost", LOGIN_TLS, "other", "server.cert",
         OUTCOME_DOWN, "535", ERR_REFUSED, 2, 0},
        {"a server whose certificate is not trusted", LOGIN_TLS, "word", "other.cert", OUTCOME_DOWN,
         "certificate", ERR_LATER, 0, 0},
        {"nor by the system", LOGIN_TLS, "word", "", OUTCOME_DOWN, "certificate", ERR_LATER, 0, 0},
        {"a server that asks for it in the clear", LOGIN_PLAIN, "word", "", OUTCOME_DOWN,
         "STARTTLS", ERR_LATER, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        static struct office office;
        struct note note;
        struct err err = {0};
        AUTO(doc_free) struct doc *report = doc_object();
        office_open(&office, rows[i].login, rows[i].word, rows[i].authority);
        struct job job = bed_job(&note, "alert/a", "S-good", BODY);
        CHECK_OK(office.channel->deliver(office.driver, &job, 1, &err), err);
        if (job.outcome != rows[i].outcome)
            CHECK_FAILED("outcome %d: %s", (int)job.outcome, job.why);
        CHECK_HAS(job.why, rows[i].says);
        enum err_kind kind = office.channel->check(office.site, report, &err);
        if (kind != rows[i].check)
            CHECK_FAILED("the check says %d: %s", (int)kind, err.text);
        CHECK_INT(taken(&office, "\"login\""), rows[i].logins);
        CHECK_INT(taken(&office, "\"tls\": false"), 0);
        CHECK_INT(taken(&office, "\"to\""), rows[i].letters);
        office_close(&office);
    }
}

TEST_MAIN(cmocka_unit_test(each_is_answered_by_itself),
          cmocka_unit_test(a_password_goes_over_tls_only))
