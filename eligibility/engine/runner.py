"""The conversations themselves: an event loop in a thread of its own, without a database.

Rows come in from the thread that claimed them, replies go back through a queue. Whatever goes
wrong inside a conversation becomes a reply, or its row would be lost until its lease ends.
"""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import aiohttp
import structlog
import uvloop
from django.conf import settings

from eligibility.choices import Failure, Look
from eligibility.connectors.base import Call, Connector, Done, Failed, Reply
from eligibility.connectors.registry import get_connector
from eligibility.engine.blackbox import TALKING, BlackBox, noted, packed
from eligibility.engine.claim import LEASE_MARGIN, Claimed
from eligibility.engine.kept import kept
from eligibility.engine.pulse import Pulse
from eligibility.engine.turns import Turns
from portal.outgoing import OutgoingGuard, guarded_session, networks_of

CONNECT_TIMEOUT = 5.0
ENDS_WITHIN = 5.0
UNSENT_FOR = 0.5
"""Seconds that a row may wait for room in its lane. A call leaves within a second of its intent,
or never."""
_NOT_SENT = Failed(Failure.TIMEOUT, "not_sent", "The call was not sent in time.")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply on its way back to the thread that writes it.

    `broke` says what the conversation did to the worker instead of ending; empty for all others.
    `was_sent` is false for a row whose turn to be asked about did not come.
    """

    row: Claimed
    reply: Reply
    milliseconds: int
    broke: str = ""
    was_sent: bool = True

    @property
    def answered_in(self) -> int | None:
        """The milliseconds that an answer took; None for what is none."""
        return self.milliseconds if isinstance(self.reply, Done) else None


@lru_cache(maxsize=1024)
def settings_of(connector: str, text: str) -> tuple[Connector, Any]:
    """The connector and its parsed settings; raises ValueError when they do not fit."""
    speaker = get_connector(connector)
    return speaker, speaker.settings_class.model_validate(json.loads(text or "{}"))


def payer_session(synthetic_url: str) -> aiohttp.ClientSession:
    """A session for calls to payers: guarded, without cookies. Made in the loop that uses it.

    `synthetic_url` is the portal's own payer, which may be called wherever it listens.
    """
    guard = OutgoingGuard(allowed=networks_of(settings.OUTGOING_ALLOW), own=[synthetic_url])
    return guarded_session(guard, connect_timeout=CONNECT_TIMEOUT)


class Runner:
    """Holds the conversations of one drain. Used by one thread; `close` ends it."""

    def __init__(self, *, synthetic_url: str) -> None:
        self.replies: queue.SimpleQueue[Answered] = queue.SimpleQueue()
        self._synthetic_url = synthetic_url
        self._loop = uvloop.new_event_loop()
        self._conversations: dict[asyncio.Task[None], Claimed] = {}
        self._turns = Turns()
        self._pulse = Pulse(self._loop)
        self._box = BlackBox(TALKING)
        self._session: aiohttp.ClientSession | None = None
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="conversations", daemon=True)
        self._thread.start()

    def start(self, rows: Sequence[Claimed], claimed_at: float) -> None:
        """Begin a conversation for each row as its lane has room; its reply will be in `replies`.

        A row whose turn does not come comes back unsent.

        `claimed_at` is the monotonic time at which the leases began.
        """
        if rows:
            self._loop.call_soon_threadsafe(self._begin, list(rows), claimed_at)

    def is_late(self) -> bool:
        """Whether the loop has not turned for a moment: rows are better off elsewhere."""
        return self._pulse.is_late()

    def is_stuck(self) -> bool:
        """Whether one step of a conversation does not come back; asked several times a second."""
        return self._pulse.look()

    def culprit(self) -> Claimed | None:
        """The row whose conversation the loop is in right now, where that is known."""
        task = self._pulse.current()
        return self._conversations.get(task) if task is not None else None

    def close(self, *, wait: bool = True) -> bool:
        """End the loop and its thread. False when one is left behind: a connector never ends."""
        self._is_closing = True
        with suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._loop.stop)
        if wait:
            self._thread.join(ENDS_WITHIN)
        return not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._pulse.start()
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        for conversation in self._conversations:
            conversation.cancel()
        if self._conversations:
            await asyncio.wait(self._conversations, timeout=ENDS_WITHIN / 2)
        if self._session is not None:
            await self._session.close()

    def _begin(self, rows: list[Claimed], claimed_at: float) -> None:
        if self._session is None:
            self._session = payer_session(self._synthetic_url)
        for row in rows:
            self._turns.add(row, claimed_at)
        for lane_id in {row.lane.id for row in rows}:
            self._call_next(lane_id)
        if self._turns.has_waiting():
            self._loop.call_later(UNSENT_FOR, self._take_back)

    def _call_next(self, lane_id: int) -> None:
        for row, claimed_at in self._turns.called(lane_id):
            conversation = self._loop.create_task(self._converse(row, claimed_at))
            self._conversations[conversation] = row
            conversation.add_done_callback(self._forget)

    def _forget(self, conversation: asyncio.Task[None]) -> None:
        row = self._conversations.pop(conversation)
        self._turns.done(row)
        if not self._is_closing:
            self._call_next(row.lane.id)

    def _take_back(self) -> None:
        for row in self._turns.waiting_since(time.monotonic() - UNSENT_FOR):
            self.replies.put(Answered(row, _NOT_SENT, 0, was_sent=False))

    async def _converse(self, row: Claimed, claimed_at: float) -> None:
        began, broke = time.monotonic(), ""
        try:
            if began - claimed_at > LEASE_MARGIN / 2:
                # The process was stopped after its claim: the lease may end before the call.
                reply: Reply = _NOT_SENT
            else:
                async with asyncio.timeout(row.lane.deadline):
                    hold = packed(row.task_id, row.fence)
                    reply = await noted(self._call(row), self._box, hold)
        except TimeoutError:
            reply = Failed(Failure.TIMEOUT, "deadline", "The payer did not answer in time.")
        except MemoryError:
            broke = "it used up the worker's memory"
            reply = Failed(Failure.INTERNAL, "memory", "The worker's memory was used up.")
        except (Exception, asyncio.CancelledError, KeyboardInterrupt, SystemExit) as error:
            # A connector may fail in any way, even by a cancellation that nobody asked for.
            if self._is_closing:
                raise
            log.error("conversation_failed", task=str(row.task_id), error=type(error).__name__)
            reply = Failed(
                Failure.BAD_RESPONSE, type(error).__name__, "The payer's answer could not be read."
            )
        self.replies.put(Answered(row, reply, int((time.monotonic() - began) * 1000), broke))

    async def _call(self, row: Claimed) -> Reply:
        assert self._session is not None
        connector, own = settings_of(row.lane.connector, row.lane.settings)
        call = Call(
            session=self._session,
            base_url=row.lane.base_url or self._synthetic_url,
            secrets=row.lane.secrets,
        )
        if row.look is Look.POLL:
            reply: Reply = await connector.poll(call, row.query, row.handle, own)
        elif row.look is Look.RECONCILE:
            reply = await connector.reconcile(call, row.query, own)
        else:
            reply = await connector.submit(call, row.query, own)
        return kept(row, reply)
