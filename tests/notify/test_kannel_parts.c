// Long messages by Kannel, part by part, and tries after the first.
#include "tests/notify/gateway.h"

// A gateway that answers as it is told, one request after the other; 0: it hangs up; "slow202":
// after a moment; "never": not while the test goes on.
static const char answers[] = "import socket, sys, time\n"
                              "server = socket.create_server((\"127.0.0.1\", int(sys.argv[1])))\n"
                              "left = sys.argv[2:]\n"
                              "while True:\n"
                              "    peer = server.accept()[0]\n"
                              "    while True:\n"
                              "        asked = peer.recv(65536)\n"
                              "        if not asked:\n"
                              "            break\n"
                              "        status = \"200\" if b\"/ready\" in asked else left.pop(0)\n"
                              "        if status == \"0\":\n"
                              "            break\n"
                              "        if status == \"never\":\n"
                              "            time.sleep(60)\n"
                              "        if status == \"slow202\":\n"
                              "            time.sleep(0.2)\n"
                              "        peer.sendall((\"HTTP/1.1 %s x\\r\\nContent-Length: "
                              "2\\r\\n\\r\\n0:\" % status[-3:]).encode())\n"
                              "    peer.close()\n";

enum {
    LATE_MS_MAX = 20000, // what a machine may stand still; "never" is far longer
    WHOLE_MS = 5000,     // what a part is given when the deadline is far
    SOON_MS = 2500,
    TRIES = 3,
};

static void answers_start(struct gateway *gateway, const char *first, const char *second)
{
    struct err err = {0};
    char port[8], ready[64];
    (void)snprintf(port, sizeof(port), "%u", free_port());
    (void)snprintf(ready, sizeof(ready), "http://127.0.0.1:%s/ready", port);
    (void)snprintf(gateway->settings, sizeof(gateway->settings),
                   "sms_driver: kannel\nsms_sender: PCTT\ncallback_port: %u\n"
                   "kannel_url: http://127.0.0.1:%s/cgi-bin/sendsms\n",
                   free_port(), port);
    gateway->place = bed_site(gateway->settings);
    bed_write(gateway->place.folder, "keys/kannel", "secret\n");
    bed_write(gateway->place.folder, "keys/kannel-callback", KANNEL_WORD);
    bed_write(gateway->place.folder, "answers.py", answers);
    AUTO(mem_drop) char *script = file_join(gateway->place.folder, "answers.py");
    const char *argv[] = {"/usr/bin/python3", script, port, first, second, NULL};
    gateway->carrier = bed_start(gateway->place.folder, "answers.log", argv);
    bed_wait_http(ready, "0:");
    bed_host_init(&gateway->host);
    bed_host_tells(&gateway->host, &gateway->driver, kannel_noted);
    CHECK_OK(site_open(gateway->place.folder, &gateway->site, &err), err);
    CHECK_OK(kannel_open(gateway->site, &gateway->host.host, &gateway->driver, &err), err);
}

// What a long message becomes when not all of its parts are taken: all have refs as soon as one is.
static void test_some_parts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *first, *second;
        enum outcome outcome;
        const char *why;
        int refs;
        int left_ms; // until the deadline; 0: any time
    } rows[] = {
        {"both are taken", "202", "202", OUTCOME_DONE, "kannel: GSM-7, 179 units, 2 parts, en", 2,
         0},
        {"the first finds it busy: nothing left", "503", "202", OUTCOME_BUSY,
         "kannel is busy (503)", 0, 0},
        {"the second finds it busy: it keeps no place as if nothing had left", "202", "503",
         OUTCOME_RETRY, "kannel is busy (503), 1 of 2 parts were taken", 2, 0},
        {"the second is refused", "202", "400", OUTCOME_REFUSED,
         "kannel answered 400: 0:, 1 of 2 parts were taken", 2, 0},
        {"the second has no answer", "202", "0", OUTCOME_UNKNOWN, ", 1 of 2 parts were taken", 2,
         0},
        {"too little time for two: nothing leaves", "202", "202", OUTCOME_BUSY,
         "too little time was left for 2 parts", 0, 1900},
        {"time for two", "202", "202", OUTCOME_DONE, "2 parts, en", 2, 60000},
        {"the first is never answered: half of the time", "never", "202", OUTCOME_UNKNOWN,
         "gave no answer", 0, 8000},
        {"the second is never answered: it ends by the deadline", "slow202", "never",
         OUTCOME_UNKNOWN, ", 1 of 2 parts were taken", 2, 8000},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct gateway gateway = {0};
        char ref[3][32];
        answers_start(&gateway, rows[i].first, rows[i].second);
        int64_t deadline_ms = rows[i].left_ms ? clock_wall_ms() + rows[i].left_ms : INT64_MAX;
        struct job job = deliver_until(&gateway, "alert/long", "P-2", long_text, deadline_ms);
        CHECK(clock_wall_ms() < deadline_ms || clock_wall_ms() - deadline_ms < LATE_MS_MAX);
        CHECK_INT(job.outcome, rows[i].outcome);
        CHECK_HAS(job.why, rows[i].why);
        int refs = sscanf(job.ref, "%31s %31s %31s", ref[0], ref[1], ref[2]);
        CHECK_INT(refs > 0 ? refs : 0, rows[i].refs);
        gateway_end(&gateway);
    }
}

