"""One correction for many rejected records: tried, applied, taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import F

from portal.groupfix import (
    ANY,
    SUGGESTED,
    Applying,
    Cluster,
    Undone,
    apply_group_fix,
    clusters_of,
    kind_of,
    open_refs,
    preview_group_fix,
    undo_group_fix,
)
from portal.models import AuditEvent, GroupFix, RejectedRow, Submission, Team, Verb
from records.models import RecordChange, ResourceRecord
from records.operations import By, update_record
from records.operations.group_fixes import CHANGED_SINCE, WAS_THERE, RejectedRecords
from tests.factories import make_team
from tests.records.making import ME, create, row

pytestmark = pytest.mark.django_db

KIND = RejectedRecords.name


def reject(team: Team, *rows: Any, **asked: Any) -> list[RejectedRow]:
    """Bring these rows in beside a good one, judged strictly, and return those kept to be fixed."""
    create(team, row("GOOD"), *rows, **{"profile": "strict"} | asked)
    return list(RejectedRow.objects.order_by("submission_id", "line"))


def cluster(code: str, value: Any = ANY) -> Cluster:
    """The rows with this fault, and this value."""
    refs = open_refs(RejectedRow.objects.order_by("pk"))
    faults = clusters_of(kind_of(KIND).hold(refs, lock=False))
    every = [each for fault in faults for each in (fault.whole, *fault.clusters)]
    return next(e for e in every if (e.code == code and e.value is value) or e.value == value)


def fix(team: Team, found: Cluster, wanted: Any) -> Applying:
    """Apply the correction."""
    return apply_group_fix(
        team=team, kind=KIND, rows=found.refs, correction=found.correction(wanted), actor=ME
    )


def undo(applied: Applying) -> Undone:
    """Take it back."""
    assert applied.fix is not None
    return undo_group_fix(fix=applied.fix, actor=ME)


def states() -> list[str]:
    """What became of the rejected rows, in their order."""
    rows = RejectedRow.objects.order_by("submission_id", "line")
    return list(rows.values_list("state", flat=True))


def test_one_value_puts_all_rows_right_each_at_its_own_line() -> None:
    team = make_team()
    rows = reject(team, *(row(f"B{n}", languages=["English", "ar"]) for n in range(3)))
    found = cluster("language.tag", "English")
    correction = found.correction("en")
    assert preview_group_fix(kind=KIND, rows=found.refs, correction=correction).fixed == 3
    assert ResourceRecord.objects.count() == 1
    applied = fix(team, found, "en")
    assert (applied.fixed, states()) == (3, ["accepted"] * 3)
    for each in rows:
        each.refresh_from_db()
        record = ResourceRecord.objects.get(pk=each.accepted_as)
        assert record.config["languages"] == ["en", "ar"]
        assert (record.submission_id, record.line) == (each.submission_id, each.line)
    submission = Submission.objects.get()
    assert (submission.accepted_rows, submission.rejected_rows) == (4, 0)


def test_a_preview_says_which_rows_stay_and_why() -> None:
    team = make_team()
    reject(
        team,
        row("B1", languages=["English"]),
        row("B2", languages=["English"], gender="woman"),
        row("GOOD", languages=["English"]),
    )
    found = cluster("language.tag", "English")
    preview = preview_group_fix(kind=KIND, rows=found.refs, correction=found.correction("en"))
    assert preview.fixed == 1
    assert sum(preview.stayed.values()) == 2
    assert any("gender" in why.lower() for why in preview.stayed)
    assert any("already" in why for why in preview.stayed)
    applied = fix(team, found, "en")
    assert (applied.fixed, applied.stayed) == (1, preview.stayed)


def test_each_row_takes_its_own_suggestion() -> None:
    team = make_team()
    reject(team, row("B1", languages=["English"]), row("B2", languages=["Arabic", "Urdu"]))
    found = cluster("language.tag")
    assert fix(team, found, SUGGESTED).fixed == 2
    said = ResourceRecord.objects.exclude(logical_id="GOOD").order_by("logical_id")
    assert [each.config["languages"] for each in said] == [["en"], ["ar", "ur"]]


def test_hours_past_midnight_are_split_over_two_days() -> None:
    team = make_team()
    night = {"mon": [{"start": "22:00", "end": "06:00"}]}
    reject(team, row("B1", workingHours=night), row("B2", workingHours=night))
    found = cluster("hours.order", "22:00-06:00")
    assert fix(team, found, SUGGESTED).fixed == 2
    hours = ResourceRecord.objects.get(logical_id="B1").config["workingHours"]
    assert hours["mon"] == [{"start": "22:00", "end": "24:00"}]
    assert hours["tue"] == [{"start": "00:00", "end": "06:00"}]


def test_a_field_that_nobody_knows_moves_to_the_one_that_was_meant() -> None:
    team = make_team()
    wrong = row("B1")
    wrong["config"]["speciality"] = wrong["config"].pop("specialties")
    reject(team, wrong)
    assert fix(team, cluster("field.unknown"), SUGGESTED).fixed == 1
    record = ResourceRecord.objects.get(logical_id="B1")
    assert record.config["specialties"][0]["code"] == "207Q00000X"


def test_undone_records_are_gone_with_a_history_and_their_rows_are_open() -> None:
    team = make_team()
    reject(team, row("B1", languages=["English"]), row("B2", languages=["English"]))
    applied = fix(team, cluster("language.tag", "English"), "en")
    undone = undo(applied)
    assert (undone.undone, undone.stayed.total()) == (2, 0)
    assert ResourceRecord.objects.count() == 1
    assert states() == ["open", "open"]
    changes = RecordChange.objects.exclude(change="created").values_list("change", flat=True)
    assert list(changes) == ["deleted", "deleted"]
    assert fix(team, cluster("language.tag", "English"), "en").fixed == 2
    verbs = AuditEvent.objects.filter(object_kind="portal.groupfix").order_by("at")
    assert [each.verb for each in verbs] == [Verb.FIXED, Verb.UNDONE, Verb.FIXED]


def test_an_undo_leaves_records_that_somebody_has_changed_or_that_were_there() -> None:
    team = make_team()
    create(team, row("OLD"))
    reject(
        team,
        row("B1", languages=["English"]),
        row("OLD", languages=["English"]),
        row("B2", languages=["English"]),
        on_conflict="update",
    )
    applied = fix(team, cluster("language.tag", "English"), "en")
    assert applied.fixed == 3
    record = ResourceRecord.objects.get(logical_id="B1")
    by = By(team, ME, source="form")
    update_record(by=by, record_id=record.pk, changes={"config": {"name": "Dr. Other"}})
    undone = undo(applied)
    assert (undone.undone, undone.stayed) == (1, {CHANGED_SINCE: 1, WAS_THERE: 1})
    assert ResourceRecord.objects.filter(logical_id__in=["B1", "OLD"]).count() == 2
    assert not ResourceRecord.objects.filter(logical_id="B2").exists()


def test_rows_that_somebody_touched_meanwhile_are_left() -> None:
    team = make_team()
    first, _ = reject(team, row("B1", languages=["English"]), row("B2", languages=["English"]))
    found = cluster("language.tag", "English")
    RejectedRow.objects.filter(pk=first.pk).update(version=F("version") + 1)
    applied = fix(team, found, "en")
    assert (applied.fixed, applied.stayed.total()) == (1, 1)
    assert states() == ["open", "accepted"]


def test_two_corrected_rows_that_become_one_record_make_it_once() -> None:
    team = make_team()
    reject(team, row("B1", languages=["English"]))
    reject(team, row("B1", languages=["English"]), row("B2", languages=["English"]))
    found = cluster("language.tag", "English")
    applied = fix(team, found, "en")
    assert ResourceRecord.objects.filter(logical_id="B1").count() == 1
    assert applied.fixed + applied.stayed.total() == len(found.refs)
    assert GroupFix.objects.get().fixed == applied.fixed


def test_many_rows_cost_as_many_queries_as_few(django_assert_max_num_queries: Any) -> None:
    team = make_team()
    reject(team, *(row(f"B{n}", languages=["English"]) for n in range(150)))
    found = cluster("language.tag", "English")
    with django_assert_max_num_queries(40):
        applied = fix(team, found, "en")
    assert applied.fixed == 150
    with django_assert_max_num_queries(25):
        assert undo(applied).undone == 150
