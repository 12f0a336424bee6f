# A receiver of webhooks for tests: hook.py PORT OUT SECRET [FAILS]. Appends each call one of whose signatures
# and the time are right to OUT as a JSON line; the first FAILS calls are answered 503, a bad one 401. A call
# to /status/N is answered N and not kept; 3xx points to /gong. /sms is an aggregator of SMS as eSMS describes
# itself: each RequestId is taken once (100), and known the next time (124).
import base64, hashlib, hmac, http.server, json, sys, time

port, out, secret = int(sys.argv[1]), sys.argv[2], base64.b64decode(sys.argv[3].removeprefix("whsec_"))
fails = int(sys.argv[4]) if len(sys.argv) > 4 else 0
known = set()


class Hook(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # what a redirect would make of a call
        self.send_response(204)
        self.end_headers()
        with open(out, "a", encoding="utf-8") as lines:
            lines.write(json.dumps({"id": "GET " + self.path}) + "\n")

    def do_POST(self):
        global fails
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/sms":
            return self.take_sms(json.loads(body)["RequestId"])
        event, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        made = hmac.new(secret, b"%s.%s.%s" % (event.encode(), at.encode(), body), hashlib.sha256).digest()
        good = "v1," + base64.b64encode(made).decode() in self.headers["webhook-signature"].split(" ")
        good = good and abs(time.time() - int(at)) < 300
        if self.path.startswith("/status/"):
            self.send_response(int(self.path.split("/")[2]))
            self.send_header("Location", "/gong")
            self.end_headers()
            return
        if good and fails == 0:
            with open(out, "a", encoding="utf-8") as lines:
                lines.write(json.dumps({"id": event, "body": json.loads(body)}) + "\n")
        self.send_response(401 if not good else 503 if fails else 204)
        fails -= 1 if good and fails else 0
        self.end_headers()

    def take_sms(self, request):
        text = json.dumps({"CodeResult": "124" if request in known else "100", "SMSID": request}).encode()
        if request not in known:
            known.add(request)
            with open(out, "a", encoding="utf-8") as lines:
                lines.write(json.dumps({"sms": request}) + "\n")
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Hook).serve_forever()
