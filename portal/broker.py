"""django-q2's queue in the portal's own database, made harmless.

A job is only a hint that there is work: it is deleted when it is taken, so nothing is held for
a dead worker and nothing is delivered twice; the rows' own state is what counts. Each
`workers` command has a private key beside the common one, so that its heartbeat is answered by
its own workers and not by another machine's.
"""

from __future__ import annotations

import os
from time import sleep
from typing import Any

from django_q.brokers.orm import ORM
from django_q.conf import Conf

HOST_KEY_VARIABLE = "PORTAL_HOST_KEY"


class PortalBroker(ORM):
    """The ORM broker with deletion at dequeue and a private key per host."""

    def dequeue(self) -> list[tuple[int, Any]] | None:
        """One job, the private ones first; None after a short sleep when there is none."""
        keys = [key for key in (os.environ.get(HOST_KEY_VARIABLE), self.list_key) if key]
        for key in keys:
            for job in self.get_connection().filter(key=key).order_by("pk")[: Conf.BULK]:
                if self.get_connection().filter(pk=job.pk).delete()[0]:
                    return [(job.pk, job.payload)]
        sleep(Conf.POLL)
        return None
