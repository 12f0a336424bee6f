# An FTP server that wants a login: login_ftp.py PORT FOLDER NAME PASSWORD. One connection at a time,
# passive mode only; it prints what it is told.
import os
import socket
import sys

port, folder, name, password = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
server = socket.create_server(("127.0.0.1", port))


def serve(peer):
    lines = peer.makefile("rb")
    user, inside, first, data = "", False, 0, None

    def say(text):
        peer.sendall(text.encode() + b"\r\n")

    say("220 a drill")
    for line in lines:
        verb, _, rest = line.decode("latin-1").strip().partition(" ")
        print(verb, flush=True)
        path = os.path.join(folder, os.path.basename(rest))
        if verb == "USER":
            user = rest
            say("331 and the word?")
        elif verb == "PASS":
            inside = (user, rest) == (name, password)
            say("230 come in" if inside else "530 no")
        elif verb == "QUIT":
            say("221 bye")
            return
        elif not inside:
            say("530 who are you?")
        elif verb == "PWD":
            say('257 "/"')
        elif verb in ("CWD", "TYPE", "MODE"):
            say("200 good")
        elif verb == "EPSV":
            data = socket.create_server(("127.0.0.1", 0))
            say(f"229 here (|||{data.getsockname()[1]}|)")
        elif verb in ("SIZE", "RETR") and not os.path.isfile(path):
            say("550 no such file")
        elif verb == "SIZE":
            say(f"213 {os.path.getsize(path)}")
        elif verb == "REST":
            first = int(rest)
            say("350 from there")
        elif verb == "RETR" and data:
            say("150 it comes")
            way, _ = data.accept()
            with open(path, "rb") as file:
                file.seek(first)
                way.sendall(file.read())
            way.close()
            data.close()
            first, data = 0, None
            say("226 done")
        else:
            say("502 what?")


while True:
    peer, _ = server.accept()
    try:
        serve(peer)
    except OSError:
        pass
    peer.close()
