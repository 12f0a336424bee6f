// Power cuts and ended programs, one after each write, cut and sync of a real run: appends, payouts
// with their messages, claims, answers, seals with their file, the log written back, closing and
// opening again. Of what was not synced some is kept, some lost, some torn by sector. The real code
// opens every such state: nothing is damaged, no transaction is there in part, nothing acknowledged
// is lost, and when all is sent that waits, nothing was paid twice.
//
// Then the same for a process that is really killed, again and again, in a ledger that goes on.
//
// GONG_SEED replays; GONG_STATES asks for more.
#include "core/file.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/decision.h"
#include "ledger/note.h"
#include "ledger/outbox.h"
#include "ledger/seal.h"
#include "tests/ledger/disk.h"
#include "tests/ledger/place.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum {
    ROUNDS = 8, // payments, one a round
    STATES = SANITIZED ? 1500 : 20000,
    ACK_ENTRIES = 1,       // mark: entries up to `number` were acknowledged
    ACK_DONE,              // mark: payment `number` was acknowledged as paid
    PAID,                  // mark: the provider paid payment `number`
    LATER_MS = 1000000000, // until whoever ended is followed by the next
    SEALED,                // mark: a checkpoint over `number` entries was shown to somebody
};

// What a life does wrong, so that the checks must find it.
enum fault { NO_FAULT, COMMITS_UNSYNCED, CHECKPOINT_UNSYNCED, CHECKPOINT_NAME_UNSYNCED };

struct run {
    char folder[64];
    struct ledger *ledger;
    struct err err;
    enum fault fault;
};

static const char memory[] = "/dev/shm";

// --- the file "checkpoint": a new one is written and synced, takes the name, the folder is synced
// (file_write). This program's own calls stand before those of the C library, for all that is
// linked.

static struct {
    const char *folder;
    enum fault fault;
    bool synced; // the file that was written last
} names;

int fsync(int fd)
{
    char link[64], path[300] = "";
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (disk.logs && readlink(link, path, sizeof(path) - 1) > 0) {
        if (str_ends(str_of(path), ".part"))
            names.synced = names.fault != CHECKPOINT_UNSYNCED;
        else if (strcmp(path, names.folder) == 0 && names.fault != CHECKPOINT_NAME_UNSYNCED)
            (void)disk_log(DISK_FOLDER, -1);
    }
    return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
    disk_rename(from, to, names.synced);
    names.synced = false;
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static void open_it(struct run *run)
{
    CHECK_OK(ledger_open(run->folder, LEDGER_WRITE, &run->ledger, &run->err), run->err);
    if (run->fault == COMMITS_UNSYNCED)
        CHECK_OK(db_run(ledger_db(run->ledger), "PRAGMA synchronous=NORMAL", &run->err), run->err);
}

static void key_of(int payment, char *key, size_t size)
{
    (void)snprintf(key, size, "pay/C-%d/p/q", payment);
}

// One transaction: a batch, a decision, a payout and its message.
static void decide(struct run *run, int payment)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(doc_free) struct doc *trace = doc_array();
    struct batch batch = {"q", 1, {{0}}, "s", "p", {0}, {{0}}};
    struct decision decision = {"1", ANSWER_YES, false, 0, trace, 0, NULL};
    struct money standing;
    struct hash head;
    int64_t batch_seq, seq;
    bool fresh;
    char body[200], contract[20];
    struct outbox_item item = {.channel = "pay", .lane = 1, .expires = UTC_NEVER, .body = body};
    (void)snprintf(contract, sizeof(contract), "C-%d", payment);
    (void)snprintf(
        body, sizeof(body),
        "{\"amount_vnd\":\"1000\",\"contract\":\"%s\",\"period\":\"p\",\"policy\":\"q\"}",
        contract);
    key_of(payment, item.key, sizeof(item.key));
    memcpy(batch.basis.at, contract, strlen(contract));
    CHECK_OK(ledger_begin(run->ledger, &txn, &run->err), run->err);
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, &run->err), run->err);
    CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &seq, &run->err), run->err);
    struct payout payout = {contract, "p", "q", VND(1000), seq};
    CHECK_OK(payout_put(txn, (struct utc){0}, &payout, &fresh, &standing, &run->err), run->err);
    item.cause = seq;
    CHECK_OK(outbox_put(txn, &item, &fresh, &run->err), run->err);
    CHECK_OK(ledger_commit(&txn, &run->err), run->err);
    CHECK_OK(ledger_head(run->ledger, &seq, &head, &run->err), run->err);
    disk_mark(ACK_ENTRIES, seq);
}

