"""The payers to choose from, those that can answer first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eligibility.payer_rules import PayerRules

Option = tuple[str, str]
"""(code, name)"""


@dataclass(frozen=True, slots=True)
class PayerGroup:
    """Payers under one heading."""

    title: str
    options: tuple[Option, ...]


def payer_groups(payers: Iterable[PayerRules], connected: frozenset[str]) -> list[PayerGroup]:
    """All payers and searches by name; `connected` are the codes that the team can ask."""
    ordered = sorted(payers, key=lambda payer: payer.name.casefold())
    searches = [payer for payer in ordered if payer.is_search]
    single = [payer for payer in ordered if not payer.is_search]
    groups = [
        _group("Payers", [payer for payer in single if payer.code in connected]),
        _group("Unsure of the insurance: ask several", searches),
        _group("Not connected yet", [payer for payer in single if payer.code not in connected]),
    ]
    return [group for group in groups if group.options]


def _group(title: str, payers: list[PayerRules]) -> PayerGroup:
    return PayerGroup(title, tuple((payer.code, payer.name) for payer in payers))
