"""The lists' filters by day: a usual stretch of one click, or from a day to a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from eligibility.admin.filters import Choices, Pick
from portal import moments
from portal.roles import zone_of

Stretch = tuple[str, int, int]
"""Its words, and its first and last day, counted from today."""


class DayFilter(Pick):
    """By a day in the person's zone. Subclasses: `stretches` and `between`.

    Besides its own parameter the filter reads `<parameter>_from` and `<parameter>_to`.
    """

    is_range = True
    stretches: ClassVar[Mapping[str, Stretch]]

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self._zone: tzinfo = zone_of(request.user)
        _, self.from_name, self.to_name = self.parameters()
        self.first, self.last = (_day_in(params, name) for name in (self.from_name, self.to_name))

    @classmethod
    def parameters(cls) -> tuple[str, ...]:
        """The stretch, and both ends of a range."""
        own = cls.parameter_name
        return (own, f"{own}_from", f"{own}_to")

    def expected_parameters(self) -> list[str | None]:
        """All of them are this filter's."""
        return list(self.parameters())

    def choices_of(self, request: HttpRequest) -> Choices:
        """The usual stretches."""
        return [(value, words) for value, (words, _, _) in self.stretches.items()]

    def chosen(self) -> str:
        """The stretch or range in words."""
        if word := super().chosen():
            return word
        if self.first and self.first == self.last:
            return moments.day(self.first)
        if self.first and self.last:
            return f"{moments.day(self.first)} to {moments.day(self.last)}"
        if self.first:
            return f"since {moments.day(self.first)}"
        return f"until {moments.day(self.last)}" if self.last else ""

    def apply(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows of the stretch, both days included."""
        if value not in self.stretches:
            return self.between(rows, self.first, self.last)
        today = timezone.now().astimezone(self._zone).date()
        _, first, last = self.stretches[value]
        return self.between(rows, today + timedelta(days=first), today + timedelta(days=last))

    def between(self, rows: QuerySet[Any], first: date | None, last: date | None) -> QuerySet[Any]:
        """The rows from the one day to the other; None has no end."""
        return rows


class AskedFilter(DayFilter):
    """By when it was asked."""

    title, parameter_name = "Asked", "asked"
    stretches: ClassVar[Mapping[str, Stretch]] = {
        "today": ("Today", 0, 0),
        "yesterday": ("Yesterday", -1, -1),
        "7days": ("Last 7 days", -6, 0),
    }

    def between(self, rows: QuerySet[Any], first: date | None, last: date | None) -> QuerySet[Any]:
        """From the first day's beginning to the last day's end."""
        if first:
            rows = rows.filter(created_at__gte=self._begin(first))
        return rows.filter(created_at__lt=self._begin(last + timedelta(days=1))) if last else rows

    def _begin(self, day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=self._zone)


class VisitFilter(DayFilter):
    """By the day of the visit that the question is about."""

    title, parameter_name = "Visit", "visit"
    stretches: ClassVar[Mapping[str, Stretch]] = {
        "today": ("Today", 0, 0),
        "tomorrow": ("Tomorrow", 1, 1),
        "7days": ("Next 7 days", 0, 6),
        "past": ("Last 7 days", -7, -1),
    }

    def between(self, rows: QuerySet[Any], first: date | None, last: date | None) -> QuerySet[Any]:
        """One day alone is asked for by itself: its index gives the newest without sorting."""
        if first and first == last:
            return rows.filter(service_date=first)
        if first:
            rows = rows.filter(service_date__gte=first)
        return rows.filter(service_date__lte=last) if last else rows


def _day_in(params: dict[str, Any], name: str) -> date | None:
    """A day out of the address; what is none is left out. Far days would break the arithmetic."""
    given = params.pop(name, [""])
    found = moments.read_day(given[-1] if isinstance(given, list) else given)
    return found if found and 1970 <= found.year <= 9000 else None
