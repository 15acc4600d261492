"""A payer on loopback that does what a test tells it to, call by call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from aiohttp import web

from eligibility.connectors.base import Call, Pending, Query, Reply
from portal.outgoing import OutgoingGuard, guarded_session
from tests.eligibility.connectors.contract.dialects import Dialect
from tests.eligibility.synthetic.running import make_query

T = TypeVar("T")
Act = Callable[["Payer", web.BaseRequest], Awaitable[web.StreamResponse]]
BYTE_CAP = 20_000


class Payer:
    """Answers every call with the dialect's answer, but those that `acts` names by number.

    `conversations` are the references it was asked about, `seen` the paths, `headers` what came
    with each call.
    """

    def __init__(self, dialect: Dialect, acts: Mapping[int, Act], outcome: str) -> None:
        self.dialect = dialect
        self.acts = dict(acts)
        self.outcome = outcome
        self.seen: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.conversations: dict[str, str] = {}
        self.query = make_query("CARD-77")

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """One call."""
        self.seen.append(request.raw_path)
        self.headers.append(dict(request.headers))
        act = self.acts.get(len(self.seen))
        return await (act(self, request) if act else self.usual(request))

    async def usual(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer that a good payer gives; a first call of a gateway gives a handle."""
        text = await request.text()
        dialect, query = self.dialect, self.query
        reference = query.reference
        if text:
            reference = dialect.reference_of(json.loads(text))
            handle = self.conversations.setdefault(reference, f"H-{len(self.conversations)}")
            if dialect.first_is_handle and dialect.later:
                return web.json_response(dialect.later(reference, handle))
        return web.json_response(dialect.answer(reference, query.id_value, self.outcome))


def converse(
    dialect: Dialect,
    scene: Callable[[Payer, Call], Awaitable[T]],
    acts: Mapping[int, Act] | None = None,
    outcome: str = "eligible",
) -> tuple[T, Payer]:
    """Run a scene against such a payer, with the session that the engine uses."""
    payer = Payer(dialect, acts or {}, outcome)

    async def play() -> T:
        runner = web.ServerRunner(web.Server(payer.serve, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = "http://{}:{}".format(*runner.addresses[0][:2])
        try:
            async with guarded_session(OutgoingGuard(own=[url]), connect_timeout=2.0) as session:
                return await scene(payer, Call(session, url, BYTE_CAP, dialect.secrets))
        finally:
            await runner.cleanup()

    return asyncio.run(play()), payer


async def ask_through(payer: Payer, call: Call, query: Query | None = None) -> Reply:
    """A submit, and polls until the payer has answered."""
    dialect, query = payer.dialect, query or payer.query
    reply: Reply = await dialect.connector.submit(call, query, dialect.settings)
    for _ in range(3):
        if not isinstance(reply, Pending):
            return reply
        reply = await dialect.connector.poll(call, query, reply.handle, dialect.settings)
    return reply


def says(body: bytes | str, status: int = 200, **headers: str) -> Act:
    """Always this answer."""

    async def act(payer: Payer, request: web.BaseRequest) -> web.StreamResponse:
        raw = body if isinstance(body, bytes) else body.encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=raw, status=status, headers=named)

    return act


async def hangs(payer: Payer, request: web.BaseRequest) -> web.StreamResponse:
    """Never an answer."""
    await asyncio.sleep(30)
    raise AssertionError("nobody waits so long")


async def drips(payer: Payer, request: web.BaseRequest) -> web.StreamResponse:
    """A byte now and then: every read succeeds, the answer never ends."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(3_000):
        await response.write(b" ")
        await asyncio.sleep(0.01)
    return response


async def floods(payer: Payer, request: web.BaseRequest) -> web.StreamResponse:
    """More than anybody reads, without saying how much."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(100):
        await response.write(b"x" * 10_000)
    return response


async def cuts(payer: Payer, request: web.BaseRequest) -> web.StreamResponse:
    """The connection ends when the question has arrived."""
    await request.read()
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
