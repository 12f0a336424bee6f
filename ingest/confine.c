#include "ingest/confine.h"

#include "core/mem.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

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

// Reading and writing what is open, memory, the clock, and the end.
static const uint32_t allowed[] = {
    __NR_read,         __NR_write,           __NR_writev,       __NR_lseek,
    __NR_close,        __NR_fstat,           __NR_newfstatat,   __NR_brk,
    __NR_mmap,         __NR_munmap,          __NR_mremap,       __NR_mprotect,
    __NR_madvise,      __NR_futex,           __NR_getrandom,    __NR_clock_gettime,
    __NR_gettimeofday, __NR_rt_sigaction,    __NR_rt_sigreturn, __NR_rt_sigprocmask,
    __NR_getpid,       __NR_gettid,          __NR_exit,         __NR_exit_group,
    __NR_prlimit64,    __NR_restart_syscall,
};

enum { HEAD = 4, TAIL = 2, ALLOWED = COUNT_OF(allowed) };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, (what))

static bool install(void)
{
    struct sock_filter code[HEAD + ALLOWED + TAIL] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        ANSWER(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
    };
    for (size_t i = 0; i < ALLOWED; i++)
        code[HEAD + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i],
                                                      (uint8_t)(ALLOWED - i), 0);
    // A library that asks for more is told no, and goes on without; nothing else happens.
    code[HEAD + ALLOWED] = (struct sock_filter)ANSWER(SECCOMP_RET_ERRNO | EPERM);
    code[HEAD + ALLOWED + 1] = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = COUNT_OF(code), .filter = code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

bool confine_is_possible(void)
{
    return !SANITIZED;
}

enum err_kind confine_process(struct err *err)
{
    struct rlimit none = {0, 0};
    if (!confine_is_possible())
        return OK;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0 ||
        setrlimit(RLIMIT_NPROC, &none) != 0 || setrlimit(RLIMIT_FSIZE, &none) != 0)
        return err_errno(err, ERR_BROKEN, "the decoder cannot give up its rights");
    if (!install())
        return err_errno(err, ERR_BROKEN, "the decoder cannot confine itself (seccomp)");
    return OK;
}
