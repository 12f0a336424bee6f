// The driver "http" against a server of our own that keeps to eSMS's published contract. Simulated:
// the service itself cannot be had.
#include "notify/sms_http.h"

#include "core/listen.h"
#include "notify/sms_template.h"
#include "tests/notify/bed.h"

static const char WORD[] = "word-of-the-test-0001";
static const char warning[] = "{\"kind\":\"alert\",\"text\":{\"vi\":\"Mưa \\\"lớn\\\" (diễn tập)\","
                              "\"en\":\"Heavy rain (drill)\"}}";

// --- the aggregator, in a child
// ------------------------------------------------------------------------

enum { SEEN_MAX = 64 };

struct aggregator {
    char seen[SEEN_MAX][64]; // RequestIds
    size_t count;
    int log;
};

// What it is asked without anything being sent: the balance; an address by itself.
static bool is_question(struct listen_request *request, struct listen_reply *reply)
{
    const char *path = listen_path(request);
    bool is_head = strcmp(listen_method(request), "HEAD") == 0;
    if (str_starts(str_of(path), "/balance/"))
        buf_print(&reply->body, "{\"CodeResponse\":\"%s\"}",
                  strcmp(path, "/balance/secret") == 0 ? "100" : "101");
    else if (is_head && strcmp(path, "/nothing") == 0)
        reply->status = 404;
    else if (is_head && !str_is(listen_header(request, "Authorization"), "Basic secret"))
        reply->status = 401;
    else
        return is_head;
    return true;
}

static void answer(void *self, struct listen_request *request, struct listen_reply *reply)
{
    struct aggregator *aggregator = self;
    struct err err = {0};
    AUTO(doc_free) struct doc *body = NULL;
    (void)!write(aggregator->log, listen_body(request).at, listen_body(request).len);
    (void)!write(aggregator->log, "\n", 1);
    reply->type = "application/json";
    if (is_question(request, reply))
        return;
    if (strcmp(listen_path(request), "/broken") == 0) {
        reply->status = 500;
        return;
    }
    if (strcmp(listen_path(request), "/noise") == 0) {
        buf_text(&reply->body, "<html>sorry</html>");
        return;
    }
    const char *code = "100";
    if (doc_parse(listen_body(request), "body", &body, &err)) {
        buf_text(&reply->body, "{\"CodeResult\":\"102\"}");
        return;
    }
    const char *id = doc_text(doc_get(body, "RequestId"), "");
    const char *phone = doc_text(doc_get(body, "Phone"), "");
    for (size_t i = 0; i < aggregator->count; i++) {
        if (strcmp(aggregator->seen[i], id) == 0)
            code = "124";
    }
    if (strcmp(doc_text(doc_get(body, "SecretKey"), ""), "secret") != 0)
        code = "101";
    else if (strcmp(phone, "84900000003") == 0)
        code = "99";
    if (strcmp(code, "100") == 0 && aggregator->count < SEEN_MAX)
        (void)snprintf(aggregator->seen[aggregator->count++], 64, "%s", id);
    buf_print(&reply->body, "{\"CodeResult\":\"%s\",\"SMSID\":\"id-%zu\"}", code,
              aggregator->count);
}

static pid_t start_aggregator(const char *folder, unsigned *port)
{
    int ends[2];
    uint16_t at = 0;
    CHECK(pipe(ends) == 0);
    pid_t child = child_fork();
    if (child == 0) {
        struct err err = {0};
        struct listener *listener = NULL;
        static struct aggregator aggregator;
        AUTO(mem_drop) char *log = file_join(folder, "aggregator.log");
        aggregator.log = open(log, O_CREAT | O_WRONLY | O_APPEND, 0600);
        struct listen_settings settings = {
            .address = "127.0.0.1", .body_max = 8192, .handle = answer, .self = &aggregator};
        if (listener_open(&settings, &listener, &err))
            _exit(1);
        at = listener_port(listener);
        (void)!write(ends[1], &at, sizeof(at));
        for (;;)
            listener_step(listener, 1000);
    }
    CHECK(read(ends[0], &at, sizeof(at)) == sizeof(at));
    (void)close(ends[0]);
    (void)close(ends[1]);
    *port = at;
    return child;
}

