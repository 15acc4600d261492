"""Answers after a while, unless the identifier says what it does to the worker instead."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any, ClassVar, Literal, NoReturn

from eligibility.choices import Outcome
from eligibility.connectors.base import (
    Call,
    Connector,
    ConnectorSettings,
    Done,
    Failed,
    NotDelivered,
    Pending,
    Query,
)
from eligibility.results import Answer

Kind = Literal["KILL", "FILL", "SPIN"]
KINDS: tuple[Kind, ...] = ("KILL", "FILL", "SPIN")
MEGABYTE = 1024 * 1024


class PoisonSettings(ConnectorSettings):
    """`latency` is how many seconds a good row's answer takes."""

    latency: float = 0.0


class PoisonConnector(Connector):
    """Stands for a connector with a fault that only some rows meet."""

    name: ClassVar[str] = "poison"
    settings_class: ClassVar[type[ConnectorSettings]] = PoisonSettings

    async def submit(
        self, call: Call, query: Query, settings: PoisonSettings
    ) -> Done | Pending | Failed:
        """Answer, or do the harm that the identifier names."""
        do_harm(query.id_value)
        await asyncio.sleep(settings.latency)
        return Done(Outcome.ELIGIBLE, Answer(payer_code=query.payer))

    async def poll(
        self, call: Call, query: Query, handle: str, settings: Any
    ) -> Done | Pending | Failed:
        """Never needed: an answer comes at once or not at all."""
        return await self.submit(call, query, settings)

    async def reconcile(
        self, call: Call, query: Query, settings: Any
    ) -> Done | Pending | Failed | NotDelivered:
        """The payer knows nothing of a call that was broken off; the fault is met again."""
        do_harm(query.id_value)
        return NotDelivered()

    async def probe(self, call: Call, settings: Any) -> Failed | None:
        """It is there."""
        return None


def do_harm(identifier: str) -> None:
    """What `KILL-…`, `FILL-…` and `SPIN-…` do to the process they are asked in."""
    match identifier.partition("-")[0]:
        case "KILL":
            os.kill(os.getpid(), signal.SIGKILL)
        case "FILL":
            fill()
        case "SPIN":
            spin()


def fill() -> NoReturn:
    """Take memory until there is none."""
    taken = []
    while True:
        taken.append(bytearray(16 * MEGABYTE))


def spin() -> NoReturn:
    """Never come back."""
    count = 0
    while True:
        count += 1
