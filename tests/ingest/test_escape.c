// A deliberately bad decoder. This program is its own child: started as gong-decode would be, it
// confines itself as gong-decode does, and then tries to get out. None of sixty attempts may work,
// neither where no file can be opened (NetCDF) nor where one folder can be read (GRIB).
#include "ingest/confine.h"
#include "ingest/decode.h"

#include "core/cli.h"
#include "core/file.h"
#include "core/proc.h"
#include "ingest/points.h"
#include "tests/check.h"
#include "tests/ingest/escapes.h"

#include <stdlib.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

// What the parent writes into the "file": which attempt, and at what.
struct order {
    size_t which;
    bool with_folder, is_free; // is_free: not confined at all
    char readable[100];
    struct target target;
};

enum { BLOCKED = EXIT_INVALID, CPU_S = 2, MIB_MAX = 256, ESCAPED_ERRNO_BASE = 1000, TRIES = 60 };

// --- the child
// ---------------------------------------------------------------------------------

static const char *const limits_tried[] = {"memory", "processor time", "output"};

static int try_limit(size_t which)
{
    static char block[1 << 16];
    if (which == 0) {
        enum { TWICE = 2 };
        size_t size = (size_t)MIB_MAX * TWICE << 20;
        void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        (void)fprintf(stderr, "%s\n", at == MAP_FAILED ? "blocked" : "escaped");
        return BLOCKED;
    }
    for (volatile unsigned long i = 1; which == 1 && i; i++)
        ;
    while (write(STDOUT_FILENO, block, sizeof(block)) > 0)
        ;
    return BLOCKED;
}

