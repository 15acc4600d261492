"""A synthetic payer inside a test's own event loop, and questions to ask it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import aiohttp

from eligibility.connectors.base import Call, Query
from eligibility.connectors.synthetic import SyntheticConnector, SyntheticSettings
from eligibility.synthetic.main import start
from eligibility.synthetic.server import SyntheticPayer

T = TypeVar("T")
CONNECTOR = SyntheticConnector()
AT_ONCE = SyntheticSettings(latency_ms=(0, 0))
PATIENCE = 0.3
"""Seconds that tests wait for an answer that must not come."""


@dataclass
class Running:
    """A payer that listens, and what a connector needs to call it."""

    payer: SyntheticPayer
    call: Call

    async def get(self, path: str) -> Any:
        """What the payer shows at a path of its log."""
        async with self.call.session.get(self.call.base_url + path) as response:
            return await response.json()

    async def submit(self, query: Query, settings: SyntheticSettings = AT_ONCE) -> Any:
        """The connector's reply to a submit."""
        return await CONNECTOR.submit(self.call, query, settings)

    async def reconcile(self, query: Query, settings: SyntheticSettings = AT_ONCE) -> Any:
        """The connector's reply to a reconcile."""
        return await CONNECTOR.reconcile(self.call, query, settings)

    async def submit_impatiently(self, query: Query) -> Any:
        """A submit under a deadline: the reply, or the TimeoutError that the engine would see."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.submit(query)
        except TimeoutError as error:
            return error


@asynccontextmanager
async def running_payer() -> AsyncIterator[Running]:
    """A fresh payer on a free loopback port."""
    payer = SyntheticPayer()
    runner, address = await start(payer, "127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession() as session:
            yield Running(payer, Call(session, address))
    finally:
        await runner.cleanup()


def with_payer(scene: Callable[[Running], Awaitable[T]]) -> T:
    """Run a scene in a new event loop with a fresh payer."""

    async def play() -> T:
        async with running_payer() as running:
            return await scene(running)

    return asyncio.run(play())


def make_query(id_value: str = "CARD-0001", *, script: str = "", **overrides: Any) -> Query:
    """A question about a made-up card; `script` steers the payer through extra_args."""
    values: dict[str, Any] = {
        "reference": str(uuid.uuid4()),
        "payer": "TPA002",
        "id_type": "CARDNUMBER",
        "id_value": id_value,
        "visit_type": "OUTPATIENT",
        "service_date": date(2026, 11, 23),
        "extra_args": {"title": "synthetic", "value": script} if script else {},
    }
    return Query(**{**values, **overrides})