// Whom the provider paid, and how often: the other side's book, which no cut of ours touches.
struct book {
    int paid[ROUNDS];
};

static int number_of(const char *key)
{
    return (int)strtol(key + strlen("pay/C-"), NULL, 10);
}

// Does what waits: pays, or asks when it was in hand already. Returns how many were taken.
static size_t send(struct run *run, struct book *book, int64_t now_ms)
{
    struct outbox_claim claim = {"pay", "w", 10, INT32_MAX, {7200}, now_ms, now_ms + 1000, NULL};
    AUTO(outbox_items_free) struct outbox_items items = {0};
    CHECK_OK(outbox_take(run->ledger, &claim, &items, &run->err), run->err);
    for (size_t i = 0; i < items.count; i++) {
        const struct outbox_item *item = &items.at[i];
        int payment = number_of(item->key);
        bool absent = item->ask && !book->paid[payment];
        if (!item->ask) {
            book->paid[payment]++;
            disk_mark(PAID, payment);
        }
        struct outbox_answer answer = {
            item->id, item->attempt, absent ? OUTCOME_ABSENT : OUTCOME_DONE, "pay", 0, {7200}, "",
            "x"};
        CHECK_OK(outbox_settle(run->ledger, &answer, 1, 5, &run->err), run->err);
        if (!absent)
            disk_mark(ACK_DONE, payment);
    }
    return items.count;
}

// What the file says that stands beside the ledger.
static int64_t file_says(struct run *run)
{
    struct checkpoint said;
    AUTO(buf_free) struct buf text = buf_new(NOTE_BYTES_MAX);
    AUTO(mem_drop) char *path = file_join(run->folder, "checkpoint");
    CHECK_OK(file_read(path, &text, &run->err), run->err);
    CHECK_OK(checkpoint_parse(buf_slice(&text), &said, &run->err), run->err);
    return (int64_t)said.size;
}

static void seal(struct run *run)
{
    bool made = false;
    CHECK_OK(seal_make(run->ledger, (struct utc){0}, &made, &run->err), run->err);
    disk_mark(SEALED, file_says(run));
}

static void live(struct run *run)
{
    struct book book = {{0}};
    AUTO(mem_drop) char *keys = file_join(run->folder, "keys");
    names.folder = run->folder;
    names.fault = run->fault;
    disk.logs = true;
    CHECK_OK(ledger_create(run->folder, &run->err), run->err);
    CHECK_INT(mkdir(keys, 0700), 0);
    CHECK_OK(seal_key_create(run->folder, &run->err), run->err);
    open_it(run);
    seal(run);
    for (int i = 0; i < ROUNDS; i++) {
        decide(run, i);
        if (i % 3 != 1)
            CHECK(send(run, &book, 0) > 0);
        seal(run);
        if (i == 2)
            CHECK_OK(db_run(ledger_db(run->ledger), "PRAGMA wal_checkpoint(RESTART)", &run->err),
                     run->err);
        if (i == 4) {
            ledger_close(&run->ledger);
            open_it(run);
        }
    }
    ledger_close(&run->ledger);
    disk.logs = false;
}

// What must hold at a moment of the log.
struct promise {
    int64_t entries;
    bool done[ROUNDS];
    struct book book;
    int64_t sealed; // entries; -1: no checkpoint was shown
    int64_t now_ms; // of a process that is killed
};

