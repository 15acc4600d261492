"""The rules applied to one row of a form, and the doubts that somebody has already seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any

from django.utils import timezone

from eligibility import registry
from eligibility.rules import Checked, check_rows
from portal.intake.issues import Issue
from portal.models import Clinic

_NOT_WORTH_A_STOP = frozenset({"field.unknown"})
"""Doubts about what no form edits."""


def check_row(row: Mapping[str, Any], clinic: Clinic, *, profile: str = "lenient") -> Checked:
    """What the row comes to under the payers' rules of this moment."""
    return check_rows(
        [dict(row)],
        registry=registry.load().rules,
        profile=profile,
        timezone=clinic.zone,
        region=clinic.region,
        now=timezone.now(),
    )[0]


def doubts_not_seen(warnings: Collection[Issue], seen: Collection[str]) -> list[Issue]:
    """The doubts that the form did not show when it was sent; it names those it did."""
    return [doubt for doubt in warnings if is_worth_a_stop(doubt) and token_of(doubt) not in seen]


def is_worth_a_stop(doubt: Issue) -> bool:
    """Whether somebody at a form can do anything about it."""
    return doubt.code not in _NOT_WORTH_A_STOP


def token_of(doubt: Issue) -> str:
    """The name under which a form remembers a doubt: another value is another doubt."""
    text = f"{doubt.pointer}\0{doubt.code}\0{doubt.value}"
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
