// A real dispatcher and real workers (child processes) on a real ledger.
#include "core/bus.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/decision.h"
#include "ledger/outbox.h"
#include "notify/service.h"
#include "notify/protocol.h"
#include "notify/worker.h"
#include "tests/ledger/place.h"
#include "tests/loopback.h"

#include <signal.h>
#include <sys/wait.h>

static struct site *site_of(const struct place *place)
{
    struct site *site = NULL;
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(64 * 1024);
    AUTO(mem_drop) char *path = file_join(place->folder, "gong.yaml");
    char schema[24];
    (void)snprintf(schema, sizeof(schema), "t_%s", place->schema);
    site_template(&text, "drill", place_store(), place_store() ? schema : NULL);
    CHECK_OK(file_write(path, buf_slice(&text), 0600, &err), err);
    CHECK_OK(site_open(place->folder, &site, &err), err);
    AUTO(mem_drop) char *run = site_path(site, "run");
    AUTO(mem_drop) char *out = site_path(site, "out");
    CHECK_OK(file_make_folder(run, 0700, &err), err);
    CHECK_OK(file_make_folder(out, 0700, &err), err);
    return site;
}

#define HEADER                                                                                     \
    "contract,person,name,phone,account,language,commune,boundary_set,policy,sum_insured_vnd,"     \
    "starts,ends\n"

static void enrol(struct place *place)
{
    struct commune commune = {
        .code = "01840", .name = "Xã A", .zone = "", .area_km2 = 1, .shape = STR("x")};
    struct boundary_set set = {.name = "one", .count = 1, .commune = &commune};
    bool fresh;
    AUTO(import_report_free) struct import_report report = {0};
    CHECK_OK(boundary_set_put(place->map, &set, &fresh, &place->err), place->err);
    CHECK_OK(
        people_import(place->people, place->folder,
                      STR(HEADER "C-1,P-1,Ma Thị Một (diễn tập),0900000001,DRILL-1,vi,01840,one,"
                                 "rain,1000000,2024-01-01,2024-12-31\n"
                                 "C-2,P-2,Ma Thị Hai (diễn tập),0900000002,DRILL-2,en,01840,one,"
                                 "rain,1000000,2024-01-01,2024-12-31\n"),
                      "c.csv", &(struct import_rules){.drill = true}, &report, &place->err),
        place->err);
    CHECK_INT(report.taken, 2);
}

// A payout of a contract with its message, as the engine leaves them.
static void owe(struct place *place, const char *contract, const char *person)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(doc_free) struct doc *trace = doc_array();
    struct batch batch = {"rain", 1, {{0}}, "one", contract, {0}, {{0}}};
    struct decision decision = {"01840", ANSWER_YES, false, 0, trace, 0, NULL};
    struct payout payout = {contract, contract, "rain", VND(1000), 0};
    struct money standing;
    int64_t batch_seq;
    bool fresh;
    char body[300];
    (void)snprintf(
        body, sizeof(body),
        "{\"amount_vnd\":\"1000\",\"contract\":\"%s\",\"drill\":true,\"kind\":\"payout\","
        "\"period\":\"%s\",\"policy\":\"rain\"}",
        contract, contract);
    struct outbox_item item = {.channel = "pay", .lane = 1, .expires = UTC_NEVER, .body = body};
    (void)snprintf(item.key, sizeof(item.key), "pay/%s/%s/rain", contract, contract);
    (void)snprintf(item.person, sizeof(item.person), "%s", person);
    (void)snprintf(item.contract, sizeof(item.contract), "%s", contract);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, &place->err), place->err);
    CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &payout.decision_seq, &place->err),
             place->err);
    CHECK_OK(payout_put(txn, (struct utc){0}, &payout, &fresh, &standing, &place->err), place->err);
    item.cause = payout.decision_seq;
    CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// A worker took everything that is due, and was never seen again.
static size_t take_away(struct place *place, int64_t now_ms, int64_t lease_ms)
{
    struct outbox_claim claim = {"pay", "gone", 10, INT32_MAX, {0}, now_ms, now_ms + lease_ms,
                                 NULL};
    AUTO(outbox_items_free) struct outbox_items items = {0};
    CHECK_OK(outbox_take(place->ledger, &claim, &items, &place->err), place->err);
    CHECK(items.count > 0);
    return items.count;
}