static void promise_add(struct promise *promise, const struct disk_op *op)
{
    if (op->kind != DISK_MARK)
        return;
    if (op->mark == ACK_ENTRIES)
        promise->entries = op->number;
    if (op->mark == ACK_DONE)
        promise->done[op->number] = true;
    if (op->mark == PAID)
        promise->book.paid[op->number]++;
    if (op->mark == SEALED)
        promise->sealed = op->number;
}

static int64_t number(struct run *run, const char *sql)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(run->ledger), sql);
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &run->err), run->err);
    return row ? row_int(stmt, 0) : -1;
}

static void nothing_is_in_part(struct run *run)
{
    struct ledger_report report;
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(run->ledger), "PRAGMA integrity_check");
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &run->err), run->err);
    CHECK_TEXT(row_text(stmt, 0), "ok");
    stmt_done(&stmt);
    CHECK_OK(ledger_verify(run->ledger, &report, &run->err), run->err);
    int64_t payouts = number(run, "SELECT count(*) FROM payout");
    CHECK_INT(number(run, "SELECT count(*) FROM batch"), payouts);
    CHECK_INT(number(run, "SELECT count(*) FROM decision"), payouts);
    CHECK_INT(number(run, "SELECT count(*) FROM outbox"), payouts);
    CHECK_INT(number(run, "SELECT count(*) FROM entry WHERE kind = 'payment'"),
              number(run, "SELECT count(*) FROM outbox WHERE state = 3"));
}

static void what_was_promised_holds(struct run *run, const struct promise *promise)
{
    struct hash head;
    int64_t seq = 0;
    CHECK_OK(ledger_head(run->ledger, &seq, &head, &run->err), run->err);
    CHECK(seq >= promise->entries);
    // Never older than one that somebody was shown; that the ledger continues it was seen by
    // opening.
    CHECK(file_says(run) >= promise->sealed);
    for (int i = 0; i < ROUNDS; i++) {
        AUTO(stmt_done)
        struct stmt *stmt =
            stmt_of(ledger_db(run->ledger), "SELECT state FROM outbox WHERE key = ?");
        char key[40];
        bool row = false;
        key_of(i, key, sizeof(key));
        stmt_text(stmt, 1, key);
        CHECK_OK(stmt_next(stmt, &row, &run->err), run->err);
        CHECK(!promise->done[i] || (row && row_int(stmt, 0) == OUTBOX_DONE));
        CHECK(promise->book.paid[i] == 0 || row);
    }
}

// The program goes on: what was in hand is asked about, the rest is paid.
static void nothing_is_paid_twice(struct run *run, struct book *book, int64_t now_ms)
{
    size_t count = 0;
    CHECK_OK(outbox_reclaim(run->ledger, now_ms, NULL, &count, &run->err), run->err);
    while (send(run, book, now_ms + LATER_MS / 2) > 0) {
    }
    int64_t payouts = number(run, "SELECT count(*) FROM payout WHERE state = 'paid'");
    CHECK_INT(payouts, number(run, "SELECT count(*) FROM outbox"));
    for (int i = 0; i < ROUNDS; i++)
        CHECK(book->paid[i] <= 1);
}

static void check_state(struct run *run, const struct promise *promise)
{
    struct book book = promise->book;
    open_it(run);
    nothing_is_in_part(run);
    what_was_promised_holds(run, promise);
    nothing_is_paid_twice(run, &book, LATER_MS);
    ledger_close(&run->ledger);
}

static uint64_t wanted(const char *name, uint64_t otherwise)
{
    const char *given = getenv(name);
    return given ? strtoull(given, NULL, 10) : otherwise;
}

static void make_folder(struct run *run)
{
    (void)snprintf(run->folder, sizeof(run->folder), "%s/gong-crash-XXXXXX", memory);
    CHECK(mkdtemp(run->folder) != NULL);
}