// The example of the repository, spoken to a server of the loopback.
static void write_template(const char *folder, unsigned port, const char *path)
{
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(65536), made = buf_new(65536);
    CHECK_OK(file_read("data/sms-http/esms.yaml", &text, &err), err);
    char *from = strstr(text.at, "https://"), *to = strchr(from, '\n');
    buf_add(&made, text.at, (size_t)(from - text.at));
    buf_print(&made, "http://127.0.0.1:%u%s", port, path);
    buf_text(&made, to);
    bed_write(folder, "sms-http.yaml", made.at);
}

struct street {
    struct place place;
    struct site *site;
    struct bed_host host;
    void *driver;
    pid_t aggregator;
    unsigned port, callback_port;
};

static void begin(struct street *street, const char *path, const char *secret)
{
    struct err err = {0};
    char settings[300];
    memset(street, 0, sizeof(*street));
    street->callback_port = free_port();
    (void)snprintf(settings, sizeof(settings),
                   "sms_driver: http\nsms_sender: PCTT\ncallback_port: %u\n",
                   street->callback_port);
    street->place = bed_site(settings);
    street->aggregator = start_aggregator(street->place.folder, &street->port);
    write_template(street->place.folder, street->port, path);
    bed_write(street->place.folder, "keys/sms-http", secret);
    bed_write(street->place.folder, "keys/sms-http-callback", WORD);
    bed_host_init(&street->host);
    bed_host_tells(&street->host, &street->driver, sms_http_noted);
    CHECK_OK(site_open(street->place.folder, &street->site, &err), err);
    CHECK_OK(sms_http_open(street->site, &street->host.host, &street->driver, &err), err);
}

static void end(struct street *street)
{
    sms_http_close(&street->driver);
    bed_end(&street->aggregator, SIGTERM);
    site_free(&street->site);
    place_free(&street->place);
}

static struct job deliver_until(struct street *street, const char *key, const char *person,
                                int64_t deadline_ms)
{
    struct err err = {0};
    static struct note note;
    struct job job = bed_job(&note, key, person, warning);
    note.deadline_ms = deadline_ms;
    CHECK_OK(sms_http_deliver(street->driver, &job, 1, &err), err);
    return job;
}

static struct job deliver_one(struct street *street, const char *key, const char *person)
{
    return deliver_until(street, key, person, INT64_MAX);
}

// Calls back as the aggregator would, while the driver steps; the status it was answered with.
static long call_back(struct street *street, const char *rest)
{
    struct err err = {0};
    char url[300];
    int ends[2];
    long status = 0;
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/%s", street->callback_port, rest);
    CHECK(pipe(ends) == 0);
    pid_t child = child_fork();
    if (child == 0) {
        struct http_reply reply = {.body = buf_new(1000)};
        struct http_request request = {.method = "GET", .url = url, .timeout_ms = 60000};
        (void)!http_exchange(http_new(), &request, &reply, &err);
        (void)!write(ends[1], &reply.status, sizeof(reply.status));
        _exit(0);
    }
    while (waitpid(child, NULL, WNOHANG) == 0) {
        CHECK_OK(sms_http_step(street->driver, &err), err);
        (void)bed_beat(&street->host);
        bed_pause();
    }
    CHECK(read(ends[0], &status, sizeof(status)) == sizeof(status));
    (void)close(ends[0]);
    (void)close(ends[1]);
    return status;
}

