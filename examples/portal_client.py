import json
import os
import urllib.error
import urllib.request

PORTAL, KEY = os.environ["PORTAL"], os.environ["KEY"]
CHECKS = "/v2/api-integration"


def call(method, path, body=None, headers=None):
    """One request: its status, its headers, and the JSON that came back, errors too."""
    request = urllib.request.Request(
        PORTAL + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {KEY}",
            "Content-Type": "application/json",
            **(headers or {}),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, json.load(refusal)
