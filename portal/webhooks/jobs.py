"""What django-q2 may call of the webhooks."""

from __future__ import annotations

from functools import partial

from portal.pii import no_patient_in_errors
from portal.webhooks import turn
from portal.webhooks.courier import Courier
from portal.webhooks.sender import Sender, guard_for_webhooks


def send(ticket: int) -> int:
    """Deliver what is due, on this turn. Returns how many calls ended; 0 for a stale ticket."""
    if not turn.hold(ticket):
        return 0
    courier = Courier(guard_for_webhooks())
    try:
        with no_patient_in_errors():
            sender = Sender(
                courier,
                hold=partial(turn.hold, ticket),
                give_back=partial(turn.give_back, ticket),
            )
            return sender.run()
    finally:
        courier.close()