static void test_simulated(void **state)
{
    (void)state;
    static struct street street;
    char rest[200];
    begin(&street, "/send", "secret");
    ROW("taken: quotes and accents arrive, the id is kept");
    struct job job = deliver_one(&street, "alert/a", "P-1");
    CHECK_INT(job.outcome, OUTCOME_DONE);
    CHECK_TEXT(job.ref, "id-1");
    CHECK_TEXT(job.why, "http: UCS-2, 20 units, 1 part, vi");
    bed_wait_text(street.place.folder, "aggregator.log",
                  "\"Content\":\"Mưa \\\"lớn\\\" (diễn tập)\",\"Phone\":\"84900000001\","
                  "\"Brandname\":\"PCTT\",\"SmsType\":\"2\",\"IsUnicode\":\"1\"");
    bed_wait_text(street.place.folder, "aggregator.log", "/word-of-the-test-0001/report\"");
    ROW("the same key again is the same request: it is known there, and counts as taken");
    job = deliver_one(&street, "alert/a", "P-1");
    CHECK_INT(job.outcome, OUTCOME_DONE);
    ROW("its time was over before it was begun: nothing is sent, and that is known");
    job = deliver_until(&street, "alert/late", "P-1", 1);
    CHECK_INT(job.outcome, OUTCOME_BUSY);
    CHECK_HAS(job.why, "its time was over");
    CHECK_INT(bed_count_text(street.place.folder, "aggregator.log", "\"RequestId\""), 2);
    ROW("a report");
    (void)snprintf(rest, sizeof(rest), "%s/report?SMSID=id-1&SendStatus=5&SendSuccess=1", WORD);
    CHECK_INT(call_back(&street, rest), 200);
    CHECK(bed_has(&street.host, EVIDENCE_DELIVERED, "id-1"));
    ROW("one of a state that the file leaves out says nothing");
    (void)snprintf(rest, sizeof(rest), "%s/report?SMSID=id-1&SendStatus=2", WORD);
    CHECK_INT(call_back(&street, rest), 200);
    CHECK_INT(street.host.count, 1);
    ROW("one without the word is not heard");
    CHECK_INT(call_back(&street, "other-word-of-the-tes/report?SMSID=id-1&SendStatus=5"), 404);
    CHECK_INT(street.host.count, 1);
    ROW("one that comes before its answer was recorded is to come again");
    street.host.answer = ERR_MISSING;
    (void)snprintf(rest, sizeof(rest), "%s/report?SMSID=id-9&SendStatus=5&SendFailed=1", WORD);
    CHECK_INT(call_back(&street, rest), 503);
    ROW("the aggregator is gone: nothing was sent");
    bed_end(&street.aggregator, SIGKILL);
    job = deliver_one(&street, "alert/b", "P-1");
    CHECK_INT(job.outcome, OUTCOME_DOWN);
    end(&street);
}

// A call as the aggregator would make it; who hears it, and when, is the driver's affair.
static int begin_call(const struct street *street, const char *rest)
{
    char text[400];
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)street->callback_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int len = snprintf(text, sizeof(text), "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", rest);
    CHECK(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    CHECK(send(fd, text, (size_t)len, MSG_NOSIGNAL) == len);
    return fd;
}

static void test_reports_meanwhile(void **state)
{
    (void)state;
    enum { MANY = 60 };
    static struct street street;
    static struct note note[MANY];
    static struct job job[MANY];
    struct err err = {0};
    char rest[200], answer_text[100] = "";
    begin(&street, "/send", "secret");
    (void)snprintf(rest, sizeof(rest), "%s/report?SMSID=id-1&SendStatus=5&SendSuccess=1", WORD);
    for (size_t i = 0; i < MANY; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "alert/many/%zu", i);
        job[i] = bed_job(&note[i], key, "P-1", warning);
    }
    ROW("a report that comes while a batch is sent is heard and answered within it");
    int call = begin_call(&street, rest);
    CHECK_OK(sms_http_deliver(street.driver, job, MANY, &err), err);
    CHECK(bed_has(&street.host, EVIDENCE_DELIVERED, "id-1"));
    CHECK(recv(call, answer_text, sizeof(answer_text) - 1, MSG_DONTWAIT) > 0);
    CHECK(str_starts(str_of(answer_text), "HTTP/1.1 200 "));
    (void)close(call);
    end(&street);
}

