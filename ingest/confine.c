#include "ingest/confine.h"

#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "name the audit architecture of this machine here"
#endif

// --- system calls
// -------------------------------------------------------------------------------

// Reading and writing what is open, memory, the clock, and the end.
static const uint32_t allowed[] = {
    __NR_read,         __NR_write,         __NR_writev,
    __NR_lseek,        __NR_close,         __NR_fstat,
    __NR_newfstatat,   __NR_brk,           __NR_munmap,
    __NR_mremap,       __NR_madvise,       __NR_futex,
    __NR_getrandom,    __NR_clock_gettime, __NR_gettimeofday,
    __NR_rt_sigreturn, __NR_getpid,        __NR_gettid,
    __NR_exit,         __NR_exit_group,    __NR_restart_syscall,
};

// Calls that are let through only while none of these bits is set in one of their arguments.
struct guarded {
    uint32_t call;
    unsigned argument;
    uint32_t forbidden;
};
static const struct guarded guarded[] = {
    {__NR_mmap, 2, PROT_EXEC},
    {__NR_mprotect, 2, PROT_EXEC},
};
// Asking for one's own limits is needed to know the stack; setting them, or another's, is not.
static const struct guarded own_limits = {__NR_prlimit64, 2, UINT32_MAX};
static const struct guarded reading = {
    __NR_openat, 2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | __O_TMPFILE};

// A library looks whether a table is there before it opens it; that is asked, not read.
#ifdef __NR_access
static const struct guarded asking = {__NR_access, 1, W_OK | X_OK};
#else
static const struct guarded asking = {__NR_faccessat, 2, W_OK | X_OK};
#endif

enum { PROGRAM_MAX = 160 };
struct program {
    struct sock_filter code[PROGRAM_MAX];
    unsigned short len;
};

static void add(struct program *program, struct sock_filter code)
{
    if (program->len < PROGRAM_MAX)
        program->code[program->len++] = code;
}

#define STATEMENT(code, k) ((struct sock_filter)BPF_STMT((code), (k)))
#define JUMP(code, k, yes, no) ((struct sock_filter)BPF_JUMP((code), (k), (yes), (no)))
#define LOAD(at) STATEMENT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(at))
#define ANSWER(what) STATEMENT(BPF_RET | BPF_K, (what))

static uint32_t argument_at(unsigned argument)
{
    return (uint32_t)(offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t));
}

