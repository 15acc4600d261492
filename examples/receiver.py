import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = os.environ["SECRET"]  # whsec_…
seen = set()


def is_genuine(headers, body):
    """Whether the portal sent this just now, under our secret."""
    sent = headers["webhook-timestamp"]
    if abs(time.time() - int(sent)) > 300:
        return False
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{sent}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    offered = [each.removeprefix("v1,") for each in headers["webhook-signature"].split()]
    return any(hmac.compare_digest(wanted, each) for each in offered)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        genuine = is_genuine(self.headers, body)
        self.send_response(204 if genuine else 401)
        self.end_headers()
        event_id = self.headers["webhook-id"]
        if genuine and event_id not in seen:  # at least once: the same one may come again
            seen.add(event_id)
            event = json.loads(body)
            about = event["data"].get("task_id") or event["data"].get("batch_id")
            print(event["type"], about, flush=True)

    def log_message(self, *arguments):
        pass


HTTPServer(("127.0.0.1", int(os.environ["HOOK_PORT"])), Receiver).serve_forever()
