"""Which rules rest, because what they look up was not loaded: for people to be told."""

from __future__ import annotations

from typing import Final

from records.rules.base import Facts

_LOOKED_UP: Final[dict[str, tuple[str, ...]]] = {
    "integrations": ("integration.unknown",),
    "supervisors": ("supervisor.missing",),
    "taxonomy": ("specialty.code", "specialty.name"),
    "npi_registry": ("npi.registry",),
}
"""A field of Facts → the codes that are told only when it is there."""


def resting_rules(facts: Facts) -> tuple[str, ...]:
    """The codes that no row can have with these facts, in the order of the rules."""
    return tuple(
        code for name, codes in _LOOKED_UP.items() if getattr(facts, name) is None for code in codes
    )
