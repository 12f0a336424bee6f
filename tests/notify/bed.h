#ifndef GONG_TESTS_NOTIFY_BED_H
#define GONG_TESTS_NOTIFY_BED_H

// Other people's programs, started by a test on the loopback and ended by their pid; and a live
// site whose people are invented, for drivers that reach phones.
#include "core/clock.h"
#include "core/file.h"
#include "core/http.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/db.h"
#include "ledger/register.h"
#include "ledger/decision.h"
#include "ledger/outbox.h"
#include "notify/channel.h"
#include "notify/sms.h"
#include "tests/check.h"
#include "tests/ledger/place.h"
#include "tests/loopback.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

enum { BED_WAIT_MS = 120000, BED_STEP_MS = 20, BED_NOTED_MAX = 4000, BED_TOLD_MAX = 600 };
enum { BED_SETTLED_MAX = 256 };

// Starts a program with its output in FOLDER/LOG; it ends with this process at the latest.
static inline pid_t bed_start(const char *folder, const char *log, const char *const *argv)
{
    AUTO(mem_drop) char *path = file_join(folder, log);
    pid_t child = child_fork();
    if (child > 0)
        return child;
    int out = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
    if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(126);
    (void)execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static inline void bed_end(pid_t *child, int signal)
{
    if (*child <= 0)
        return;
    (void)kill(*child, signal);
    (void)waitpid(*child, NULL, 0);
    *child = 0;
}

static inline void bed_pause(void)
{
    clock_system.pause_ms(clock_system.self, BED_STEP_MS);
}

// Waits until a file of the folder holds a text: what a child says that was just started, unless
// `child` is NULL. One that ended says nothing more.
static inline void bed_wait_said(const char *folder, const char *log, const char *text,
                                 pid_t *child)
{
    AUTO(mem_drop) char *path = file_join(folder, log);
    for (int64_t end = clock_ticks_ms() + BED_WAIT_MS; clock_ticks_ms() < end; bed_pause()) {
        struct err err = {0};
        AUTO(buf_free) struct buf bytes = buf_new(1 << 22);
        bool has_ended = child && waitpid(*child, NULL, WNOHANG) == *child;
        if (file_exists(path) && file_read(path, &bytes, &err) == OK && bytes.at &&
            memmem(bytes.at, bytes.len, text, strlen(text)))
            return;
        if (has_ended) {
            *child = 0;
            CHECK_FAILED("it ended before it said \"%s\": %.500s", text,
                         bytes.at ? bytes.at : "nothing");
        }
    }
    CHECK_FAILED("%s never said \"%s\"", log, text);
}

static inline void bed_wait_text(const char *folder, const char *log, const char *text)
{
    bed_wait_said(folder, log, text, NULL);
}

static inline size_t bed_count_text(const char *folder, const char *log, const char *text)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(folder, log);
    AUTO(buf_free) struct buf bytes = buf_new(1 << 24);
    size_t count = 0;
    if (!file_exists(path))
        return 0;
    CHECK_OK(file_read(path, &bytes, &err), err);
    for (const char *at = bytes.at; at && (at = strstr(at, text)); at++)
        count++;
    return count;
}

// Waits until an address answers with a text in it.
static inline void bed_wait_http(const char *url, const char *text)
{
    struct http *http = http_new();
    struct http_reply reply = {.body = buf_new(1 << 20)};
    struct http_request request = {.method = "GET", .url = url, .timeout_ms = 2000};
    bool there = false;
    for (int64_t end = clock_ticks_ms() + BED_WAIT_MS; !there && clock_ticks_ms() < end;) {
        struct err err = {0};
        there = http_exchange(http, &request, &reply, &err) == OK && reply.body.at &&
                strstr(reply.body.at, text);
        if (!there)
            bed_pause();
    }
    buf_free(&reply.body);
    http_close(&http);
    if (!there)
        CHECK_FAILED("%s never said \"%s\"", url, text);
}

// Waits until somebody listens on a port of the loopback.
static inline void bed_wait_port(unsigned port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int64_t end = clock_ticks_ms() + BED_WAIT_MS; clock_ticks_ms() < end; bed_pause()) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int there = connect(fd, (struct sockaddr *)&at, sizeof(at));
        (void)close(fd);
        if (there == 0)
            return;
    }
    CHECK_FAILED("nothing listens on %u", port);
}

static inline void bed_write(const char *folder, const char *name, const char *text)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(folder, name);
    CHECK_OK(file_write(path, str_of(text), 0600, &err), err);
}

