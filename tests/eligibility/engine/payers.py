"""The synthetic payer in a thread of a test's own process, with an eye on its calls."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from django.db import connection

from eligibility.models import EligibilityTask
from eligibility.synthetic.main import start
from eligibility.synthetic.server import SyntheticPayer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WatchedPayer(SyntheticPayer):
    """The synthetic payer as it is, with an eye on how many calls it has at a time.

    `before_call` is called in another thread with each call, before it is answered;
    `cut` names the references whose next submit is worked out and then cut off.
    """

    def __init__(self) -> None:
        super().__init__()
        self.url = ""
        self.watch()

    def watch(self) -> None:
        """Start counting afresh."""
        self.now, self.most = 0, 0
        self.by_payer: dict[str, int] = {}
        self.most_by_payer: dict[str, int] = {}
        self.before_call: Callable[[dict[str, Any]], None] | None = None
        self.headers: list[dict[str, str]] = []
        self.cut: set[str] = set()

    def application(self) -> web.Application:
        """The payer's own routes behind the counter."""
        app = super().application()

        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._count(request, handler)

        app.middlewares.append(count)
        return app

    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        body = await request.json()
        payer = body.get("payer", "")
        self.headers.append(dict(request.headers))
        if self.before_call:
            await asyncio.to_thread(self._look, self.before_call, body)
        self._arrive(payer, 1)
        try:
            response = await handler(request)
        finally:
            self._arrive(payer, -1)
        if body["reference"] in self.cut and request.path == "/v1/checks":
            self.cut.remove(body["reference"])
            assert request.transport is not None
            request.transport.abort()
        response.headers["Set-Cookie"] = f"session={payer}; Path=/"
        return response

    @staticmethod
    def _look(look: Callable[[dict[str, Any]], None], body: dict[str, Any]) -> None:
        try:
            look(body)
        finally:
            connection.close()

    def _arrive(self, payer: str, by: int) -> None:
        self.now += by
        self.by_payer[payer] = self.by_payer.get(payer, 0) + by
        self.most = max(self.most, self.now)
        self.most_by_payer[payer] = max(self.most_by_payer.get(payer, 0), self.by_payer[payer])

    def kinds(self, task: EligibilityTask) -> list[str]:
        """The calls about a row, in their order."""
        return [call.kind for call in self.calls.newest(1000, str(task.pk))]


@contextmanager
def running_payer() -> Iterator[WatchedPayer]:
    """A payer that listens on a free loopback port, in a thread of its own."""
    payer = WatchedPayer()
    loop = asyncio.new_event_loop()
    runner, payer.url = loop.run_until_complete(start(payer, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, name="payer", daemon=True)
    thread.start()
    try:
        yield payer
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
