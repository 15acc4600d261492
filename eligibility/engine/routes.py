"""Which connection answers a row of a team."""

from __future__ import annotations

from collections.abc import Iterable

from eligibility.models import Connection

_SYNTHETIC = "synthetic"


class Routes:
    """Which connection answers a row of a team.

    Test rows go to the team's test connection, but never to a real payer. A production team's
    own rows never reach a synthetic payer. A search has no connection: its paths have theirs.
    """

    def __init__(self, connections: Iterable[Connection], *, is_production: bool) -> None:
        self._by_payer: dict[int, int] = {}
        self._test: int | None = None
        for connection in connections:
            synthetic = connection.connector == _SYNTHETIC
            if connection.payer_id is None:
                self._test = connection.pk if synthetic else None
            elif not (synthetic and is_production):
                self._by_payer[connection.payer_id] = connection.pk

    def find(self, payer_id: int, *, is_search: bool, test_mode: bool) -> int | None:
        """The connection's id; None when the team has none that may answer."""
        if is_search:
            return None
        return self._test if test_mode else self._by_payer.get(payer_id)