static void copy_key(const struct run *from, const struct run *to)
{
    char command[300];
    (void)snprintf(command, sizeof(command), "cp -r %s/keys %s/", from->folder, to->folder);
    CHECK_INT(system(command), 0);
}

static void remove_folder(struct run *run)
{
    (void)nftw(run->folder, place_remove, 16, FTW_DEPTH | FTW_PHYS);
}

// Whether what was acknowledged or shown is not there, or the ledger is refused.
static bool is_lost(struct run *run, const struct promise *promise)
{
    struct err err = {0};
    struct hash head;
    int64_t seq = 0;
    if (ledger_open(run->folder, LEDGER_WRITE, &run->ledger, &err))
        return true;
    CHECK_OK(ledger_head(run->ledger, &seq, &head, &err), err);
    ledger_close(&run->ledger);
    return seq < promise->entries || file_says(run) < promise->sealed;
}

static bool is_moment(const struct promise *promise, const struct disk_op *op)
{
    return promise->sealed >= 0 && op->kind != DISK_MARK; // before that the site is being made
}

static size_t moments_of(void)
{
    struct promise promise = {.sealed = -1};
    size_t moments = 0;
    for (size_t i = 0; i < disk.count; i++) {
        promise_add(&promise, &disk.op[i]);
        moments += is_moment(&promise, &disk.op[i]);
    }
    return moments;
}

// Runs a life, then `states` states of it; returns how many of them lost something (only looked at
// when the life had a fault: else that fails the test).
static uint64_t enumerate(enum fault fault, uint64_t states, uint64_t *made)
{
    struct run ran = {.fault = fault}, run = {.ledger = NULL};
    struct disk_past past = {0};
    struct disk_image image[DISK_FILES] = {{0}};
    struct promise promise = {.sealed = -1};
    uint64_t seed = wanted("GONG_SEED", 20261125), lost = 0;
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    make_folder(&ran);
    make_folder(&run);
    disk_begin();
    live(&ran);
    copy_key(&ran, &run);
    uint64_t each = states / moments_of() + 1;
    for (size_t i = 0; i < disk.count; i++) {
        past_add(&past, i);
        promise_add(&promise, &disk.op[i]);
        for (uint64_t k = 0; is_moment(&promise, &disk.op[i]) && k < each; k++, ++*made) {
            uint64_t at = seed + i * 1000 + k;
            char row[80];
            (void)snprintf(row, sizeof(row), "after op %zu of %zu, state %llu", i, disk.count,
                           (unsigned long long)k);
            ROW(row);
            past_state(&past, k == 0, &at, image);
            disk_put_files(run.folder, image);
            if (fault)
                lost += is_lost(&run, &promise);
            else
                check_state(&run, &promise);
        }
    }
    past_free(&past);
    for (int i = 0; i < DISK_FILES; i++)
        mem_free(&image[i].at);
    disk_end();
    remove_folder(&ran);
    remove_folder(&run);
    return lost;
}

static void every_state_goes_on(void **state)
{
    (void)state;
    uint64_t made = 0, states = wanted("GONG_STATES", STATES);
    CHECK_INT(enumerate(NO_FAULT, states, &made), 0);
    (void)printf("# crash states: %llu; 0 corrupt, 0 partial, 0 acknowledged and lost, 0 paid "
                 "twice\n",
                 (unsigned long long)made);
    CHECK(made >= states);
}

static void what_is_not_synced_is_found_out(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum fault fault;
        uint64_t part; // at least one state of so many shows it
    } rows[] = {
        {"commits with synchronous=NORMAL", COMMITS_UNSYNCED, 20},
        {"a checkpoint that takes its name before its bytes are synced", CHECKPOINT_UNSYNCED, 20},
        {"a checkpoint whose name is not synced", CHECKPOINT_NAME_UNSYNCED, 20},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t made = 0, lost = enumerate(rows[i].fault, 1000, &made);
        ROW(rows[i].name);
        (void)printf("# %s: of %llu states %llu lost something\n", rows[i].name,
                     (unsigned long long)made, (unsigned long long)lost);
        CHECK(lost > made / rows[i].part);
    }
}

