"""One HTTP call over a session's connections, without what aiohttp does around each of them.

A drain calls a payer thousands of times a minute, and building aiohttp's request and response
objects anew costs more processor time than sending, waiting and parsing. So a request is described
once for each address and set of headers, and an answer is read as it is parsed. The pool, name
look-ups, TLS, the guard and the parser are the session's own. Calls are never sent again, redirects
not followed, cookies not kept; deadlines are the caller's, but for the session's on connecting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_middlewares import build_client_middlewares
from aiohttp.http import HttpProcessingError
from yarl import URL

_MOST_KEPT: Final = 256
_UNSAFE: Final = frozenset("\r\n\0")
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What came back. `text` is None when there was more than the caller reads."""

    status: int
    headers: Mapping[str, str]
    text: bytes | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """A request without its body: what it is for the pool, and how it begins on the wire."""

    request: aiohttp.ClientRequest
    head: bytes


class Exchange:
    """Calls over one session; its middlewares, such as the guard of addresses, see every call.

    The beginnings of the last requests, their headers included, are kept as long as the session.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        assert session.connector is not None
        self._pool = session.connector
        self._usual = dict(session.headers)
        self._timeout = session.timeout
        self._middlewares = session._middlewares
        self._plans: dict[Any, _Plan] = {}

    async def call(
        self,
        method: str,
        address: URL,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        byte_cap: int,
    ) -> Exchanged:
        """One call and its answer, of which at most `byte_cap` bytes are read.

        Raises aiohttp's client errors, and ValueError for a header that HTTP cannot carry.
        """
        plan = self._plan(method, address, headers)
        if body is None and method in _WITHOUT_BODY:
            sent = plan.head + b"\r\n"
        else:
            sent = b"%bContent-Length: %d\r\n\r\n%b" % (plan.head, len(body or b""), body or b"")

        async def handler(request: aiohttp.ClientRequest) -> Any:
            return await self._exchange(request, sent, byte_cap)

        answer: Any = await build_client_middlewares(handler, self._middlewares)(plan.request)
        return cast(Exchanged, answer)

    def _plan(self, method: str, address: URL, headers: Mapping[str, str]) -> _Plan:
        key = (method, address, *headers.items())
        plan = self._plans.get(key)
        if plan is None:
            if address.scheme not in {"http", "https"}:
                raise aiohttp.NonHttpUrlClientError(address)
            if len(self._plans) >= _MOST_KEPT:
                self._plans.clear()
            plan = self._plans[key] = _planned(
                aiohttp.ClientRequest(
                    method,
                    address,
                    headers={**self._usual, **headers},
                    loop=asyncio.get_running_loop(),
                )
            )
        return plan

    async def _exchange(
        self, request: aiohttp.ClientRequest, sent: bytes, byte_cap: int
    ) -> Exchanged:
        connection = await self._connected(request)
        try:
            protocol, transport = connection.protocol, connection.transport
            if protocol is None or transport is None or transport.is_closing():
                raise aiohttp.ServerDisconnectedError
            waits = self._timeout.sock_read
            protocol.set_response_params(read_until_eof=True, read_timeout=waits)
            protocol.start_timeout()
            transport.write(sent)
            message, payload = await _answered(protocol, request)
            text = await _read_capped(message.headers, payload, byte_cap)
        except BaseException:
            connection.close()
            raise
        if text is None:
            connection.close()
        else:
            connection.release()
        return Exchanged(message.code, message.headers, text)

    async def _connected(self, request: aiohttp.ClientRequest) -> Any:
        """A connection of the pool. Its errors say that nothing has been sent yet."""
        try:
            return await self._pool.connect(request, [], self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError("no connection in time") from error
        except aiohttp.ClientError:
            raise
        except OSError as error:
            raise aiohttp.ClientOSError(*error.args) from error


_exchanges: WeakKeyDictionary[aiohttp.ClientSession, Exchange] = WeakKeyDictionary()


def exchange_of(session: aiohttp.ClientSession) -> Exchange:
    """The calls of a session, which is open."""
    if session.closed:
        raise RuntimeError("the session is closed")
    exchange = _exchanges.get(session)
    if exchange is None:
        exchange = _exchanges[session] = Exchange(session)
    return exchange


def _planned(request: aiohttp.ClientRequest) -> _Plan:
    """How the request begins: all its headers but the length of its body."""
    headers = request.headers
    headers.popall("Content-Length", None)
    if request.method not in _WITHOUT_BODY:
        headers.setdefault("Content-Type", "application/octet-stream")
    lines = [f"{request.method} {request.url.raw_path_qs} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any(_UNSAFE.intersection(line) for line in lines):
        raise ValueError("a header that would end before its end")
    return _Plan(request, "\r\n".join([*lines, ""]).encode())


async def _answered(protocol: Any, request: aiohttp.ClientRequest) -> Any:
    """The answer's beginning and its body to come; what only says "wait" is passed over."""
    try:
        while True:
            message, payload = await protocol.read()
            if not 100 <= message.code < 200 or message.code == 101:
                return message, payload
    except HttpProcessingError as error:
        raise aiohttp.ClientResponseError(
            request.request_info, (), status=error.code, message=error.message
        ) from error


async def _read_capped(
    headers: Mapping[str, str], payload: aiohttp.StreamReader, byte_cap: int
) -> bytes | None:
    """The body, or None when it is larger than `byte_cap`: the rest is then not read."""
    if int(headers.get("Content-Length") or 0) > byte_cap:
        return None
    chunks, size = [], 0
    while chunk := await payload.readany():
        size += len(chunk)
        if size > byte_cap:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
