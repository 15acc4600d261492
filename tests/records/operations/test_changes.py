from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.models import Team
from records.models import RecordChange, ResourceRecord
from records.operations import (
    By,
    ChangeStatus,
    Stored,
    delete_record,
    filled,
    put_by_logical_id,
    record_history,
    update_record,
)
from records.operations.changes import merged
from tests.factories import make_team
from tests.records.making import ATHENA, OTHER, YOU, config, create, ids, make_integration, row

db = pytest.mark.django_db


def by(team: Team, **asked: Any) -> By:
    return By(team=team, actor=YOU, request_id="R-2", **asked)


def make_record(team: Team, logical_id: str = "A", **said: Any) -> ResourceRecord:
    (found,) = ids(create(team, row(logical_id, **said)))
    return ResourceRecord.objects.get(pk=found)


@db
def test_a_change_is_merged_and_noted() -> None:
    record = make_record(make_team(), summary="Old", languages=["en"])
    changes: dict[str, Any] = {
        "config": {"summary": None, "languages": ["ar"], "workingHours": {"tue": []}}
    }
    changed = update_record(by=by(record.team), record_id=record.pk, changes=changes, versions={1})
    record.refresh_from_db()
    assert changed.status is ChangeStatus.UPDATED
    assert changed.stored == Stored.of(record)
    assert (record.version, record.updated_by) == (2, YOU)
    assert (record.config["summary"], record.config["languages"]) == (None, ["ar"])
    assert record.config["workingHours"]["mon"] == [{"start": "09:00", "end": "17:00"}]
    assert record.config["workingHours"]["tue"] == []
    _, change = record_history(team=record.team, record_id=record.pk)
    assert (change.change, change.version, change.actor) == ("updated", 2, YOU)
    assert change.before
    assert change.after
    said = (change.before["config"]["summary"], change.after["config"]["summary"])
    assert said == ("Old", None)


@db
def test_a_change_that_changes_nothing_writes_nothing() -> None:
    record = make_record(make_team())
    changes = {"logicalId": "A", "config": {"name": record.config["name"]}}
    changed = update_record(by=by(record.team), record_id=record.pk, changes=changes)
    assert (changed.status, RecordChange.objects.count()) == (ChangeStatus.UNCHANGED, 1)


@db
def test_an_editor_who_saw_an_older_version_changes_nothing() -> None:
    record = make_record(make_team())
    asked: dict[str, Any] = {"by": by(record.team), "record_id": record.pk, "versions": {2}}
    changed = update_record(**asked, changes={"config": {"name": "Late"}})
    assert (changed.status, changed.stored and changed.stored.version) == ("stale", 1)
    assert delete_record(**asked).status is ChangeStatus.STALE
    assert ResourceRecord.objects.get().config["name"] == "Dr. Amna Haddad"


@db
def test_a_change_that_breaks_a_rule_is_rejected_with_its_errors() -> None:
    record = make_record(make_team())
    changes = {"config": {"supervisorId": "nobody"}}
    changed = update_record(by=by(record.team), record_id=record.pk, changes=changes)
    assert changed.status is ChangeStatus.REJECTED
    assert [issue.code for issue in changed.errors] == ["objectid.pattern"]


@db
def test_supervisors_may_not_go_round_in_a_circle() -> None:
    team = make_team()
    boss = make_record(team, "A")
    make_record(team, "B", supervisorId=boss.pk, npi=None)
    below = ResourceRecord.objects.get(logical_id="B")
    changes = {"config": {"supervisorId": below.pk}}
    strict = by(team, profile="strict")
    changed = update_record(by=strict, record_id=boss.pk, changes=changes)
    assert [issue.code for issue in changed.errors] == ["supervisor.cycle"]
    changes = {"config": {"supervisorId": boss.pk}}
    changed = update_record(by=strict, record_id=boss.pk, changes=changes)
    assert [issue.code for issue in changed.warnings] == ["supervisor.self"]


@db
def test_a_logical_id_can_be_changed_but_not_to_that_of_another_record() -> None:
    team = make_team()
    first, second = make_record(team, "A"), make_record(team, "B")
    changed = update_record(by=by(team), record_id=first.pk, changes={"logicalId": "B"})
    assert changed.status is ChangeStatus.DUPLICATE
    assert second.pk in changed.errors[0].message
    changed = update_record(by=by(team), record_id=first.pk, changes={"logicalId": "C"})
    assert changed.status is ChangeStatus.UPDATED
    assert ResourceRecord.objects.get(pk=first.pk).logical_id == "C"


@db
def test_the_record_of_another_team_is_not_there() -> None:
    record, others = make_record(make_team()), make_team()
    asked: dict[str, Any] = {"by": by(others), "record_id": record.pk}
    assert update_record(**asked, changes={}).status is ChangeStatus.GONE
    assert delete_record(**asked).status is ChangeStatus.GONE
    assert not record_history(team=others, record_id=record.pk).exists()


@db
def test_a_deleted_record_leaves_its_history_and_its_logical_id() -> None:
    record = make_record(make_team())
    pk, team = record.pk, record.team
    assert delete_record(by=by(team), record_id=pk, versions={1}).status is ChangeStatus.DELETED
    assert not ResourceRecord.objects.exists()
    made, gone = filled(record_history(team=team, record_id=pk))
    assert (gone.change, gone.version, gone.after) == ("deleted", 2, None)
    assert gone.before == made.after
    assert made.after is not None
    assert delete_record(by=by(team), record_id=pk).status is ChangeStatus.GONE
    assert make_record(team).pk != pk


@db
def test_put_makes_a_record_and_replaces_it_whole() -> None:
    team = make_team()
    make_integration(team)

    def put(row: dict[str, Any], **asked: Any) -> Any:
        return put_by_logical_id(
            by=by(team), integration_id=ATHENA, logical_id="A", row=row, **asked
        )

    made = put({"config": config(summary="First")})
    assert (made.status, made.stored.version) == (ChangeStatus.CREATED, 1)
    again = put({"config": config(summary="First"), "logicalId": "other"})
    assert again.status is ChangeStatus.UNCHANGED
    replaced = put({"config": {"type": "practitioners", "name": "Only this"}}, versions={1})
    assert (replaced.status, replaced.stored.version) == (ChangeStatus.UPDATED, 2)
    record = ResourceRecord.objects.get()
    assert (record.pk, record.integration_key, record.logical_id) == (made.stored.id, ATHENA, "A")
    assert (record.config["summary"], record.config["name"]) == (None, "Only this")
    assert put({"config": config()}, versions={1}).status is ChangeStatus.STALE
    assert put({"config": config(npi=7)}).status is ChangeStatus.REJECTED
    there_is_none = put_by_logical_id(
        by=by(team), integration_id=OTHER, logical_id="A", row={}, versions={1}
    )
    assert there_is_none.status is ChangeStatus.STALE


def test_a_merge_patch_does_what_the_standard_says() -> None:
    target = {"a": "b", "c": {"d": "e", "f": "g"}}
    assert merged(target, {"a": "z", "c": {"f": None}}) == {"a": "z", "c": {"d": "e"}}
    assert merged(target, {"c": None, "l": [1, None]}) == {"a": "b", "l": [1, None]}
    assert merged({"a": [1]}, {"a": {"b": None, "c": 1}}) == {"a": {"c": 1}}
    assert merged(target, ["whole"]) == ["whole"]
    assert target == {"a": "b", "c": {"d": "e", "f": "g"}}


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(values, values)
def test_a_merge_patch_applied_twice_is_applied_once(stands: Any, changes: Any) -> None:
    once = merged(stands, changes)
    assert merged(once, changes) == once
