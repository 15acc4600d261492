"""A row that comes again with the same reference and question is the row that came first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from eligibility.models import EligibilityTask
from portal.models import Submission
from tests.cast import Cast
from tests.eligibility.operations.doing import (
    bad,
    became,
    broken_promises,
    create,
    row,
    stored,
    task,
    task_id,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DAY = timedelta(hours=24)


def at(moment: datetime) -> Any:
    return time_machine.travel(moment, tick=False)


def test_the_same_row_within_a_day_is_the_same_task(cast: Cast) -> None:
    first = create(cast.us.first, row("A"), row("B"))
    again = create(cast.us.first, row("B"), row("A"))
    assert became(again) == ["replayed", "replayed"]
    assert [each.task_id for each in again.entries] == [
        first.entries[1].task_id,
        first.entries[0].task_id,
    ]
    assert (again.total_created, again.total_errors) == (2, 0)
    assert EligibilityTask.objects.count() == 2


@pytest.mark.parametrize(
    "spelling",
    [
        {"id_value": "784198690273820"},
        {"id_type": "emiratesid "},
        {"tpa_name": " tpa004"},
        {"visit_type": "outpatient"},
        {"client_reference": "  A  "},
        {"name": "Another Name", "phone": "", "dob": "1990-01-01", "doctorName": "Y"},
        {"priority": "high", "force": True, "extra_args": {"title": "x", "value": "y"}},
        {"scheduled_for": "2027-01-01T06:00:00+04:00"},
    ],
)
def test_other_spellings_and_other_details_are_the_same_question(
    cast: Cast, spelling: dict[str, Any]
) -> None:
    create(cast.us.first, row("A"))
    assert became(create(cast.us.first, row("A", **spelling))) == ["replayed"]


@pytest.mark.parametrize(
    "question",
    [
        {"id_value": "784-1990-1234567-6"},
        {"id_type": "CARDNUMBER"},
        {"tpa_name": "TPA002", "phone": "0563657799"},
        {"visit_type": "INPATIENT"},
        {"service_date": "2026-11-24"},
        {"test_mode": True},
        {"client_reference": "a"},
    ],
)
def test_another_question_under_the_same_reference_is_created_anew(
    cast: Cast, question: dict[str, Any]
) -> None:
    create(cast.us.first, row("A"))
    created = create(cast.us.first, row("A", **question))
    assert became(created) == ["created"], [each.errors for each in created.entries]
    assert EligibilityTask.objects.count() == 2
    assert became(create(cast.us.first, row("A"), row("A", **question))) == ["replayed"] * 2


def test_rows_without_a_reference_are_all_created(cast: Cast) -> None:
    for _ in range(2):
        created = create(cast.us.first, row(), row(), row("   "))
        assert became(created) == ["created"] * 3
    assert EligibilityTask.objects.count() == 6


def test_the_same_row_twice_in_one_request_is_one_task(cast: Cast) -> None:
    created = create(cast.us.first, row("A"), row(), row("A", name="Other"), bad("A"), row("A"))
    assert became(created) == ["created", "created", "replayed", "rejected", "replayed"]
    ids = [created.entries[index].task_id for index in (0, 2, 4)]
    assert len(set(ids)) == 1
    assert (created.total_created, created.total_errors) == (4, 1)
    assert EligibilityTask.objects.count() == 2
    assert broken_promises() == []


def test_a_clinic_and_a_team_have_references_of_their_own(cast: Cast) -> None:
    clinics = (cast.us.first, cast.us.second, cast.them.first)
    created = [create(clinic, row("A")) for clinic in clinics]
    assert [became(each) for each in created] == [["created"]] * 3


def test_a_request_of_replayed_rows_makes_nothing_and_names_the_batch_of_its_first(
    cast: Cast,
) -> None:
    one, two = create(cast.us.first, row("A")), create(cast.us.first, row("B"))
    before = stored()
    again = create(cast.us.first, row("B"), row("A"))
    assert stored() == before
    assert again.batch_id == two.batch_id != one.batch_id
    assert (again.submission_id, again.expected_by) == (None, None)


def test_a_scheduled_request_again_names_its_batch_and_its_forecast(cast: Cast) -> None:
    options = {"scheduled": True, "scheduled_for": datetime.now(UTC) + DAY}
    first = create(cast.us.first, row("A"), **options)
    again = create(cast.us.first, row("A"), **options)
    assert again.batch_id == first.batch_id
    assert again.expected_by == first.expected_by
    assert first.expected_by is not None


def test_new_rows_beside_replayed_ones_are_a_batch_of_their_own(cast: Cast) -> None:
    first = create(cast.us.first, row("A"))
    mixed = create(cast.us.first, row("A"), row("B"))
    assert became(mixed) == ["replayed", "created"]
    assert mixed.batch_id != first.batch_id
    assert str(task(mixed, 0).batch_id) == first.batch_id
    assert (str(task(mixed, 1).batch_id), task(mixed, 1).line) == (mixed.batch_id, 1)


def test_replayed_rows_beside_bad_ones_keep_the_bad_ones(cast: Cast) -> None:
    first = create(cast.us.first, row("A"))
    mixed = create(cast.us.first, row("A"), bad("B"))
    assert became(mixed) == ["replayed", "rejected"]
    assert mixed.batch_id == first.batch_id
    submission = Submission.objects.latest("created_at")
    assert str(submission.pk) == mixed.submission_id
    assert (submission.accepted_rows, submission.rejected_rows) == (1, 1)
    assert submission.rejected.count() == 1
    assert broken_promises() == []


def test_a_row_is_replayed_for_a_day_and_then_created_anew(cast: Cast) -> None:
    with at(NOON):
        first = create(cast.us.first, row("A"))
    with at(NOON + DAY):
        assert became(create(cast.us.first, row("A"))) == ["replayed"]
    with at(NOON + DAY + timedelta(microseconds=1)):
        assert became(create(cast.us.first, row("A"), dry_run=True)) == ["created"]
        anew = create(cast.us.first, row("A"), row("A"))
    assert became(anew) == ["created", "replayed"]
    old = task(first)
    new = task(anew)
    assert old.reference_key is None
    assert new.reference_key is not None
    with at(NOON + DAY + timedelta(hours=1)):
        again = create(cast.us.first, row("A"))
    assert again.entries[0].task_id == str(new.pk)


def test_an_answered_a_failed_and_a_cancelled_row_are_replayed_too(cast: Cast) -> None:
    created = create(cast.us.first, row("A"), row("B"), row("C"))
    ids = [task_id(created, index) for index in range(3)]
    ends: list[dict[str, str]] = [
        {"status": "done", "outcome": "eligible"},
        {"status": "failed", "failure": "timeout"},
        {"status": "cancelled"},
    ]
    for pk, end in zip(ids, ends, strict=True):
        EligibilityTask.objects.filter(pk=pk).update(**end)
    again = create(cast.us.first, row("A"), row("B"), row("C"))
    assert became(again) == ["replayed"] * 3
    assert [each.task_id for each in again.entries] == ids


def test_separators_inside_a_reference_do_not_make_two_questions_one(cast: Cast) -> None:
    """Text of the caller's stands beside other text of the caller's in the key."""
    names = ["A", "A|TPA004", "A|TPA004|EMIRATESID", "A||", "|A", "A\x1f", "A,B", "A B"]
    created = create(cast.us.first, *(row(name) for name in names))
    assert became(created) == ["created"] * len(names)


def test_ten_thousand_references_are_looked_up_in_one_statement(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    create(cast.us.first, row("K7"), row("K9999"))
    keys = list(EligibilityTask.objects.values_list("reference_key", flat=True))
    many = [f"{number:032x}" for number in range(9_998)] + [key for key in keys if key]
    with django_assert_num_queries(1):
        found = EligibilityTask.objects.with_reference_keys(many)
    assert {key for key, _, _ in found} == set(keys)