// And its lease is over.
static void lose(struct place *place)
{
    size_t count = 0, taken = take_away(place, 1000, 1000);
    CHECK_OK(outbox_reclaim(place->ledger, 3000, NULL, &count, &place->err), place->err);
    CHECK_INT(count, taken);
}

static bool never(void)
{
    return false;
}

static enum err_kind fixed_now(void *self, struct utc *out, struct err *err)
{
    (void)self;
    (void)err;
    out->s = 1725667200;
    return OK;
}

static pid_t start_worker(const char *folder, const char *channel)
{
    pid_t child = child_fork();
    if (child > 0)
        return child;
    struct site *site = NULL;
    struct err err = {0};
    struct work work = {.channel = channel, .stopped = never};
    bool failed = site_open(folder, &site, &err) != OK;
    work.site = site;
    _exit(failed || worker_run(&work, &err));
}

// Everything is handed out; the workers end by DRAIN.
static struct dispatch_report drain(struct place *place, const struct site *site)
{
    struct dispatch_report report;
    pid_t workers[2] = {start_worker(place->folder, "pay"), start_worker(place->folder, "sms")};
    struct service service = {.site = site,
                              .ledger = place->ledger,
                              .now = fixed_now,
                              .stopped = never,
                              .until_empty = true};
    CHECK_OK(service_run(&service, &report, &place->err), place->err);
    for (int i = 0; i < 2; i++) {
        int status = 0;
        (void)kill(workers[i], SIGTERM); // a worker that was not heard yet
        CHECK(waitpid(workers[i], &status, 0) == workers[i]);
    }
    return report;
}

static size_t lines_of(const struct site *site, const char *name)
{
    AUTO(mem_drop) char *path = site_path(site, name);
    AUTO(buf_free) struct buf text = buf_new(1 << 20);
    struct err err = {0};
    return file_read(path, &text, &err) == OK ? str_count(buf_slice(&text), '\n') : 0;
}

static void payments_are_made_once(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(site_free) struct site *site = site_of(&place);
    enrol(&place);
    owe(&place, "C-1", "P-1");
    owe(&place, "C-2", "P-2");
    struct dispatch_report report = drain(&place, site);
    CHECK_INT(report.done, 2);
    CHECK_INT(lines_of(site, "out/pay.jsonl"), 2);
    struct ledger_report verified;
    CHECK_OK(ledger_verify(place.ledger, &verified, &place.err), place.err);
    ROW("nothing is left to do");
    CHECK_INT(drain(&place, site).handed_out, 0);
    CHECK_INT(lines_of(site, "out/pay.jsonl"), 2);
}

// It was paid, the answer was lost: the file is asked, nobody is paid twice.
static void a_lost_answer_is_asked_for(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(site_free) struct site *site = site_of(&place);
    enrol(&place);
    owe(&place, "C-1", "P-1");
    lose(&place);
    AUTO(mem_drop) char *path = site_path(site, "out/pay.jsonl");
    CHECK_OK(file_write(path, STR("{\"key\":\"pay/C-1/C-1/rain\"}\n"), 0600, &place.err),
             place.err);
    struct dispatch_report report = drain(&place, site);
    CHECK_INT(report.done, 1);
    CHECK_INT(report.absent, 0);
    CHECK_INT(lines_of(site, "out/pay.jsonl"), 1);
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    CHECK_OK(payout_list(place.ledger, "C-1", &rows, &place.err), place.err);
    CHECK_TEXT(rows.at[0].state, "paid");
}

