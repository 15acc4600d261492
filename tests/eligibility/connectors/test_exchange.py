from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from yarl import URL

from eligibility.connectors.exchange import Exchange, exchange_of
from eligibility.connectors.line import Exchanged

Play = Callable[[Exchange, URL], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Payer:
    """Answers every request with the same bytes; keeps what came, and how many connected."""

    def __init__(self, reply: bytes = OK) -> None:
        self.reply = reply
        self.came: list[bytes] = []
        self.serving: list[asyncio.Task[None] | None] = []

    @property
    def connected(self) -> int:
        return len(self.serving)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.append(asyncio.current_task())
        while received := await reader.read(100_000):
            self.came.append(received)
            writer.write(self.reply)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def play(self, scene: Play) -> None:
        async def run() -> None:
            server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
            host, port = server.sockets[0].getsockname()
            async with server:
                async with aiohttp.ClientSession() as session:
                    await scene(exchange_of(session), URL(f"http://{host}:{port}/path?a=1"))
                await asyncio.gather(*[each for each in self.serving if each is not None])

        asyncio.run(run())


async def ask(exchange: Exchange, address: URL, method: str = "POST", **headers: str) -> Exchanged:
    body = b"question" if method == "POST" else None
    return await exchange.call(method, address, headers=headers, body=body, byte_cap=1000)


def test_one_connection_serves_one_call_after_the_other() -> None:
    payer = Payer()

    async def scene(exchange: Exchange, address: URL) -> None:
        for _ in range(3):
            assert (await ask(exchange, address)).text == b"{}"

    payer.play(scene)

    assert (payer.connected, len(payer.came)) == (1, 3)
    assert payer.came[0] == payer.came[1] == payer.came[2]


def test_a_question_says_how_long_it_is_and_what_it_was_told_to_say() -> None:
    payer = Payer()

    async def scene(exchange: Exchange, address: URL) -> None:
        await ask(exchange, address, Authorization="Bearer t")

    payer.play(scene)

    head, _, body = payer.came[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert (lines[0], body) == (b"POST /path?a=1 HTTP/1.1", b"question")
    assert lines[-1] == b"Content-Length: 8"
    assert b"Authorization: Bearer t" in lines
    assert sum(line.lower().startswith(b"host:") for line in lines) == 1


def test_a_question_without_a_body_names_no_length() -> None:
    payer = Payer()

    async def scene(exchange: Exchange, address: URL) -> None:
        await ask(exchange, address, "GET")

    payer.play(scene)

    assert payer.came[0].endswith(b"\r\n\r\n")
    assert b"content-" not in payer.came[0].lower()


def test_other_headers_are_another_beginning() -> None:
    payer = Payer()

    async def scene(exchange: Exchange, address: URL) -> None:
        await ask(exchange, address, Authorization="one")
        await ask(exchange, address, Authorization="two")

    payer.play(scene)

    assert b"Authorization: one\r\n" in payer.came[0]
    assert b"Authorization: two\r\n" in payer.came[1]


@pytest.mark.parametrize("value", ["a\r\nX-Smuggled: 1", "a\nb", "a\0", "half \ud800"])
def test_a_header_that_would_be_more_than_one_is_not_sent(value: str) -> None:
    payer = Payer()

    async def scene(exchange: Exchange, address: URL) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 (aiohttp's and ours)
            await ask(exchange, address, Own=value)

    payer.play(scene)

    assert payer.came == []


def test_what_only_says_wait_is_passed_over() -> None:
    payer = Payer(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK)

    async def scene(exchange: Exchange, address: URL) -> None:
        came = await ask(exchange, address)
        assert (came.status, came.text) == (200, b"{}")

    payer.play(scene)


def test_a_connection_with_an_answer_that_is_not_read_to_its_end_is_not_used_again() -> None:
    payer = Payer(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000)

    async def scene(exchange: Exchange, address: URL) -> None:
        assert [(await ask(exchange, address)).text for _ in range(2)] == [None, None]

    payer.play(scene)

    assert payer.connected == 2


def test_a_session_s_middleware_sees_every_call() -> None:
    seen: list[str] = []

    async def look(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        seen.append(request.url.path)
        return await handler(request)

    async def play() -> None:
        runner = web.ServerRunner(web.Server(_empty, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        try:
            async with aiohttp.ClientSession(middlewares=(look,)) as session:
                for _ in range(2):
                    await ask(exchange_of(session), URL(f"http://{host}:{port}/guarded"))
        finally:
            await runner.cleanup()

    asyncio.run(play())

    assert seen == ["/guarded", "/guarded"]


async def _empty(request: web.BaseRequest) -> web.Response:
    return web.Response()


def certificate(directory: Path) -> Path:
    """A key and a certificate for this machine's own address, good for a day, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "payer.example")])
    now = datetime.now(UTC)
    own = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(own, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / "payer.pem"
    as_text = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    file.write_bytes(key.private_bytes(*as_text) + signed.public_bytes(Encoding.PEM))
    return file


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_safe_connection_serves_one_call_after_the_other(
    tmp_path: Path, run: Callable[[Any], None]
) -> None:
    file, payer = certificate(tmp_path), Payer()
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(file)
    known = ssl.create_default_context(cafile=file)

    async def play() -> None:
        server = await asyncio.start_server(payer.serve, "127.0.0.1", 0, ssl=shown)
        host, port = server.sockets[0].getsockname()
        async with server:
            pool = aiohttp.TCPConnector(ssl=known)
            async with aiohttp.ClientSession(connector=pool) as session:
                for _ in range(3):
                    came = await ask(exchange_of(session), URL(f"https://{host}:{port}/path"))
                    assert came.text == b"{}"
            await asyncio.gather(*[each for each in payer.serving if each is not None])

    run(play())

    assert (payer.connected, len(payer.came)) == (1, 3)


def test_a_closed_session_calls_nobody() -> None:
    async def play() -> None:
        session = aiohttp.ClientSession()
        await session.close()
        with pytest.raises(RuntimeError):
            exchange_of(session)

    asyncio.run(play())
