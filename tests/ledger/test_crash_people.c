// As test_crash.c, of the register of people beside the ledger: imports, rows of the log of access
// and what the ledger is told of them, opt-outs, what came in from phones, people who are
// forgotten. In every state that a power cut may leave nothing is damaged, an import is there whole
// or not at all, nothing acknowledged is lost, the log of access is whole, and of who was forgotten
// no byte comes back.
//
// GONG_SEED replays; GONG_STATES asks for more.
#include "core/file.h"
#include "core/mem.h"
#include "ledger/access.h"
#include "ledger/contact.h"
#include "ledger/db.h"
#include "ledger/forget.h"
#include "ledger/map.h"
#include "ledger/register.h"
#include "tests/ledger/disk.h"
#include "tests/ledger/place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum {
    ROUNDS = 6,
    PEOPLE = 3, // an import
    STATES = SANITIZED ? 300 : 2500,
    DAY = 19900,
    LIVES = 1,  // mark: the site is there
    ACK_IMPORT, // mark: import `number` was acknowledged, with its row in the log
    ACK_OPT,
    ACK_INBOUND,
    ACK_TOLD, // mark: the ledger knows of `number` rows
    ACK_GONE, // mark: the second person of round `number` was forgotten
};

struct run {
    char folder[64];
    struct ledger *ledger;
    struct people *people;
    struct map *map;
    struct err err;
    bool unsynced; // what a life does wrong, so that the checks must find it
};

// The ledger's "checkpoint" takes its name by a rename (file_write); all of it is synced here.
static const char *folder_of_life;

int fsync(int fd)
{
    char link[64], path[300] = "";
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (disk.logs && readlink(link, path, sizeof(path) - 1) > 0 &&
        strcmp(path, folder_of_life) == 0)
        (void)disk_log(DISK_FOLDER, -1);
    return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
    disk_rename(from, to, true);
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static void open_it(struct run *run)
{
    CHECK_OK(ledger_open(run->folder, LEDGER_WRITE, &run->ledger, &run->err), run->err);
    CHECK_OK(people_open(run->folder, LEDGER_WRITE, &run->people, &run->err), run->err);
    if (run->unsynced)
        CHECK_OK(db_run(people_db(run->people), "PRAGMA synchronous=NORMAL", &run->err), run->err);
}

static void close_it(struct run *run)
{
    ledger_close(&run->ledger);
    people_close(&run->people);
    map_close(&run->map);
}

static void person_of(int round, int i, char *out, size_t size)
{
    (void)snprintf(out, size, "P-%d%d", round, i);
}

// One commit; then its row.
static void import(struct run *run, int round)
{
    AUTO(import_report_free) struct import_report report = {0};
    struct import_rules rules = {.drill = true, .now = {DAY * INT64_C(86400)}};
    AUTO(buf_free) struct buf csv = buf_new(4000);
    buf_text(&csv, "contract,person,name,phone,account,language,commune,boundary_set,policy,"
                   "sum_insured_vnd,starts,ends\n");
    for (int i = 0; i < PEOPLE; i++)
        buf_print(&csv,
                  "C-%d%d,P-%d%d,Secret-%d%d,849000000%d%d,DRILL-%d%d,vi,01840,two,rain,1000,"
                  "2024-01-01,2024-12-31\n",
                  round, i, round, i, round, i, round, i, round, i);
    CHECK_OK(people_import(run->people, run->folder, buf_slice(&csv), "c.csv", &rules, &report,
                           &run->err),
             run->err);
    CHECK_INT(report.taken, PEOPLE);
    CHECK_OK(access_record(run->people, rules.now, "officer-1", "contract import", "*", &run->err),
             run->err);
    disk_mark(ACK_IMPORT, round);
}

static void talk(struct run *run, int round)
{
    char person[20], phone[20], id[20];
    struct utc at = {DAY * INT64_C(86400)};
    bool fresh = false;
    person_of(round, 0, person, sizeof(person));
    (void)snprintf(phone, sizeof(phone), "849000000%d%d", round, 0);
    (void)snprintf(id, sizeof(id), "in-%d", round);
    CHECK_OK(contact_opt(run->people, person, CONTACT_SERVICE, true, at, "STOP", &run->err),
             run->err);
    disk_mark(ACK_OPT, round);
    struct contact_inbound inbound = {"smpp", id, phone, "8090", "STOP", at};
    CHECK_OK(contact_inbound_put(run->people, &inbound, &fresh, &run->err), run->err);
    disk_mark(ACK_INBOUND, round);
}

static void tell(struct run *run)
{
    int64_t rows = 0;
    CHECK_OK(access_tell(run->people, run->ledger, (struct utc){1}, &run->err), run->err);
    CHECK_OK(access_check(run->people, run->ledger, &rows, &run->err), run->err);
    disk_mark(ACK_TOLD, rows);
}

static void forget(struct run *run, int round)
{
    char person[20];
    AUTO(doc_free) struct doc *kept = NULL;
    person_of(round, 1, person, sizeof(person));
    struct forget wish = {.folder = run->folder,
                          .person = person,
                          .who = "officer-1",
                          .why = "asked",
                          .at = {DAY * INT64_C(86400)},
                          .end_contracts = true};
    CHECK_OK(forget_person(run->people, run->ledger, &wish, &kept, &run->err), run->err);
}

static void live(struct run *run)
{
    struct commune commune = {.code = "01840", .name = "Phủ Thông", .zone = ""};
    struct boundary_set set = {.name = "two", .count = 1, .commune = &commune};
    bool fresh = false;
    folder_of_life = run->folder;
    disk.logs = true;
    CHECK_OK(ledger_create(run->folder, &run->err), run->err);
    CHECK_OK(people_create(run->folder, &run->err), run->err);
    CHECK_OK(map_create(run->folder, &run->err), run->err);
    CHECK_OK(map_open(run->folder, LEDGER_WRITE, &run->map, &run->err), run->err);
    CHECK_OK(boundary_set_put(run->map, &set, &fresh, &run->err), run->err);
    open_it(run);
    disk_mark(LIVES, 0);
    for (int i = 0; i < ROUNDS; i++) {
        import(run, i);
        talk(run, i);
        if (i % 2)
            tell(run);
        if (i % 3 == 1) {
            forget(run, i);
            disk_mark(ACK_GONE, i);
        }
        if (i == 2)
            CHECK_OK(db_run(people_db(run->people), "PRAGMA wal_checkpoint(RESTART)", &run->err),
                     run->err);
        if (i == 4) {
            close_it(run);
            open_it(run);
            CHECK_OK(map_open(run->folder, LEDGER_WRITE, &run->map, &run->err), run->err);
        }
    }
    close_it(run);
    disk.logs = false;
}

// What must hold at a moment of the log.
struct promise {
    bool lives, in[ROUNDS], opt[ROUNDS], inbound[ROUNDS], gone[ROUNDS];
    int64_t told;
};

static void promise_add(struct promise *promise, const struct disk_op *op)
{
    if (op->kind != DISK_MARK)
        return;
    promise->lives = true;
    if (op->mark == ACK_IMPORT)
        promise->in[op->number] = true;
    if (op->mark == ACK_OPT)
        promise->opt[op->number] = true;
    if (op->mark == ACK_INBOUND)
        promise->inbound[op->number] = true;
    if (op->mark == ACK_GONE)
        promise->gone[op->number] = true;
    if (op->mark == ACK_TOLD)
        promise->told = op->number;
}

static int64_t number(struct run *run, const char *sql, const char *with)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(people_db(run->people), sql);
    bool row = false;
    stmt_text(stmt, 1, with);
    CHECK_OK(stmt_next(stmt, &row, &run->err), run->err);
    return row ? row_int(stmt, 0) : -1;
}

