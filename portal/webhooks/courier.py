"""The calls themselves: an event loop in a thread of its own, without a database.

Parcels come in from the thread that claimed them, receipts go back through a queue. Whatever goes
wrong with a call becomes a receipt. The answer's body is not kept: what an integrator's server
writes there is its own business.
"""

from __future__ import annotations

import asyncio
import queue
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import aiohttp
import structlog
import uvloop

from portal.outgoing import AddressRefused, OutgoingGuard, guarded_session

DEADLINE: Final = 15.0
"""Seconds that a whole call may take, from the look-up of the name to the answer's head."""
CONNECT_TIMEOUT: Final = 5.0
_BODY_READ: Final = 4096
"""Bytes of an answer's body that are read, and thrown away, to keep its connection."""
_BODY_WITHIN: Final = 0.5
_ENDS_WITHIN: Final = 5.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One try of one delivery, signed and ready to go. `attempt` is its number."""

    delivery_id: UUID
    endpoint_id: UUID
    attempt: int
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a try ended: the answer's status, or in words why there was none."""

    parcel: Parcel
    status: int | None
    error: str
    milliseconds: int

    @property
    def is_taken(self) -> bool:
        """Whether the endpoint said that it has the event."""
        return self.status is not None and 200 <= self.status < 300


class Courier:
    """Carries parcels, many at the same time. Used by one thread; `close` ends it."""

    def __init__(
        self,
        guard: OutgoingGuard,
        *,
        resolver: aiohttp.abc.AbstractResolver | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        self.receipts: queue.SimpleQueue[Receipt] = queue.SimpleQueue()
        self._guard = guard
        self._resolver = resolver
        self._deadline = deadline
        self._session: aiohttp.ClientSession | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def send(self, parcels: Sequence[Parcel]) -> None:
        """Begin a call for each; its receipt will be in `receipts`."""
        if parcels:
            self._loop.call_soon_threadsafe(self._begin, list(parcels))

    def close(self) -> None:
        """End the loop and its thread; calls that are under way are cut off."""
        with suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_ENDS_WITHIN)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        for call in self._calls:
            call.cancel()
        if self._calls:
            await asyncio.wait(self._calls, timeout=_ENDS_WITHIN / 2)
        if self._session is not None:
            await self._session.close()

    def _begin(self, parcels: Sequence[Parcel]) -> None:
        if self._session is None:
            self._session = guarded_session(
                self._guard,
                connect_timeout=CONNECT_TIMEOUT,
                resolver=self._resolver,
                auto_decompress=False,
            )
        for parcel in parcels:
            call = self._loop.create_task(self._carry(self._session, parcel))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _carry(self, session: aiohttp.ClientSession, parcel: Parcel) -> None:
        began, status, error = time.monotonic(), None, ""
        try:
            async with asyncio.timeout(self._deadline):
                status = await _post(session, parcel)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as fault:
            error = words_for(fault, self._deadline)
        except Exception as fault:  # noqa: BLE001 (a receipt must come, whatever happened)
            log.error("webhook_call_failed", error=type(fault).__name__, **_named(parcel))
            error = "The call failed on our side."
        if status is not None and not 200 <= status < 300:
            error = words_for_status(status)
        if error:
            log.info("webhook_not_taken", status=status, **_named(parcel))
        took = int((time.monotonic() - began) * 1000)
        self.receipts.put(Receipt(parcel, status, error, took))


def _named(parcel: Parcel) -> dict[str, str]:
    """What leads from a line of the log to the event, and to the request that began it."""
    event_id = parcel.headers.get("webhook-id", "")
    return {"event_id": event_id, "request_id": parcel.headers.get("X-Request-ID", "")}


async def _post(session: aiohttp.ClientSession, parcel: Parcel) -> int:
    async with session.post(
        parcel.url, data=parcel.body, headers=dict(parcel.headers), allow_redirects=False
    ) as response:
        with suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(_BODY_WITHIN):
                await response.content.read(_BODY_READ)
        return response.status


def words_for(fault: Exception, deadline: float = DEADLINE) -> str:
    """Why no answer came, in words that repeat nothing of what was sent or received."""
    match fault:
        case AddressRefused():
            return "The address may not be called: it is not public, or not https."
        case aiohttp.ClientConnectorCertificateError() | ssl.SSLError():
            return "The certificate of the address is not valid."
        case aiohttp.ClientConnectorSSLError():
            return "No secure connection could be made."
        case aiohttp.ClientConnectorDNSError():
            return "The name of the address was not found."
        case aiohttp.ClientConnectorError():
            return "No connection could be made."
        case aiohttp.InvalidURL() | ValueError():
            return "This is not an address that can be called."
        case TimeoutError():
            return f"No answer came within {deadline:g} seconds."
    return "The connection ended before an answer came."


def words_for_status(status: int) -> str:
    """What an answer means that is no success."""
    if status == 410:
        return "Answered 410: the address is gone."
    if 300 <= status < 400:
        return f"Answered {status}: redirects are not followed."
    return f"Answered {status}."
