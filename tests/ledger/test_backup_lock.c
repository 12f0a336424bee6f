// The lock of a backup folder when it is not had at once: held by others for a while or for good, a
// signal between, a disk that has no locks. flock and the pauses stand in the test itself, before
// those of the library.
#include "core/file.h"
#include "core/mem.h"
#include "ledger/backup.h"
#include "ledger/seal.h"
#include "tests/check.h"
#include "tests/ledger/place.h"

#include <errno.h>
#include <ftw.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// The next `fails` of the calls that would lock fail with `code`.
static struct fault {
    int64_t fails;
    int code;
} fault;

int flock(int fd, int how)
{
    if (fault.fails > 0) {
        fault.fails--;
        errno = fault.code;
        return -1;
    }
    return (int)syscall(SYS_flock, fd, how);
}

int nanosleep(const struct timespec *span, struct timespec *left)
{
    (void)span;
    (void)left;
    return 0;
}

struct life {
    struct place site;
    char folder[64], again[80]; // of the backups; what is restored
    struct utc at;
};

static void begin(struct life *life)
{
    struct err err = {0};
    bool made = false;
    *life = (struct life){.site = place_in("/dev/shm"), .at = {DAY_S}};
    AUTO(mem_drop) char *keys = file_join(life->site.folder, "keys");
    CHECK_OK(file_make_folder(keys, 0700, &err), err);
    CHECK_OK(seal_key_create(life->site.folder, &err), err);
    CHECK_OK(seal_make(life->site.ledger, life->at, &made, &err), err);
    (void)snprintf(life->folder, sizeof(life->folder), "%s", "/dev/shm/gong-lock-XXXXXX");
    CHECK(mkdtemp(life->folder) != NULL);
    (void)snprintf(life->again, sizeof(life->again), "%s.again", life->folder);
    fault = (struct fault){0};
}

static void end(struct life *life)
{
    place_free(&life->site);
    (void)nftw(life->folder, place_remove, 16, FTW_DEPTH | FTW_PHYS);
    (void)nftw(life->again, place_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static enum err_kind back_up(struct life *life, struct err *err)
{
    struct backup_report report;
    return backup_make(life->site.folder, life->folder, life->at, &report, err);
}

static const struct row {
    const char *name;
    struct fault fault;
    enum err_kind backup, restore;
    bool unlocked; // restored without it
    const char *says;
} rows[] = {
    {"nobody", {0, 0}, OK, OK, false, ""},
    {"a signal between", {1, EINTR}, OK, OK, false, ""},
    {"held for a moment", {5, EWOULDBLOCK}, OK, ERR_LATER, false, "is under way"},
    {"held for good", {1 << 30, EWOULDBLOCK}, ERR_LATER, ERR_LATER, false, "is under way"},
    {"no lock is left", {1, ENOLCK}, ERR_REFUSED, OK, true, "No locks available"},
    {"a disk without", {1, EOPNOTSUPP}, ERR_REFUSED, OK, true, "Operation not supported"},
    {"a kernel without", {1, ENOSYS}, ERR_REFUSED, OK, true, "Function not implemented"},
};

static void a_backup_waits_or_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct life life;
        struct err err = {0};
        ROW(rows[i].name);
        begin(&life);
        fault = rows[i].fault;
        CHECK_INT(back_up(&life, &err), rows[i].backup);
        CHECK(rows[i].backup == OK || strstr(err.text, rows[i].says));
        CHECK(rows[i].backup != ERR_LATER || strstr(err.text, "a backup or a restore"));
        CHECK(rows[i].backup == ERR_LATER || !strstr(err.text, "is under way"));
        end(&life);
    }
}

static void bring_back(struct life *life, const struct row *row)
{
    struct err err = {0};
    AUTO(restore_report_free) struct restore_report report = {0};
    struct restore restore = {.folder = life->folder, .site = life->again, .now = life->at};
    fault = row->fault;
    CHECK_INT(backup_restore(&restore, &report, &err), row->restore);
    CHECK(row->restore == OK || strstr(err.text, row->says));
    CHECK_INT(report.unlocked, row->unlocked);
    CHECK_INT(file_exists(life->again), row->restore == OK);
}

static void a_restore_goes_on_without(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct life life;
        struct err err = {0};
        ROW(rows[i].name);
        begin(&life);
        CHECK_OK(back_up(&life, &err), err);
        bring_back(&life, &rows[i]);
        end(&life);
    }
}

TEST_MAIN(cmocka_unit_test(a_backup_waits_or_says_why), cmocka_unit_test(a_restore_goes_on_without))
