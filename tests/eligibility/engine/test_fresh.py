"""Answers that a clinic has already: which of them stand for the same question asked again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from eligibility.choices import Status
from eligibility.engine.fresh import Known, fresh_found, known_answers, question_of
from eligibility.engine.rows import add_events
from eligibility.models import Connection, EligibilityTask, Result
from portal.models import Clinic
from tests.eligibility.engine.helpers import make_lane
from tests.factories import make_clinic, make_result, make_task

pytestmark = pytest.mark.usefixtures("db")

VISIT = date(2026, 11, 25)
HOUR = timedelta(hours=1)


class Desk:
    """A lane with a window of four hours, and a clinic that asks it."""

    def __init__(self, **windows: str) -> None:
        self.lane = make_lane(freshness=windows or {"*": "4h"})
        self.clinic = Clinic.objects.get(team=self.lane.team)

    def had(
        self, outcome: str = "eligible", *, ago: timedelta = HOUR, answer: Any = None, **fields: Any
    ) -> Result:
        """An answer of the past."""
        asked: dict[str, Any] = {
            "id_type": "CARDNUMBER",
            "id_key": "CARD1",
            "visit_type": "OUTPATIENT",
            "service_date": VISIT,
            "payer": self.lane.payer,
            "connection": self.lane,
        }
        result = make_result(make_task(self.clinic, **asked | fields), outcome, **answer or {})
        Result.objects.filter(pk=result.pk).update(created_at=timezone.now() - ago)
        add_events([(result.task_id, Status.PENDING, Status.RUNNING, "engine", "")])
        add_events([(result.task_id, Status.RUNNING, Status.DONE, "engine", outcome)])
        EligibilityTask.objects.filter(pk=result.task_id).update(fence=1)
        return result

    def ask(self, clinic: Clinic | None = None, **other: Any) -> Known | None:
        """What is known for the question of `had`, with other words in it."""
        clinic = clinic or self.clinic
        asked: dict[str, Any] = {
            "id_type": "CARDNUMBER",
            "id_key": "CARD1",
            "visit_type": "OUTPATIENT",
            "service_date": VISIT,
            "now": timezone.now(),
        }
        question = question_of(self.lane, clinic_id=clinic.pk, zone=clinic.zone, **asked | other)
        return None if question is None else known_answers([question]).get(0)


def test_a_fresh_answer_to_the_same_question_is_found() -> None:
    desk = Desk()
    result = desk.had()
    known = desk.ask()
    assert known is not None
    assert (known.result_id, known.task_id) == (result.pk, result.task_id)
    assert known.outcome == "eligible"
    assert timedelta(minutes=59) < timezone.now() - known.answered_at < timedelta(minutes=61)


@pytest.mark.parametrize("outcome", ["eligible", "not_eligible"])
def test_a_plain_yes_or_no_stands(outcome: str) -> None:
    desk = Desk()
    desk.had(outcome)
    assert (known := desk.ask()) is not None
    assert known.outcome == outcome


@pytest.mark.parametrize(
    "outcome", ["member_not_found", "ambiguous_member", "undetermined", "partial"]
)
def test_an_answer_that_was_none_is_asked_again(outcome: str) -> None:
    desk = Desk()
    desk.had(outcome)
    assert desk.ask() is None


@pytest.mark.parametrize(
    "other",
    [
        {"id_key": "CARD2"},
        {"id_key": ""},
        {"id_type": "PASSPORT"},
        {"visit_type": "INPATIENT"},
        {"visit_type": ""},
        {"service_date": date(2026, 11, 26)},
        {"service_date": None},
    ],
)
def test_another_question_is_asked(other: dict[str, Any]) -> None:
    desk = Desk()
    desk.had()
    assert desk.ask(**other) is None


def test_answers_of_another_clinic_are_its_own_also_in_the_same_team() -> None:
    desk = Desk()
    desk.had()
    assert desk.ask(make_clinic(desk.lane.team)) is None
    assert desk.ask(make_clinic()) is None


def test_another_payers_answer_says_nothing() -> None:
    desk, other = Desk(), make_lane(code="TPA004")
    desk.had(payer=other.payer)
    assert desk.ask() is None


@pytest.mark.parametrize(("minutes", "stands"), [(239, True), (241, False), (-1, True)])
def test_an_answer_stands_until_its_window_closes(minutes: int, stands: bool) -> None:
    desk = Desk()
    desk.had(ago=timedelta(minutes=minutes))
    assert (desk.ask() is not None) is stands


def test_an_answer_from_the_future_of_a_wrong_clock_is_not_fresh_for_ever() -> None:
    desk = Desk()
    desk.had(ago=-HOUR)
    assert desk.ask() is None


def test_a_visit_type_whose_window_is_off_is_asked() -> None:
    desk = Desk(**{"*": "4h", "OUTPATIENT": "off"})
    desk.had()
    assert desk.ask() is None


def test_the_newest_of_several_answers_stands() -> None:
    desk = Desk()
    desk.had(ago=3 * HOUR)
    newest = desk.had("not_eligible", ago=HOUR)
    desk.had(ago=2 * HOUR)
    assert (known := desk.ask()) is not None
    assert known.result_id == newest.pk


def test_a_row_without_a_day_asks_about_the_day_on_which_it_is_asked() -> None:
    desk = Desk(**{"*": "168h"})
    now = timezone.now()
    today = now.astimezone(desk.clinic.zone).date()
    result = desk.had(service_date=None, ago=timedelta())
    for day in (None, today):
        known = desk.ask(service_date=day)
        assert known is not None, day
        assert known.result_id == result.pk
    assert desk.ask(service_date=today + timedelta(days=1)) is None
    assert desk.ask(service_date=None, now=now + timedelta(days=1)) is None


def test_no_answer_stands_past_the_end_of_its_policy() -> None:
    desk = Desk(**{"*": "168h"})
    today = timezone.now().astimezone(desk.clinic.zone).date()
    policy: dict[str, Any] = {"end": today - timedelta(days=1)}
    desk.had(service_date=None, ago=timedelta(), answer={"policy": policy})
    assert desk.ask(service_date=None) is None
    later = {"policy": policy | {"end_is_placeholder": True}}
    desk.had(service_date=None, ago=timedelta(), answer=later)
    assert desk.ask(service_date=None) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "pending", "outcome": "", "finished_at": None},
        {"question_number": 1},
        {"review": "needs_attention"},
        {"test_mode": True},
    ],
)
def test_an_answer_in_doubt_does_not_stand(changes: dict[str, Any], breaks_promises: None) -> None:
    """Asked again just now, corrected since, contradicted by another, or never meant for real."""
    desk = Desk()
    result = desk.had()
    EligibilityTask.objects.filter(pk=result.task_id).update(**changes)
    assert desk.ask() is None


def test_a_made_up_answer_never_stands_for_a_real_payers() -> None:
    desk = Desk()
    result = desk.had()
    Result.objects.filter(pk=result.pk).update(synthetic=False)
    assert desk.ask() is None
    desk.lane.connector = "another"
    assert desk.ask() is not None


def test_the_test_connection_reuses_nothing() -> None:
    desk = Desk()
    lane = Connection(team=desk.lane.team, connector="synthetic", freshness={"*": "4h"})
    nothing = question_of(
        lane,
        clinic_id=desk.clinic.pk,
        zone=desk.clinic.zone,
        id_type="CARDNUMBER",
        id_key="CARD1",
        visit_type="",
        service_date=None,
        now=timezone.now(),
    )
    assert nothing is None


def test_many_questions_are_looked_up_in_one_statement(django_assert_num_queries: Any) -> None:
    desk = Desk()
    desk.had()
    zone, now = desk.clinic.zone, timezone.now()
    asked = [
        question_of(
            desk.lane,
            clinic_id=desk.clinic.pk,
            zone=zone,
            id_type="CARDNUMBER",
            id_key=f"CARD{number}",
            visit_type="OUTPATIENT",
            service_date=VISIT,
            now=now,
        )
        for number in range(5_000)
    ]
    with django_assert_num_queries(1):
        known = known_answers([each for each in asked if each])
    assert list(known) == [1]
    with django_assert_num_queries(0):
        assert known_answers([]) == {}


def test_a_search_learns_which_payer_said_yes_a_short_while_ago() -> None:
    desk = Desk()
    second = make_lane(desk.lane.team, code="TPA004", freshness={"*": "day"})
    silent = make_lane(desk.lane.team, code="TPA010")
    desk.had("not_eligible", ago=timedelta())
    found = desk.had(payer=second.payer, connection=second, ago=timedelta())
    desk.had(payer=silent.payer, connection=silent, ago=timedelta())
    answer = fresh_found(
        [desk.lane, second, silent],
        clinic_id=desk.clinic.pk,
        zone=desk.clinic.zone,
        id_type="CARDNUMBER",
        id_key="CARD1",
        visit_type="OUTPATIENT",
        service_date=VISIT,
        now=timezone.now(),
    )
    assert answer is not None
    assert (answer[0], answer[1].result_id) == (second, found.pk)
