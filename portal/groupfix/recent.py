"""The correction that somebody made last: whoever has left its page finds the way to its undo."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from portal.models import GroupFix

LOOK_BACK = timedelta(hours=12)
"""Longer ago, something has happened to the rows, and the audit log tells of it."""


def last_fix_of(user: Any) -> GroupFix | None:
    """The person's newest correction of a group, unless it was taken back. One query."""
    since = timezone.now() - LOOK_BACK
    mine = GroupFix.objects.filter(team_id=user.team_id, made_by=user.pk, made_at__gte=since)
    last = mine.order_by("-made_at").first()
    return last if last is not None and last.undone_at is None else None
