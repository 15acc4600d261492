"""One open HTTP connection, on which one call after the other is made.

Answers are parsed by httptools (llhttp) as they come. aiohttp opens the connection and keeps it
between calls; its client builds a parser, a stream and objects anew for each call, which costs 105
to 180 microseconds of processor time where a call costs 24 (docs/drain.md).
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import httptools

MOST_HEAD: Final = 65_536
"""Bytes that the headers of an answer may take, those of what only says "wait" included."""
_ZIPPED: Final = frozenset({b"gzip", b"x-gzip", b"deflate"})
_ANY_ZIP: Final = zlib.MAX_WBITS | 32


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What came back. `text` is None when there was more than the caller reads.

    `headers` have their names in lower case; of those that came twice the last one counts.
    """

    status: int
    headers: Mapping[bytes, bytes]
    text: bytes | None

    def header(self, name: str) -> str | None:
        """The header of that name, in lower case; None when there is none."""
        value = self.headers.get(name.encode())
        return None if value is None else value.decode("latin-1")


class Line(asyncio.Protocol):
    """Stands in for the protocol that opened the connection, which is told of its end.

    `may_go_on` says after a call whether another may follow: the answer was read to its end, the
    other side keeps the connection, and said nothing that was not asked for.
    """

    def __init__(self, transport: asyncio.Transport, opened_by: asyncio.BaseProtocol) -> None:
        self._transport = transport
        self._opened_by = opened_by
        self._parser = httptools.HttpResponseParser(self)
        # What browsers and aiohttp overlook in an answer, too; never in what ends a message.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        self._asked: asyncio.Future[Exchanged] | None = None
        self._unpacker: Any = None
        self.may_go_on = True

    async def ask(self, sent: bytes, byte_cap: int) -> Exchanged:
        """Send these bytes, a whole request, and read its answer: its body up to `byte_cap` bytes.

        Raises aiohttp's ServerDisconnectedError or ClientOSError when no answer came,
        ClientPayloadError when it broke off, and httptools' HttpParserError for what is not HTTP.
        """
        self._cap, self.may_go_on = byte_cap, False
        self._head_size = self._came_in_head = 0
        self._begin_message()
        asked: asyncio.Future[Exchanged] = asyncio.get_running_loop().create_future()
        self._asked = asked
        self._transport.write(sent)
        return await asked

    def data_received(self, data: bytes) -> None:
        """Bytes from the other side."""
        if self._waiting() is None:
            self._spoil()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._spoil()
        except httptools.HttpParserError as error:
            self._fail(_as_raised(error))
        if self._is_in_head:
            self._came_in_head += len(data)
            if self._came_in_head > MOST_HEAD:
                self._fail(_too_long())

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended, and with it an answer that has no other end."""
        self._opened_by.connection_lost(exc)
        if self._waiting() is None:
            return
        if not self._is_in_head:
            if exc is None and self._ends_with_line and self._is_unpacked():
                self._finish(b"".join(self._chunks))
            else:
                self._fail(aiohttp.ClientPayloadError("the answer broke off"))
        elif isinstance(exc, OSError):
            self._fail(aiohttp.ClientOSError(*exc.args))
        else:
            self._fail(aiohttp.ServerDisconnectedError())

    def on_message_begin(self) -> None:
        """Of the parser: an answer begins, or a second one that nobody asked for."""
        if self._waiting() is None:
            self._spoil()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of the parser: a header, or a trailer behind the body."""
        self._head_size += len(name) + len(value)
        if self._head_size > MOST_HEAD:
            raise _too_long()
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """Of the parser: the body follows."""
        headers = self._headers
        if self._is_only_wait():
            return
        self._is_in_head = False
        length = headers.get(b"content-length")
        self._ends_with_line = length is None and b"transfer-encoding" not in headers
        if length is not None and int(length) > self._cap:
            self._size = self._cap + 1
            self._finish(None)
        coding = headers.get(b"content-encoding", b"identity").strip().lower()
        if coding in _ZIPPED:
            self._unpacker = zlib.decompressobj(_ANY_ZIP)
        elif coding != b"identity":
            raise aiohttp.ClientPayloadError("an unknown coding")

    def on_body(self, data: bytes) -> None:
        """Of the parser: a part of the body."""
        room = self._cap - self._size
        if room < 0:
            return
        if self._unpacker is not None:
            data = self._unpacker.decompress(data, room + 1)
        self._size += len(data)
        if len(data) > room:
            self._finish(None)
        self._chunks.append(data)

    def on_message_complete(self) -> None:
        """Of the parser: the answer is there."""
        if self._is_only_wait():
            self._begin_message()
        elif self._waiting() is not None:
            if not self._is_unpacked():
                raise aiohttp.ClientPayloadError("the packed answer broke off")
            self.may_go_on = self._parser.should_keep_alive()
            self._finish(b"".join(self._chunks))

    def _begin_message(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._chunks: list[bytes] = []
        self._size = 0
        self._unpacker = None
        self._is_in_head, self._ends_with_line = True, False

    def _waiting(self) -> asyncio.Future[Exchanged] | None:
        """Who waits for an answer; None when nobody does (any more)."""
        return None if self._asked is None or self._asked.done() else self._asked

    def _is_only_wait(self) -> bool:
        """Whether the message says that the answer comes later (RFC 9110, 15.2), or so we take it:
        a change of the protocol (101) is an answer, and nothing that we asked for."""
        status = self._parser.get_status_code()
        return 100 <= status < 200 and status != 101

    def _is_unpacked(self) -> bool:
        return self._unpacker is None or self._unpacker.eof or not self._chunks

    def _finish(self, text: bytes | None) -> None:
        if (asked := self._waiting()) is not None:
            asked.set_result(Exchanged(self._parser.get_status_code(), self._headers, text))

    def _fail(self, error: BaseException) -> None:
        self.may_go_on = False
        if (asked := self._waiting()) is not None:
            asked.set_exception(error)

    def _spoil(self) -> None:
        """Whatever comes from now on belongs to no question."""
        self.may_go_on = False
        self._transport.abort()


def _too_long() -> httptools.HttpParserError:
    return httptools.HttpParserError("headers without an end")


def _as_raised(error: BaseException) -> BaseException:
    """Our own error, where the parser's says only that we raised one; not to unpack is to break
    off."""
    cause = error.__context__
    if isinstance(cause, zlib.error):
        return aiohttp.ClientPayloadError("the answer does not unpack")
    return cause if isinstance(cause, aiohttp.ClientPayloadError) else error