static void add_allowed(struct program *program, uint32_t call)
{
    add(program, JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    add(program, ANSWER(SECCOMP_RET_ALLOW));
}

// The lower half of the argument only; the upper one has no bits that mean anything there, and for
// a pointer (own_limits) any bit of either half counts.
static void add_guarded(struct program *program, const struct guarded *guard)
{
    bool pointer = guard->forbidden == UINT32_MAX;
    unsigned char body = pointer ? 6 : 4;
    add(program, JUMP(BPF_JMP | BPF_JEQ | BPF_K, guard->call, 0, body));
    add(program, LOAD(argument_at(guard->argument)));
    add(program, JUMP(BPF_JMP | BPF_JSET | BPF_K, guard->forbidden, pointer ? 3 : 1, 0));
    if (pointer) {
        add(program, LOAD(argument_at(guard->argument) + sizeof(uint32_t)));
        add(program, JUMP(BPF_JMP | BPF_JSET | BPF_K, guard->forbidden, 1, 0));
    }
    add(program, ANSWER(SECCOMP_RET_ALLOW));
    add(program, ANSWER(SECCOMP_RET_ERRNO | EPERM));
}

static bool install(bool opens)
{
    struct program program = {.len = 0};
    add(&program, LOAD(offsetof(struct seccomp_data, arch)));
    add(&program, JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
    add(&program, ANSWER(SECCOMP_RET_KILL_PROCESS));
    add(&program, LOAD(offsetof(struct seccomp_data, nr)));
    for (size_t i = 0; i < COUNT_OF(allowed); i++)
        add_allowed(&program, allowed[i]);
    for (size_t i = 0; i < COUNT_OF(guarded); i++)
        add_guarded(&program, &guarded[i]);
    add_guarded(&program, &own_limits);
    if (opens) {
        add_guarded(&program, &reading);
        add_guarded(&program, &asking);
    }
    // A library that asks for more is told no, and goes on without; nothing else happens.
    add(&program, ANSWER(SECCOMP_RET_ERRNO | EPERM));
    struct sock_fprog all = {.len = program.len, .filter = program.code};
    return program.len < PROGRAM_MAX && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all, 0, 0) == 0;
}

// --- landlock
// -----------------------------------------------------------------------------------

// As <linux/landlock.h> has it since Linux 6.12; older kernels take the first members.
struct ruleset {
    uint64_t files, network, scoped;
};

// What each version of the interface can forbid: files, TCP, signals and abstract sockets.
static struct ruleset everything(long version)
{
    enum { FILES_1 = 13, FILES_2 = 14, FILES_3 = 15, FILES_5 = 16, TCP_AND_SCOPE = 2 };
    int files = version >= 5 ? FILES_5 : version >= 3 ? FILES_3 : version >= 2 ? FILES_2 : FILES_1;
    return (struct ruleset){
        .files = (1ULL << files) - 1,
        .network = version >= 4 ? (1ULL << TCP_AND_SCOPE) - 1 : 0,
        .scoped = version >= 6 ? (1ULL << TCP_AND_SCOPE) - 1 : 0,
    };
}

static size_t size_for(long version)
{
    return version >= 6 ? sizeof(struct ruleset) : version >= 4 ? 2 * sizeof(uint64_t) : 8;
}

// Whether files, network and signals are now out of reach but for reading in `readable`.
static bool lock_land(const char *readable)
{
    long version = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return false;
    struct ruleset all = everything(version);
    int rules = (int)syscall(__NR_landlock_create_ruleset, &all, size_for(version), 0);
    bool good = rules >= 0;
    if (good && readable) {
        struct landlock_path_beneath_attr beneath = {
            .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
            .parent_fd = open(readable, O_PATH | O_CLOEXEC),
        };
        good = beneath.parent_fd >= 0 &&
               syscall(__NR_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
        if (beneath.parent_fd >= 0)
            (void)close(beneath.parent_fd);
    }
    good = good && syscall(__NR_landlock_restrict_self, rules, 0) == 0;
    if (rules >= 0)
        (void)close(rules);
    return good;
}

// Whether one more path can be reached; one that is not there is as good.
static bool let_through(int rules, const struct confine_path *path, uint64_t handled)
{
    static const uint64_t READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
    static const uint64_t LIST = LANDLOCK_ACCESS_FS_READ_DIR;
    // Files of its own, and nothing else: a link would be a way out for who reads them.
    static const uint64_t TRUNCATE = 1ULL << 14; // LANDLOCK_ACCESS_FS_TRUNCATE, since Linux 6.2
    static const uint64_t OWN = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                                LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                                LANDLOCK_ACCESS_FS_REMOVE_FILE | TRUNCATE;
    struct stat info;
    int at = open(path->path, O_PATH | O_CLOEXEC);
    if (at < 0)
        return errno == ENOENT && !path->written;
    bool folder = fstat(at, &info) == 0 && S_ISDIR(info.st_mode);
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = folder ? READ | LIST : READ,
        .parent_fd = at,
    };
    if (path->written && folder)
        beneath.allowed_access = handled & OWN;
    else if (path->written)
        beneath.allowed_access |= LANDLOCK_ACCESS_FS_WRITE_FILE;
    bool good =
        syscall(__NR_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    (void)close(at);
    return good;
}

enum err_kind confine_files(const struct confine_path *paths, size_t count, struct err *err)
{
    enum { BIND = 1 }; // of a TCP port; connecting is what the program is for
    if (!confine_is_possible())
        return OK;
    long version = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return err_set(err, ERR_BROKEN,
                       "a program that talks to a server is confined by landlock, which this "
                       "kernel has not (5.13 or later, switched on)");
    struct ruleset all = everything(version);
    all.network &= BIND;
    int rules = (int)syscall(__NR_landlock_create_ruleset, &all, size_for(version), 0);
    bool good = rules >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    for (size_t i = 0; good && i < count; i++)
        good = let_through(rules, &paths[i], all.files);
    good = good && syscall(__NR_landlock_restrict_self, rules, 0) == 0;
    if (rules >= 0)
        (void)close(rules);
    return good ? OK : err_errno(err, ERR_BROKEN, "a program cannot be confined");
}

bool confine_is_possible(void)
{
    return !SANITIZED;
}

enum err_kind confine_process(const char *readable, struct err *err)
{
    struct rlimit none = {0, 0};
    if (!confine_is_possible())
        return OK;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        setrlimit(RLIMIT_CORE, &none) != 0 || setrlimit(RLIMIT_NPROC, &none) != 0 ||
        setrlimit(RLIMIT_FSIZE, &none) != 0)
        return err_errno(err, ERR_BROKEN, "the decoder cannot give up its rights");
    bool locked = lock_land(readable);
    if (!locked && readable)
        return err_set(err, ERR_MISSING,
                       "GRIB files are read with the tables of ecCodes in %s, which needs that "
                       "folder and a kernel with landlock (5.13 or later, switched on)",
                       readable);
    if (!install(readable != NULL))
        return err_errno(err, ERR_BROKEN, "the decoder cannot confine itself (seccomp)");
    return OK;
}
