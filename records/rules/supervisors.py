"""Supervisors: a record of the team, and no loop. To be one's own is legal, and a little odd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from records.rules.base import Facts
from records.rules.findings import Findings

POINTER: Final = "/config/supervisorId"


class Chains:
    """Who is whose supervisor once this request's rows are stored. Ids are 24-hex text."""

    def __init__(self, rows: Sequence[Any], facts: Facts) -> None:
        self._stored = facts.supervisors
        self._changed = {own: _supervisor_of(rows[at]) for at, own in _known(rows, facts)}

    def above(self, record: str) -> str | None:
        """The supervisor of this record, or None."""
        if record in self._changed:
            return self._changed[record]
        return self._stored.get(record) if self._stored else None

    def leads_back(self, own: str, first: str) -> bool:
        """Whether the chain that begins with `first` comes by `own`."""
        seen: set[str] = set()
        current: str | None = first
        while current is not None and current not in seen:
            if current == own:
                return True
            seen.add(current)
            current = self.above(current)
        return False


def _known(rows: Sequence[Any], facts: Facts) -> list[tuple[int, str]]:
    return [(at, own) for at, own in facts.own_ids.items() if 0 <= at < len(rows)]


def _supervisor_of(row: Any) -> str | None:
    """What the row says, whatever it is: an odd value only ends the chain."""
    config: Any = row.get("config") if isinstance(row, Mapping) else None
    value = config.get("supervisorId") if isinstance(config, Mapping) else None
    return value if isinstance(value, str) else None


def judge(
    supervisor: str | None, own: str | None, found: Findings, facts: Facts, chains: Chains
) -> None:
    """A supervisor who is no record of the team, or who is supervised by this very record."""
    if supervisor is None:
        return
    if supervisor == own:
        message = "This record names itself as its supervisor."
        found.add(POINTER, "supervisor.self", message, supervisor)
    elif facts.supervisors is not None and supervisor not in facts.supervisors:
        message = "The team has no record with this id. Store the supervisor's record first."
        found.add(POINTER, "supervisor.missing", message, supervisor)
    elif own is not None and chains.leads_back(own, supervisor):
        message = "This closes a loop: the supervisor is supervised, at last, by this record."
        found.add(POINTER, "supervisor.cycle", message, supervisor)
