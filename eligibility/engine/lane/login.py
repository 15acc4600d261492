"""When a credential is locked: a payer that refused it twice would lock the account next (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from eligibility.models import LaneState

IN_A_ROW = 2
"""So many refused logins without an answer between them lock the credential."""


def after_refusal(
    state: LaneState, now: datetime, *, answers: Sequence[datetime]
) -> dict[str, Any]:
    """The payer refused our login. `answers` are the times of the lane's newest answers."""
    before = state.login_failed_at
    got_in = before is not None and any(at > before for at in answers)
    refused = 1 if got_in else state.login_failures + 1
    changes: dict[str, Any] = {"login_failures": refused, "login_failed_at": now}
    if refused >= IN_A_ROW and state.credential_locked_at is None:
        changes["credential_locked_at"] = now
    return changes


def unlocked() -> dict[str, Any]:
    """The credential is another one, or was let in."""
    return {"login_failures": 0, "login_failed_at": None, "credential_locked_at": None}
