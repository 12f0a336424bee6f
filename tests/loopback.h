#ifndef GONG_TESTS_LOOPBACK_H
#define GONG_TESTS_LOOPBACK_H

// Processes and ports of tests that start programs on this machine.
#include "core/hash.h"
#include "tests/check.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_FIRST = 20000, PORTS = 12000, PORT_TRIES = 1000 };

// As fork; the child ends with this process at the latest, also when a check of ours fails.
static inline pid_t child_fork(void)
{
    pid_t parent = getpid(), child = fork();
    CHECK(child >= 0);
    if (child == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent))
        _exit(126);
    return child;
}

// A port that nobody has, drawn from those below what the system gives to outgoing connections: of
// these another test could have one by the time that ours is listened at.
static inline unsigned free_port(void)
{
    for (int i = 0; i < PORT_TRIES; i++) {
        uint32_t dice;
        random_bytes(&dice, sizeof(dice));
        unsigned port = PORT_FIRST + dice % PORTS;
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool is_free = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
        (void)close(fd);
        if (is_free)
            return port;
    }
    CHECK_FAILED("no port from %d on is free", PORT_FIRST);
    return 0;
}

#endif