static int be_bad(void)
{
    struct order order;
    struct err err = {0};
    if (pread(STDIN_FILENO, &order, sizeof(order), 0) != sizeof(order))
        return EXIT_BROKEN;
    if (!order.is_free && confine_process(order.with_folder ? order.readable : NULL, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return EXIT_BROKEN;
    }
    if (order.which >= COUNT_OF(escapes))
        return try_limit(order.which - COUNT_OF(escapes));
    errno = 0;
    long result = escapes[order.which].try(&order.target);
    // Not "no such file" nor "wrong argument": it must not have been looked at. Landlock says
    // EACCES where seccomp says EPERM; a signal that landlock holds back is EPERM too.
    if (result == -1 && (errno == EPERM || errno == EACCES))
        (void)fprintf(stderr, "blocked\n");
    else
        (void)fprintf(stderr, "escaped: result %ld, errno %d\n", result, errno);
    return BLOCKED;
}

// --- the parent
// --------------------------------------------------------------------------------

static char folder[] = "/tmp/gong-test-XXXXXX";
static char *self;

static struct order order_of(size_t which, bool with_folder)
{
    struct order order = {.which = which, .with_folder = with_folder};
    (void)snprintf(order.target.folder, sizeof(order.target.folder), "%s", folder);
    (void)snprintf(order.target.file, sizeof(order.target.file), "%s/secret", folder);
    (void)snprintf(order.readable, sizeof(order.readable), "%s/tables", folder);
    order.target.parent = getpid();
    return order;
}

static enum err_kind run(const struct order *order, struct err *err)
{
    struct decode_limits limits = {.mib_max = MIB_MAX, .cpu_s = CPU_S, .program = self};
    struct points points = {0};
    enum err_kind kind = decode_points((struct str){(const char *)order, sizeof(*order)}, "{}",
                                       &limits, &points, err);
    CHECK(!points.values);
    return kind;
}

static void test_sixty(void **state)
{
    (void)state;
    size_t blocked[2] = {0, 0};
    if (!confine_is_possible()) {
        (void)printf("SKIP escapes: a build with sanitizers is not confined\n");
        return;
    }
    for (size_t i = 0; i < 2 * COUNT_OF(escapes); i++) {
        size_t which = i / 2, with_folder = i % 2;
        ROW(escapes[which].name);
        struct err err = {0};
        struct order order = order_of(which, with_folder != 0);
        CHECK_INT(run(&order, &err), ERR_INPUT);
        CHECK_TEXT(err.text, "blocked");
        blocked[with_folder]++;
    }
    ROW("nothing changed");
    AUTO(buf_free) struct buf secret = buf_new(100);
    struct err err = {0};
    struct order order = order_of(0, false);
    CHECK_OK(file_read(order.target.file, &secret, &err), err);
    CHECK_TEXT(secret.at, "rain");
    CHECK(access("/tmp/gong-escaped", F_OK) != 0);
    (void)printf("# escapes blocked: %zu of 60 with no file, %zu of 60 with one folder to read\n",
                 blocked[0], blocked[1]);
}

// The same program, not confined: else "blocked" would prove nothing.
static void test_unconfined(void **state)
{
    (void)state;
    size_t escaped = 0;
    for (size_t i = 0; confine_is_possible() && i < COUNT_OF(escapes); i++) {
        if (escapes[i].harms)
            continue;
        ROW(escapes[i].name);
        struct err err = {0};
        struct order order = order_of(i, false);
        order.is_free = true;
        CHECK_INT(run(&order, &err), ERR_INPUT);
        CHECK(strncmp(err.text, "escaped", 7) == 0);
        escaped++;
    }
    (void)printf("# not confined, %zu of those that do no harm work\n", escaped);
}

static void test_limits(void **state)
{
    (void)state;
    static const char *const says[] = {
        "blocked",
        "needed more than 2 s",
        "wrote more than 256 MiB",
    };
    for (size_t i = 0; confine_is_possible() && i < COUNT_OF(limits_tried); i++) {
        ROW(limits_tried[i]);
        struct err err = {0};
        struct order order = order_of(COUNT_OF(escapes) + i, false);
        enum err_kind kind = ERR_LATER; // a machine that stood still: its time was not worked off
        for (size_t tries = 0; kind == ERR_LATER && tries < TRIES; tries++) {
            err = (struct err){0};
            kind = run(&order, &err);
        }
        CHECK_INT(kind, ERR_INPUT);
        CHECK_HAS(err.text, says[i]);
    }
}

// What the one folder is for must work, and nothing beside it.
static void test_one_folder(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path;
        int flags;
        bool opens;
    } rows[] = {
        {"a table", "tables/a.def", O_RDONLY, true},
        {"a table, to write", "tables/a.def", O_RDWR, false},
        {"a table that is not there yet", "tables/b.def", O_RDONLY | O_CREAT, false},
        {"up and away", "tables/../secret", O_RDONLY, false},
        {"a pointer out of it", "tables/out.def", O_RDONLY, false},
        {"the list of its files", "tables", O_RDONLY | O_DIRECTORY, false},
    };
    for (size_t i = 0; confine_is_possible() && i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(mem_drop) char *path = file_join(folder, rows[i].path);
        AUTO(mem_drop) char *tables = file_join(folder, "tables");
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            struct err err = {0};
            if (confine_process(tables, &err))
                _exit(2);
            _exit(open(path, rows[i].flags, 0600) >= 0 ? 1 : 0);
        }
        CHECK_INT(waitpid(child, &status, 0), child);
        CHECK(WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), rows[i].opens ? 1 : 0);
    }
    ROW("a folder that is not there");
    struct err err = {0};
    struct order order = order_of(0, true);
    (void)snprintf(order.readable, sizeof(order.readable), "/nowhere/tables");
    if (confine_is_possible()) {
        CHECK_INT(run(&order, &err), ERR_MISSING);
        CHECK_HAS(err.text, "the tables of ecCodes in /nowhere/tables");
    }
}

static bool opens(const char *path, int flags)
{
    AUTO(mem_drop) char *whole = file_join(folder, path);
    int fd = open(whole, flags | O_CLOEXEC, 0600);
    return fd >= 0 && close(fd) == 0;
}

static bool listens(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd >= 0 && bind(fd, (const struct sockaddr *)&here, sizeof(here)) == 0;
}

// What it may not do in its own folder: whoever reads what it left there would follow it out.
static int new_folder(const char *own)
{
    AUTO(mem_drop) char *path = file_join(own, "folder");
    return mkdir(path, 0700);
}

static int new_pointer(const char *own)
{
    AUTO(mem_drop) char *path = file_join(own, "pointer");
    return symlink("../secret", path);
}

static int new_pipe(const char *own)
{
    AUTO(mem_drop) char *path = file_join(own, "pipe");
    return mkfifo(path, 0600);
}

static int new_link(const char *own)
{
    AUTO(mem_drop) char *path = file_join(own, "link");
    AUTO(mem_drop) char *secret = file_join(own, "../secret");
    return link(secret, path);
}

