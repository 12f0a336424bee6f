# Holds ports of the loopback for a test: ports.py PID COUNT prints COUNT ports that nobody has, in one line, and
# holds them until that process ends. Each is bound as one who shares with nobody, so no two tests hold the same,
# and says only then that it shares: a server that sets SO_REUSEADDR, as servers do, can listen at it. Who connects
# before that is refused. (tests/loopback.h does the same for tests in C.)
import os
import random
import select
import socket
import sys

test = select.poll()
test.register(os.pidfd_open(int(sys.argv[1])), select.POLLIN)
held = []
while len(held) < int(sys.argv[2]):
    one = socket.socket()
    try:  # below the ports that the system gives to outgoing connections
        one.bind(("", random.randrange(20000, 32000)))
    except OSError:
        continue
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.append(one)
print(*(one.getsockname()[1] for one in held), flush=True)
test.poll()