// A certificate for a host ("IP:127.0.0.1") and its key: FOLDER/NAME.cert, FOLDER/NAME.key.
static inline void bed_certificate(const char *folder, const char *name, const char *host)
{
    char key[300], cert[300], also[100];
    (void)snprintf(key, sizeof(key), "%s/%s.key", folder, name);
    (void)snprintf(cert, sizeof(cert), "%s/%s.cert", folder, name);
    (void)snprintf(also, sizeof(also), "subjectAltName=%s", host);
    const char *argv[] = {"/usr/bin/openssl",
                          "req",
                          "-x509",
                          "-newkey",
                          "ec",
                          "-pkeyopt",
                          "ec_paramgen_curve:prime256v1",
                          "-nodes",
                          "-keyout",
                          key,
                          "-out",
                          cert,
                          "-days",
                          "2",
                          "-subj",
                          "/CN=a server (drill)",
                          "-addext",
                          also,
                          NULL};
    pid_t child = bed_start(folder, "openssl.log", argv);
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

// A live site with three invented people: P-1 (vi), P-2 (en), P-3 (tay, shares the phone of P-1).
static inline struct place bed_site(const char *settings)
{
    struct place place = place_new();
    AUTO(buf_free) struct buf yaml = buf_new(8192);
    AUTO(mem_drop) char *keys = file_join(place.folder, "keys");
    buf_print(&yaml, "mode: live\n%s", settings);
    if (!strstr(settings, "quiet_from_h")) // a test runs at any hour
        buf_text(&yaml, "quiet_from_h: 0\nquiet_to_h: 0\n");
    place_settings(&place, yaml.at);
    CHECK_OK(file_make_folder(keys, 0700, &place.err), place.err);
    CHECK_OK(
        db_run(people_db(place.people),
               "INSERT INTO person VALUES ('P-1', 'An (diễn tập)', '84900000001', 'A', 'vi'),"
               " ('P-2', 'Bình (diễn tập)', '84900000002', 'B', 'en'),"
               " ('P-3', 'Chi (diễn tập)', '84900000001', 'C', 'tay');"
               "INSERT INTO contract VALUES ('C-1', 'P-1', 'rain', 'two', '01840', 1000, 'VND', 0,"
               " 99999), ('C-2', 'P-2', 'rain', 'two', '01843', 1000, 'VND', 0, 99999)",
               &place.err),
        place.err);
    return place;
}

// A decision in the ledger, for messages to have as their cause.
static inline int64_t bed_decide(struct place *place)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(doc_free) struct doc *trace = doc_array();
    struct batch batch = {"rain", 1, {{0}}, "one", "p", {0}, {{0}}};
    struct decision decision = {"01840", ANSWER_YES, false, 0, trace, 0, NULL};
    int64_t batch_seq, seq;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, &place->err), place->err);
    CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &seq, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return seq;
}

// A decision about a commune, with a trace as evaluate writes it.
static inline int64_t bed_decide_on(struct place *place, const char *policy, const char *commune,
                                    enum answer answer, int64_t index_milli)
{
    static const char steps[] =
        "[{\"step\":\"index\",\"unit\":\"mm/1000\",\"value\":1},"
        "{\"holds\":true,\"operator\":\">=\",\"step\":\"compare\",\"threshold\":100000}]";
    static int said;
    AUTO(doc_free) struct doc *inputs = doc_object(), *trace = NULL;
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(doc_parse(STR(steps), "trace", &trace, &place->err), place->err);
    char basis[64];
    (void)snprintf(basis, sizeof(basis), "%s %s %d", policy, commune, said++);
    struct batch batch = {.policy = policy,
                          .version = 1,
                          .policy_hash = hash_of(str_of(policy)),
                          .boundary_set = "two",
                          .period = commune, // a batch of one commune
                          .as_of = {1795000000},
                          .basis = hash_of(str_of(basis))};
    struct decision decision = {.commune = commune,
                                .answer = answer,
                                .has_index = answer != ANSWER_UNKNOWN,
                                .index_milli = index_milli,
                                .trace = trace};
    int64_t batch_seq, seq;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(policy_text_put(txn, batch.as_of, policy, 1, batch.policy_hash, str_of(policy),
                             &place->err),
             place->err);
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, &place->err), place->err);
    CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &seq, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return seq;
}

// An alert that went to a person.
static inline void bed_alerted(struct place *place, const char *person, int64_t cause)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    char body[] =
        "{\"commune\":\"01840\",\"kind\":\"alert\",\"period\":\"2026\",\"policy\":\"rain\"}";
    struct outbox_item item = {
        .channel = "sms", .expires = UTC_NEVER, .cause = cause, .body = body};
    bool fresh;
    (void)snprintf(item.key, sizeof(item.key), "alert/rain/01840/2026/%s", person);
    (void)snprintf(item.person, sizeof(item.person), "%s", person);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    CHECK_OK(db_run(ledger_db(place->ledger),
                    "UPDATE outbox SET state = 3 WHERE key GLOB 'alert/*'", &place->err),
             place->err);
}

