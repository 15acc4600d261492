"""Which part of the worklist somebody looks at, and how addresses say so."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import TextChoices
from django.utils import timezone


class Since(TextChoices):
    """How far back the list goes, by the day on which a row came in."""

    TODAY = "today", "Today"
    WEEK = "7d", "Last 7 days"
    MONTH = "30d", "Last 30 days"


_DAYS_BACK = {Since.TODAY: 0, Since.WEEK: 6, Since.MONTH: 29}


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the worklist; an empty one shows everything.

    `payer` is a payer's code. What an address says and nobody can mean is left out.
    """

    clinic: UUID | None = None
    payer: str = ""
    batch: UUID | None = None
    since: Since | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        """The filters of an address's query or of a form's fields."""
        since = query.get("since", "")
        return cls(
            clinic=_uuid(query.get("clinic", "")),
            payer=query.get("payer", "").strip().replace("\0", "")[:64],
            batch=_uuid(query.get("batch", "")),
            since=Since(since) if since in Since.values else None,
        )

    def as_query(self, **more: str) -> str:
        """The same as the query of an address; `more` is added to it."""
        return urlencode(self.as_fields() | more)

    def as_fields(self) -> dict[str, str]:
        """The same as a form's fields; filters that are not set are left out."""
        values = {
            "clinic": str(self.clinic or ""),
            "payer": self.payer,
            "batch": str(self.batch or ""),
            "since": self.since.value if self.since else "",
        }
        return {name: value for name, value in values.items() if value}

    def begins_at(self, zone: tzinfo) -> datetime | None:
        """The first moment that the list shows; a day is one of this time zone."""
        if self.since is None:
            return None
        today = timezone.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return today - timedelta(days=_DAYS_BACK[self.since])


def _uuid(text: str) -> UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