// --- a process that is killed

// What the process that is killed has promised so far: shared with it.
static struct promise *promised;

static void promise_told(int mark, int64_t number)
{
    if (mark != PAID) // the provider's book is shared itself
        promise_add(promised, &(struct disk_op){.kind = DISK_MARK, .mark = mark, .number = number});
}

// Payments without end, each of its own number; the seal now and then. Ends by being killed.
static void live_on(struct run *run)
{
    open_it(run);
    size_t count = 0;
    int64_t now_ms = promised->now_ms += LATER_MS;
    CHECK_OK(outbox_reclaim(run->ledger, now_ms, NULL, &count, &run->err), run->err);
    now_ms += LATER_MS / 2;
    while (send(run, &promised->book, now_ms) > 0) {
    }
    for (int i = (int)number(run, "SELECT count(*) FROM payout"); i < ROUNDS; i++) {
        decide(run, i);
        (void)send(run, &promised->book, now_ms);
        if (i % 3 == 0)
            seal(run);
    }
    ledger_close(&run->ledger);
}

static void new_site(struct run *run)
{
    make_folder(run);
    AUTO(mem_drop) char *keys = file_join(run->folder, "keys");
    CHECK_OK(ledger_create(run->folder, &run->err), run->err);
    CHECK_INT(mkdir(keys, 0700), 0);
    CHECK_OK(seal_key_create(run->folder, &run->err), run->err);
}

// A process lives until it is killed after some microseconds; then what it left is checked, and the
// next one goes on from there. A site whose payments are all made is left for a new one.
static void kill_once(struct run *run, uint64_t *seed)
{
    static const uint64_t LIFE_US_MAX = SANITIZED ? 60000 : 12000;
    struct run child_run = {.ledger = NULL};
    int status = 0;
    memcpy(child_run.folder, run->folder, sizeof(run->folder));
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        live_on(&child_run);
        _exit(0);
    }
    (void)usleep((useconds_t)disk_dice(seed, LIFE_US_MAX));
    (void)kill(child, SIGKILL);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    open_it(run);
    nothing_is_in_part(run);
    what_was_promised_holds(run, promised);
    ledger_close(&run->ledger);
}

static void three_hundred_kills(void **state)
{
    (void)state;
    enum { KILLS = SANITIZED ? 60 : 300 };
    struct run run = {.ledger = NULL};
    uint64_t seed = wanted("GONG_SEED", 20261125);
    size_t sites = 0, payments = 0;
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    promised =
        mmap(NULL, sizeof(*promised), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(promised != MAP_FAILED);
    disk.tell = promise_told;
    for (int i = 0; i < KILLS; i++) {
        char row[40];
        (void)snprintf(row, sizeof(row), "kill %d", i);
        ROW(row);
        if (i % 10 == 0) {
            *promised = (struct promise){.sealed = -1};
            new_site(&run);
            sites++;
        }
        kill_once(&run, &seed);
        if (i % 10 == 9 || i == KILLS - 1) {
            open_it(&run);
            nothing_is_paid_twice(&run, &promised->book, promised->now_ms + LATER_MS);
            payments += (size_t)number(&run, "SELECT count(*) FROM payout WHERE state = 'paid'");
            ledger_close(&run.ledger);
            remove_folder(&run);
        }
    }
    disk.tell = NULL;
    (void)munmap(promised, sizeof(*promised));
    (void)printf(
        "# %d kills over %zu ledgers, %zu payments: 0 corrupt, 0 partial, 0 acknowledged and "
        "lost, 0 paid twice\n",
        KILLS, sites, payments);
    CHECK(payments > (size_t)KILLS / 5);
}

TEST_MAIN(cmocka_unit_test(every_state_goes_on), cmocka_unit_test(what_is_not_synced_is_found_out),
          cmocka_unit_test(three_hundred_kills))