// What a driver told its worker.
struct bed_host {
    struct host host;
    enum err_kind answer; // what the next evidence is answered with
    size_t count;
    struct evidence noted[BED_NOTED_MAX];
    // What was told and not noted yet; the driver's `noted` hears of it with the next beat.
    struct {
        int64_t number;
        enum err_kind kind;
    } told[BED_TOLD_MAX];
    size_t told_count;
    int64_t number;
    // Jobs that come in beside a batch (bed_give), and those that the driver settled since.
    struct job *more;
    size_t more_count, more_taken, settled_count;
    const struct job *settled[BED_SETTLED_MAX];
    void (*say_noted)(void *driver, int64_t number, enum err_kind kind);
    void **driver;
};

static inline bool bed_beat(void *self)
{
    struct bed_host *bed = self;
    size_t count = bed->told_count;
    bed->told_count = 0;
    for (size_t i = 0; i < count; i++)
        bed->say_noted(*bed->driver, bed->told[i].number, bed->told[i].kind);
    return true;
}

static inline enum err_kind bed_evidence(void *self, const struct evidence *evidence,
                                         struct err *err)
{
    struct bed_host *bed = self;
    if (bed->answer)
        err_write(err, bed->answer, "as the test wants it");
    else if (bed->count < BED_NOTED_MAX)
        bed->noted[bed->count++] = *evidence;
    return bed->answer;
}

static inline int64_t bed_tell(void *self, const struct evidence *evidence)
{
    struct bed_host *bed = self;
    struct err ignored = {0};
    CHECK(bed->told_count < BED_TOLD_MAX);
    size_t at = bed->told_count++;
    bed->told[at].kind = bed_evidence(bed, evidence, &ignored);
    bed->told[at].number = ++bed->number;
    return bed->number;
}

// What the driver may take beside the next batch; from here on each job is to be settled once.
static inline void bed_give(struct bed_host *bed, struct job *job, size_t count)
{
    bed->more = job;
    bed->more_count = count;
    bed->more_taken = bed->settled_count = 0;
}

static inline struct job *bed_more(void *self)
{
    struct bed_host *bed = self;
    return bed->more_taken < bed->more_count ? &bed->more[bed->more_taken++] : NULL;
}

// A worker frees what is settled: a second time would be of freed memory.
static inline void bed_settled(void *self, struct job *job)
{
    struct bed_host *bed = self;
    if (!bed->more)
        return; // the caller of `deliver` looks at its jobs when all is over
    for (size_t i = 0; i < bed->settled_count; i++)
        CHECK(bed->settled[i] != job);
    CHECK(bed->settled_count < BED_SETTLED_MAX);
    bed->settled[bed->settled_count++] = job;
}

static inline void bed_host_init(struct bed_host *bed)
{
    memset(bed, 0, sizeof(*bed));
    bed->host = (struct host){bed, bed_beat, bed_evidence, bed_tell, bed_more, bed_settled};
}

// For a driver that tells: how it hears what became of it.
static inline void bed_host_tells(struct bed_host *bed, void **driver,
                                  void (*say_noted)(void *, int64_t, enum err_kind))
{
    bed->driver = driver;
    bed->say_noted = say_noted;
}

// Whether evidence of a kind came for a key or a ref.
static inline bool bed_has(const struct bed_host *bed, enum evidence_kind kind, const char *name)
{
    for (size_t i = 0; i < bed->count; i++) {
        if (bed->noted[i].kind == kind &&
            (strcmp(bed->noted[i].key, name) == 0 || strcmp(bed->noted[i].ref, name) == 0))
            return true;
    }
    return false;
}

// A job for a person; note and job live with the caller.
static inline struct job bed_job(struct note *note, const char *key, const char *person,
                                 const char *body)
{
    *note = (struct note){.type = NOTE_JOB,
                          .id = 1,
                          .attempt = 1,
                          .deadline_ms = INT64_MAX,
                          .at = clock_system.now(clock_system.self),
                          .body = str_of(body)};
    (void)snprintf(note->key, sizeof(note->key), "%s", key);
    (void)snprintf(note->person, sizeof(note->person), "%s", person);
    return (struct job){.note = note};
}

// For programs of gong that a test forks: they go on until they are ended, by the machine's clock.
static inline bool bed_never(void)
{
    return false;
}

static inline enum err_kind bed_now(void *self, struct utc *out, struct err *err)
{
    (void)self;
    (void)err;
    *out = clock_system.now(NULL);
    return OK;
}

#endif
