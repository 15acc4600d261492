from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from eligibility.choices import Failure
from eligibility.connectors.base import Call, Failed
from eligibility.connectors.http import (
    Received,
    failed_by_client_error,
    post_json,
)
from eligibility.connectors.reading import parse_json

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def call_server(
    handler: Handler, *, byte_cap: int = 1024, within: float = 30.0, **session: Any
) -> Received | Failed:
    """POST {"question": 1} to a server that answers with `handler`."""

    async def play() -> Received | Failed:
        runner = web.ServerRunner(web.Server(handler, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        try:
            async with aiohttp.ClientSession(**session) as client:
                call = Call(client, f"http://{host}:{port}/", byte_cap)
                async with asyncio.timeout(within):
                    return await post_json(call, "/path", {"question": 1}, {"X-Own": "yes"})
        finally:
            await runner.cleanup()

    return asyncio.run(play())


def answer(body: bytes = b"{}", status: int = 200, **headers: str) -> Handler:
    """A handler that always gives this answer."""

    async def handler(request: web.BaseRequest) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers=named)

    return handler


def call_raw(reply: bytes) -> Received | Failed:
    """POST to a server that writes these bytes and closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(reply)
        await writer.drain()
        writer.close()

    async def play() -> Received | Failed:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        async with server, aiohttp.ClientSession() as client:
            return await post_json(Call(client, f"http://{host}:{port}"), "/path", {})

    return asyncio.run(play())


def test_the_question_arrives_as_json_with_the_connector_s_own_headers() -> None:
    async def echo(request: web.BaseRequest) -> web.Response:
        seen = {
            "path": request.path,
            "body": await request.json(),
            "own": request.headers["X-Own"],
            "type": request.content_type,
        }
        return web.json_response(seen)

    received = call_server(echo)

    assert isinstance(received, Received)
    assert parse_json(received.text) == {
        "path": "/path",
        "body": {"question": 1},
        "own": "yes",
        "type": "application/json",
    }


@pytest.mark.parametrize(
    ("status", "failure", "code"),
    [
        (400, Failure.BAD_RESPONSE, "http_400"),
        (401, Failure.CREDENTIALS, "http_401"),
        (403, Failure.CREDENTIALS, "http_403"),
        (404, Failure.BAD_RESPONSE, "http_404"),
        (408, Failure.PAYER_UNAVAILABLE, "http_408"),
        (429, Failure.THROTTLED, "http_429"),
        (500, Failure.PAYER_UNAVAILABLE, "http_500"),
        (501, Failure.BAD_RESPONSE, "http_501"),
        (502, Failure.PAYER_UNAVAILABLE, "http_502"),
        (503, Failure.PAYER_UNAVAILABLE, "http_503"),
        (504, Failure.PAYER_UNAVAILABLE, "http_504"),
    ],
)
def test_a_status_tells_who_has_to_act(status: int, failure: Failure, code: str) -> None:
    reply = call_server(answer(b"<h1>sorry\0</h1>", status))

    assert isinstance(reply, Failed)
    assert (reply.failure, reply.code) == (failure, code)
    assert reply.raw == {"http_status": status, "body_start": "<h1>sorry\ufffd</h1>"}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_question_never_follows_a_redirect(status: int) -> None:
    asked = []

    async def handler(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    reply = call_server(handler)

    assert isinstance(reply, Failed)
    assert (reply.failure, reply.code) == (Failure.BAD_RESPONSE, "redirect")
    assert asked == ["/path"]


def test_the_wish_of_a_payer_that_throttles_or_is_down_is_passed_on() -> None:
    for status in (429, 503):
        reply = call_server(answer(b"", status, Retry_After="12"))
        assert isinstance(reply, Failed)
        assert reply.retry_after == 12.0


def test_an_answer_of_exactly_the_cap_is_read_and_one_byte_more_is_not() -> None:
    body = b'"' + b"x" * 98 + b'"'

    assert call_server(answer(body), byte_cap=100) == Received(200, body)
    reply = call_server(answer(body), byte_cap=99)
    assert isinstance(reply, Failed)
    assert (reply.failure, reply.code) == (Failure.BAD_RESPONSE, "oversize")


def test_an_endless_answer_is_not_read_beyond_the_cap() -> None:
    sent = 0

    async def endless(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < 1 << 30:
            await response.write(b" " * 65_536)
            sent += 65_536
        return response

    reply = call_server(endless, byte_cap=100_000)

    assert isinstance(reply, Failed)
    assert reply.code == "oversize"
    assert sent < 1 << 26


def test_a_small_answer_that_unpacks_to_a_large_one_is_oversize() -> None:
    async def packed(request: web.BaseRequest) -> web.Response:
        response = web.Response(body=b" " * 1_000_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    reply = call_server(packed, byte_cap=100_000)

    assert isinstance(reply, Failed)
    assert reply.code == "oversize"


@pytest.mark.parametrize(
    ("reply", "failure", "code"),
    [
        (b"", Failure.PAYER_UNAVAILABLE, "disconnected"),
        (b"hello, who is there?\r\n\r\n", Failure.BAD_RESPONSE, "not_http"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", Failure.BAD_RESPONSE, "incomplete"),
    ],
)
def test_a_connection_that_breaks_is_a_failure(reply: bytes, failure: Failure, code: str) -> None:
    failed = call_raw(reply)

    assert isinstance(failed, Failed)
    assert (failed.failure, failed.code) == (failure, code)


@pytest.mark.parametrize(
    ("base_url", "code"),
    [
        ("http://127.0.0.1:1", "refused"),
        ("http://127.0.0.1:99999", "address"),
        ("ftp://127.0.0.1", "address"),
        ("", "address"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_failure(base_url: str, code: str) -> None:
    async def play() -> Received | Failed:
        async with aiohttp.ClientSession() as client:
            return await post_json(Call(client, base_url), "/path", {})

    failed = asyncio.run(play())

    assert isinstance(failed, Failed)
    assert (failed.failure, failed.code) == (Failure.PAYER_UNAVAILABLE, code)


def test_a_name_that_does_not_resolve_is_a_failure() -> None:
    class Nobody(aiohttp.abc.AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: Any = 0) -> Any:
            raise OSError("no such host")

        async def close(self) -> None:
            return None

    async def play() -> Received | Failed:
        connector = aiohttp.TCPConnector(resolver=Nobody())
        async with aiohttp.ClientSession(connector=connector) as client:
            return await post_json(Call(client, "http://payer.invalid"), "/path", {})

    failed = asyncio.run(play())

    assert isinstance(failed, Failed)
    assert (failed.failure, failed.code) == (Failure.PAYER_UNAVAILABLE, "dns")


def test_a_connection_that_cannot_be_made_in_time_was_never_used() -> None:
    class Slow(aiohttp.TCPConnector):
        async def connect(self, *args: Any, **options: Any) -> Any:
            raise aiohttp.ConnectionTimeoutError

    async def play() -> Received | Failed:
        async with aiohttp.ClientSession(connector=Slow()) as client:
            return await post_json(Call(client, "http://127.0.0.1:1"), "/path", {})

    failed = asyncio.run(play())

    assert isinstance(failed, Failed)
    assert (failed.failure, failed.code) == (Failure.PAYER_UNAVAILABLE, "connect_timeout")


def test_running_out_of_time_after_sending_is_left_to_the_caller() -> None:
    async def silent(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(0.5)
        return web.Response()

    with pytest.raises(TimeoutError):
        call_server(silent, within=0.05)


def test_a_client_error_s_own_words_are_not_shown() -> None:
    failed = failed_by_client_error(aiohttp.ClientError("patient 784-1900"))

    assert failed.failure is Failure.PAYER_UNAVAILABLE
    assert "784" not in failed.message
    assert failed.raw is None


def test_an_answer_that_could_not_be_used_keeps_its_beginning_as_evidence() -> None:
    failed = Received(200, b"<html>" + b"x" * 10_000).as_failed("not_json", "Not JSON.")

    assert (failed.failure, failed.code) == (Failure.BAD_RESPONSE, "not_json")
    assert failed.raw["http_status"] == 200
    assert failed.raw["body_start"].startswith("<html>xxx")
    assert len(failed.raw["body_start"]) == 2_000


def test_a_payer_that_is_down_is_down_however_much_it_says_about_it() -> None:
    reply = call_server(answer(b"x" * 5_000, 503), byte_cap=1_000)

    assert isinstance(reply, Failed)
    assert (reply.failure, reply.code) == (Failure.PAYER_UNAVAILABLE, "http_503")
