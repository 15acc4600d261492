"""Requests that arrive at the same moment, each on a connection of its own."""

from __future__ import annotations

import random
from typing import Any

import pytest

from portal.models import Team
from records.models import RecordChange, ResourceRecord
from records.operations import By, ChangeStatus, create_records, store, update_record
from tests.at_once import at_once
from tests.cast import Cast
from tests.records.making import ME, YOU, became, create, row

ROUNDS = 6


def send(team: Team, rows: list[Any], **asked: Any) -> Any:
    return lambda: create_records(team=team, actor=ME, rows=rows, **asked)


def existing_ids(created: Any) -> set[str]:
    return {
        entry.errors[0].message.split()[2]
        for entry in created.entries
        if entry.errors and entry.errors[0].code == "duplicate.existing"
    }


def test_of_two_requests_at_once_one_makes_each_record_and_the_other_names_it(
    committed_cast: Cast,
) -> None:
    team = committed_cast.us.team
    shuffled = random.Random(7)
    for number in range(ROUNDS):
        rows = [row(f"{number}-{each}") for each in range(40)]
        orders = [shuffled.sample(rows, len(rows)) for _ in range(2)]
        one, other = at_once(*[send(team, order) for order in orders])
        made = {entry.stored.id for each in (one, other) for entry in each.entries if entry.stored}
        assert one.total_created + other.total_created == 40
        assert one.total_errors + other.total_errors == 40
        assert existing_ids(one) | existing_ids(other) == made
    assert ResourceRecord.objects.count() == 40 * ROUNDS
    assert RecordChange.objects.count() == 40 * ROUNDS


def test_a_record_that_is_deleted_while_a_row_meets_it_makes_way_for_the_row(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row's insert finds the record, and the look-up behind it does not."""
    team, look = committed_cast.us.team, store.find_known
    create(team, row("A", name="Old"))

    def delete_first(*given: Any, **asked: Any) -> Any:
        ResourceRecord.objects.filter(name_key="old").delete()
        return look(*given, **asked)

    monkeypatch.setattr(store, "find_known", delete_first)
    assert became(create(team, row("A", name="New"))) == ["created"]
    assert ResourceRecord.objects.get().config["name"] == "New"


def test_rows_whose_records_come_and_go_for_ever_are_an_error_and_never_half_stored(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = committed_cast.us.team
    create(team, row("A"))
    monkeypatch.setattr(store, "find_known", lambda *given, **asked: {})
    with pytest.raises(store.Vanished):
        create(team, row("A"), row("B"))
    assert ResourceRecord.objects.count() == 1


def test_two_updates_of_the_same_records_at_once_both_count(committed_cast: Cast) -> None:
    team = committed_cast.us.team
    create(team, *[row(f"L-{each}", name="Old") for each in range(20)])
    requests = [
        send(team, [row(f"L-{each}", name=name) for each in order], on_conflict="update")
        for name, order in (("One", range(20)), ("Two", reversed(range(20))))
    ]
    for answer in at_once(*requests):
        assert became(answer) == ["updated"] * 20
    assert set(ResourceRecord.objects.values_list("version", flat=True)) == {3}
    assert RecordChange.objects.filter(change="updated").count() == 40
    assert len(set(ResourceRecord.objects.values_list("name_key", flat=True))) == 1


def test_of_two_editors_of_one_version_one_is_stale(committed_cast: Cast) -> None:
    team = committed_cast.us.team
    (entry,) = create(team, row("A")).entries
    assert entry.stored is not None

    def edit(name: str) -> Any:
        assert entry.stored is not None
        return lambda: update_record(
            by=By(team=team, actor=YOU),
            record_id=str(entry.stored and entry.stored.id),
            changes={"config": {"name": name}},
            versions={1},
        )

    answers: list[Any] = at_once(edit("One"), edit("Two"))
    statuses = {each.status for each in answers}
    assert statuses == {ChangeStatus.UPDATED, ChangeStatus.STALE}
    assert ResourceRecord.objects.get().version == 2
