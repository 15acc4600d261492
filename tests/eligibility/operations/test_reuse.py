"""New rows whose question the clinic has a fresh answer to: done at once, nobody is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import RestrictedError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from eligibility.choices import Status
from eligibility.engine.rows import add_events
from eligibility.models import Attempt, Batch, Connection, EligibilityTask, Result
from eligibility.operations import cancel_batch, retry_tasks
from portal.models import Clinic, Submission
from tests.cast import Cast
from tests.eligibility.operations.doing import (
    ACTOR,
    bad,
    became,
    broken_promises,
    create,
    row,
    task,
)
from tests.factories import make_result

pytestmark = pytest.mark.django_db

HOURS_AGO = timedelta(hours=3)


def switch_on(clinic: Clinic, **windows: str) -> Connection:
    """The clinic's connection to the payer of `row`, which reuses answers from now on."""
    lane = Connection.objects.get(team=clinic.team, payer__code="TPA004")
    lane.freshness = windows or {"*": "4h"}
    lane.save()
    return lane


def answered(
    clinic: Clinic, outcome: str = "eligible", ago: timedelta = HOURS_AGO, **fields: Any
) -> Result:
    """The row's question was asked and answered that long ago."""
    created = create(clinic, row(service_date="2026-11-25", **fields))
    result = make_result(task(created), outcome)
    add_events([(result.task_id, Status.PENDING, Status.RUNNING, "engine", "")])
    add_events([(result.task_id, Status.RUNNING, Status.DONE, "engine", outcome)])
    moment = timezone.now() - ago
    EligibilityTask.objects.filter(pk=result.task_id).update(created_at=moment, fence=1)
    Result.objects.filter(pk=result.pk).update(created_at=moment)
    return result


def ask(clinic: Clinic, *others: Any, **fields: Any) -> Any:
    return create(clinic, row(**{"service_date": "2026-11-25"} | fields), *others)


def test_a_question_answered_inside_the_window_is_done_at_once(cast: Cast) -> None:
    clinic = cast.us.first
    lane = switch_on(clinic)
    result = answered(clinic)
    OrmQ.objects.all().delete()
    created = ask(clinic, name="Another Spelling")
    assert became(created) == ["reused"]
    assert created.total_created == 1
    age = created.entries[0].age
    assert age is not None
    assert abs(age - HOURS_AGO.total_seconds()) < 60
    new = task(created)
    assert (new.status, new.outcome, new.review) == ("done", "eligible", "none")
    assert (new.result_id, new.reused_from_id) == (result.pk, result.task_id)
    assert (new.connection_id, new.name) == (lane.pk, "Another Spelling")
    assert new.finished_at is not None
    assert (new.run_at, new.asked_at, new.first_claimed_at, new.fence) == (None, None, None, 0)
    assert not Attempt.objects.filter(task=new).exists()
    (event,) = new.events.all()
    assert (event.before, event.after, event.note) == ("pending", "done", "reused: eligible")
    assert not OrmQ.objects.exists(), "nobody needs to be woken"
    assert broken_promises() == []


def test_nothing_is_reused_where_the_windows_are_off(cast: Cast) -> None:
    answered(cast.us.first)
    assert became(ask(cast.us.first)) == ["created"]
    switch_on(cast.us.first, **{"*": "4h", "OUTPATIENT": "off"})
    assert became(ask(cast.us.first)) == ["created"]


@pytest.mark.parametrize(
    "other",
    [
        {"force": True},
        {"service_date": "2026-11-26"},
        {"visit_type": "INPATIENT"},
        {"test_mode": True},
        {"scheduled_for": "2027-01-01T06:00:00+04:00"},
    ],
)
def test_force_another_question_and_a_later_row_ask_anew(cast: Cast, other: dict[str, Any]) -> None:
    switch_on(cast.us.first)
    answered(cast.us.first)
    assert became(ask(cast.us.first, **other)) == ["created"]


def test_a_scheduled_request_reuses_nothing_before_its_hour(cast: Cast) -> None:
    switch_on(cast.us.first)
    answered(cast.us.first)
    later = {"scheduled": True, "scheduled_for": timezone.now() + timedelta(hours=2)}
    rows = [row(service_date="2026-11-25")]
    assert became(create(cast.us.first, *rows, **later)) == ["created"]
    assert became(create(cast.us.first, *rows, scheduled=True)) == ["reused"]