// Everything was killed with two payments in hand, one of them made: their leases still run when
// the next dispatcher starts, and none stays open.
static void what_was_in_hand_at_a_crash_is_settled_by_the_next(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(site_free) struct site *site = site_of(&place);
    enrol(&place);
    owe(&place, "C-1", "P-1");
    owe(&place, "C-2", "P-2");
    CHECK_INT(take_away(&place, clock_wall_ms(), 700), 2);
    AUTO(mem_drop) char *path = site_path(site, "out/pay.jsonl");
    CHECK_OK(file_write(path, STR("{\"key\":\"pay/C-1/C-1/rain\"}\n"), 0600, &place.err),
             place.err);
    struct dispatch_report report = drain(&place, site);
    CHECK_INT(report.reclaimed, 2);
    CHECK_INT(report.absent, 1);
    CHECK_INT(report.done, 2);
    CHECK_INT(lines_of(site, "out/pay.jsonl"), 2);
    static const char *const contracts[] = {"C-1", "C-2"};
    for (size_t i = 0; i < COUNT_OF(contracts); i++) {
        ROW(contracts[i]);
        AUTO(payout_rows_free) struct payout_rows rows = {0};
        CHECK_OK(payout_list(place.ledger, contracts[i], &rows, &place.err), place.err);
        CHECK_TEXT(rows.at[0].state, "paid");
    }
}

// The worker died before it paid: the file is asked, and then it is paid.
static void a_payment_that_never_was_is_made(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(site_free) struct site *site = site_of(&place);
    enrol(&place);
    owe(&place, "C-1", "P-1");
    lose(&place);
    struct dispatch_report report = drain(&place, site);
    CHECK_INT(report.absent, 1);
    CHECK_INT(report.done, 1);
    CHECK_INT(lines_of(site, "out/pay.jsonl"), 1);
}

static void somebody_who_was_forgotten_is_not_paid(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(site_free) struct site *site = site_of(&place);
    enrol(&place);
    owe(&place, "C-9", "P-9");
    struct dispatch_report report = drain(&place, site);
    CHECK_INT(report.refused, 1);
    CHECK_INT(lines_of(site, "out/pay.jsonl"), 0);
    int64_t count[OUTBOX_STATES];
    CHECK_OK(outbox_count(place.ledger, "pay", count, &place.err), place.err);
    CHECK_INT(count[OUTBOX_DEAD], 1);
}

static void one_dispatcher_a_site(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(site_free) struct site *site = site_of(&place);
    enrol(&place);
    owe(&place, "C-1", "P-1");
    pid_t first = child_fork();
    struct service service = {
        .site = site, .ledger = place.ledger, .now = fixed_now, .stopped = never};
    struct dispatch_report report;
    if (first == 0) { // its own handles: those of the parent are not to be used here
        struct ledger *ledger = NULL;
        struct err err = {0};
        bool failed = ledger_open(place.folder, LEDGER_WRITE, &ledger, &err) != OK;
        service.ledger = ledger;
        _exit(failed || service_run(&service, &report, &err));
    }
    AUTO(mem_drop) char *socket = worker_socket(site);
    while (!file_exists(socket))
        (void)usleep(1000);
    CHECK_INT(service_run(&service, &report, &place.err), ERR_REFUSED);
    CHECK_HAS(place.err.text, "another dispatcher");
    (void)kill(first, SIGKILL);
    (void)waitpid(first, NULL, 0);
    ROW("its lock is gone with it");
    CHECK_INT(drain(&place, site).done, 1);
}

// A child that says what no good worker says, many times over, and stays until it is told to end.
static pid_t start_liar(const char *path, const struct note *lie, int times)
{
    pid_t child = child_fork();
    if (child > 0)
        return child;
    struct bus *bus = NULL;
    struct err err = {0};
    if (bus_join(path, &bus, &err))
        _exit(1);
    for (int i = 0; i < times;) {
        if (note_send(bus, NULL, lie, &err) == OK)
            i++;
        else
            (void)usleep(1000);
    }
    (void)pause();
    _exit(0);
}

static void a_liar_does_no_harm(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct note lie;
    } rows[] = {
        {"done, what never was",
         {.type = NOTE_ACK, .id = 999999, .attempt = 1, .outcome = OUTCOME_DONE, .why = "x"}},
        {"done, at an attempt that never was",
         {.type = NOTE_ACK, .id = 1, .attempt = 1000, .outcome = OUTCOME_DONE, .why = "x"}},
        {"absent, what never was",
         {.type = NOTE_ACK, .id = 999999, .attempt = 1, .outcome = OUTCOME_ABSENT}},
        {"refused, what never was",
         {.type = NOTE_NAK, .id = 999999, .attempt = 1, .outcome = OUTCOME_REFUSED, .why = "x"}},
        {"a channel that is none",
         {.type = NOTE_READY, .worker = "l", .channel = "fax", .credit = 1000}},
        {"a dispatcher's word", {.type = NOTE_DRAIN}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        AUTO(site_free) struct site *site = site_of(&place);
        AUTO(mem_drop) char *path = worker_socket(site);
        enrol(&place);
        owe(&place, "C-1", "P-1");
        owe(&place, "C-2", "P-2");
        pid_t liar = start_liar(path, &rows[i].lie, 700);
        struct dispatch_report report = drain(&place, site);
        CHECK_INT(report.done, 2);
        CHECK_INT(lines_of(site, "out/pay.jsonl"), 2);
        (void)kill(liar, SIGKILL);
        (void)waitpid(liar, NULL, 0);
    }
}

