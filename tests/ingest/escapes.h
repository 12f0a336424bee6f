#ifndef GONG_TESTS_INGEST_ESCAPES_H
#define GONG_TESTS_INGEST_ESCAPES_H

// What a decoder that was taken over by its file would try. Each returns below 0 with errno when it
// was not let; the path and the process it is told of belong to the test.
#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct target {
    char file[200], folder[150]; // a file of the parent, and the folder that it is in
    pid_t parent;
};

static long open_it(const struct target *t)
{
    return open(t->file, O_RDONLY);
}
static long open_passwd(const struct target *t)
{
    (void)t;
    return open("/etc/passwd", O_RDONLY);
}
static long open_2(const struct target *t)
{
    struct {
        uint64_t flags, mode, resolve;
    } how = {O_RDONLY, 0, 0};
    return syscall(SYS_openat2, AT_FDCWD, t->file, &how, sizeof(how));
}
static long open_own_memory(const struct target *t)
{
    (void)t;
    return open("/proc/self/mem", O_RDONLY);
}
static long open_input_again(const struct target *t)
{
    (void)t;
    return open("/proc/self/fd/0", O_RDWR);
}
static long open_device(const struct target *t)
{
    (void)t;
    return open("/dev/null", O_WRONLY);
}
static long make_file(const struct target *t)
{
    return openat(AT_FDCWD, t->folder, O_RDWR | O_TMPFILE, 0600);
}
static long cut_file(const struct target *t)
{
    return open(t->file, O_WRONLY | O_TRUNC);
}
static long truncate_it(const struct target *t)
{
    return syscall(SYS_truncate, t->file, 0L);
}
static long cut_input(const struct target *t)
{
    (void)t;
    return ftruncate(STDIN_FILENO, 0);
}
static long make_folder(const struct target *t)
{
    return syscall(SYS_mkdirat, AT_FDCWD, t->folder, 0700);
}
static long remove_file(const struct target *t)
{
    return syscall(SYS_unlinkat, AT_FDCWD, t->file, 0);
}
static long rename_it(const struct target *t)
{
    return syscall(SYS_renameat2, AT_FDCWD, t->file, AT_FDCWD, "/tmp/gong-escaped", 0);
}
static long link_it(const struct target *t)
{
    return syscall(SYS_linkat, AT_FDCWD, t->file, AT_FDCWD, "/tmp/gong-escaped", 0);
}
static long link_by_name(const struct target *t)
{
    return syscall(SYS_symlinkat, t->file, AT_FDCWD, "/tmp/gong-escaped");
}
static long change_mode(const struct target *t)
{
    return syscall(SYS_fchmodat, AT_FDCWD, t->file, 0777);
}
static long change_owner(const struct target *t)
{
    return syscall(SYS_fchownat, AT_FDCWD, t->file, 1, 1, 0);
}
static long change_times(const struct target *t)
{
    return syscall(SYS_utimensat, AT_FDCWD, t->file, NULL, 0);
}
static long make_node(const struct target *t)
{
    (void)t;
    return syscall(SYS_mknodat, AT_FDCWD, "/tmp/gong-escaped", S_IFIFO | 0600, 0);
}
static long mark_file(const struct target *t)
{
    return syscall(SYS_setxattr, t->file, "user.x", "1", 1, 0);
}
static long go_to_root(const struct target *t)
{
    (void)t;
    return syscall(SYS_chdir, "/");
}
static long own_root(const struct target *t)
{
    return syscall(SYS_chroot, t->folder);
}
static long mount_it(const struct target *t)
{
    return syscall(SYS_mount, "none", t->folder, "tmpfs", 0, NULL);
}
static long unmount_it(const struct target *t)
{
    (void)t;
    return syscall(SYS_umount2, "/proc", 0);
}
static long watch_it(const struct target *t)
{
    (void)t;
    return syscall(SYS_inotify_init1, 0);
}
static long memory_file(const struct target *t)
{
    (void)t;
    return syscall(SYS_memfd_create, "x", 0);
}
static long lock_file(const struct target *t)
{
    (void)t;
    return syscall(SYS_flock, STDIN_FILENO, 2);
}
// --- network
static long tcp(const struct target *t)
{
    (void)t;
    return socket(AF_INET, SOCK_STREAM, 0);
}
static long udp(const struct target *t)
{
    (void)t;
    return socket(AF_INET6, SOCK_DGRAM, 0);
}
static long neighbour(const struct target *t)
{
    (void)t;
    return socket(AF_UNIX, SOCK_STREAM, 0);
}
static long pair(const struct target *t)
{
    int two[2];
    (void)t;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, two);
}
static long raw(const struct target *t)
{
    (void)t;
    return socket(AF_INET, SOCK_RAW, 1);
}
static long kernel_socket(const struct target *t)
{
    (void)t;
    return socket(AF_NETLINK, SOCK_RAW, 0);
}
static long send_out(const struct target *t)
{
    (void)t;
    return send(STDOUT_FILENO, "x", 1, 0);
}
static long ring(const struct target *t)
{
    char room[120] = {0};
    (void)t;
    return syscall(SYS_io_uring_setup, 8, room);
}
static long pipe_it(const struct target *t)
{
    int two[2];
    (void)t;
    return syscall(SYS_pipe2, two, 0);
}
// --- other processes
static long fork_it(const struct target *t)
{
    (void)t;
    return syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0UL);
}
static long clone_3(const struct target *t)
{
    uint64_t args[11] = {0, 0, 0, 0, SIGCHLD};
    (void)t;
    return syscall(SYS_clone3, args, sizeof(args));
}
static long exec_it(const struct target *t)
{
    static char *const argv[] = {NULL};
    (void)t;
    return syscall(SYS_execve, "/bin/true", argv, argv);
}
static long exec_at(const struct target *t)
{
    static char *const argv[] = {NULL};
    (void)t;
    return syscall(SYS_execveat, STDIN_FILENO, "", argv, argv, AT_EMPTY_PATH);
}
static long end_parent(const struct target *t)
{
    return kill(t->parent, SIGKILL);
}
static long end_thread(const struct target *t)
{
    return syscall(SYS_tgkill, t->parent, t->parent, SIGKILL);
}
static long queue_signal(const struct target *t)
{
    siginfo_t info = {.si_signo = SIGKILL, .si_code = SI_QUEUE};
    return syscall(SYS_rt_sigqueueinfo, t->parent, SIGKILL, &info);
}
static long hold_parent(const struct target *t)
{
    return syscall(SYS_pidfd_open, t->parent, 0);
}
static long trace_parent(const struct target *t)
{
    return syscall(SYS_ptrace, 16L, (long)t->parent, 0L, 0L); // PTRACE_ATTACH
}
static long read_parent(const struct target *t)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};
    return syscall(SYS_process_vm_readv, t->parent, &here, 1UL, &there, 1UL, 0UL);
}
static long write_parent(const struct target *t)
{
    char byte = 0;
    struct iovec here = {&byte, 1}, there = {&byte, 1};
    return syscall(SYS_process_vm_writev, t->parent, &here, 1UL, &there, 1UL, 0UL);
}
static long limit_parent(const struct target *t)
{
    struct rlimit limit = {0, 0};
    return syscall(SYS_prlimit64, t->parent, RLIMIT_NOFILE, &limit, NULL);
}
static long slow_parent(const struct target *t)
{
    return syscall(SYS_setpriority, PRIO_PROCESS, t->parent, 19);
}
static long move_parent(const struct target *t)
{
    unsigned long set = 1;
    return syscall(SYS_sched_setaffinity, t->parent, sizeof(set), &set);
}
// --- the machine and its own fetters
static long more_rights(const struct target *t)
{
    (void)t;
    return syscall(SYS_setuid, 0);
}
static long new_world(const struct target *t)
{
    (void)t;
    return syscall(SYS_unshare, CLONE_NEWUSER);
}
static long own_limits_away(const struct target *t)
{
    struct rlimit limit = {1, 1};
    (void)t;
    return syscall(SYS_prlimit64, 0, RLIMIT_CPU, &limit, NULL);
}
static long no_more_end(const struct target *t)
{
    (void)t;
    return signal(SIGXCPU, SIG_IGN) == SIG_ERR ? -1 : 0;
}
static long new_code(const struct target *t)
{
    (void)t;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? -1
               : 0;
}
static long written_code(const struct target *t)
{
    static _Alignas(4096) char page[4096];
    (void)t;
    return mprotect(page, sizeof(page), PROT_READ | PROT_WRITE | PROT_EXEC);
}
static long kernel_code(const struct target *t)
{
    char room[120] = {0};
    (void)t;
    return syscall(SYS_bpf, 5, room, sizeof(room));
}
static long spy(const struct target *t)
{
    char room[128] = {0};
    (void)t;
    return syscall(SYS_perf_event_open, room, 0, -1, -1, 0UL);
}
static long key(const struct target *t)
{
    (void)t;
    return syscall(SYS_keyctl, 0, -3, 0, 0, 0);
}
static long shared_memory(const struct target *t)
{
    (void)t;
    return syscall(SYS_shmget, IPC_PRIVATE, 4096UL, 0600);
}

