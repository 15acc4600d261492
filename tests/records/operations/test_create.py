from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from portal.models import RejectedRow, RowState, Submission
from records.models import RecordChange, ResourceRecord
from records.operations import Created, filled, record_history
from tests.factories import make_team
from tests.records.making import (
    ATHENA,
    ME,
    OTHER,
    YOU,
    bad,
    became,
    codes,
    config,
    create,
    ids,
    row,
)

pytestmark = pytest.mark.django_db


def history() -> list[Any]:
    return list(RecordChange.objects.order_by("id"))


def stored() -> list[Any]:
    return list(ResourceRecord.objects.order_by("pk"))


def test_good_rows_are_stored_in_their_order_with_all_that_lists_look_for() -> None:
    team = make_team()
    created = create(team, row("A"), row("B", ATHENA, name="José"), row(None), request_id="R-1")
    assert became(created) == ["created"] * 3
    assert ids(created) == [each.pk for each in stored()] == sorted(ids(created), key=str)
    first, second, third = stored()
    assert (first.logical_id, first.integration_id, first.version) == ("A", None, 1)
    assert (second.integration_id, second.name_key) == (ATHENA, "jose")
    assert third.logical_id is None
    assert first.config == config()
    assert (first.npi, first.external_id, first.organization_id) == ("1234567893", "P-1", "ORG-1")
    assert {each.created_by for each in stored()} == {ME}
    assert [each.line for each in stored()] == [0, 1, 2]


def test_every_creation_is_in_the_history_with_all_it_said() -> None:
    team = make_team()
    created = create(team, row("A", ATHENA), row("B"), request_id="R-1", source="file")
    first, second = history()
    assert [first.record_id, second.record_id] == ids(created)
    assert (first.change, first.version, first.before) == ("created", 1, None)
    (told,) = filled(record_history(team=team, record_id=first.record_id))
    assert told.after == {"logicalId": "A", "integrationId": ATHENA, "config": config()}
    assert (first.actor, first.source, first.request_id) == (ME, "file", "R-1")
    assert first.at == stored()[0].created_at


def test_bad_rows_fail_alone_and_are_kept_to_be_fixed() -> None:
    team = make_team()
    created = create(team, row("A"), bad("B"), "no row", row("C"), lines=[2, 3, 5, 8])
    assert became(created) == ["created", "failed", "failed", "created"]
    assert codes(created)[1:3] == [["objectid.pattern"], ["row.type"]]
    submission = Submission.objects.get(pk=str(created.submission_id))
    assert (submission.total_rows, submission.accepted_rows, submission.rejected_rows) == (4, 2, 2)
    assert (submission.kind, submission.team, submission.clinic) == (
        "records.practitioners",
        team,
        None,
    )
    kept = list(RejectedRow.objects.order_by("line"))
    assert [(each.line, each.client_reference, each.topic) for each in kept] == [
        (3, ":B", "practitioners"),
        (5, "", ""),
    ]
    assert kept[0].raw == bad("B")
    assert kept[0].cause == "objectid.pattern/config"
    assert {each.line for each in stored()} == {2, 8}


def test_a_request_that_made_nothing_keeps_only_its_counts_and_a_file_keeps_its_rows() -> None:
    team = make_team()
    assert became(create(team, bad("A"))) == ["failed"]
    assert not RejectedRow.objects.exists()
    assert Submission.objects.get().rejected_rows == 1
    create(team, bad("A"), source="file")
    assert RejectedRow.objects.count() == 1


def test_a_request_without_rows_leaves_nothing() -> None:
    assert create(make_team()).entries == []
    assert not Submission.objects.exists()


def test_of_rows_with_one_logical_id_the_first_good_one_wins() -> None:
    created = create(
        make_team(), bad("A"), row("A"), row("A", ATHENA), row("A"), row(None), row(None), row("")
    )
    assert became(created) == ["failed", *["created"] * 2, "failed", *["created"] * 3]
    (issue,) = created.entries[3].errors
    assert (issue.code, issue.pointer) == ("duplicate.in_request", "/logicalId")
    assert "Row 1 " in issue.message
    assert stored()[-1].logical_id is None


def test_a_row_whose_record_is_stored_fails_and_names_it() -> None:
    team = make_team()
    (known,) = ids(create(team, row("A")))
    again = create(team, row("A"), row("B"))
    assert became(again) == ["failed", "created"]
    (issue,) = again.entries[0].errors
    assert issue.code == "duplicate.existing"
    assert str(known) in issue.message
    assert became(create(make_team(), row("A"))) == ["created"]


def test_on_conflict_skip_leaves_the_record_and_answers_it() -> None:
    team = make_team()
    (known,) = ids(create(team, row("A", name="Old")))
    again = create(team, row("A", name="New"), row("B"), on_conflict="skip")
    assert became(again) == ["skipped", "created"]
    assert ids(again)[0] == known
    assert stored()[0].config["name"] == "Old"
    assert again.total_errors == 0


def test_on_conflict_update_takes_over_what_differs_and_notes_it() -> None:
    team = make_team()
    create(team, row("A", name="Old"), row("B"))
    again = create(
        team, row("A", name="New", npi="1003000126"), row("B"), row("C"),
        on_conflict="update", actor=YOU, request_id="R-2",
    )  # fmt: skip
    assert became(again) == ["updated", "unchanged", "created"]
    first, second, _ = stored()
    assert (first.config["name"], first.name_key, first.npi) == ("New", "new", "1003000126")
    assert (first.version, first.updated_by, first.created_by) == (2, YOU, ME)
    assert first.updated_at > first.created_at
    assert (second.version, second.updated_by) == (1, ME)
    (change,) = [each for each in history() if each.change == "updated"]
    assert (change.record_id, change.version, change.request_id) == (first.pk, 2, "R-2")
    assert (change.before["config"]["name"], change.after["config"]["name"]) == ("Old", "New")


