"""A hostile payer: the synthetic one, which misbehaves at random, and a ledger of every call.

It lives in the campaign's own process, which nobody kills: what it saw is the independent
witness of what the workers did.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from eligibility.synthetic.main import start
from eligibility.synthetic.server import SyntheticPayer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
KINDS = {"/v1/checks": "submit", "/v1/poll": "poll", "/v1/reconcile": "reconcile"}
MEGABYTE = b" " * 1024 * 1024
GIGABYTE = 1024
"""Megabytes."""
HANGS = 8.0
"""Seconds, longer than the campaign's deadline for a call."""
THROTTLES_EVERY = 40.0
"""Seconds between two 429: each halves its lane's pace, which recovers in a minute."""
MOST_FAULTS = 2
"""Faults that one row meets at most, so that most rows have an answer in the end."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One call: when it came (seconds of the wall clock), what kind, and what was done to it."""

    at: float
    kind: str
    fault: str


class HostilePayer(SyntheticPayer):
    """Answers as the synthetic payer; `share` of the calls meet a fault, before or after it."""

    def __init__(self, seed: int, share: float) -> None:
        super().__init__()
        self.ledger: dict[str, list[Seen]] = defaultdict(list)
        self.faults: Counter[str] = Counter()
        self.followed_redirects = 0
        self.most_megabytes = 0
        self.url = ""
        self._random = random.Random(seed)
        self._share = share
        self._met: Counter[str] = Counter()
        self._plays: dict[str, Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]] = {
            "hang": self._hang,
            "drip": self._drip,
            "reset before": self._reset_before,
            "reset after": self._reset_after,
            "500": self._server_error,
            "429": self._throttle,
            "other member": self._other_member,
            "1 GB": self._gigabyte,
            "redirect": self._redirect,
            "not JSON": self._garbage,
        }
        self._left: list[str] = []
        self._may_throttle_at = 0.0

    @property
    def kinds(self) -> list[str]:
        """The faults it knows."""
        return sorted(self._plays)

    def application(self) -> web.Application:
        """The synthetic payer's routes behind the faults, and a place that redirects lead to."""
        app = super().application()
        app.router.add_route("*", "/elsewhere", self._elsewhere)

        @web.middleware
        async def misbehave(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._meet(request, handler)

        app.middlewares.append(misbehave)
        return app

    async def _meet(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        kind = KINDS.get(request.path)
        if kind is None:
            return await handler(request)
        reference = (await request.json())["reference"]
        fault = self._choose(reference)
        self.ledger[reference].append(Seen(time.time(), kind, fault))
        if not fault:
            return await handler(request)
        self.faults[fault] += 1
        try:
            return await self._plays[fault](request, handler)
        except ConnectionError:  # the caller has gone, as callers of a hostile payer do
            return web.Response(status=500)

    def _choose(self, reference: str) -> str:
        """A fault for this call or none; every kind comes round before one comes again."""
        if self._random.random() >= self._share or self._met[reference] >= MOST_FAULTS:
            return ""
        self._met[reference] += 1
        while True:
            if not self._left:
                self._left = list(self._plays)
                self._random.shuffle(self._left)
            fault = self._left.pop()
            if fault != "429" or time.monotonic() >= self._may_throttle_at:
                return fault

    async def _hang(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        await asyncio.sleep(HANGS)
        return await handler(request)

    async def _drip(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        with suppress(ConnectionError):
            for _ in range(int(HANGS / 0.2)):
                await response.write(b" ")
                await asyncio.sleep(0.2)
        return response

    async def _reset_before(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return _cut(request)

    async def _reset_after(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        await handler(request)
        return _cut(request)

    async def _server_error(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return web.Response(status=500, text="<html>500</html>")

    async def _throttle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._may_throttle_at = time.monotonic() + THROTTLES_EVERY
        return web.Response(status=429, headers={"Retry-After": "0.3"})

    async def _other_member(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The right form and the right reference, but somebody else's answer."""
        response = await handler(request)
        assert isinstance(response, web.Response)
        answer = json.loads(response.text or "{}")
        if "reference" not in answer:
            return response
        answer["id_value"] = "CARD-SOMEBODY-ELSE"
        answer["reference"] = (
            answer["reference"][::-1] if "handle" in answer else answer["reference"]
        )
        return web.json_response(answer)

    async def _gigabyte(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for sent in range(GIGABYTE):
            try:
                await response.write(MEGABYTE)
            except ConnectionError:
                break
            self.most_megabytes = max(self.most_megabytes, sent + 1)
        return response

    async def _redirect(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async def _garbage(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return web.Response(text="{" + "[" * 500, content_type="application/json")

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        self.followed_redirects += 1
        return web.json_response({})


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


@contextmanager
def running(payer: HostilePayer) -> Iterator[HostilePayer]:
    """The payer on a free loopback port, in a thread of its own."""
    loop: Any = asyncio.new_event_loop()
    runner, payer.url = loop.run_until_complete(start(payer, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, name="payer", daemon=True)
    thread.start()
    try:
        yield payer
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        with suppress(TimeoutError):
            loop.run_until_complete(asyncio.wait_for(runner.cleanup(), 5))
