"""One HTTP call over a session's connections, without what aiohttp does around each of them.

A drain calls a payer thousands of times a minute, and building aiohttp's request and response
objects anew costs more processor time than sending, waiting and parsing. So a request is described
once for each address and set of headers, and an open connection is asked directly
(`connectors.line`). The pool, name look-ups, TLS and the guard are the session's own. Calls are
never sent again, redirects not followed, cookies not kept; deadlines are the caller's, but for the
session's on connecting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

import aiohttp
import httptools
from aiohttp.client_middlewares import build_client_middlewares
from yarl import URL

from eligibility.connectors.line import Exchanged, Line

_MOST_KEPT: Final = 256
_UNSAFE: Final = frozenset("\r\n\0")
_WITHOUT_BODY: Final = "GET"
_UNDERSTOOD: Final = "gzip, deflate"


@dataclass(frozen=True, slots=True)
class _Plan:
    """A request without its body: what it is for the pool, and how it begins on the wire."""

    request: aiohttp.ClientRequest
    head: bytes


class Exchange:
    """Calls over one session. Its middlewares, such as the guard of addresses, see every call until
    it has its connection, and nothing of what is sent and answered.

    The beginnings of the last requests, their headers included, are kept as long as the session.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        assert session.connector is not None
        self._pool = session.connector
        self._usual = dict(session.headers)
        self._timeout = session.timeout
        self._connect = build_client_middlewares(self._connected, session._middlewares)
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

        `method` is GET, POST or PUT. Raises aiohttp's client errors, and ValueError for a header
        that HTTP cannot carry.
        """
        plan = self._plan(method, address, headers)
        if body is None and method == _WITHOUT_BODY:
            sent = plan.head + b"\r\n"
        else:
            sent = b"%bContent-Length: %d\r\n\r\n%b" % (plan.head, len(body or b""), body or b"")
        connection: Any = await self._connect(plan.request)
        try:
            line = _line_of(connection)
            answer = await line.ask(sent, byte_cap)
        except httptools.HttpParserError as error:
            connection.close()
            raise aiohttp.ClientResponseError(plan.request.request_info, ()) from error
        except BaseException:
            connection.close()
            raise
        if line.may_go_on:
            connection.release()
        else:
            connection.close()
        return answer

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
    headers["Accept-Encoding"] = _UNDERSTOOD
    if request.method != _WITHOUT_BODY:
        headers.setdefault("Content-Type", "application/octet-stream")
    lines = [f"{request.method} {request.url.raw_path_qs} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any(_UNSAFE.intersection(line) for line in lines):
        raise ValueError("a header that would end before its end")
    return _Plan(request, "\r\n".join([*lines, ""]).encode())


def _line_of(connection: Any) -> Line:
    """The connection's line; it is made at its first call, and stays with it in the pool."""
    transport = connection.transport
    if transport is None or transport.is_closing():
        raise aiohttp.ServerDisconnectedError
    line = transport.get_protocol()
    if isinstance(line, Line):
        return line
    if connection.protocol.should_close:  # something was said before anything was asked
        raise httptools.HttpParserError("an answer without a question")
    line = Line(transport, connection.protocol)
    transport.set_protocol(line)
    return line
