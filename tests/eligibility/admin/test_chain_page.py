"""A check's page: which answer counts, what came after it, what is new, what was reused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from eligibility.models import Attempt, Connection, EligibilityTask, Result, TaskRevision
from eligibility.results import Answer
from tests.cast import Cast
from tests.eligibility.admin.looking import (
    CHECKS,
    MOST_QUERIES,
    make_answered,
    make_patient,
    queries,
    task_url,
    text_of,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
GOLD: dict[str, Any] = {"policy": {"plan": "Gold"}}


def aged(task: EligibilityTask, ago: timedelta) -> EligibilityTask:
    """Let the check have been asked and answered so long ago."""
    moment = datetime.now(UTC) - ago
    Attempt.objects.filter(task=task).update(started_at=moment)
    Result.objects.filter(task=task).update(created_at=moment)
    task.refresh_from_db()
    return task


def asked_again(
    task: EligibilityTask, outcome: str = "", *, late: bool = False, **answer: Any
) -> Attempt:
    """One more conversation, just now; without an outcome it failed."""
    attempt = Attempt.objects.create(
        task=task,
        number=task.attempts.count() + 1,
        connection=Connection.objects.get(team=task.team, payer=task.payer),
        fence=2,
        worker="w",
        state="answered" if outcome else "failed",
        failure="" if outcome else "timeout",
        late=late,
    )
    if outcome:
        Result.objects.create(
            task=task,
            attempt=attempt,
            outcome=outcome,
            answer=Answer(**answer).model_dump(mode="json"),
            synthetic=True,
            normaliser_version=1,
        )
    return attempt


def page(client: Client, cast: Cast, task: EligibilityTask) -> str:
    """What an operator reads."""
    client.force_login(cast.us.operator)
    return text_of(client.get(task_url(task)))


def test_an_answer_that_did_not_prevail_is_told_beside_the_one_that_does(
    client: Client, cast: Cast
) -> None:
    task = aged(make_answered(cast.us.first), 3 * timedelta(hours=1))
    asked_again(task, "undetermined")
    text = page(client, cast, task)
    assert "covers this patient. SYNTHETIC answered 3 h ago" in text
    assert "said: undetermined. The earlier answer stands." in text
    assert "superseded" in text
    assert text.count("this answer counts") == 1


def test_a_no_after_a_yes_is_a_warning_on_the_card(client: Client, cast: Cast) -> None:
    task = aged(make_answered(cast.us.first), DAY)
    asked_again(task, "not_eligible")
    text = page(client, cast, task)
    assert "A later answer says not eligible: ask the payer before you rely on this one." in text


def test_a_no_after_a_yes_is_on_the_worklist_in_words(client: Client, cast: Cast) -> None:
    task = make_answered(cast.us.first)
    EligibilityTask.objects.filter(pk=task.pk).update(review="needs_attention")
    client.force_login(cast.us.operator)
    worklist = client.get(reverse("admin:worklist"))
    assert "The payer said yes, and later no" in text_of(worklist)


def test_a_re_run_that_failed_shows_its_failure_and_the_answer_that_stands(
    client: Client, cast: Cast
) -> None:
    task = aged(make_answered(cast.us.first), DAY)
    asked_again(task)
    EligibilityTask.objects.filter(pk=task.pk).update(
        status="failed", outcome="", failure="timeout", finished_at=datetime.now(UTC)
    )
    text = page(client, cast, task)
    assert "Earlier answer, which stands until there is another" in text
    assert "failed: the payer did not answer in time. This answer stands." in text
    assert "answered 24 h ago" in text
    client.force_login(cast.us.operator)
    assert "Known before: eligible, 24 h ago" in text_of(client.get(CHECKS))


def test_an_answer_to_an_earlier_question_is_called_so(client: Client, cast: Cast) -> None:
    task = aged(make_answered(cast.us.first), DAY)
    TaskRevision.objects.create(task=task, number=1, changes={"id_value": ["1", "2"]})
    EligibilityTask.objects.filter(pk=task.pk).update(
        status="failed", outcome="", failure="timeout", question_number=1
    )
    asked_again(task)
    text = page(client, cast, task)
    assert "about the row as it was before" in text
    assert "this answer counts" not in text
    assert "This answer stands" not in text
    client.force_login(cast.us.operator)
    assert "Known before" not in text_of(client.get(CHECKS))


def test_a_correction_that_was_taken_back_leaves_the_answer_what_it_was(
    client: Client, cast: Cast
) -> None:
    task = aged(make_answered(cast.us.first), DAY)
    TaskRevision.objects.create(task=task, number=1, changes={"id_value": ["1", "2"]})
    TaskRevision.objects.create(task=task, number=2, changes={"id_value": ["2", "1"]})
    text = page(client, cast, task)
    assert "this answer counts" in text
    assert "about the row as it was before, " not in text


def test_a_late_answer_is_offered_to_a_check_without_one(client: Client, cast: Cast) -> None:
    task = make_patient(cast.us.first, status="cancelled")
    Connection.objects.get(team=task.team, payer=task.payer)
    asked_again(task, "eligible", late=True)
    text = page(client, cast, task)
    assert "The payer answered after the check had moved on" in text
    assert "late: came after the check had moved on" in text


class TestSinceLastTime:
    def test_the_checks_own_earlier_answer_is_compared(self, client: Client, cast: Cast) -> None:
        task = aged(make_answered(cast.us.first, answer=GOLD), DAY)
        newest = asked_again(task, "eligible", policy={"plan": "Silver"})
        EligibilityTask.objects.filter(pk=task.pk).update(result=newest.result)
        assert "Plan: Silver, was: Gold." in page(client, cast, task)

    def test_else_the_last_one_of_the_clinic_about_the_same_person(
        self, client: Client, cast: Cast
    ) -> None:
        aged(make_answered(cast.us.first, answer={"policy": {"plan": "Bronze"}}), 9 * DAY)
        last = aged(make_answered(cast.us.first, answer=GOLD), 7 * DAY)
        task = make_answered(cast.us.first, answer={"policy": {"plan": "Silver"}})
        text = page(client, cast, task)
        assert "New since" in text
        assert "Plan: Silver, was: Gold." in text
        assert "Bronze" not in text
        assert "New since" not in page(client, cast, last) or "Bronze" in page(client, cast, last)

    def test_the_same_answer_is_one_line(self, client: Client, cast: Cast) -> None:
        aged(make_answered(cast.us.first, answer=GOLD), 7 * DAY)
        text = page(client, cast, make_answered(cast.us.first, answer=GOLD))
        assert "Same answer as on" in text
        assert "New since" not in text

    @pytest.mark.parametrize(
        "other", [{"number": 2}, {"visit_type": "DENTAL"}, {"question_number": 1}]
    )
    def test_an_answer_about_something_else_is_no_last_time(
        self, client: Client, cast: Cast, other: dict[str, Any]
    ) -> None:
        aged(make_answered(cast.us.first, answer=GOLD, **other), 7 * DAY)
        text = page(client, cast, make_answered(cast.us.first))
        assert "Same answer as on" not in text
        assert "New since" not in text

    def test_another_clinics_answer_is_its_own(self, client: Client, cast: Cast) -> None:
        for clinic in (cast.us.second, cast.them.first):
            aged(make_answered(clinic, answer=GOLD), 7 * DAY)
        text = page(client, cast, make_answered(cast.us.first))
        assert "Same answer as on" not in text
        assert "New since" not in text


def test_a_reused_answer_says_so_with_its_age_and_where_it_was_got(
    client: Client, cast: Cast
) -> None:
    source = aged(make_answered(cast.us.first), 3 * timedelta(hours=1))
    task = make_patient(cast.us.first, status="done", outcome="eligible")
    EligibilityTask.objects.filter(pk=task.pk).update(
        result=source.result, reused_from=source, finished_at=datetime.now(UTC)
    )
    client.force_login(cast.us.operator)
    answer = client.get(task_url(task))
    text = text_of(answer)
    assert "SYNTHETIC answered 3 h ago" in text
    assert "reused" in text
    assert f"Check …{source.pk.hex[-8:]}" in text
    assert task_url(source) in answer.content.decode()
    assert "The payer has not been asked yet." not in text
    assert "Reused, answered 3 h ago" in text_of(client.get(CHECKS))


def test_the_chain_costs_one_query_at_most(client: Client, cast: Cast) -> None:
    client.force_login(cast.us.operator)
    task = aged(make_answered(cast.us.first), DAY)
    client.get(task_url(task))
    with queries() as one:
        client.get(task_url(task))
    for _ in range(5):
        asked_again(task, "undetermined")
    with queries() as many:
        client.get(task_url(task))
    assert len(one) == len(many)
    assert len(client.get(CHECKS).content) > 0
    with queries() as listing:
        client.get(CHECKS)
    assert len(listing) <= MOST_QUERIES
