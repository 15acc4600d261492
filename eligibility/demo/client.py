"""The demo as an integrator: plain HTTP and a key, nothing that others do not have."""

from __future__ import annotations

import http.client
import json
from typing import Any, Final
from urllib.parse import urlsplit

API: Final = "/v2/api-integration"
RECORDS: Final = "/integrations/v2/resource-records"
_TIMEOUT = 60.0


class Refused(Exception):
    """The portal answered something else than 200; the message holds status and words."""


class Client:
    """Talks to a portal on this machine."""

    def __init__(self, port: int, key: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._key = key

    def is_healthy(self) -> bool:
        """Whether the web server answers."""
        return answers(f"{self.url}{API}/health")

    def create_tasks(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Send rows to the bulk endpoint; the `data` of its answer. Raises Refused."""
        answer = self._request("POST", f"{API}/bulk/create-tasks", {"requests": rows})
        data: dict[str, Any] = answer["data"]
        return data

    def create_records(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Send practitioners to the bulk endpoint; its answer. Raises Refused.

        Judged strictly; those that are stored already take over what the rows say.
        """
        path = f"{RECORDS}/bulk?profile=strict&on_conflict=update"
        answer: dict[str, Any] = self._request("POST", path, rows)
        return answer

    def _request(self, method: str, path: str, body: Any) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT)
        headers = {"x-api-key": self._key, "Content-Type": "application/json"}
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise Refused(f"{method} {path}: {response.status} {_message(text)}")
        return json.loads(text)


def answers(url: str) -> bool:
    """Whether this http address answers 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5.0)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _message(text: bytes) -> str:
    """What the error envelope says."""
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return "without an answer in the API's form"
