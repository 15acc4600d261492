"""What the engine tells Prometheus: its rows by state, its lanes, and how payers answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Avg, Count
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from eligibility.choices import AttemptState, Status
from eligibility.engine.lane.depth import depths
from eligibility.engine.lane.recent import paces
from eligibility.engine.lane.standing import Standing, standings
from eligibility.models import Attempt, Connection, EligibilityTask, InvariantResult

RECENT: Final = timedelta(minutes=5)
"""How far back the payers' answers are looked at."""
_KEPT: Final = 30.0
"""Seconds for which the count of all rows is given again: it reads an index of every row."""


class EngineCollector(Collector):
    """Asks the database at each scrape; a portal that cannot reach it tells nothing of this."""

    def __init__(self) -> None:
        self._counted_at = 0.0
        self._rows: dict[str, int] = {}

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: there may be no database yet when the collector is registered."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Rows by state, the last check of the promises, then the lanes, then the payers."""
        yield self._states()
        yield from _promises()
        found = standings(Connection.objects.select_related("payer").order_by("pk"))
        if found:
            yield from _lanes(found)
            yield from _payers(found)

    def _states(self) -> GaugeMetricFamily:
        if not self._rows or time.monotonic() > self._counted_at + _KEPT:
            rows = EligibilityTask.objects.filter(parent=None).order_by().values_list("status")
            self._rows = dict.fromkeys(Status.values, 0) | dict(rows.annotate(n=Count("pk")))
            self._counted_at = time.monotonic()
        family = GaugeMetricFamily("eligibility_rows", "Checks by state.", labels=["state"])
        for state, count in sorted(self._rows.items()):
            family.add_metric([state], count)
        return family


def _promises() -> Iterator[GaugeMetricFamily]:
    """What the last `check_invariants` found, and when; nothing before the first one."""
    broken = _gauge("eligibility_invariant_violations", "At the last check.", "invariant")
    examined = _gauge("eligibility_invariant_examined", "Looked at then.", "invariant")
    moment = _gauge("eligibility_invariants_checked_at_seconds", "When: seconds since 1970.")
    found = list(InvariantResult.objects.order_by("name"))
    for each in found:
        broken.add_metric([each.name], each.violations)
        examined.add_metric([each.name], each.examined)
    if found:
        moment.add_metric([], min(each.checked_at for each in found).timestamp())
        yield from (broken, examined, moment)


def _label(standing: Standing) -> str:
    return f"{standing.lane.pk}:{standing.lane.payer.code if standing.lane.payer else 'test'}"


def _lanes(found: list[Standing]) -> Iterator[GaugeMetricFamily]:
    """Depth, pace, what is in flight, and whether a lane is held."""
    now, lanes = found[0].now, [each.lane for each in found]
    deep, measured = depths([lane.pk for lane in lanes], now=now), paces(lanes)
    depth = _gauge("eligibility_lane_depth", "Rows in line.", "lane", "line")
    oldest = _gauge("eligibility_lane_oldest_due_seconds", "Age of the first due row.", "lane")
    flight = _gauge("eligibility_lane_in_flight", "Rows being asked.", "lane")
    pace = _gauge("eligibility_lane_pace", "Answers a second, as measured last.", "lane")
    held = _gauge("eligibility_lane_held", "1 while the lane takes no rows.", "lane", "reason")
    for each in found:
        name, rows = _label(each), deep[each.lane.pk]
        for line in ("due", "later", "waiting", "parked"):
            depth.add_metric([name, line], getattr(rows, line))
        since = rows.oldest_due_at
        oldest.add_metric([name], (now - since).total_seconds() if since else 0)
        flight.add_metric([name], each.in_flight)
        pace.add_metric([name], measured[each.lane.pk].a_second)
        held.add_metric([name, each.held.reason.value if each.held else ""], int(bool(each.held)))
    yield from (depth, oldest, flight, pace, held)


def _payers(found: list[Standing]) -> Iterator[GaugeMetricFamily]:
    """The conversations of the last minutes: how many, how they ended, how long they took."""
    names = {each.lane.pk: _label(each) for each in found}
    ended = _gauge(
        "eligibility_payer_conversations", "Ended in the last 5 minutes.", "lane", "failure"
    )
    seconds = _gauge(
        "eligibility_payer_seconds", "Mean length of those that were answered.", "lane"
    )
    rows = Attempt.objects.filter(pk__gte=_first_id(found[0].now - RECENT))
    rows = rows.exclude(state=AttemptState.OPEN).order_by()
    for lane, failure, count in rows.values_list("connection", "failure").annotate(n=Count("pk")):
        ended.add_metric([names.get(lane, "gone"), failure], count)
    answered = rows.filter(state=AttemptState.ANSWERED).values_list("connection")
    for lane, mean in answered.annotate(mean=Avg("milliseconds")):
        seconds.add_metric([names.get(lane, "gone")], (mean or 0) / 1000)
    yield from (ended, seconds)


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, labels=list(labels))


def _first_id(moment: datetime) -> Any:
    """The smallest id of that moment: ids begin with their milliseconds, so no index is needed."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
