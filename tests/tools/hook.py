# A receiver of webhooks for tests: hook.py PORT OUT SECRET [FAILS]. Appends each call whose signature
# and time are right to OUT as a JSON line; the first FAILS calls are answered 503, a bad one 401.
import base64, hashlib, hmac, http.server, json, sys, time

port, out, secret = int(sys.argv[1]), sys.argv[2], base64.b64decode(sys.argv[3].removeprefix("whsec_"))
fails = int(sys.argv[4]) if len(sys.argv) > 4 else 0


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global fails
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        made = hmac.new(secret, b"%s.%s.%s" % (event.encode(), at.encode(), body), hashlib.sha256).digest()
        good = self.headers["webhook-signature"] == "v1," + base64.b64encode(made).decode()
        good = good and abs(time.time() - int(at)) < 300
        if good and fails == 0:
            with open(out, "a", encoding="utf-8") as lines:
                lines.write(json.dumps({"id": event, "body": json.loads(body)}) + "\n")
        self.send_response(401 if not good else 503 if fails else 204)
        fails -= 1 if good and fails else 0
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.HTTPServer(("127.0.0.1", port), Hook).serve_forever()
