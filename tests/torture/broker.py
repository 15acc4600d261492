"""A queue that delivers every hint three times."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from portal.broker import PortalBroker
from tests.torture import COUNT_VARIABLE


class TripleBroker(PortalBroker):
    """The portal's broker; whatever is put in comes out three times."""

    def enqueue(self, task: str) -> Any:
        """Put the job in three times, in the caller's transaction."""
        for _ in range(2):
            super().enqueue(task)
        if place := os.environ.get(COUNT_VARIABLE):
            with Path(place).open("ab") as file:
                file.write(b".")
        return super().enqueue(task)