static void test_codes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path, *secret;
        enum outcome outcome;
        const char *says;
    } rows[] = {
        {"keys that are wrong", "/send", "other", OUTCOME_DOWN, "answered 101"},
        {"it broke: not known", "/broken", "secret", OUTCOME_UNKNOWN, "broke (500)"},
        {"an answer that is none: not known", "/noise", "secret", OUTCOME_UNKNOWN, "has no code"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        static struct street street;
        ROW(rows[i].name);
        begin(&street, rows[i].path, rows[i].secret);
        struct job job = deliver_one(&street, "alert/a", "P-1");
        CHECK_INT(job.outcome, rows[i].outcome);
        CHECK_HAS(job.why, rows[i].says);
        end(&street);
    }
}

// gong channel check: what the file says may be asked, or the bare address.
static void test_check(void **state)
{
    (void)state;
    static const char basic[] = "headers: {Authorization: \"Basic {secret}\"}";
    static const struct {
        const char *name, *path, *secret, *check;
        enum err_kind kind;
        bool knows_us;
        const char *says;
    } rows[] = {
        {"it knows us", "/send", "secret", "balance", OK, true, ""},
        {"it does not", "/send", "other", "balance", ERR_REFUSED, false,
         "does not know us (code \"101\"): check keys/sms-http"},
        {"what is asked is not there", "/send", "secret", "elsewhere", ERR_REFUSED, false,
         "does not know us (code \"\")"},
        {"nothing may be asked: there it is, no more is known", "/send", "secret", "", OK, false,
         ""},
        {"the headers are not taken", "/send", "other", "", ERR_REFUSED, false,
         "refuses us (401): check keys/sms-http"},
        {"nothing is at that address", "/nothing", "secret", "", ERR_REFUSED, false,
         "nothing at the address of sms_http_file (404)"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        static struct street street;
        struct err err = {0};
        AUTO(doc_free) struct doc *report = doc_object();
        AUTO(buf_free) struct buf text = buf_new(4000);
        ROW(rows[i].name);
        begin(&street, "/send", "secret");
        bed_write(street.place.folder, "keys/sms-http", rows[i].secret);
        buf_print(&text,
                  "gong_sms_http: 1\ntitle: drill\nsend:\n  method: POST\n  url: "
                  "http://127.0.0.1:%u%s\n  %s\n  form: json\n  body: \"{}\"\n  code: code\n"
                  "codes:\n  other: unknown\n",
                  street.port, rows[i].path, basic);
        if (*rows[i].check)
            buf_print(&text,
                      "check: {url: \"http://127.0.0.1:%u/%s/{secret}\", code: CodeResponse, open: "
                      "\"100\"}\n",
                      street.port, rows[i].check);
        bed_write(street.place.folder, "sms-http.yaml", text.at);
        CHECK_INT(sms_http_check(street.site, report, &err), rows[i].kind);
        CHECK_HAS(err.text, rows[i].says);
        CHECK_INT(doc_bool(doc_get(report, "knows_us"), !rows[i].knows_us), rows[i].knows_us);
        CHECK(!strstr(doc_text(doc_get(report, "url"), "secret"), "secret"));
        ROW("nothing was sent");
        CHECK_INT(bed_count_text(street.place.folder, "aggregator.log", "{"), 0);
        end(&street);
    }
}

// What SpeedSMS says to "who am I", and to a message, as its documentation has it.
static void test_speedsms(void **state)
{
    (void)state;
    static const struct {
        const char *name, *body, *code;
        bool open;
        enum outcome outcome; // of the same answer to a message
    } rows[] = {
        {"it knows us",
         "{\"status\":\"success\",\"code\":\"00\",\"data\":{\"email\":\"a@b.example\","
         "\"balance\":1000,\"currency\":\"VND\"}}",
         "00", true, OUTCOME_DONE},
        {"our address is locked", "{\"status\":\"error\",\"code\":\"007\"}", "007", false,
         OUTCOME_DOWN},
        {"no credit", "{\"status\":\"error\",\"code\":\"300\"}", "300", false, OUTCOME_DOWN},
        {"a number", "{\"status\":\"error\",\"code\":\"105\"}", "105", false, OUTCOME_REFUSED},
        {"a fault of their own", "{\"status\":\"error\",\"code\":\"500\"}", "500", false,
         OUTCOME_UNKNOWN},
        {"a page", "<html>", "", false, OUTCOME_UNKNOWN},
    };
    struct err err = {0};
    AUTO(sms_template_free) struct sms_template *template = NULL;
    AUTO(buf_free) struct buf url = buf_new(1000), header = buf_new(1000);
    struct sms_template_values values = {"", "", "", "", "", "c2VjcmV0Ong=", false};
    CHECK_OK(sms_template_load("data/sms-http/speedsms.yaml", &template, &err), err);
    CHECK(sms_template_check_url(template, &values, &url));
    CHECK_TEXT(url.at, "https://api.speedsms.example/index.php/user/info");
    sms_template_header(template, 1, &values, &header);
    CHECK_TEXT(header.at, "Authorization: Basic c2VjcmV0Ong=");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        char code[32];
        struct sms_template_answer answer;
        CHECK(sms_template_is_open(template, str_of(rows[i].body), code) == rows[i].open);
        CHECK_TEXT(code, rows[i].code);
        sms_template_answer(template, str_of(rows[i].body), &answer);
        CHECK_INT(answer.outcome, rows[i].outcome);
    }
}

