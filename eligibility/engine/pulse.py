"""Does an event loop still turn? Looked at from another thread of the same process."""

from __future__ import annotations

import asyncio
import time
from typing import Any

BEAT_EVERY = 0.1
LATE_AFTER = 0.3
"""Seconds without a beat after which nothing more is given to the loop."""
STUCK_AFTER = 2.0
"""Seconds that one step of one conversation may take. An honest one takes milliseconds; the
whole step counts, so a payer's largest answer has to be read within them."""
LOOKS = 8
"""How often the onlooker must have seen the same step: a machine that slept stops both."""


class Pulse:
    """The loop's heartbeat, and what it is busy with while it does not beat.

    A loop that has much to do changes its task between two looks; one that never comes back from
    a step shows the same task at every look.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._turns = 0
        self._beat_at = time.monotonic()
        self._seen: tuple[int, asyncio.Task[Any] | None] = (-1, None)
        self._since = 0.0
        self._looks = 0

    def start(self) -> None:
        """Begin to beat; called in the loop's own thread, or before it runs."""
        self._turns += 1
        self._beat_at = time.monotonic()
        self._loop.call_later(BEAT_EVERY, self.start)

    def is_late(self) -> bool:
        """Whether the loop has been busy with something for long: it may be stuck."""
        return time.monotonic() - self._beat_at > LATE_AFTER

    def look(self) -> bool:
        """Whether the loop is stuck. Called several times a second by the onlooker."""
        now, seen = time.monotonic(), (self._turns, self.current())
        if seen != self._seen:
            self._seen, self._since, self._looks = seen, now, 0
        self._looks += 1
        return self._looks > LOOKS and now - self._since > STUCK_AFTER

    def current(self) -> asyncio.Task[Any] | None:
        """The task whose step the loop is in; None between steps and in a callback."""
        return asyncio.current_task(self._loop)
