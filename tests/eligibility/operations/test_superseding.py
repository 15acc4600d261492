"""A rejected row is closed when its reference comes again: staff see each problem once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from portal.models import Clinic, RejectedRow, RowState, Submission
from tests.cast import Cast
from tests.eligibility.operations.doing import bad, broken_promises, create, row

KIND = "eligibility.tasks"
OPEN, SUPERSEDED = RowState.OPEN, RowState.SUPERSEDED


def reject(clinic: Clinic, *references: Any) -> None:
    """Leave an open rejected row for each reference."""
    create(clinic, *(bad(reference) for reference in references), source="file")


def states(clinic: Clinic) -> list[tuple[str, str]]:
    """(reference, state) of the clinic's rejected rows, the oldest first."""
    rows = RejectedRow.objects.filter(submission__clinic=clinic).order_by(
        "submission__created_at", "line"
    )
    return list(rows.values_list("client_reference", "state"))


@pytest.mark.django_db
def test_a_later_good_row_closes_the_rejected_one(cast: Cast) -> None:
    reject(cast.us.first, "A", "B")
    create(cast.us.first, row("A"))
    assert states(cast.us.first) == [("A", SUPERSEDED), ("B", OPEN)]


@pytest.mark.django_db
def test_a_reference_is_the_same_with_and_without_blanks_around_it(cast: Cast) -> None:
    reject(cast.us.first, " A ", "B")
    create(cast.us.first, row("A"), row("  B"))
    assert states(cast.us.first) == [("A", SUPERSEDED), ("B", SUPERSEDED)]


@pytest.mark.django_db
def test_a_later_row_that_was_there_already_closes_the_rejected_one(cast: Cast) -> None:
    create(cast.us.first, row("A"))
    reject(cast.us.first, "A")
    create(cast.us.first, row("A"))
    assert states(cast.us.first) == [("A", SUPERSEDED)]


@pytest.mark.django_db
def test_the_same_bad_row_again_is_open_once(cast: Cast) -> None:
    for _ in range(3):
        create(cast.us.first, row("A"), bad("B"))
    assert states(cast.us.first) == [("B", SUPERSEDED), ("B", SUPERSEDED), ("B", OPEN)]


@pytest.mark.django_db
def test_a_bad_row_that_was_not_kept_closes_nothing(cast: Cast) -> None:
    reject(cast.us.first, "A")
    create(cast.us.first, bad("A"))
    create(cast.us.first, row("A"), bad("B"), all_or_nothing=True)
    create(cast.us.first, row("A"), bad("B"), dry_run=True)
    assert states(cast.us.first) == [("A", OPEN)]


@pytest.mark.django_db
def test_rows_of_one_request_do_not_close_each_other(cast: Cast) -> None:
    create(cast.us.first, bad("A"), row("A"), bad("A"))
    assert states(cast.us.first) == [("A", OPEN), ("A", OPEN)]


@pytest.mark.django_db
def test_rows_without_a_reference_are_never_the_same(cast: Cast) -> None:
    reject(cast.us.first, "", None, "x" * 201)
    create(cast.us.first, row(), row("x" * 200))
    assert [state for _, state in states(cast.us.first)] == [OPEN] * 3


@pytest.mark.django_db
def test_another_clinic_may_count_in_the_same_way(cast: Cast) -> None:
    for clinic in (cast.us.first, cast.us.second, cast.them.first):
        reject(clinic, "APT-1")
    create(cast.us.first, row("APT-1"))
    assert states(cast.us.first) == [("APT-1", SUPERSEDED)]
    assert states(cast.us.second) == states(cast.them.first) == [("APT-1", OPEN)]


@pytest.mark.django_db
def test_rows_of_another_kind_are_left_alone(cast: Cast) -> None:
    reject(cast.us.first, "A")
    Submission.objects.update(kind="records.practitioners")
    create(cast.us.first, row("A"))
    assert states(cast.us.first) == [("A", OPEN)]


@pytest.mark.django_db
@pytest.mark.parametrize("settled", [RowState.ACCEPTED, RowState.DISCARDED])
def test_a_settled_row_stays_as_it_is(cast: Cast, settled: RowState) -> None:
    reject(cast.us.first, "A")
    RejectedRow.objects.update(state=settled)
    create(cast.us.first, row("A"))
    assert states(cast.us.first) == [("A", settled)]
    assert RejectedRow.objects.get().version == 1


@pytest.mark.django_db
def test_whoever_has_the_row_open_learns_that_it_changed(cast: Cast) -> None:
    reject(cast.us.first, "A")
    RejectedRow.objects.update(updated_at=timezone.now() - timedelta(days=1))
    create(cast.us.first, row("A"))
    kept = RejectedRow.objects.get()
    assert kept.version == 2
    assert timezone.now() - kept.updated_at < timedelta(minutes=1)
    assert broken_promises() == []


@pytest.mark.django_db
def test_thousands_of_references_at_once_find_theirs(cast: Cast) -> None:
    references = [f"APT-{number}" for number in range(12_000)]
    reject(cast.us.first, "APT-7", "APT-11999", "APT-12000")
    closed = RejectedRow.objects.supersede(clinic=cast.us.first, kind=KIND, references=references)
    assert closed == 2
    assert [state for _, state in states(cast.us.first)] == [SUPERSEDED, SUPERSEDED, OPEN]


@pytest.mark.django_db
def test_odd_references_are_compared_as_text(cast: Cast) -> None:
    odd = ["%", "_", "'", '"', "\\", "{a,b}", "null", "Ü", "a,b", "1", "[1]"]
    reject(cast.us.first, *odd)
    create(cast.us.first, *(row(reference) for reference in odd[1:]))
    assert states(cast.us.first) == [("%", OPEN), *((each, SUPERSEDED) for each in odd[1:])]


@pytest.mark.postgres_only
def test_a_row_that_staff_settle_at_the_same_moment_stays_settled(committed_cast: Cast) -> None:
    clinic = committed_cast.us.first
    reject(clinic, "A")
    closed: list[int] = []

    def supersede() -> None:
        try:
            closed.append(RejectedRow.objects.supersede(clinic=clinic, kind=KIND, references=["A"]))
        finally:
            connection.close()

    other = threading.Thread(target=supersede)
    with transaction.atomic():
        RejectedRow.objects.update(state=RowState.ACCEPTED)
        other.start()
        other.join(0.3)
        assert other.is_alive()
    other.join()
    assert closed == [0]
    assert states(clinic) == [("A", RowState.ACCEPTED)]