static void test_files(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *to, *says;
    } rows[] = {
        {"as it is", "", "", NULL},
        {"a placeholder that is none", "{text}", "{txt}", "{txt} is no placeholder"},
        {"an outcome that is none", "\"124\": done", "\"124\": fine", "fine"},
        {"a state that is none", "is: delivered", "is: read", "read"},
        {"a key that is none", "  code: ", "  kode: ", "kode"},
        {"no way to find the message", "  ref: SMSID\n", "", "\"ref\" or \"request\" is wanted"},
        {"a question without the answer that opens", "  open: \"100\"\n", "", "open"},
        {"another version", "gong_sms_http: 1", "gong_sms_http: 2", "reads version 1"},
    };
    struct err err = {0};
    AUTO(sms_template_free) struct sms_template *other = NULL;
    CHECK_OK(sms_template_load("data/sms-http/speedsms.yaml", &other, &err), err);
    CHECK(!sms_template_has_reports(other));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        char folder[] = "/tmp/gong-test-XXXXXX";
        CHECK(mkdtemp(folder));
        AUTO(buf_free) struct buf text = buf_new(65536), made = buf_new(65536);
        AUTO(sms_template_free) struct sms_template *template = NULL;
        AUTO(mem_drop) char *path = file_join(folder, "t.yaml");
        CHECK_OK(file_read("data/sms-http/esms.yaml", &text, &err), err);
        const char *at = strstr(text.at, rows[i].from);
        CHECK(at);
        buf_add(&made, text.at, (size_t)(at - text.at));
        buf_text(&made, rows[i].to);
        buf_text(&made, at + strlen(rows[i].from));
        bed_write(folder, "t.yaml", made.at);
        enum err_kind kind = sms_template_load(path, &template, &err);
        CHECK_INT(nftw(folder, place_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
        CHECK_INT(kind, rows[i].says ? ERR_INPUT : OK);
        if (rows[i].says) {
            CHECK_HAS(err.text, rows[i].says);
            CHECK_HAS(err.text, "t.yaml:");
        }
    }
}

TEST_MAIN(cmocka_unit_test(test_simulated), cmocka_unit_test(test_reports_meanwhile),
          cmocka_unit_test(test_codes), cmocka_unit_test(test_speedsms),
          cmocka_unit_test(test_check), cmocka_unit_test(test_files))
