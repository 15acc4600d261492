"""Workers for a test that talks to a live server: rows are worked off in a thread beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from eligibility.engine import leases
from eligibility.engine.drain import Drain
from eligibility.engine.search import searches, sweep
from portal.webhooks import beat, deliveries
from tests.eligibility.engine.payers import WatchedPayer
from tests.portal.webhooks.making import send_due


def tell() -> None:
    """Let webhooks be told of what has ended, as the dispatcher and the sender do."""
    beat.beat()
    if deliveries.due_endpoints():
        send_due()


@contextmanager
def working(payer: WatchedPayer, also: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Drain until the block ends; `also` is called after each drain. What breaks is raised then."""
    ended = threading.Event()
    broken: list[BaseException] = []

    def work() -> None:
        try:
            while not ended.wait(0.03):
                leases.return_expired()
                searches.start_due()
                sweep.sweep()
                Drain(worker="host:1", synthetic_url=payer.url).run()
                also()
        except BaseException as error:  # noqa: BLE001 - it is raised in the test's own thread
            broken.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work, name="worker")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if broken:
        raise broken[0]
