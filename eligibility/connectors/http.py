"""JSON over HTTP as every connector needs it: one call, a capped answer, errors as values.

Timeouts belong to the engine, which puts a wall-clock deadline around the whole call: a
TimeoutError or a cancellation passes through here untouched. The one exception is the
session's own limit on connecting, since then nothing has been sent yet.
"""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final

import aiohttp
from yarl import URL

from eligibility.choices import Failure
from eligibility.connectors.base import Call, Failed

DEEPEST: Final = 50
"""Levels of nesting that an answer may have and still be stored on every database."""

LONGEST_WISH: Final = 86_400.0
"""Seconds: the longest Retry-After we believe."""

_EVIDENCE: Final = 2_000
_NO_HEADERS: Final[Mapping[str, str]] = {}
_JSON_HEADERS: Final[Mapping[str, str]] = {
    "Content-Type": "application/json",
    "Accept": "application/json",
}
_DOWN: Final = frozenset({408, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Received:
    """A payer's answer of status 2xx: parsed, storable, with fractions as their own text."""

    status: int
    data: Any


async def post_json(
    call: Call, path: str, body: Mapping[str, Any], headers: Mapping[str, str] = _NO_HEADERS
) -> Received | Failed:
    """POST a JSON body and read a JSON answer of at most `call.byte_cap` bytes.

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
            text = await read_capped(response, call.byte_cap)
            return _oversize(response) if text is None else _judge(response, text)
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
    """What an aiohttp error means. Its text is dropped: it may quote an address or a body."""
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
            return _unavailable("disconnected", "The payer closed the connection without answer.")
        case aiohttp.ClientPayloadError():
            return _unreadable("incomplete", "The payer's answer broke off.")
        case aiohttp.ClientResponseError():
            return _unreadable("not_http", "The payer's answer is not HTTP.")
    return _unavailable("connection", "The connection to the payer failed.")


def parse_json(text: bytes) -> Any:
    """The JSON value of a payer's answer, fit for any database.

    A fraction stays its own text, exact; NUL and lone surrogates become U+FFFD. Raises
    ValueError for what is not JSON in UTF-8, NaN and Infinity, and more than DEEPEST levels.
    """
    try:
        value = _DECODER.decode(text.removeprefix(codecs.BOM_UTF8).decode())
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    suspicious = b"\\u" in text or text.count(b"[") + text.count(b"{") > DEEPEST
    return _storable(value) if suspicious else value


def retry_after_seconds(value: str | None, now: datetime | None = None) -> float | None:
    """A Retry-After header in seconds from now: it holds seconds, or an HTTP date.

    None when there is none or it cannot be read; never below zero nor above a day.
    """
    if value is None:
        return None
    try:
        wish = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        wish = (moment - (now or datetime.now(UTC))).total_seconds()
    return None if math.isnan(wish) else min(max(wish, 0.0), LONGEST_WISH)


@lru_cache(maxsize=256)
def _join(base_url: str, path: str) -> URL:
    """The address of one call; ValueError when a connection's base URL is none."""
    return URL(base_url.rstrip("/") + path)


def _judge(response: aiohttp.ClientResponse, text: bytes) -> Received | Failed:
    """What the status says; the body counts only when the payer says that all went well."""
    if not 200 <= response.status < 300:
        return _failed_by_status(response, text)
    try:
        return Received(response.status, parse_json(text))
    except ValueError:
        return _unreadable("not_json", "The payer's answer is not JSON.", _evidence(response, text))


def _failed_by_status(response: aiohttp.ClientResponse, text: bytes) -> Failed:
    """The failure class of an HTTP status (product.md, "Failure classes").

    A 500 is taken for "the payer is down": it says nothing against the row, passes by itself,
    and should open the lane's breaker like a 502.
    """
    status, raw = response.status, _evidence(response, text)
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


def _evidence(response: aiohttp.ClientResponse, text: bytes) -> dict[str, Any]:
    """The beginning of an answer that could not be used, kept with the attempt."""
    start = text[:_EVIDENCE].decode("utf-8", "replace").replace("\0", "\ufffd")
    return {"http_status": response.status, "body_start": start}


def _oversize(response: aiohttp.ClientResponse) -> Failed:
    raw = {"http_status": response.status}
    return _unreadable("oversize", "The payer's answer is larger than we read.", raw)


def _unavailable(code: str, message: str) -> Failed:
    return Failed(Failure.PAYER_UNAVAILABLE, code, message)


def _unreadable(code: str, message: str, raw: Any = None) -> Failed:
    return Failed(Failure.BAD_RESPONSE, code, message, raw=raw)


def _refuse_constant(word: str) -> Any:
    """NaN and Infinity are not JSON, and no database stores them."""
    raise ValueError(f"{word} is not JSON")


_BAD_ADDRESS: Final = _unavailable("address", "The payer's address is not a valid one.")
_DECODER: Final = json.JSONDecoder(parse_float=str, parse_constant=_refuse_constant)


def _storable(value: Any, level: int = 0) -> Any:
    """The value with NUL and lone surrogates replaced; ValueError when nested too deeply."""
    if isinstance(value, str):
        plain = value.replace("\0", "\ufffd")
        return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not isinstance(value, dict | list):
        return value
    if level >= DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_storable(item, level + 1) for item in value]
    return {_storable(key): _storable(item, level + 1) for key, item in value.items()}
