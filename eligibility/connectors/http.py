"""JSON over HTTP as every connector needs it: one call, a capped answer, errors as values.

Timeouts belong to the engine, which puts a wall-clock deadline around the whole call: a
TimeoutError or a cancellation passes through here untouched. The one exception is the
session's own limit on connecting, since then nothing has been sent yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import aiohttp
from pydantic_core import PydanticSerializationError, to_json
from yarl import URL

from eligibility.choices import Failure
from eligibility.connectors.base import Call, Failed
from eligibility.connectors.exchange import exchange_of
from eligibility.connectors.reading import retry_after_seconds

_EVIDENCE: Final = 2_000
_NO_HEADERS: Final[Mapping[str, str]] = {}
_JSON_HEADERS: Final[Mapping[str, str]] = {
    "Content-Type": "application/json",
    "Accept": "application/json",
}
_DOWN: Final = frozenset({408, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Received:
    """A payer's answer of status 2xx, as it came; `as_failed` keeps its beginning as evidence."""

    status: int
    text: bytes

    def as_failed(self, code: str, message: str) -> Failed:
        """The answer as one that could not be used."""
        return _unreadable(code, message, _evidence(self.status, self.text))


@dataclass(frozen=True, slots=True)
class Heard:
    """An HTTP answer of any status. `text` is None when there was more than we read.

    `retry_after` is the payer's wish in seconds.
    """

    status: int
    text: bytes | None
    retry_after: float | None = None


async def post_json(
    call: Call, path: str, body: Mapping[str, Any], headers: Mapping[str, str] = _NO_HEADERS
) -> Received | Failed:
    """POST a JSON body and read an answer of at most `call.byte_cap` bytes.

    `path` is joined to the call's base URL and must never hold anything about a patient.
    """
    headers = {**_JSON_HEADERS, **headers} if headers else _JSON_HEADERS
    heard = await ask(call, "POST", path, _written(body), headers)
    return heard if isinstance(heard, Failed) else judged(heard)


async def ask(
    call: Call,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> Heard | Failed:
    """One call, whatever it is answered; a Failed only when no answer came.

    `path` is joined to the call's base URL, or is an address of its own (https://…). Redirects
    are not followed: a payer's question must not end up at another address.
    """
    try:
        address = _join(call.base_url, path)
    except ValueError:
        return _BAD_ADDRESS
    try:
        came = await exchange_of(call.session).call(
            method, address, headers=headers, body=body, byte_cap=call.byte_cap
        )
        return Heard(came.status, came.text, retry_after_seconds(came.header("retry-after")))
    except aiohttp.ConnectionTimeoutError:
        return _unavailable("connect_timeout", "The payer could not be reached in time.")
    except TimeoutError:
        raise
    except aiohttp.ClientError as error:
        return failed_by_client_error(error)
    except ValueError:  # a header or an address that HTTP cannot carry; nothing was sent
        return _BAD_ADDRESS


def _written(body: Mapping[str, Any]) -> bytes:
    """The body as JSON. Half a character, which has no bytes, goes as its escape."""
    try:
        return to_json(body)
    except PydanticSerializationError:
        return json.dumps(body).encode()


def failed_by_client_error(error: aiohttp.ClientError) -> Failed:
    """What an aiohttp error means. Its text is dropped: it may quote an address or a body.

    Where the connection was cut after the call had left, the payer may have worked on it.
    """
    match error:
        case aiohttp.ClientConnectorDNSError():
            return _unavailable("dns", "The payer's address could not be found.")
        case aiohttp.ClientSSLError():
            return _unavailable("tls", "No safe connection to the payer could be made.")
        case aiohttp.ClientConnectorError():
            return _unavailable("refused", "The payer refused the connection.")
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return _BAD_ADDRESS
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            message = "The payer closed the connection without answer."
            return replace(_unavailable("disconnected", message), fate_unknown=True)
        case aiohttp.ClientPayloadError():
            broken_off = _unreadable("incomplete", "The payer's answer broke off.")
            return replace(broken_off, fate_unknown=True)
        case aiohttp.ClientResponseError():
            return _unreadable("not_http", "The payer's answer is not HTTP.")
    failed = _unavailable("connection", "The connection to the payer failed.")
    return replace(failed, fate_unknown=True)


@lru_cache(maxsize=256)
def _join(base_url: str, path: str) -> URL:
    """The address of one call; ValueError when a connection's base URL is none.

    What is percent-encoded stays so: a payer's handle must not become a path of its own.
    """
    base = "" if "://" in path else str(URL(base_url)).rstrip("/")
    address = URL(base + path, encoded=True)
    if address.user is not None or address.password is not None:
        raise ValueError("a login in the address")
    return address


def judged(heard: Heard) -> Received | Failed:
    """What the status says; the body counts only when the payer says that all went well."""
    if not 200 <= heard.status < 300:
        return failed_by_status(heard)
    if heard.text is None:
        raw = {"http_status": heard.status}
        return _unreadable("oversize", "The payer's answer is larger than we read.", raw)
    return Received(heard.status, heard.text)


def failed_by_status(heard: Heard) -> Failed:
    """The failure class of an HTTP status (product.md, "Failure classes").

    A 500 is taken for "the payer is down": it says nothing against the row, passes by itself,
    and should open the lane's breaker like a 502.
    """
    status, raw = heard.status, _evidence(heard.status, heard.text or b"")
    code = f"http_{status}"
    if status == 429:
        message = "The payer asked us to slow down."
        return Failed(Failure.THROTTLED, code, message, heard.retry_after, raw)
    if status in (401, 403):
        return Failed(Failure.CREDENTIALS, code, "The payer refused our login.", None, raw)
    if status in _DOWN:
        message = f"The payer is not available (HTTP {status})."
        return Failed(Failure.PAYER_UNAVAILABLE, code, message, heard.retry_after, raw)
    if 300 <= status < 400:
        return _unreadable("redirect", "The payer answered with another address.", raw)
    return _unreadable(code, f"The payer did not understand the call (HTTP {status}).", raw)


def _evidence(status: int, text: bytes) -> dict[str, Any]:
    """The beginning of an answer that could not be used, kept with the attempt."""
    start = text[:_EVIDENCE].decode("utf-8", "replace").replace("\0", "\ufffd")
    return {"http_status": status, "body_start": start}


def _unavailable(code: str, message: str) -> Failed:
    return Failed(Failure.PAYER_UNAVAILABLE, code, message)


def _unreadable(code: str, message: str, raw: Any = None) -> Failed:
    return Failed(Failure.BAD_RESPONSE, code, message, raw=raw)


_BAD_ADDRESS: Final = _unavailable(
    "address", "The payer's address is not valid, or not one that this portal may call."
)
