from __future__ import annotations

from typing import Any

import pytest

from portal.intake import fixing
from portal.intake.fixing import Fixed, FixStatus, discard_rejected, fix_rejected
from portal.intake.issues import Issue
from portal.models import RejectedRow, RowState, Submission
from tests.factories import make_team

pytestmark = pytest.mark.django_db
KIND = "tests"
ME = "a" * 24


@pytest.fixture(autouse=True)
def a_kind_that_takes_even_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixing, "_accept", dict(fixing._accept))
    fixing.register(KIND, accept_even, unique="logical_id")


def accept_even(*, submission: Submission, line: int, raw: Any, actor: str, profile: str) -> Fixed:
    if raw["number"] % 2:
        return Fixed(FixStatus.REJECTED, errors=[Issue("/number", "number.odd", "Odd.")])
    return Fixed(FixStatus.FIXED, f"{line}-{raw['number']}-{profile}")


def make_rejected() -> RejectedRow:
    counts = {"total_rows": 3, "accepted_rows": 2, "rejected_rows": 1}
    submission = Submission.objects.create(team=make_team(), kind=KIND, source="api", **counts)
    return RejectedRow.objects.create(submission=submission, line=7, raw={"number": 1}, errors=[])


def fix(row: RejectedRow, number: int, version: int = 1) -> Fixed:
    return fix_rejected(
        row=row, raw={"number": number}, version=version, actor=ME, profile="strict"
    )


def test_a_fixed_row_becomes_what_its_kind_makes_of_it_at_its_line() -> None:
    row = make_rejected()
    fixed = fix(row, 4)
    row.refresh_from_db()
    assert (fixed.status, fixed.made_id) == (FixStatus.FIXED, "7-4-strict")
    assert (row.state, row.accepted_as, row.version) == (RowState.ACCEPTED, "7-4-strict", 2)
    submission = row.submission
    assert (submission.accepted_rows, submission.rejected_rows) == (3, 0)


def test_a_row_that_is_still_wrong_stays_open_and_says_why() -> None:
    row = make_rejected()
    fixed = fix(row, 5)
    row.refresh_from_db()
    assert (fixed.status, [each.code for each in fixed.errors]) == ("rejected", ["number.odd"])
    assert (row.state, row.version, row.submission.rejected_rows) == (RowState.OPEN, 1, 1)


def test_an_editor_who_saw_an_older_version_changes_nothing() -> None:
    assert fix(make_rejected(), 4, version=2).status is FixStatus.CONFLICT


def test_a_settled_row_is_settled_once() -> None:
    row = make_rejected()
    assert discard_rejected(row=row, version=1).status is FixStatus.FIXED
    assert discard_rejected(row=row, version=2).status is FixStatus.CONFLICT
    assert fix(row, 4, version=2).status is FixStatus.GONE