def test_an_answer_stays_in_its_clinic(cast: Cast) -> None:
    for clinic in (cast.us.first, cast.them.first):
        switch_on(clinic)
    answered(cast.us.first)
    assert became(ask(cast.us.second)) == ["created"]
    assert became(ask(cast.them.first)) == ["created"]


def test_a_row_that_comes_again_is_replayed_not_reused(cast: Cast) -> None:
    switch_on(cast.us.first)
    answered(cast.us.first)
    first = ask(cast.us.first, client_reference="B")
    assert became(first) == ["reused"]
    again = ask(cast.us.first, client_reference="B")
    assert became(again) == ["replayed"]
    assert again.entries[0].task_id == first.entries[0].task_id


def test_reused_rows_stand_at_their_lines_beside_new_and_bad_ones(cast: Cast) -> None:
    clinic = cast.us.first
    switch_on(clinic)
    result = answered(clinic)
    others = [bad("B"), row("C"), row("D", service_date="2026-11-25")]
    created = ask(clinic, *others, client_reference="A")
    assert became(created) == ["reused", "rejected", "created", "reused"]
    batch: Any = Batch.objects.with_counts().get(pk=created.batch_id)
    assert (batch.total, batch.finished) == (3, 2)
    lines = (
        EligibilityTask.objects.filter(batch=batch).order_by("line").values_list("line", "status")
    )
    assert list(lines) == [(0, "done"), (2, "pending"), (3, "done")]
    assert Submission.objects.latest("created_at").accepted_rows == 3
    assert EligibilityTask.objects.filter(reused_from=result.task_id).count() == 2
    assert broken_promises() == []


def test_a_reused_answer_is_reused_again_only_as_long_as_it_is_fresh_itself(cast: Cast) -> None:
    switch_on(cast.us.first)
    result = answered(cast.us.first)
    assert became(ask(cast.us.first)) == ["reused"]
    second = ask(cast.us.first, client_reference="again")
    assert became(second) == ["reused"]
    assert task(second).reused_from_id == result.task_id
    Result.objects.filter(pk=result.pk).update(created_at=timezone.now() - timedelta(hours=5))
    assert became(ask(cast.us.first, client_reference="third")) == ["created"]


def test_a_rehearsal_says_what_would_be_reused_and_stores_nothing(cast: Cast) -> None:
    switch_on(cast.us.first)
    answered(cast.us.first)
    count = EligibilityTask.objects.count()
    rehearsed = create(cast.us.first, row(service_date="2026-11-25"), row("B"), dry_run=True)
    assert became(rehearsed) == ["reused", "created"]
    assert EligibilityTask.objects.count() == count


def test_a_staff_re_run_of_a_reused_row_asks_the_payer(cast: Cast) -> None:
    switch_on(cast.us.first)
    result = answered(cast.us.first)
    new = task(ask(cast.us.first))
    retry_tasks(tasks=EligibilityTask.objects.filter(pk=new.pk), actor=ACTOR)
    new.refresh_from_db()
    assert (new.status, new.result_id) == ("pending", result.pk)
    assert new.run_at is not None
    assert broken_promises() == []


def test_cancelling_the_batch_leaves_reused_rows_as_they_are(cast: Cast) -> None:
    switch_on(cast.us.first)
    answered(cast.us.first)
    created = ask(cast.us.first, row("C"))
    batch = Batch.objects.get(pk=created.batch_id)
    assert cancel_batch(batch=batch, actor=ACTOR) == 1
    assert task(created).status == "done"
    assert broken_promises() == []


def test_a_task_whose_answer_others_live_on_cannot_be_deleted_alone(cast: Cast) -> None:
    switch_on(cast.us.first)
    result = answered(cast.us.first)
    new = task(ask(cast.us.first))
    with pytest.raises(RestrictedError):
        EligibilityTask.objects.filter(pk=result.task_id).delete()
    EligibilityTask.objects.filter(pk__in=[result.task_id, new.pk]).delete()
    assert not Result.objects.exists()


def test_the_windows_cost_one_query_a_request_and_none_where_they_are_off(
    cast: Cast,
) -> None:
    def queries_for(count: int) -> int:
        rows = [row(f"{count}-{number}", id_value=f"X{number}") for number in range(count)]
        with CaptureQueriesContext(connection) as context:
            create(cast.us.first, *[each | {"id_type": "CARDNUMBER"} for each in rows])
        return len(context)

    queries_for(1)
    off = queries_for(2)
    switch_on(cast.us.first)
    assert queries_for(3) == off + 1
    assert queries_for(50) == off + 1
