"""Requests that arrive at the same moment, each on a connection of its own: a row is made once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from eligibility.models import Batch, EligibilityTask
from eligibility.operations import Created, intake
from portal.intake import races
from portal.intake.fixing import Fixed, FixStatus, fix_rejected
from portal.intake.insert import insert_rows
from portal.models import Clinic, RejectedRow
from tests.at_once import at_once
from tests.cast import Cast
from tests.eligibility.operations.doing import bad, became, broken_promises, row
from tests.eligibility.operations.doing import create as send

ROUNDS = 12
Losses = Counter[str]


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> Losses:
    """How often a request lost a race and tried again, by the error's class."""
    counted: Losses = Counter()
    judge = races.lost_a_race

    def count(error: Any, unique: str) -> bool:
        lost = judge(error, unique)
        if lost:
            counted[type(error.__cause__).__name__] += 1
        return lost

    monkeypatch.setattr(races, "lost_a_race", count)
    return counted


def ids_by_reference(created: Created) -> dict[str, str | None]:
    return {
        entry.checked.row.client_reference: entry.task_id
        for entry in created.entries
        if entry.checked.row
    }


def test_the_same_request_twice_at_once_makes_each_row_once(
    committed_cast: Cast, losses: Losses
) -> None:
    clinic = committed_cast.us.first
    for number in range(ROUNDS):
        rows = [row(f"{number}-{each}") for each in range(20)]
        one, other = at_once(*[lambda rows=rows: send(clinic, *rows)] * 2)
        assert {tuple(became(one)), tuple(became(other))} == {
            ("created",) * 20,
            ("replayed",) * 20,
        }
        assert ids_by_reference(one) == ids_by_reference(other)
        assert one.batch_id == other.batch_id
    assert EligibilityTask.objects.count() == 20 * ROUNDS
    assert Batch.objects.count() == ROUNDS
    assert broken_promises() == []
    if connection.vendor == "postgresql":
        assert losses  # SQLite lets one writer in at a time: nobody can lose


def test_the_same_rows_in_other_orders_at_once_are_made_once(
    committed_cast: Cast, losses: Losses
) -> None:
    clinic = committed_cast.us.first
    shuffled = random.Random(7)
    for number in range(ROUNDS // 2):
        rows = [row(f"{number}-{each}") for each in range(60)]
        orders = [shuffled.sample(rows, len(rows)) for _ in range(3)]
        answers = at_once(*[lambda order=order: send(clinic, *order) for order in orders])
        assert [each.total_created for each in answers] == [60] * 3
        assert sum(became(each).count("created") for each in answers) == 60
        assert ids_by_reference(answers[0]) == ids_by_reference(answers[1])
        assert ids_by_reference(answers[0]) == ids_by_reference(answers[2])
    assert EligibilityTask.objects.count() == 60 * (ROUNDS // 2)
    assert broken_promises() == []


@pytest.mark.postgres_only
def test_two_requests_that_wait_for_each_other_both_succeed(
    committed_cast: Cast, losses: Losses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stores rows first that the other brings last, and neither goes on alone."""
    clinic = committed_cast.us.first
    meet_after(monkeypatch, rows=30)
    mine, yours = ([row(f"{name}{each}") for each in range(30)] for name in "AB")
    one, other = at_once(
        lambda: send(clinic, *mine, *yours[:10]), lambda: send(clinic, *yours, *mine[:10])
    )
    assert losses["DeadlockDetected"] >= 1
    assert one.total_created == other.total_created == 40
    assert sorted([became(one).count("created"), became(other).count("created")]) == [20, 40]
    assert EligibilityTask.objects.count() == 60
    assert broken_promises() == []


def meet_after(monkeypatch: pytest.MonkeyPatch, *, rows: int) -> None:
    """Let the first two inserts wait for each other when they have stored so many rows."""
    meeting, met = threading.Barrier(2), threading.Event()
    insert = insert_rows

    def insert_together(model: Any, columns: Any, values: Any) -> int:
        values = list(values)
        count = insert(model, columns, values[:rows])
        if not met.is_set():
            meeting.wait(30)
            met.set()
        return count + insert(model, columns, values[rows:])

    monkeypatch.setattr(intake, "insert_rows", insert_together)


def test_a_row_that_is_out_of_date_is_made_anew_once(committed_cast: Cast) -> None:
    clinic = committed_cast.us.first
    for number in range(ROUNDS):
        reference = f"old-{number}"
        send(clinic, row(reference))
        week_ago = timezone.now() - timedelta(days=7)
        EligibilityTask.objects.filter(client_reference=reference).update(created_at=week_ago)
        answers = at_once(*[lambda reference=reference: send(clinic, row(reference))] * 3)
        assert sum(became(each).count("created") for each in answers) == 1
        assert len({each.entries[0].task_id for each in answers}) == 1
        assert EligibilityTask.objects.filter(client_reference=reference).count() == 2
    assert broken_promises() == []


def test_two_rows_corrected_to_the_same_reference_at_once_become_one_check(
    committed_cast: Cast, losses: Losses
) -> None:
    clinic = committed_cast.us.first
    for number in range(ROUNDS):
        wrong = {name: value for name, value in bad().items() if name != "client_reference"}
        for name in "AB":
            send(clinic, wrong, row(f"good-{number}-{name}"))
        one, other = RejectedRow.objects.open()
        right = row(f"same-{number}")
        fixed = at_once(
            *[lambda each=each, right=right: correct(each, right) for each in (one, other)]
        )
        assert {each.status for each in fixed} == {FixStatus.FIXED}
        assert len({each.made_id for each in fixed}) == 1
        assert not RejectedRow.objects.open().exists()
    assert EligibilityTask.objects.count() == 3 * ROUNDS
    assert broken_promises() == []
    if connection.vendor == "postgresql":
        assert losses


def correct(rejected: RejectedRow, right: dict[str, Any]) -> Fixed:
    """What somebody's correction of a rejected row comes to."""
    return fix_rejected(row=rejected, raw=right, version=rejected.version, actor="a" * 24)


def test_rows_of_different_clinics_never_wait_for_each_other(
    committed_cast: Cast, losses: Losses
) -> None:
    clinics = (committed_cast.us.first, committed_cast.us.second, committed_cast.them.first)
    rows = [row(f"APT-{each}") for each in range(50)]
    answers = at_once(*[lambda clinic=clinic: send(clinic, *rows) for clinic in clinics])
    assert [became(each) for each in answers] == [["created"] * 50] * 3
    assert not losses


def test_good_and_bad_rows_of_one_reference_at_once_leave_nothing_open(
    committed_cast: Cast,
) -> None:
    clinic: Clinic = committed_cast.us.first
    references = [f"APT-{each}" for each in range(10)]
    send(clinic, *(bad(each) for each in references), source="file")
    orders = [references, references[::-1]]
    answers = at_once(
        *[lambda order=order: send(clinic, *(row(each) for each in order)) for order in orders]
    )
    assert sum(became(each).count("created") for each in answers) == 10
    assert not RejectedRow.objects.open().exists()
    assert set(RejectedRow.objects.values_list("version", flat=True)) == {2}
