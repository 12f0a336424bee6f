// Runs a program as on a machine that lacks something: without landlock|locks PROGRAM WORD... The
// system call by which it is asked for is answered as by a kernel that has no landlock, or by a
// disk that has no locks, through a seccomp filter that the program and all its children inherit.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOT_STARTED = 127 };

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        unsigned call, code;
    } things[] = {{"landlock", __NR_landlock_create_ruleset, ENOSYS},
                  {"locks", __NR_flock, ENOLCK}};
    size_t at = argc < 3 || strcmp(argv[1], things[0].name) == 0 ? 0 : 1;
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, things[at].call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | things[at].code),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof(steps) / sizeof(steps[0]), steps};
    if (argc < 3 || strcmp(argv[1], things[at].name) != 0) {
        (void)fprintf(stderr, "without: landlock or locks? which program?\n");
        return NOT_STARTED;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        perror("without");
        return NOT_STARTED;
    }
    (void)execv(argv[2], argv + 2);
    perror(argv[2]);
    return NOT_STARTED;
}
