"""From an empty database to the record of one campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.torture.payer import HostilePayer, running
from tests.torture.stage import furnish, set_up

FEW = 1000
"""Below so many rows a larger share of the calls is faulty, so that each fault has its turn."""


def play(
    database: str, seed: int, rows: int, kills: int, seconds: float, log: Path | None = None
) -> dict[str, Any]:
    """Play one campaign, once in a process. `log` gets what the processes said.

    Raises cluster.Missing.
    """
    payer = HostilePayer(seed, 0.25 if rows < FEW else 0.06)
    with set_up(database) as stage, running(payer):
        furnish(stage, payer.url)
        # Only now: Django's models can be loaded when its settings are known.
        from tests.torture.campaign import Campaign, Orders

        try:
            return Campaign(Orders(database, seed, rows, kills, seconds), stage, payer).run()
        finally:
            said = stage.home / "log"
            if log is not None and said.exists():
                log.write_bytes(said.read_bytes())
