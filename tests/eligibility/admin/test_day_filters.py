"""The lists by day: of the question, and of the visit that it is about."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from eligibility.admin.day_filters import VisitFilter
from eligibility.models import EligibilityTask
from tests.cast import Cast
from tests.eligibility.admin.looking import CHECKS, make_patient, names_in, queries, text_of
from tests.eligibility.admin.planning import explained
from tests.portal.admin.entering import enter


def today_in(cast: Cast) -> date:
    """Today where our first clinic is."""
    return datetime.now(cast.us.first.zone).date()


@pytest.fixture
def visits(cast: Cast) -> Cast:
    """One check about a visit of each kind of day, and one about no day in particular."""
    days = {"yesterday": -1, "today": 0, "tomorrow": 1, "in a week": 7, "long ago": -40}
    for number, (name, days_from_now) in enumerate(days.items(), 1):
        visit = today_in(cast) + timedelta(days=days_from_now)
        make_patient(cast.us.first, number, name=name, service_date=visit)
    make_patient(cast.us.first, 9, name="no day", service_date=None)
    return cast


@pytest.mark.parametrize(
    ("stretch", "found"),
    [
        ("today", {"today"}),
        ("tomorrow", {"tomorrow"}),
        ("7days", {"today", "tomorrow"}),
        ("past", {"yesterday"}),
    ],
)
def test_checks_are_found_by_a_usual_stretch_of_visits(
    visits: Cast, stretch: str, found: set[str]
) -> None:
    answer = enter(visits.us.viewer).get(CHECKS, {"visit": stretch})
    assert set(names_in(answer)) == found


def test_checks_are_found_by_the_visits_of_a_range_of_days(visits: Cast) -> None:
    client, today = enter(visits.us.viewer), today_in(visits)

    def found(**days: int) -> set[str]:
        given = {f"visit_{end}": str(today + timedelta(days=n)) for end, n in days.items()}
        return set(names_in(client.get(CHECKS, given)))

    assert found(**{"from": 0, "to": 7}) == {"today", "tomorrow", "in a week"}
    assert found(**{"from": 1, "to": 1}) == {"tomorrow"}
    assert found(**{"from": 2}) == {"in a week"}
    assert found(to=-2) == {"long ago"}


def test_what_is_no_day_filters_nothing(visits: Cast) -> None:
    given = {"visit": "someday", "visit_from": "nonsense", "visit_to": "0001-01-01"}
    assert len(names_in(enter(visits.us.viewer).get(CHECKS, given))) == 6


def test_a_chosen_day_is_said_and_goes_together_with_the_other_filters(visits: Cast) -> None:
    client = enter(visits.us.viewer)
    both = client.get(CHECKS, {"visit": "tomorrow", "asked": "today", "status": "pending"})
    assert names_in(both) == ["tomorrow"]
    assert "Visit Tomorrow" in text_of(both)
    assert names_in(client.get(CHECKS, {"visit": "tomorrow", "asked": "yesterday"})) == []


def test_a_filter_by_visit_costs_no_further_query(visits: Cast) -> None:
    client = enter(visits.us.viewer)
    client.get(CHECKS)
    with queries() as without:
        client.get(CHECKS)
    with queries() as with_filter:
        client.get(CHECKS, {"visit": "tomorrow"})
    assert len(with_filter) == len(without)


def test_one_day_of_visits_is_read_from_its_index_in_the_lists_order(visits: Cast) -> None:
    own: Any = EligibilityTask.objects.filter(clinic=visits.us.first, parent=None)
    day = today_in(visits)
    rows = VisitFilter.between(object.__new__(VisitFilter), own, day, day)
    plan = explained(rows, "task_by_visit")
    assert "task_by_visit" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
