"""What one statement writes of answered rows is what the statements one after the other write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from eligibility.choices import Outcome
from eligibility.connectors.base import Done
from eligibility.engine import answered as usual_ends
from eligibility.engine import leases
from eligibility.engine.claim import Claimed
from eligibility.engine.finish import finish
from eligibility.models import Attempt, EligibilityTask, Result, TaskEvent
from eligibility.operations import retry_tasks
from eligibility.results import Answer, Member
from tests.eligibility.engine.helpers import (
    cancel,
    claim,
    claim_one,
    end,
    finished,
    let_lease_end,
    make_lane,
    make_row,
    make_rows,
)

pytestmark = pytest.mark.usefixtures("db")
WRITES = {"UPDATE eligibility_", "INSERT INTO eligibility_", 'INSERT INTO "eligibility_'}
NEVER_ALIKE = {
    *("id", "task_id", "attempt_id", "result_id", "reused_from_id", "team_id", "clinic_id"),
    *("id_value", "id_key", "at", "created_at", "updated_at", "run_at", "milliseconds"),
}
TIMES = {"started_at", "looked_at", "finished_at", "first_claimed_at", "asked_at", "not_before"}
REPLIES = [
    Done(Outcome.ELIGIBLE, Answer(payer_code="TPA002"), {"status": "done", "said": "it's \\ so"}),
    Done(Outcome.NOT_ELIGIBLE, Answer(remarks=('no "cover"', "a\0b", "\U0001f600")), ["x\0y"]),
    Done(Outcome.UNDETERMINED, Answer(member=Member(name="O'Neill")), None),
]
NO_ANSWER_WITHOUT = Done(Outcome.MEMBER_NOT_FOUND, Answer(), {"nested": [1, None, True, "{}"]})


def stored() -> list[dict[str, Any]]:
    """Everything that was written, but for what is never twice the same; whether times are set."""
    found = []
    for model in (EligibilityTask, Attempt, Result, TaskEvent):
        for row in model._default_manager.order_by("pk").values():
            plain = {name: value for name, value in row.items() if name not in NEVER_ALIKE}
            plain |= {name: plain[name] is not None for name in TIMES & plain.keys()}
            found.append(plain)
    return found


def answer_all(rows: list[Claimed]) -> int:
    replies = [*REPLIES, NO_ANSWER_WITHOUT]
    with transaction.atomic():
        return finish([finished(row, replies[at % 4]) for at, row in enumerate(rows)])


def one_by_one(monkeypatch: pytest.MonkeyPatch, scene: Callable[[], object]) -> list[Any]:
    """What the scene leaves behind when no end counts as a usual one."""
    with monkeypatch.context() as patched:
        patched.setattr(usual_ends, "usual", lambda group: [])
        scene()
    return stored()


def test_a_group_is_left_as_if_written_one_statement_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lane = make_lane()

    def scene() -> None:
        EligibilityTask.objects.all().delete()
        make_rows(lane, 8)
        assert answer_all(claim()) == 8

    expected = one_by_one(monkeypatch, scene)
    scene()

    assert stored() == expected


def test_an_earlier_answer_stands_in_one_statement_as_it_does_in_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lane = make_lane()

    def scene() -> None:
        EligibilityTask.objects.all().delete()
        task = make_row(lane)
        end(claim_one(), REPLIES[0])
        retry_tasks(tasks=EligibilityTask.objects.filter(pk=task.pk), actor="a" * 24)
        end(claim_one(), REPLIES[2])

    expected = one_by_one(monkeypatch, scene)
    scene()

    assert stored() == expected
    assert EligibilityTask.objects.get().outcome == Outcome.ELIGIBLE
    assert Result.objects.count() == 2


def test_rows_that_have_moved_on_are_left_alone_beside_those_that_are_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lane = make_lane()

    def scene() -> None:
        EligibilityTask.objects.all().delete()
        make_rows(lane, 4)
        rows = claim()
        cancelled, given_back = EligibilityTask.objects.order_by("pk")[:2]
        cancel(cancelled)
        let_lease_end(given_back)
        assert leases.return_expired() == 1
        assert answer_all(rows) == 2

    expected = one_by_one(monkeypatch, scene)
    scene()

    assert stored() == expected
    assert Result.objects.count() == 4
    assert Attempt.objects.filter(late=True).count() == 2
    assert EligibilityTask.objects.filter(status="done").count() == 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="one statement on PostgreSQL only")
def test_a_group_of_answers_is_one_writing_statement() -> None:
    make_rows(make_lane(), 8)
    rows = claim()

    with CaptureQueriesContext(connection) as said:
        answer_all(rows)

    writing = [each["sql"] for each in said if any(word in each["sql"] for word in WRITES)]
    assert len(writing) == 1
