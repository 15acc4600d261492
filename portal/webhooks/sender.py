"""The sender: one job that delivers what is due, to many endpoints at the same time.

The job's own thread does all SQL, the calls run in the courier's. Each endpoint has room for so
many calls at once, so one that is slow or dead takes nothing from the others.
"""

from __future__ import annotations

import queue
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from django.conf import settings

from portal.outgoing import OutgoingGuard, networks_of
from portal.webhooks import deliveries
from portal.webhooks.courier import Courier, Receipt

ROOM: Final = 10
"""Calls to one endpoint at once."""
MOST: Final = 200
"""Calls of one sender at once."""
CLAIM_EVERY: Final = 0.25
BOX: Final = 10.0
"""Seconds after which a sender begins no more calls, so that its worker is free for others."""
HOLD_EVERY: Final = 3.0
_LOOPBACK: Final = ("127.0.0.0/8", "::1")


def guard_for_webhooks() -> OutgoingGuard:
    """Public addresses over https alone; under DEBUG this machine itself, too.

    What OUTGOING_ALLOW opens for payers stays closed: an endpoint's address is a customer's word.
    """
    return OutgoingGuard(allowed=networks_of(_LOOPBACK if settings.DEBUG else ()))


class Sender:
    """Delivers until nothing is due or its time is over; then the calls under way end.

    `hold` renews the turn: as soon as it says no, no call is begun any more. `give_back` is
    called when no more calls are begun, while those under way are still waited for.
    """

    def __init__(
        self,
        courier: Courier,
        *,
        hold: Callable[[], bool] = lambda: True,
        give_back: Callable[[], None] = lambda: None,
        box: float = BOX,
    ) -> None:
        self._courier = courier
        self._hold = hold
        self._give_back = give_back
        self._ends_at = time.monotonic() + box
        self._next_claim = self._next_hold = 0.0
        self._under_way: Counter[object] = Counter()
        self._is_closing = False

    def run(self) -> int:
        """Returns how many calls ended."""
        ended = 0
        while True:
            ended += self._take_receipts()
            if not self._is_closing and not self._may_begin():
                self._is_closing = True
                self._give_back()
            if not self._is_closing and time.monotonic() >= self._next_claim:
                self._next_claim = time.monotonic() + CLAIM_EVERY
                if not self._claim() and not self._under_way.total():
                    self._give_back()
                    return ended
            if self._is_closing and not self._under_way.total():
                return ended

    def _may_begin(self) -> bool:
        now = time.monotonic()
        if now >= self._ends_at:
            return False
        if now >= self._next_hold:
            self._next_hold = now + HOLD_EVERY
            return self._hold()
        return True

    def _claim(self) -> int:
        """Begin calls wherever there is room. Returns how many."""
        begun = 0
        for endpoint in deliveries.due_endpoints():
            room = min(ROOM - self._under_way[endpoint.pk], MOST - self._under_way.total())
            if room <= 0:
                continue
            parcels = deliveries.claim(endpoint, room)
            self._under_way[endpoint.pk] += len(parcels)
            self._courier.send(parcels)
            begun += len(parcels)
        return begun

    def _take_receipts(self) -> int:
        """Mark what has ended, waiting for it at most until the next claim."""
        receipts: list[Receipt] = []
        wait = self._next_claim - time.monotonic()
        if self._under_way.total() and (self._is_closing or wait > 0):
            try:
                receipts.append(self._courier.receipts.get(timeout=max(wait, 0.05)))
            except queue.Empty:
                return 0
        while True:
            try:
                receipts.append(self._courier.receipts.get_nowait())
            except queue.Empty:
                break
        if receipts:
            deliveries.mark(receipts)
            self._under_way.subtract(each.parcel.endpoint_id for each in receipts)
            self._next_claim = 0.0
        return len(receipts)