// A worker that answers its job only when it is told to end, as one does that is at work then. The
// file FOLDER/in-hand says that it has the job.
static pid_t start_slow(const struct place *place, const char *socket)
{
    pid_t child = child_fork();
    if (child > 0)
        return child;
    struct bus *bus = NULL;
    struct err err = {0};
    const struct note ready = {
        .type = NOTE_READY, .worker = "slow-1", .channel = "pay", .credit = 1};
    struct note answer = {.type = NOTE_ACK, .outcome = OUTCOME_DONE, .why = "paid to the drill"};
    AUTO(mem_drop) char *mark = file_join(place->folder, "in-hand");
    bool drained = bus_join(socket, &bus, &err) != OK;
    while (!drained && note_send(bus, NULL, &ready, &err))
        (void)usleep(1000);
    while (!drained) {
        AUTO(bus_message_free) struct bus_message message = {0};
        struct notes notes;
        struct note note;
        bool got = false;
        if (bus_receive(bus, 1000, &message, &got, &err))
            _exit(1);
        if (!got)
            continue;
        if (notes_open(&message, &notes, &err) || notes_take(&notes, &note, &got, &err))
            _exit(1);
        drained = got && note.type == NOTE_DRAIN;
        if (!got || note.type != NOTE_JOB)
            continue;
        answer.id = note.id;
        answer.attempt = note.attempt;
        if (file_write(mark, STR("x"), 0600, &err))
            _exit(1);
    }
    bool sent = answer.id && note_send(bus, NULL, &answer, &err) == OK;
    bus_close(&bus);
    _exit(!sent);
}

static const char *in_hand; // a path

static bool is_in_hand(void)
{
    return file_exists(in_hand);
}

static void what_is_in_hand_at_a_stop_is_recorded(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(site_free) struct site *site = site_of(&place);
    AUTO(mem_drop) char *socket = worker_socket(site);
    AUTO(mem_drop) char *mark = file_join(place.folder, "in-hand");
    struct dispatch_report report;
    int status = 0;
    enrol(&place);
    owe(&place, "C-1", "P-1");
    owe(&place, "C-2", "P-2");
    in_hand = mark;
    pid_t slow = start_slow(&place, socket);
    struct service service = {
        .site = site, .ledger = place.ledger, .now = fixed_now, .stopped = is_in_hand};
    CHECK_OK(service_run(&service, &report, &place.err), place.err);
    CHECK(waitpid(slow, &status, 0) == slow && status == 0);
    CHECK_INT(report.handed_out, 1);
    CHECK_INT(report.done, 1);
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    CHECK_OK(payout_list(place.ledger, "C-1", &rows, &place.err), place.err);
    CHECK_TEXT(rows.at[0].state, "paid");
    ROW("and nothing new is begun");
    AUTO(payout_rows_free) struct payout_rows other = {0};
    CHECK_OK(payout_list(place.ledger, "C-2", &other, &place.err), place.err);
    CHECK_TEXT(other.at[0].state, "planned");
}

TEST_MAIN(cmocka_unit_test(payments_are_made_once), cmocka_unit_test(a_lost_answer_is_asked_for),
          cmocka_unit_test(a_payment_that_never_was_is_made),
          cmocka_unit_test(somebody_who_was_forgotten_is_not_paid),
          cmocka_unit_test(one_dispatcher_a_site), cmocka_unit_test(a_liar_does_no_harm),
          cmocka_unit_test(what_is_in_hand_at_a_stop_is_recorded),
          cmocka_unit_test(what_was_in_hand_at_a_crash_is_settled_by_the_next))
