"""A run of good rows with and without poison rows among them, by real workers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone

from eligibility.choices import FINAL, Failure, Outcome, Status
from eligibility.models import Connection, EligibilityTask
from tests.eligibility.engine.helpers import make_lane, make_rows

SETTINGS_MODULE = "tests.poison.settings"
"""The DJANGO_SETTINGS_MODULE of workers that know the connector."""


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one run. `seconds` is until the last good row's end."""

    seconds: float
    good: int
    good_with_crashes: int
    most_crashes_of_good: int
    poison: tuple[tuple[str, int], ...]


def make_poison_lane(*, latency: float, in_flight: int) -> Connection:
    """A lane of the connector, as wide as asked."""
    return make_lane(
        connector="poison",
        settings={"latency": latency},
        max_in_flight=in_flight,
        deadline=60.0,
        give_up_after=3600.0,
    )


def run(lane: Connection, good: int, poison: Sequence[str], *, within: float) -> Run:
    """Let the running workers work off `good` rows with the poison rows spread among them."""
    started, places = timezone.now(), _places(good, poison)
    rows = make_rows(
        lane, good + len(poison), each=lambda number: {"id_value": places.get(number, "CARD-1")}
    )
    mine = EligibilityTask.objects.filter(pk__in=[row.pk for row in rows])
    ends_at = time.monotonic() + within
    while mine.exclude(status__in=FINAL).exists():
        if time.monotonic() > ends_at:
            raise AssertionError(f"not within {within} s: {list(_counts(mine))}")
        time.sleep(0.1)
    return _found(mine, started)


def _places(good: int, poison: Sequence[str]) -> dict[int, str]:
    """Where the poison rows stand among the others, evenly, none at the very beginning."""
    step = good // (len(poison) + 1)
    return {step * (index + 1): f"{kind}-{index}" for index, kind in enumerate(poison)}


def _counts(rows: Any) -> Any:
    return rows.values_list("status", "failure").annotate(rows=Count("pk")).order_by("status")


def _found(rows: Any, started: Any) -> Run:
    good = rows.filter(id_value="CARD-1")
    answered = good.filter(status=Status.DONE, outcome=Outcome.ELIGIBLE)
    last: timedelta = answered.aggregate(last=Max("finished_at"))["last"] - started
    bad = rows.exclude(id_value="CARD-1").filter(failure=Failure.INTERNAL)
    return Run(
        seconds=last.total_seconds(),
        good=answered.count(),
        good_with_crashes=good.filter(crashes__gt=0).count(),
        most_crashes_of_good=good.aggregate(most=Max("crashes"))["most"] or 0,
        poison=tuple(bad.order_by("id_value").values_list("id_value", "crashes")),
    )
