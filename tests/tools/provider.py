#!/usr/bin/env python3
"""A mobile money provider for tests: GSMA Mobile Money 1.2, disbursement, with a book of its own.

  provider.py --port-file FILE --book FILE [--seed N] [--faults LIST] [--share PERCENT]

Listens on a free port of 127.0.0.1 and writes its number into FILE. Each payout that it really pays
is one fsynced line of the book, which is never read back by the interface under test. --faults is a
comma-separated list (or "all", "none"); which fault strikes which request follows from the seed and
the reference alone, so that every run can be repeated. --share per cent of the tries meet one. No
fault lasts: the n-th try of a payout meets none when n > 3, and nothing does after PUT /sim/heal.

  paid-then-silent    pays, then says nothing until the caller gives up
  paid-then-cut       pays, then cuts the answer in the middle
  paid-then-5xx       pays, then answers 500, 502 or 503
  silent              does nothing and says nothing
  5xx                 does nothing and answers 500, 502 or 503
  forgets             pays, says nothing, and when it is asked no longer knows the correlation id: an
                      order that is sent again then would be paid again
  delays              takes the order and pays only later
  lies-404            pays, and at first says that it does not know it
  lies-amount         pays rightly, and answers with another amount at first
  lies-other          pays, and at first answers with somebody else's transaction
  lies-failed         pays, and says that it failed
  refuses             answers 400 identifierError: final, not paid
  fails               takes the order, and later says failed: not paid
  duplicates          calls back twice
  calls-wrong         pays later, and calls back with what is no callback of the API (not among "all")

GET /sim/state gives what it holds; PUT /sim/reset?seed=N&book=FILE (and
&faults=LIST&share=PERCENT) starts anew.
"""
import argparse
import hashlib
import json
import os
import socket
import threading
import time
import urllib.parse
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULTS = ("paid-then-silent paid-then-cut paid-then-5xx silent 5xx forgets delays lies-404 "
          "lies-amount lies-other lies-failed refuses fails duplicates").split()
TRIES_WITH_FAULTS = 3
SILENCE_S = 30


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Provider:
    def __init__(self, book, seed, faults, share, delay_s):
        self.lock = threading.RLock()
        self.faults, self.share, self.delay_s = faults, share, delay_s
        self.reset(book, seed)

    def reset(self, book, seed):
        with self.lock:
            self.book = open(book, "a", encoding="utf-8")
            self.seed, self.healed = seed, False
            self.orders = {}       # correlation id -> order
            self.transactions = []  # every order taken, in its order
            self.tries = {}
            self.again = 0  # requests on a connection that had one before

    def chance(self, *words):
        text = "/".join([str(self.seed), *map(str, words)])
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    def fault(self, reference):
        """The fault of this try of this payout, or None."""
        with self.lock:
            n = self.tries[reference] = self.tries.get(reference, 0) + 1
        roll = self.chance(reference, n)
        if self.healed or n > TRIES_WITH_FAULTS or not self.faults or roll % 100 >= self.share:
            return None
        return self.faults[(roll >> 8) % len(self.faults)]

    def pay(self, order):
        """Money moves here and nowhere else; on the disk before anybody is told."""
        with self.lock:
            line = {"reference": order["reference"], "amount": order["amount"],
                    "payee": order["creditParty"][0]["value"], "ref": order["ref"]}
            self.book.write(json.dumps(line, sort_keys=True) + "\n")
            self.book.flush()
            os.fsync(self.book.fileno())
            order["status"] = "completed"

    def take(self, correlation, body):
        order = dict(body)
        order["reference"] = body.get("requestingOrganisationTransactionReference", "")
        order["ref"] = "SIM" + hashlib.sha256(correlation.encode()).hexdigest()[:12].upper()
        order["server"] = str(uuid.UUID(hashlib.md5(correlation.encode()).hexdigest()))
        order["correlation"] = correlation
        order["status"], order["due"], order["lie"], order["lies"] = "pending", None, None, 0
        self.orders[correlation] = order
        self.transactions.append(order)
        return order

    def settle_due(self):
        with self.lock:
            for order in self.transactions:
                if order["due"] is not None and (self.healed or time.monotonic() >= order["due"]):
                    order["due"] = None
                    if order.pop("will_fail", False):
                        order["status"] = "failed"
                    else:
                        self.pay(order)
                    self.call_back(order)

    def lying(self, order, lie, times):
        """True while this order is still lied about in this way."""
        with self.lock:
            if self.healed and lie != "lies-failed" or order["lie"] != lie or order["lies"] >= times:
                return False
            order["lies"] += 1
            return True

    def call_back(self, order):
        """With the correlation id in capitals, the same UUID (RFC 4122, 3)."""
        url = order.get("callback")
        if not url:
            return
        said = transaction(order)
        if order["status"] == "failed":
            said = error("businessRule", "requestDeclined")
        if order["lie"] == "calls-wrong":
            said["amount"] = int(said["amount"])
        body = json.dumps(said).encode()

        def send():
            for _ in range(2 if order["lie"] == "duplicates" else 1):
                try:
                    request = urllib.request.Request(url, data=body, method="PUT",
                                                     headers={"Content-Type": "application/json",
                                                              "X-CorrelationID": order["correlation"].upper()})
                    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5)
                except OSError:
                    pass
        threading.Thread(target=send, daemon=True).start()