// Looked for in the files themselves: the register and its log.
static bool is_written(const char *folder, const char *what)
{
    for (int i = 0; i < DISK_FILES; i++) {
        AUTO(mem_drop) char *path = file_join(folder, disk_names[i]);
        AUTO(buf_free) struct buf bytes = buf_new(64 << 20);
        struct err err = {0};
        if (strncmp(disk_names[i], "people", 6) != 0 || !file_exists(path))
            continue;
        CHECK_OK(file_read(path, &bytes, &err), err);
        if (bytes.len && memmem(bytes.at, bytes.len, what, strlen(what)))
            return true;
    }
    return false;
}

static void secret_of(int round, char *out, size_t size)
{
    (void)snprintf(out, size, "Secret-%d1", round);
}

// Imports are there whole: of a round three people and three contracts, or none.
static void imports_are_whole(struct run *run, const struct promise *promise)
{
    for (int i = 0; i < ROUNDS; i++) {
        char like[20];
        (void)snprintf(like, sizeof(like), "-%d_", i);
        int64_t people = number(run, "SELECT count(*) FROM person WHERE id LIKE 'P' || ?", like);
        CHECK_INT(number(run, "SELECT count(*) FROM contract WHERE id LIKE 'C' || ?", like),
                  people);
        CHECK(people == PEOPLE || (people == 0 && !promise->in[i]));
    }
}

static bool all_is_there(struct run *run, const struct promise *promise)
{
    int64_t rows = 0;
    struct err err = {0};
    bool there = access_check(run->people, run->ledger, &rows, &err) == OK && rows >= promise->told;
    for (int i = 0; i < ROUNDS; i++) {
        char text[20];
        person_of(i, 0, text, sizeof(text));
        there =
            there && (!promise->opt[i] ||
                      number(run, "SELECT count(*) FROM opt_out WHERE is_out = 1 AND person = ?",
                             text) == 1);
        there = there && (!promise->in[i] ||
                          number(run, "SELECT count(*) FROM person WHERE id = ?", text) == 1);
        (void)snprintf(text, sizeof(text), "in-%d", i);
        there = there && (!promise->inbound[i] ||
                          number(run, "SELECT count(*) FROM inbound WHERE id = ?", text) == 1);
    }
    return there;
}