// A try's reports are known from those of the one before.
static void test_names_of_a_try(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *first;
        int64_t attempt;
        enum outcome outcome;
        const char *refs[2]; // how they end
    } rows[] = {
        {"one part, the first time: by its key", warning, "202", 1, OUTCOME_DONE, {NULL}},
        {"one part, again", warning, "202", 2, OUTCOME_DONE, {"-2-1"}},
        {"one part, again, and no answer: it may be there",
         warning,
         "0",
         3,
         OUTCOME_UNKNOWN,
         {"-3-1"}},
        {"one part, again, and refused", warning, "400", 2, OUTCOME_REFUSED, {NULL}},
        {"two parts", long_text, "202", 1, OUTCOME_DONE, {"-1-1", "-1-2"}},
        {"two parts, again", long_text, "202", 12, OUTCOME_DONE, {"-12-1", "-12-2"}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct gateway gateway = {0};
        struct err err = {0};
        struct note note;
        answers_start(&gateway, rows[i].first, "202");
        struct job job = bed_job(&note, "alert/a", "P-2", rows[i].text);
        note.attempt = rows[i].attempt;
        CHECK_OK(kannel_deliver(gateway.driver, &job, 1, &err), err);
        CHECK_INT(job.outcome, rows[i].outcome);
        struct str rest = str_of(job.ref), ref;
        for (size_t part = 0; part < COUNT_OF(rows[i].refs) && rows[i].refs[part]; part++) {
            CHECK(str_take_field(&rest, ' ', &ref));
            CHECK(str_ends(ref, rows[i].refs[part]));
        }
        CHECK_INT(rest.len, 0);
        gateway_end(&gateway);
    }
}

static struct note late;

static bool soon_beat(void *self)
{
    late.deadline_ms = clock_wall_ms() + SOON_MS;
    return bed_beat(self);
}

// One try; `soon`: the deadline comes near while the first part is on its way. How long it took.
static int64_t try_share(const char *first, bool soon, struct job *job)
{
    struct gateway gateway = {0};
    struct err err = {0};
    answers_start(&gateway, first, "never");
    *job = bed_job(&late, "alert/long", "P-2", long_text);
    if (soon)
        gateway.host.host.beat = soon_beat;
    else
        late.deadline_ms = clock_wall_ms() + 2 * SOON_MS;
    int64_t begun_ms = clock_ticks_ms();
    CHECK_OK(kannel_deliver(gateway.driver, job, 1, &err), err);
    int64_t took_ms = clock_ticks_ms() - begun_ms;
    gateway_end(&gateway);
    return took_ms;
}

// A part that is never answered is given up before WHOLE_MS where less is left for it. No timer
// ends too early, so that one try shows it; a machine that stands still may want another.
static void test_shares(void **state)
{
    (void)state;
    static const struct {
        const char *name, *first, *why;
        bool soon;
    } rows[] = {
        {"the first has half of what is left", "never", "gave no answer", false},
        {"the second has what is left", "202", ", 1 of 2 parts were taken", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct job job;
        int64_t took_ms = WHOLE_MS;
        for (int tries = 0; tries < TRIES && took_ms >= WHOLE_MS; tries++)
            took_ms = try_share(rows[i].first, rows[i].soon, &job);
        CHECK_INT(job.outcome, OUTCOME_UNKNOWN);
        CHECK_HAS(job.why, rows[i].why);
        CHECK(took_ms < WHOLE_MS);
    }
}

static bool late_beat(void *self)
{
    late.deadline_ms = 1;
    return bed_beat(self);
}

static void test_late_part(void **state)
{
    (void)state;
    struct gateway gateway = {0};
    struct err err = {0};
    ROW("while the first part is on its way the time is over: the second is not begun");
    answers_start(&gateway, "202", "202");
    gateway.host.host.beat = late_beat;
    struct job job = bed_job(&late, "alert/long", "P-2", long_text);
    CHECK_OK(kannel_deliver(gateway.driver, &job, 1, &err), err);
    CHECK_INT(job.outcome, OUTCOME_RETRY);
    CHECK_TEXT(job.why, "its time was over before the next was begun, 1 of 2 parts were taken");
    CHECK(strchr(job.ref, ' '));
    gateway_end(&gateway);
}

TEST_MAIN(cmocka_unit_test(test_some_parts), cmocka_unit_test(test_shares),
          cmocka_unit_test(test_late_part), cmocka_unit_test(test_names_of_a_try))