def test_the_same_rows_again_change_nothing() -> None:
    team = make_team()
    rows = [row(f"L-{number}", ATHENA, name=f"Dr. {number}") for number in range(30)]
    create(team, *rows)
    assert set(became(create(team, *rows, on_conflict="update"))) == {"unchanged"}
    assert RecordChange.objects.count() == 30


def test_all_or_nothing_fails_the_good_rows_with_the_bad_one() -> None:
    team = make_team()
    created = create(team, row("A"), bad("B"), all_or_nothing=True)
    assert codes(created) == [["batch.rolled_back"], ["objectid.pattern"]]
    assert not ResourceRecord.objects.exists()


def test_all_or_nothing_counts_a_stored_record_as_a_fault() -> None:
    team = make_team()
    create(team, row("A"))
    created = create(team, row("B"), row("A"), all_or_nothing=True, source="file")
    assert codes(created) == [["batch.rolled_back"], ["duplicate.existing"]]
    assert [each.logical_id for each in stored()] == ["A"]
    assert RejectedRow.objects.count() == 2
    assert RecordChange.objects.count() == 1


def test_a_dry_run_foresees_everything_and_stores_nothing() -> None:
    team = make_team()
    (known,) = ids(create(team, row("A", name="Old")))
    asked: dict[str, Any] = {"dry_run": True, "on_conflict": "update"}
    created = create(team, row("A", name="New"), row("B"), bad("C"), row("B"), **asked)
    assert became(created) == ["updated", "created", "failed", "failed"]
    assert ids(created)[:2] == [known, None]
    assert created.submission_id is None
    assert [each.config["name"] for each in stored()] == ["Old"]
    assert Submission.objects.count() == 1
    strict = create(team, row("B"), bad("C"), dry_run=True, all_or_nothing=True)
    assert codes(strict) == [["batch.rolled_back"], ["objectid.pattern"]]
    assert became(create(team, row("A"), dry_run=True)) == ["failed"]


def test_a_later_row_of_the_same_record_closes_the_rejected_one() -> None:
    team = make_team()
    create(team, bad("A"), bad("B"), source="file")
    create(make_team(), row("A"))
    create(team, row("A", ATHENA))
    assert RejectedRow.objects.open().count() == 2
    create(team, row("A"), bad("B"))
    states = RejectedRow.objects.order_by("submission", "line").values_list("raw", "state")
    assert [(raw and raw["logicalId"], state) for raw, state in states] == [
        ("A", RowState.SUPERSEDED),
        ("B", RowState.SUPERSEDED),
        ("B", RowState.OPEN),
    ]


def test_a_row_that_says_more_than_the_record_keeps_is_kept_as_it_came() -> None:
    week = {"holidays": [{"start": "09:00", "end": "10:00"}]}
    create(
        make_team(),
        row("A", favouriteColour="green"),
        row("B", npi=None),
        row("C", npi=None, workingHours=week),
    )
    first, second, third = stored()
    assert "favouriteColour" not in first.config
    assert first.raw["config"]["favouriteColour"] == "green"
    assert [each["code"] for each in first.warnings] == ["field.unknown"]
    assert second.raw is None
    assert third.raw["config"]["workingHours"] == week


@dataclass
class Step:
    """A file's step that does nothing of its own."""

    last: Callable[[Submission, Created], None]

    def hold(self) -> None:
        """Nobody else brings in the same file."""

    def __call__(self, submission: Submission, created: Created) -> None:
        self.last(submission, created)


def test_a_file_adds_its_chunks_to_one_submission_and_takes_its_step_with_them() -> None:
    team, steps = make_team(), []
    first = create(
        team, row("A"), bad("B"), source="file", lines=[2, 3],
        step=Step(lambda submission, created: steps.append((submission, became(created)))),
    )  # fmt: skip
    submission = Submission.objects.get()
    create(team, row("C"), bad("D"), source="file", lines=[4, 5], submission=submission)
    submission.refresh_from_db()
    assert (submission.total_rows, submission.accepted_rows, submission.rejected_rows) == (4, 2, 2)
    assert steps == [(submission, ["created", "failed"])]
    assert first.submission_id == str(submission.pk)
    assert RejectedRow.objects.filter(submission=submission).count() == 2


def test_what_a_step_raises_takes_back_everything() -> None:
    def refuse(*given: object) -> None:
        raise RuntimeError("overtaken")

    with pytest.raises(RuntimeError):
        create(make_team(), row("A"), step=Step(refuse))
    assert not ResourceRecord.objects.exists()
    assert not RecordChange.objects.exists()


def test_supervisors_and_npis_are_judged_against_what_is_stored() -> None:
    team = make_team()
    (boss,) = ids(create(team, row("A")))
    created = create(
        team,
        row("B", supervisorId=boss, npi="1003000126"),
        row("C", supervisorId=OTHER, npi=None),
        row("D", npi="1234567893"),
        profile="strict",
    )
    assert codes(created) == [[], ["supervisor.missing"], []]
    assert [issue.code for issue in created.entries[2].warnings] == ["npi.shared"]
    again = create(team, row("A", summary="New"), on_conflict="update")
    assert "npi.shared" in [issue.code for issue in again.entries[0].warnings]
    alone = make_team()
    create(alone, row("A"))
    assert create(alone, row("A", summary="x"), on_conflict="update").entries[0].warnings == []
