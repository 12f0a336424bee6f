# A small OPeNDAP (DAP2) server of one data set: dap_server.py PORT [CERTIFICATE KEY NAME:PASSWORD], with
# these over TLS and for who has that login. Rain tp(time, lat, lon) is
# 100 * time + 10 * row + column; /gone is not there.
import base64
import re
import ssl
import struct
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

shape = {"time": [2], "lat": [3], "lon": [4], "tp": [2, 3, 4]}
dims = {"time": ["time"], "lat": ["lat"], "lon": ["lon"], "tp": ["time", "lat", "lon"]}
kind = {"time": ("Float64", "d"), "lat": ("Float32", "f"), "lon": ("Float32", "f"), "tp": ("Float32", "f")}
das = """Attributes {
    time { String units "hours since 2020-10-01 00:00:00"; String standard_name "time"; }
    lat { String units "degrees_north"; }
    lon { String units "degrees_east"; }
    tp { String units "mm"; }
}
"""


def value(name, at):
    if name == "tp":
        return 100 * at[0] + 10 * at[1] + at[2]
    return {"time": 6 * at[0], "lat": 15 + at[0], "lon": 105 + at[0]}[name]


def wanted(query):
    parts = [p for p in query.split(",") if p] or list(shape)
    out = []
    for part in parts:
        name = part.split("[")[0].split(".")[-1]
        ranges = []
        for text in re.findall(r"\[([^]]*)\]", part):
            numbers = [int(n) for n in text.split(":")]
            first, step, last = {1: (numbers[0], 1, numbers[0]), 2: (numbers[0], 1, numbers[-1])}.get(len(numbers), tuple(numbers[:3]))
            ranges.append(range(first, last + 1, step))
        out.append((name, ranges or [range(n) for n in shape[name]]))
    return out


def dds(asked):
    lines = ["Dataset {"]
    for name, ranges in asked:
        lines.append(f"    {kind[name][0]} {name}" + "".join(f"[{d} = {len(r)}]" for d, r in zip(dims[name], ranges)) + ";")
    return "\n".join(lines + ["} x;\n"])


def cells(ranges):
    if not ranges:
        yield ()
        return
    for first in ranges[0]:
        for rest in cells(ranges[1:]):
            yield (first,) + rest


def data(asked):
    out = b""
    for name, ranges in asked:
        values = [value(name, at) for at in cells(ranges)]
        out += struct.pack(">II", len(values), len(values))
        out += struct.pack(">%d%s" % (len(values), kind[name][1]), *values)
    return out


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if word and self.headers.get("Authorization") != word:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="drill"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        from urllib.parse import unquote
        path, _, query = unquote(self.path).partition("?")
        asked = wanted(query) if not path.startswith("/gone") else []
        body = {".dds": lambda: dds(asked).encode(), ".das": lambda: das.encode(),
                "dods": lambda: dds(asked).encode() + b"\nData:\n" + data(asked)}.get(path[-4:])
        if not asked or not body:
            self.send_error(404)
            return
        body = body()
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("XDODS-Server", "dods/3.2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
word = None
if len(sys.argv) > 2:
    word = "Basic " + base64.b64encode(sys.argv[4].encode()).decode()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
