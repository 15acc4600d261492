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
from yarl import URL

from eligibility.choices import Failure
from eligibility.connectors.base import Call, Failed
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


async def post_json(
    call: Call, path: str, body: Mapping[str, Any], headers: Mapping[str, str] = _NO_HEADERS
) -> Received | Failed:
    """POST a JSON body and read an answer of at most `call.byte_cap` bytes.

    `path` is joined to the call's base URL and must never hold anything about a patient.
    Redirects are not followed: a payer's question must not end up at another address.
    """
    try:
        address = _join(call.base_url, path)
    except ValueError:
        return _BAD_ADDRESS
    try:
        async with call.session.post(
            address,
            data=json.dumps(body).encode(),
            headers={**_JSON_HEADERS, **headers} if headers else _JSON_HEADERS,
            allow_redirects=False,
        ) as response:
            return _judge(response, await read_capped(response, call.byte_cap))
    except aiohttp.ConnectionTimeoutError:
        return _unavailable("connect_timeout", "The payer could not be reached in time.")
    except TimeoutError:
        raise
    except aiohttp.ClientError as error:
        return failed_by_client_error(error)


async def read_capped(response: aiohttp.ClientResponse, byte_cap: int) -> bytes | None:
    """The body, or None when it is larger than `byte_cap`: the rest is then not read."""
    if (response.content_length or 0) > byte_cap:
        response.close()
        return None
    chunks, size = [], 0
    while chunk := await response.content.readany():
        size += len(chunk)
        if size > byte_cap:
            response.close()
            return None
        chunks.append(chunk)
    return b"".join(chunks)


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
    """The address of one call; ValueError when a connection's base URL is none."""
    return URL(base_url.rstrip("/") + path)


def _judge(response: aiohttp.ClientResponse, text: bytes | None) -> Received | Failed:
    """What the status says; the body counts only when the payer says that all went well."""
    if not 200 <= response.status < 300:
        return _failed_by_status(response, text or b"")
    return _oversize(response) if text is None else Received(response.status, text)


def _failed_by_status(response: aiohttp.ClientResponse, text: bytes) -> Failed:
    """The failure class of an HTTP status (product.md, "Failure classes").

    A 500 is taken for "the payer is down": it says nothing against the row, passes by itself,
    and should open the lane's breaker like a 502.
    """
    status, raw = response.status, _evidence(response.status, text)
    code = f"http_{status}"
    if status == 429:
        wish = retry_after_seconds(response.headers.get("Retry-After"))
        return Failed(Failure.THROTTLED, code, "The payer asked us to slow down.", wish, raw)
    if status in (401, 403):
        return Failed(Failure.CREDENTIALS, code, "The payer refused our login.", None, raw)
    if status in _DOWN:
        wish = retry_after_seconds(response.headers.get("Retry-After"))
        message = f"The payer is not available (HTTP {status})."
        return Failed(Failure.PAYER_UNAVAILABLE, code, message, wish, raw)
    if 300 <= status < 400:
        return _unreadable("redirect", "The payer answered with another address.", raw)
    return _unreadable(code, f"The payer did not understand the call (HTTP {status}).", raw)


def _evidence(status: int, text: bytes) -> dict[str, Any]:
    """The beginning of an answer that could not be used, kept with the attempt."""
    start = text[:_EVIDENCE].decode("utf-8", "replace").replace("\0", "\ufffd")
    return {"http_status": status, "body_start": start}


def _oversize(response: aiohttp.ClientResponse) -> Failed:
    raw = {"http_status": response.status}
    return _unreadable("oversize", "The payer's answer is larger than we read.", raw)


def _unavailable(code: str, message: str) -> Failed:
    return Failed(Failure.PAYER_UNAVAILABLE, code, message)


def _unreadable(code: str, message: str, raw: Any = None) -> Failed:
    return Failed(Failure.BAD_RESPONSE, code, message, raw=raw)


_BAD_ADDRESS: Final = _unavailable(
    "address", "The payer's address is not valid, or not one that this portal may call."
)