// Who asks again finishes what was broken off.
static void who_was_to_go_goes(struct run *run, const struct promise *promise)
{
    for (int i = 1; i < ROUNDS; i += 3) {
        char person[20], secret[20];
        person_of(i, 1, person, sizeof(person));
        secret_of(i, secret, sizeof(secret));
        if (promise->gone[i] ||
            number(run, "SELECT count(*) FROM erased WHERE person = ?", person) != 1)
            continue;
        forget(run, i);
        CHECK(!is_written(run->folder, secret));
    }
}

static bool comes_back(struct run *run, const struct promise *promise)
{
    bool back = false;
    for (int i = 0; i < ROUNDS; i++) {
        char secret[20];
        secret_of(i, secret, sizeof(secret));
        back = back || (promise->gone[i] && is_written(run->folder, secret));
    }
    return back;
}

static void check_state(struct run *run, const struct promise *promise)
{
    CHECK(!comes_back(run, promise));
    open_it(run);
    AUTO(stmt_done) struct stmt *stmt = stmt_of(people_db(run->people), "PRAGMA integrity_check");
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &run->err), run->err);
    CHECK_TEXT(row_text(stmt, 0), "ok");
    stmt_done(&stmt);
    imports_are_whole(run, promise);
    CHECK(all_is_there(run, promise));
    who_was_to_go_goes(run, promise);
    close_it(run);
}

static bool is_lost(struct run *run, const struct promise *promise)
{
    run->unsynced = false;
    open_it(run);
    bool lost = !all_is_there(run, promise);
    close_it(run);
    return lost;
}

static uint64_t wanted(const char *name, uint64_t otherwise)
{
    const char *given = getenv(name);
    return given ? strtoull(given, NULL, 10) : otherwise;
}

static void make_folder(struct run *run)
{
    (void)snprintf(run->folder, sizeof(run->folder), "/dev/shm/gong-crash-XXXXXX");
    CHECK(mkdtemp(run->folder) != NULL);
}

static size_t moments_of(void)
{
    struct promise promise = {0};
    size_t moments = 0;
    for (size_t i = 0; i < disk.count; i++) {
        promise_add(&promise, &disk.op[i]);
        moments += promise.lives && disk.op[i].kind != DISK_MARK;
    }
    return moments;
}

// As in test_crash.c.
static uint64_t enumerate(bool unsynced, uint64_t states, uint64_t *made)
{
    struct run ran = {.unsynced = unsynced}, run = {.ledger = NULL};
    struct disk_past past = {0};
    struct disk_image image[DISK_FILES] = {{0}};
    struct promise promise = {0};
    uint64_t seed = wanted("GONG_SEED", 20261126), lost = 0;
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    make_folder(&ran);
    make_folder(&run);
    disk_begin();
    live(&ran);
    uint64_t each = states / moments_of() + 1;
    for (size_t i = 0; i < disk.count; i++) {
        past_add(&past, i);
        promise_add(&promise, &disk.op[i]);
        bool moment = promise.lives && disk.op[i].kind != DISK_MARK;
        for (uint64_t k = 0; moment && k < each; k++, ++*made) {
            uint64_t at = seed + i * 1000 + k;
            char row[80];
            (void)snprintf(row, sizeof(row), "after op %zu of %zu, state %llu", i, disk.count,
                           (unsigned long long)k);
            ROW(row);
            past_state(&past, k == 0, &at, image);
            disk_put_files(run.folder, image);
            if (unsynced)
                lost += is_lost(&run, &promise);
            else
                check_state(&run, &promise);
        }
    }
    past_free(&past);
    for (int i = 0; i < DISK_FILES; i++)
        mem_free(&image[i].at);
    disk_end();
    (void)nftw(ran.folder, place_remove, 16, FTW_DEPTH | FTW_PHYS);
    (void)nftw(run.folder, place_remove, 16, FTW_DEPTH | FTW_PHYS);
    return lost;
}

static void every_state_goes_on(void **state)
{
    (void)state;
    uint64_t made = 0, states = wanted("GONG_STATES", STATES);
    CHECK_INT(enumerate(false, states, &made), 0);
    (void)printf(
        "# crash states of the register: %llu; 0 corrupt, 0 partial, 0 acknowledged and lost, "
        "0 forgotten that come back\n",
        (unsigned long long)made);
    CHECK(made >= states);
}

static void what_is_not_synced_is_found_out(void **state)
{
    (void)state;
    uint64_t made = 0, lost = enumerate(true, 1000, &made);
    (void)printf("# commits with synchronous=NORMAL: of %llu states %llu lost something\n",
                 (unsigned long long)made, (unsigned long long)lost);
    CHECK(lost > made / 20);
}

TEST_MAIN(cmocka_unit_test(every_state_goes_on), cmocka_unit_test(what_is_not_synced_is_found_out))