static int move_out(const char *own)
{
    AUTO(mem_drop) char *path = file_join(own, "x");
    AUTO(mem_drop) char *out = file_join(own, "../moved");
    return rename(path, out);
}

static int remove_beside(const char *own)
{
    AUTO(mem_drop) char *path = file_join(own, "../secret");
    return unlink(path);
}

enum { DEEDS = 150 };
static const struct {
    const char *name;
    int (*do_it)(const char *own);
} deeds[] = {{"a folder in its own", new_folder},
             {"a pointer in it", new_pointer},
             {"a pipe in it", new_pipe},
             {"another name of a file beside it", new_link},
             {"its file moved out of it", move_out},
             {"a file beside it removed", remove_beside}};

// A program that talks to a server (OPeNDAP): its files are those that are named.
static void test_files(void **state)
{
    (void)state;
    AUTO(mem_drop) char *tables = file_join(folder, "tables");
    AUTO(mem_drop) char *own = file_join(folder, "own");
    static const struct {
        const char *name, *path;
        int flags;
        bool works;
    } rows[] = {
        {"a file of a folder that is named", "tables/a.def", O_RDONLY, true},
        {"the list of its files", "tables", O_RDONLY | O_DIRECTORY, true},
        {"the same, to write", "tables/a.def", O_RDWR, false},
        {"a new one beside it", "tables/b.def", O_RDWR | O_CREAT, false},
        {"a file that is not named", "secret", O_RDONLY, false},
        {"the same by a pointer", "tables/out.def", O_RDONLY, false},
        {"a new file of its own folder", "own/x", O_RDWR | O_CREAT, true},
        {"and one that is there", "own/x", O_RDWR | O_TRUNC, true},
    };
    if (!confine_is_possible())
        return;
    CHECK_INT(mkdir(own, 0700), 0);
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct err err = {0};
        const struct confine_path paths[] = {
            {tables, false}, {own, true}, {"/nowhere/at/all", false}};
        if (!listens() || confine_files(paths, COUNT_OF(paths), &err))
            _exit(100);
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            if (opens(rows[i].path, rows[i].flags) != rows[i].works)
                _exit((int)i + 1);
        }
        if (execl("/bin/true", "/bin/true", (char *)NULL) != -1 || errno != EACCES)
            _exit(101);
        for (size_t i = 0; i < COUNT_OF(deeds); i++) {
            if (deeds[i].do_it(own) != -1 || (errno != EACCES && errno != EXDEV))
                _exit(DEEDS + (int)i);
        }
        _exit(listens() ? DEEDS + (int)COUNT_OF(deeds) : 0);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    int deed = WEXITSTATUS(status) - DEEDS;
    if (deed >= 0)
        ROW(deed < (int)COUNT_OF(deeds) ? deeds[deed].name : "to listen at a port");
    else
        ROW(WEXITSTATUS(status) >= 1 && WEXITSTATUS(status) <= (int)COUNT_OF(rows)
                ? rows[WEXITSTATUS(status) - 1].name
                : "to begin, or to start a program");
    CHECK_INT(WEXITSTATUS(status), 0);
    AUTO(mem_drop) char *made = file_join(own, "x");
    CHECK_INT(unlink(made), 0);
    CHECK_INT(rmdir(own), 0);
}

static int start(void **state)
{
    (void)state;
    struct err err = {0};
    if (!mkdtemp(folder))
        return -1;
    AUTO(mem_drop) char *secret = file_join(folder, "secret");
    AUTO(mem_drop) char *tables = file_join(folder, "tables");
    AUTO(mem_drop) char *table = file_join(tables, "a.def");
    AUTO(mem_drop) char *out = file_join(tables, "out.def");
    return mkdir(tables, 0700) || file_write(secret, STR("rain"), 0600, &err) ||
                   file_write(table, STR("1"), 0600, &err) || symlink(secret, out)
               ? -1
               : 0;
}

static int stop(void **state)
{
    (void)state;
    static const char *const names[] = {"tables/a.def", "tables/out.def", "tables", "secret", ""};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(mem_drop) char *path = file_join(folder, names[i]);
        (void)remove(path);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static char path[PATH_MAX];
    if (argc > 1 && strcmp(argv[1], "--") == 0)
        return be_bad();
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    self = len > 0 ? path : argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sixty), cmocka_unit_test(test_unconfined),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_one_folder),
        cmocka_unit_test(test_files)};
    return cmocka_run_group_tests(tests, start, stop);
}