def transaction(order):
    return {"amount": order["amount"], "currency": order["currency"], "type": "disbursement",
            "transactionReference": order["ref"], "transactionStatus": order["status"],
            "requestingOrganisationTransactionReference": order["reference"],
            "creditParty": order["creditParty"],
            "debitParty": order.get("debitParty", [{"key": "accountid", "value": "float"}]),
            "creationDate": now()}


def error(category, code):
    return {"errorCategory": category, "errorCode": code, "errorDateTime": now()}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = False

    def parse_request(self):
        with self.server.sim.lock:
            self.server.sim.again += self.asked
        self.asked = True
        return super().parse_request()

    def log_message(self, *_):
        pass

    def answer(self, status, body, cut=False):
        raw = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Date", now())
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw[: len(raw) // 2] if cut else raw)
        if cut:
            self.close_connection = True
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def silent(self):
        """Holds the line until the caller gives up."""
        self.close_connection = True
        self.connection.settimeout(SILENCE_S)
        try:
            while self.connection.recv(1024):
                pass
        except OSError:
            pass

    # --- orders
    def do_POST(self):
        sim = self.server.sim
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/transactions/type/disbursement":
            return self.answer(404, error("identification", "genericError"))
        if self.headers.get("X-API-Key") != "drill-key":
            return self.answer(401, error("authorisation", "clientAuthorisationError"))
        correlation = self.headers.get("X-CorrelationID") or str(uuid.uuid4())
        body = json.loads(raw)
        reference = body.get("requestingOrganisationTransactionReference", "")
        fault = sim.fault(reference)
        if fault == "silent":
            return self.silent()
        if fault == "5xx":
            return self.answer((500, 502, 503)[sim.chance(reference, "5xx") % 3],
                               error("internal", "genericError"))
        with sim.lock:
            sim.settle_due()
            known = sim.orders.get(correlation)
            if known is None:
                if fault == "refuses":
                    return self.answer(400, error("identification", "identifierError"))
                known = sim.take(correlation, body)
                known["callback"] = self.headers.get("X-Callback-URL")
                known["lie"] = fault
                if fault in ("delays", "duplicates", "fails", "calls-wrong"):
                    known["due"] = time.monotonic() + sim.delay_s
                    known["will_fail"] = fault == "fails"
                else:
                    sim.pay(known)
                    sim.call_back(known)
        self.answer_order(known, fault)

    def answer_order(self, order, fault):
        sim = self.server.sim
        if fault in ("paid-then-silent", "forgets", "lies-404"):
            return self.silent()
        if fault == "paid-then-cut":
            return self.answer(201, transaction(order), cut=True)
        if fault == "paid-then-5xx":
            return self.answer((500, 502, 503)[sim.chance(order["reference"], "p5xx") % 3], None)
        if fault == "lies-failed":
            state = {"serverCorrelationId": order["server"], "status": "failed",
                     "notificationMethod": "polling", "error": error("businessRule", "genericError")}
            return self.answer(202, state)
        if order["status"] == "completed" and sim.chance(order["reference"], "201") % 2:
            return self.answer(201, self.told(order))
        return self.answer(202, self.state(order))

    def told(self, order):
        """The transaction as it is told, which may be a lie."""
        sim = self.server.sim
        said = transaction(order)
        if sim.lying(order, "lies-amount", 2):
            said["amount"] = str(int(order["amount"]) + 1)
        elif sim.lying(order, "lies-other", 2):
            said["requestingOrganisationTransactionReference"] = "SOMEBODYELSE"
        return said

    def state(self, order):
        status = {"completed": "completed", "failed": "failed"}.get(order["status"], "pending")
        said = {"serverCorrelationId": order["server"], "status": status,
                "notificationMethod": "callback" if order.get("callback") else "polling"}
        if status == "completed":
            said["objectReference"] = order["ref"]
        if status == "failed":
            said["error"] = error("businessRule", "requestDeclined")
        if status == "pending":
            said["pollLimit"] = 100
        return said

    # --- questions
    def do_GET(self):
        sim = self.server.sim
        sim.settle_due()
        url = urllib.parse.urlsplit(self.path)
        parts = [urllib.parse.unquote(part) for part in url.path.strip("/").split("/")]
        query = urllib.parse.parse_qs(url.query)
        if parts == ["heartbeat"]:
            return self.answer(200, {"serviceStatus": "available"})
        if parts[0] == "sim":
            return self.answer(200, {"orders": len(sim.orders), "taken": len(sim.transactions),
                                     "again": sim.again})
        if self.headers.get("X-API-Key") != "drill-key":
            return self.answer(401, error("authorisation", "clientAuthorisationError"))
        with sim.lock:
            if parts[0] == "responses" and len(parts) == 2:
                return self.get_response(parts[1])
            if parts[0] == "requeststates" and len(parts) == 2:
                return self.get_one("server", parts[1])
            if parts[0] == "transactions" and len(parts) == 2:
                return self.get_one("ref", parts[1])
            if parts[0] == "accounts" and parts[-1] == "transactions":
                offset, limit = int(query.get("offset", ["0"])[0]), int(query.get("limit", ["50"])[0])
                page = sim.transactions[offset:offset + limit]
                return self.answer(200, [transaction(order) for order in page])
            if parts[0] == "accounts" and parts[-1] == "balance":
                return self.answer(200, {"availableBalance": "1000000000", "currency": "VND",
                                         "currentBalance": "1000000000"})
        return self.answer(404, error("identification", "genericError"))

    def get_response(self, correlation):
        sim = self.server.sim
        order = sim.orders.get(correlation)
        if order is not None and order["lie"] == "forgets" and not sim.healed:
            del sim.orders[correlation]
            order = None
        if order is None or sim.lying(order, "lies-404", 2):
            return self.answer(404, error("identification", "identifierError"))
        link = "/transactions/" + order["ref"] if order["status"] == "completed" else \
            "/requeststates/" + order["server"]
        return self.answer(200, {"link": link})

    def get_one(self, key, value):
        for order in self.server.sim.transactions:
            if order[key] == value:
                return self.answer(200, self.told(order) if key == "ref" else self.state(order))
        return self.answer(404, error("identification", "identifierError"))

    def do_PUT(self):
        sim = self.server.sim
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        if url.path == "/sim/heal":
            sim.healed = True
            sim.settle_due()
        elif url.path == "/sim/reset":
            sim.reset(query["book"][0], int(query["seed"][0]))
            if "faults" in query:
                sim.faults, sim.share = fault_list(query["faults"][0]), int(query["share"][0])
        return self.answer(204, None)


def fault_list(text):
    faults = {"none": [], "all": FAULTS}.get(text, text.split(","))
    for fault in faults:
        if fault not in (*FAULTS, "calls-wrong"):
            raise SystemExit("no such fault: " + fault)
    return faults


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a caller that gave up


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port-file", required=True)
    parser.add_argument("--book", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", default="none")
    parser.add_argument("--share", type=int, default=50)
    parser.add_argument("--delay-ms", type=int, default=100)
    args = parser.parse_args()
    faults = fault_list(args.faults)
    server = Server(("127.0.0.1", 0), Handler)
    server.sim = Provider(args.book, args.seed, faults, args.share, args.delay_ms / 1000)
    with open(args.port_file + ".part", "w", encoding="ascii") as file:
        file.write(str(server.server_address[1]))
    os.rename(args.port_file + ".part", args.port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
