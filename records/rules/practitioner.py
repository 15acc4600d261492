"""All rules of a practitioner's record, in the order in which people read the record."""

from __future__ import annotations

from typing import Final

from records.rules import (
    avatar,
    gender,
    hours,
    languages,
    names,
    npi,
    specialties,
    status,
)
from records.rules.base import Facts
from records.rules.findings import Findings
from records.schemas import Practitioner

_RULES: Final = (
    npi.judge,
    names.judge,
    gender.judge,
    avatar.judge,
    status.judge,
    languages.judge,
    specialties.judge,
    hours.judge,
)


def judge(config: Practitioner, found: Findings, facts: Facts) -> None:
    """The rules that look at one record by itself; every documented key is present."""
    for rule in _RULES:
        rule(config, found, facts)
