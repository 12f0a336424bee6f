#ifndef GONG_TESTS_LOOPBACK_H
#define GONG_TESTS_LOOPBACK_H

// Processes and ports of tests that start programs on this machine.
#include "core/hash.h"

#include <assert.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_FIRST = 20000, PORTS = 12000, PORT_TRIES = 1000, PORTS_HELD = 64 };

// As fork; the child ends with this process at the latest, also when a check of ours fails.
static inline pid_t child_fork(void)
{
    pid_t parent = getpid(), child = fork();
    assert(child >= 0);
    if (child == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent))
        _exit(126);
    return child;
}

// A socket that holds a port, or -1. It is bound as one who shares with nobody, so no two of these
// hold the same, and says only then that it shares: a server that sets SO_REUSEADDR, as servers
// do, can listen at the port. Nobody is given it by the system, and who connects to it before
// somebody listens is refused.
static inline int port_hold(unsigned port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    assert(fd >= 0);
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

// A port that nobody has, and that no other test gets: it is held as port_hold says until this
// process ends, or has drawn PORTS_HELD others. It is one of those below what the system gives to
// outgoing connections.
static inline unsigned free_port(void)
{
    static int held[PORTS_HELD];
    static size_t drawn;
    for (int tries = 0; tries < PORT_TRIES; tries++) {
        uint32_t dice;
        random_bytes(&dice, sizeof(dice));
        unsigned port = PORT_FIRST + dice % PORTS;
        int fd = port_hold(port);
        if (fd < 0)
            continue;
        int *place = &held[drawn++ % PORTS_HELD];
        if (*place > 0)
            (void)close(*place);
        *place = fd;
        return port;
    }
    assert(false && "no port is free");
    return 0;
}

#endif
