from __future__ import annotations

import pytest

from portal.intake.fixing import FixStatus, fix_rejected
from portal.models import RejectedRow, RowState, Submission
from records.models import RecordChange, ResourceRecord
from tests.factories import make_team
from tests.records.making import YOU, bad, create, row

pytestmark = pytest.mark.django_db


def make_rejected(**asked: str) -> RejectedRow:
    create(make_team(), row("A"), bad("B"), row("C"), lines=[2, 3, 4], source="file", **asked)
    return RejectedRow.objects.get()


def test_a_fixed_row_becomes_a_record_at_its_line() -> None:
    rejected = make_rejected()
    fixed = fix_rejected(row=rejected, raw=row("B"), version=1, actor=YOU)
    assert fixed.status is FixStatus.FIXED
    record = ResourceRecord.objects.get(pk=fixed.made_id)
    assert (record.line, record.submission_id) == (3, rejected.submission_id)
    assert (record.created_by, record.logical_id) == (YOU, "B")
    change = RecordChange.objects.get(record_id=record.pk)
    assert (change.change, change.actor, change.source) == ("created", YOU, "file")
    submission = Submission.objects.get(pk=rejected.submission_id)
    assert (submission.accepted_rows, submission.rejected_rows) == (3, 0)
    rejected.refresh_from_db()
    assert (rejected.state, rejected.accepted_as) == (RowState.ACCEPTED, record.pk)


def test_a_row_that_is_still_wrong_stays_open() -> None:
    rejected = make_rejected()
    fixed = fix_rejected(row=rejected, raw=bad("B"), version=1, actor=YOU)
    assert (fixed.status, [each.code for each in fixed.errors]) == (
        "rejected",
        ["objectid.pattern"],
    )
    assert RejectedRow.objects.open().count() == 1


def test_a_row_whose_record_is_there_by_now_says_so() -> None:
    rejected = make_rejected()
    fixed = fix_rejected(row=rejected, raw=row("A"), version=1, actor=YOU)
    assert [each.code for each in fixed.errors] == ["duplicate.existing"]
    assert ResourceRecord.objects.count() == 2


def test_what_the_submission_asked_for_holds_for_a_fixed_row_too() -> None:
    rejected = make_rejected(on_conflict="update")
    fixed = fix_rejected(row=rejected, raw=row("A", name="Newer"), version=1, actor=YOU)
    known = ResourceRecord.objects.get(logical_id="A")
    assert (fixed.made_id, known.config["name"], known.version) == (known.pk, "Newer", 2)
