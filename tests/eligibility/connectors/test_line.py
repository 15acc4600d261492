"""What a connection makes of bytes, whole and in pieces, and when it may be used again."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Sequence
from typing import Any

import aiohttp
import httptools
import pytest

from eligibility.connectors.line import MOST_HEAD, Exchanged, Line

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
WAIT = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\nX: 1\r\n\r\n{}"
LONG = b"x" * 2_000


class Wire(asyncio.Transport):
    """Stands for the socket: keeps what was sent and says whether it was cut."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.is_cut = False

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def abort(self) -> None:
        self.is_cut = True


class Opener(asyncio.Protocol):
    """Stands for the pool's own protocol."""

    ended_with: list[Exception | None]

    def __init__(self) -> None:
        self.ended_with = []

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended_with.append(exc)


class Ended(Exception):
    """In a list of bytes: the connection ends here."""


def hear(*bytes_or_end: bytes | Ended | OSError, cap: int = 1_000) -> tuple[Exchanged, Line, Wire]:
    """Ask once; the other side says these bytes, piece by piece."""

    async def play() -> tuple[Exchanged, Line, Wire]:
        wire = Wire()
        line = Line(wire, Opener())
        asked = asyncio.ensure_future(line.ask(b"question", cap))
        await asyncio.sleep(0)
        say(line, bytes_or_end)
        return await asked, line, wire

    return asyncio.run(play())


def say(line: Line, pieces: Sequence[bytes | Exception]) -> None:
    for piece in pieces:
        match piece:
            case bytes():
                line.data_received(piece)
            case OSError():
                line.connection_lost(piece)
            case _:
                line.connection_lost(None)


def packed(body: bytes, coding: str, how_packed: bytes | None = None) -> bytes:
    content = gzip.compress(body) if how_packed is None else how_packed
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@pytest.mark.parametrize("answer", [OK, CHUNKED, WAIT + OK, OK.replace(b"\r\n", b"\n")])
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(answer: bytes) -> None:
    for size in (1, 2, 7, len(answer)):
        pieces = [answer[at : at + size] for at in range(0, len(answer), size)]

        came, line, _ = hear(*pieces)

        assert (came.status, came.text) == (200, b"{}")
        assert line.may_go_on


def test_headers_are_found_whatever_their_letters() -> None:
    came, _, _ = hear(b"HTTP/1.1 429 Slow\r\nRETRY-after: 7\r\nContent-Length: 0\r\n\r\n")

    assert (came.status, came.text) == (429, b"")
    assert (came.header("retry-after"), came.header("location")) == ("7", None)


def test_an_answer_may_end_with_its_connection() -> None:
    came, line, _ = hear(UNTIL_THE_END, Ended())

    assert came.text == b"{}"
    assert not line.may_go_on


@pytest.mark.parametrize(
    "pieces",
    [
        (OK[:-1], Ended()),
        (CHUNKED[:-5], Ended()),
        (UNTIL_THE_END, OSError(104, "reset")),
        (packed(LONG, "gzip")[:-4], Ended()),
        (
            UNTIL_THE_END[:-4] + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(LONG)[:-9],
            Ended(),
        ),
    ],
    ids=["length", "chunks", "reset", "packed with a length", "packed until the end"],
)
def test_an_answer_that_breaks_off_is_none(pieces: tuple[Any, ...]) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        hear(*pieces, cap=10_000)


def test_a_packed_answer_whose_packing_is_cut_short_is_none() -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        hear(packed(b"", "gzip", gzip.compress(LONG)[:-9]), cap=10_000)


@pytest.mark.parametrize("pieces", [(), (b"HTTP/1.1 200 OK\r\nX:",), (WAIT,)])
def test_no_answer_is_a_disconnection(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(aiohttp.ServerDisconnectedError):
        hear(*pieces, Ended())
    with pytest.raises(aiohttp.ClientOSError):
        hear(*pieces, OSError(104, "reset"))


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "deflate"])
def test_a_packed_answer_is_unpacked(coding: str) -> None:
    body = zlib.compress(LONG) if coding == "deflate" else None

    came, line, _ = hear(packed(LONG, coding, body), cap=10_000)

    assert came.text == LONG
    assert line.may_go_on


@pytest.mark.parametrize(("coding", "body"), [("gzip", b"not packed"), ("br", b"{}")])
def test_what_cannot_be_unpacked_is_an_answer_that_broke_off(coding: str, body: bytes) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        hear(packed(b"", coding, body))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        UNTIL_THE_END + LONG,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + LONG + b"\r\n0\r\n\r\n",
        packed(b"0" * 50_000_000, "gzip"),
    ],
    ids=["said so", "until the end", "chunked", "packed"],
)
def test_more_than_is_read_is_not_read(answer: bytes) -> None:
    came, line, _ = hear(answer)

    assert (came.status, came.text) == (200, None)
    assert not line.may_go_on


def test_a_body_as_large_as_is_read_is_read() -> None:
    came, _, _ = hear(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1_000)

    assert came.text == b"x" * 1_000


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\nX: ", *[b"x" * 10_000] * 7],
        [b"HTTP/1.1 200 OK\r\n", *[b"X: " + b"x" * 1_000 + b"\r\n"] * 70],
        [*[WAIT] * (MOST_HEAD // len(WAIT) + 1)],
    ],
    ids=["one line", "many lines", "much waiting"],
)
def test_headers_without_an_end_are_not_http(pieces: list[bytes]) -> None:
    with pytest.raises(httptools.HttpParserError):
        hear(*pieces)


@pytest.mark.parametrize("answer", [b"220 mail.example ready\r\n", b"\x16\x03\x01", b"{}" * 9])
def test_what_is_not_http_is_told_apart(answer: bytes) -> None:
    with pytest.raises(httptools.HttpParserError):
        hear(answer)


def test_a_change_of_the_protocol_is_an_answer_and_the_end_of_the_connection() -> None:
    came, line, wire = hear(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nrest"
    )

    assert came.status == 101
    assert (line.may_go_on, wire.is_cut) == (False, True)


def test_a_connection_that_the_other_side_ends_is_not_used_again() -> None:
    _, line, _ = hear(OK.replace(b"Content", b"Connection: close\r\nContent"))

    assert not line.may_go_on


def test_a_second_answer_is_for_nobody() -> None:
    for pieces in ([OK + OK], [OK, OK], [OK + b"HTTP/1.1 200"], [OK, b"H"]):
        came, line, wire = hear(*pieces)

        assert came.text == b"{}"
        assert (line.may_go_on, wire.is_cut) == (False, True)


def test_words_between_two_calls_end_the_connection() -> None:
    _, line, wire = hear(OK)

    line.data_received(OK)

    assert (line.may_go_on, wire.is_cut) == (False, True)


def test_one_line_serves_one_call_after_the_other() -> None:
    async def play() -> list[bytes | None]:
        wire, texts = Wire(), []
        line = Line(wire, Opener())
        for number in range(3):
            asked = asyncio.ensure_future(line.ask(b"question %d;" % number, 10))
            await asyncio.sleep(0)
            line.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number)
            texts.append((await asked).text)
        assert wire.sent == b"question 0;question 1;question 2;"
        return texts

    assert asyncio.run(play()) == [b"0", b"1", b"2"]


def test_who_opened_the_connection_is_told_of_its_end() -> None:
    async def play() -> list[Exception | None]:
        opener = Opener()
        Line(Wire(), opener).connection_lost(None)
        return opener.ended_with

    assert asyncio.run(play()) == [None]
