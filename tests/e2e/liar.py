# A server that lies about the length of what it sends: liar.py PORT. /short announces more than it
# sends, /long sends more than it announced, /cut/NAME breaks off after half on every first try, /endless
# announces nothing and never ends.
import socket
import sys

body = bytes(range(256)) * 400
seen = set()
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(16)
while True:
    peer, _ = server.accept()
    lines = peer.recv(65536).decode("latin-1").split("\r\n")
    if " " not in lines[0]:
        peer.close()
        continue
    path = lines[0].split(" ")[1]
    first = next((int(l[13:-1]) for l in lines if l.lower().startswith("range: bytes=")), 0)
    announced, sent = len(body), body
    if path.startswith("/short"):
        announced = len(body) + 100
    if path.startswith("/long"):
        announced = len(body) - 100
    status = "200 OK"
    extra = 'ETag: "one"\r\n'
    if path.startswith("/cut"):
        if first:
            status = "206 Partial Content"
            extra += f"Content-Range: bytes {first}-{len(body) - 1}/{len(body)}\r\n"
            sent = body[first:]
            announced = len(sent)
        elif path not in seen:
            sent = body[: len(body) // 2]
        seen.add(path)
    if path.startswith("/endless"):
        try:
            peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            while True:
                peer.sendall(body)
        except OSError:
            peer.close()
            continue
    try:
        peer.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {announced}\r\n{extra}Connection: close\r\n\r\n".encode() + sent)
        peer.close()
    except OSError:
        pass