struct escape {
    const char *name;
    long (*try)(const struct target *target);
    bool harms; // unconfined it would end, change or need something: only tried in the sandbox
};
static const struct escape escapes[] = {
    {"reading a file of the parent", open_it, false},
    {"reading the users", open_passwd, false},
    {"reading by the newer call", open_2, true},
    {"reading its own memory as a file", open_own_memory, false},
    {"opening its input for writing", open_input_again, true},
    {"writing to a device", open_device, false},
    {"making a file", make_file, false},
    {"emptying a file by opening it", cut_file, true},
    {"emptying a file by its name", truncate_it, true},
    {"cutting its input", cut_input, true},
    {"making a folder", make_folder, true},
    {"removing a file", remove_file, true},
    {"renaming a file", rename_it, true},
    {"another name for a file", link_it, true},
    {"a pointer to a file", link_by_name, true},
    {"changing a file's mode", change_mode, true},
    {"changing its owner", change_owner, true},
    {"changing its times", change_times, true},
    {"making a pipe with a name", make_node, true},
    {"marking a file", mark_file, true},
    {"going to another folder", go_to_root, false},
    {"another root", own_root, true},
    {"mounting", mount_it, true},
    {"unmounting", unmount_it, true},
    {"watching files", watch_it, false},
    {"a file in memory", memory_file, false},
    {"locking its input", lock_file, false},
    {"TCP", tcp, false},
    {"UDP", udp, true},
    {"a socket to a neighbour", neighbour, false},
    {"a pair of sockets", pair, false},
    {"raw packets", raw, true},
    {"a socket to the kernel", kernel_socket, true},
    {"sending over its output", send_out, true},
    {"calls by a ring", ring, true},
    {"a pipe", pipe_it, false},
    {"another process", fork_it, true},
    {"another process by the newer call", clone_3, true},
    {"another program", exec_it, true},
    {"its input as a program", exec_at, true},
    {"ending the parent", end_parent, true},
    {"ending a thread of the parent", end_thread, true},
    {"queueing a signal", queue_signal, true},
    {"holding the parent", hold_parent, false},
    {"tracing the parent", trace_parent, true},
    {"reading the parent's memory", read_parent, true},
    {"writing the parent's memory", write_parent, true},
    {"limiting the parent", limit_parent, true},
    {"slowing the parent", slow_parent, true},
    {"moving the parent", move_parent, true},
    {"another user's rights", more_rights, true},
    {"a world of its own", new_world, true},
    {"other limits for itself", own_limits_away, false},
    {"not hearing that its time is over", no_more_end, false},
    {"code that was not there", new_code, false},
    {"data that become code", written_code, false},
    {"code in the kernel", kernel_code, true},
    {"counting what others do", spy, true},
    {"keys of the kernel", key, true},
    {"memory that is shared", shared_memory, false},
};
_Static_assert(COUNT_OF(escapes) == 60, "sixty attempts");

#endif
