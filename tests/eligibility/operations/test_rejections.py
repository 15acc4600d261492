"""Rows that cannot be accepted are named, kept, and never in the way of the good ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from eligibility.models import Batch, EligibilityTask
from eligibility.operations import fix_rejected
from portal.models import RejectedRow, RowState, Submission
from tests.cast import Cast
from tests.eligibility.operations.doing import (
    ACTOR,
    bad,
    became,
    broken_promises,
    create,
    row,
    stored,
    task,
)

pytestmark = pytest.mark.django_db

NOTHING = {"EligibilityTask": 0, "Batch": 0, "Submission": 0, "RejectedRow": 0, "OrmQ": 0}
DOUBTFUL = {"dob": "13/11/1986"}


# --- bad rows ------------------------------------------------------------------------------------


def test_good_rows_are_created_and_bad_ones_named_at_their_place(cast: Cast) -> None:
    created = create(cast.us.first, bad(), row("A"), "no row", row("B"), {})
    assert became(created) == ["rejected", "created", "rejected", "created", "rejected"]
    assert (created.total_created, created.total_errors) == (2, 3)
    assert [entry.task_id is None for entry in created.entries] == [True, False, True, False, True]
    codes = [{issue.code for issue in entry.errors} for entry in created.entries]
    assert "tpa_name.unknown" in codes[0]
    assert codes[1] == codes[3] == set()
    assert codes[2] == {"row.type"}
    lines = EligibilityTask.objects.order_by("line").values_list("line", flat=True)
    assert list(lines) == [1, 3]


def test_a_rejected_row_is_kept_as_it_came_with_its_errors(cast: Cast) -> None:
    sent = bad(" APT-7 ", extra={"deep": [1, None]})
    created = create(cast.us.first, row(), sent)
    kept = RejectedRow.objects.get()
    assert str(kept.submission_id) == created.submission_id
    assert kept.raw == sent
    assert (kept.line, kept.client_reference) == (1, "APT-7")
    assert (kept.state, kept.version, kept.accepted_as) == (RowState.OPEN, 1, "")
    wanted = [issue.as_detail(row=1) for issue in created.entries[1].errors]
    assert kept.errors == wanted
    assert (kept.errors[0]["row"], kept.errors[0]["pointer"]) == (1, "/tpa_name")


@pytest.mark.parametrize("sent", ["no row", 5, 1.5, True, None, [], ["a"], {}])
def test_whatever_stands_in_a_rows_place_is_kept(cast: Cast, sent: Any) -> None:
    create(cast.us.first, row(), sent)
    assert RejectedRow.objects.get().raw == sent


@pytest.mark.parametrize(
    ("reference", "kept"),
    [
        ("APT-7", "APT-7"),
        ("x" * 200, "x" * 200),
        ("x" * 201, ""),
        ("", ""),
        ("   ", ""),
        (None, ""),
        (7, ""),
        (["APT-7"], ""),
    ],
)
def test_only_a_reference_that_a_row_could_bring_again_is_noted(
    cast: Cast, reference: Any, kept: str
) -> None:
    create(cast.us.first, row(), bad(reference))
    assert RejectedRow.objects.get().client_reference == kept


def test_the_counts_of_a_submission_are_those_of_its_rows(cast: Cast) -> None:
    create(cast.us.first, row("A"))
    create(cast.us.first, row("A"), row("B"), row("B"), bad(), row())
    submission = Submission.objects.latest("created_at")
    counts = (submission.total_rows, submission.accepted_rows, submission.rejected_rows)
    assert counts == (5, 4, 1)
    assert RejectedRow.objects.filter(submission=submission).count() == 1
    assert EligibilityTask.objects.filter(submission=submission).count() == 2
    assert broken_promises() == []


def test_a_request_of_which_nothing_was_created_leaves_only_its_counts(cast: Cast) -> None:
    created = create(cast.us.first, bad("A"), "no row")
    assert (created.total_created, created.total_errors) == (0, 2)
    assert (created.batch_id, created.submission_id) == (None, None)
    assert stored() == NOTHING | {"Submission": 1}
    submission = Submission.objects.get()
    assert (submission.accepted_rows, submission.rejected_rows) == (0, 2)
    assert broken_promises() == []


@pytest.mark.parametrize("source", ["file", "form"])
def test_a_file_and_a_form_always_keep_their_rejected_rows(cast: Cast, source: str) -> None:
    created = create(cast.us.first, bad("A"), "no row", source=source)
    assert created.batch_id is None
    assert stored() == NOTHING | {"Submission": 1, "RejectedRow": 2}
    assert str(Submission.objects.get().pk) == created.submission_id
    assert Submission.objects.get().source == source
    assert broken_promises() == []


@pytest.mark.parametrize("source", ["api", "file"])
def test_no_rows_are_no_request(cast: Cast, source: str) -> None:
    created = create(cast.us.first, source=source)
    assert (created.entries, created.total_created, created.total_errors) == ([], 0, 0)
    assert (created.batch_id, created.submission_id, created.expected_by) == (None, None, None)
    assert stored() == NOTHING


# --- all or nothing, strict profile, dry run -----------------------------------------------------


def test_all_or_nothing_creates_nothing_when_one_row_is_bad(cast: Cast) -> None:
    created = create(cast.us.first, row("A"), bad("B"), row("C"), all_or_nothing=True)
    assert became(created) == ["rejected"] * 3
    assert (created.total_created, created.total_errors) == (0, 1)
    assert [len(entry.errors) > 0 for entry in created.entries] == [False, True, False]
    assert stored() == NOTHING | {"Submission": 1}
    assert broken_promises() == []


def test_all_or_nothing_creates_all_when_all_are_good(cast: Cast) -> None:
    created = create(cast.us.first, row("A"), row("B"), all_or_nothing=True)
    assert became(created) == ["created"] * 2


def test_a_file_refused_as_a_whole_keeps_its_good_rows_too(cast: Cast) -> None:
    """Or the good rows would be lost once somebody has fixed the bad ones."""
    rows = [row("A"), bad("B"), row("C")]
    created = create(cast.us.first, *rows, all_or_nothing=True, source="file")
    assert created.submission_id is not None
    kept = list(RejectedRow.objects.order_by("line"))
    assert [each.raw for each in kept] == rows
    codes = [[error["code"] for error in each.errors] for each in kept]
    assert codes == [["batch.rolled_back"], ["tpa_name.unknown"], ["batch.rolled_back"]]
    assert Submission.objects.get().rejected_rows == 3
    assert broken_promises() == []


def test_a_doubt_is_a_warning_or_in_the_strict_profile_an_error(cast: Cast) -> None:
    lenient = create(cast.us.first, row(**DOUBTFUL))
    assert became(lenient) == ["created"]
    assert [issue["code"] for issue in task(lenient).warnings] == ["dob.format"]
    assert task(lenient).dob is None
    strict = create(cast.us.first, row(**DOUBTFUL), row(), profile="strict")
    assert became(strict) == ["rejected", "created"]
    assert [issue.code for issue in strict.entries[0].errors] == ["dob.format"]
    assert Submission.objects.latest("created_at").options["profile"] == "strict"


@pytest.mark.parametrize("options", [{}, {"all_or_nothing": True}, {"source": "file"}])
def test_a_dry_run_stores_nothing(cast: Cast, options: dict[str, Any]) -> None:
    create(cast.us.first, row("A"))
    before = stored()
    created = create(cast.us.first, row("A"), row("B"), bad("C"), dry_run=True, **options)
    assert stored() == before
    assert (created.batch_id, created.submission_id, created.expected_by) == (None, None, None)
    assert {entry.task_id for entry in created.entries} == {None}


def test_what_was_asked_beside_the_rows_is_kept_for_those_fixed_later(cast: Cast) -> None:
    later = datetime(2027, 1, 5, 6, 0, tzinfo=UTC)
    options = {"scheduled": True, "scheduled_for": later, "description": "Tuesday"}
    create(cast.us.first, bad(), source="file", profile="strict", **options)
    assert Submission.objects.get().options == {
        "profile": "strict",
        "scheduled_for": "2027-01-05T06:00:00+00:00",
        "description": "Tuesday",
    }


def test_a_row_fixed_later_waits_for_the_hour_its_file_was_sent_for(cast: Cast) -> None:
    later = datetime(2027, 1, 5, 6, 0, tzinfo=UTC)
    options: dict[str, Any] = {"scheduled_for": later, "description": "Tuesday"}
    create(cast.us.first, bad("A"), scheduled=True, source="file", **options)
    fixed = fix_rejected(row=RejectedRow.objects.get(), raw=row("A"), version=1, actor=ACTOR)
    made = EligibilityTask.objects.get(pk=str(fixed.made_id))
    assert made.run_at == made.not_before == later
    batch = Batch.objects.get()
    assert made.batch == batch
    assert (batch.scheduled_for, batch.description) == (later, "Tuesday")
    assert batch.expected_by is not None
