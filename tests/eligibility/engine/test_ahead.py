from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from eligibility.choices import FINAL, Status
from eligibility.engine import claim as claims
from eligibility.engine import runner
from eligibility.engine.ahead import Ahead
from eligibility.engine.drain import Drain
from eligibility.engine.turns import Turns
from eligibility.models import Attempt, EligibilityTask, TaskEvent
from tests.eligibility.engine.helpers import drain_until_done, make_lane, make_rows
from tests.eligibility.engine.payers import WatchedPayer


def make_row(number: int, *, lane_id: int = 1, room: int = 2) -> Any:
    return SimpleNamespace(number=number, lane=SimpleNamespace(id=lane_id, room=room))


def called(turns: Turns, lane_id: int = 1) -> list[int]:
    return [row.number for row, _ in turns.called(lane_id)]


def test_as_many_calls_are_open_as_the_lane_has_room_and_the_next_one_takes_its_turn() -> None:
    turns = Turns()
    rows = [make_row(number) for number in range(4)]
    for row in rows:
        turns.add(row, 0.0)
    assert called(turns) == [0, 1]
    assert called(turns) == []
    turns.done(rows[1])
    assert called(turns) == [2]
    assert turns.has_waiting()


def test_a_later_claim_that_finds_less_room_opens_no_call_until_enough_have_ended() -> None:
    turns = Turns()
    first = [make_row(number, room=3) for number in range(3)]
    for row in first:
        turns.add(row, 0.0)
    assert called(turns) == [0, 1, 2]
    turns.add(make_row(3, room=1), 1.0)
    turns.done(first[0])
    turns.done(first[1])
    assert called(turns) == []
    turns.done(first[2])
    assert called(turns) == [3]


def test_lanes_do_not_wait_for_each_other_and_rows_that_waited_too_long_are_given_up() -> None:
    turns = Turns()
    turns.add(make_row(0, room=0), 1.0)
    turns.add(make_row(1, room=0), 2.0)
    turns.add(make_row(2, lane_id=2), 2.0)
    assert (called(turns), called(turns, 2)) == ([], [2])
    assert [row.number for row in turns.waiting_since(2.0)] == [0]
    assert turns.has_waiting()


def test_twice_what_was_quickly_answered_may_wait_but_never_longer_than_for_one_call() -> None:
    ahead = Ahead()
    assert ahead.of(1, 100) == 0
    ahead.note([(1, 499)] * 10)
    assert (ahead.of(1, 100), ahead.of(1, 4), ahead.of(1, -5), ahead.of(2, 100)) == (20, 4, 0, 0)


def test_where_answers_come_very_quickly_a_row_may_wait_for_two_calls() -> None:
    ahead = Ahead()
    ahead.note([(1, 50)] * 10)
    assert (ahead.of(1, 100), ahead.of(1, 4), ahead.of(1, 0)) == (20, 8, 0)
    ahead.note([(1, 50)] * 9 + [(1, 200)])
    assert ahead.of(1, 4) == 4


def test_what_may_wait_fades_and_ends_at_once_when_most_replies_are_no_quick_answers() -> None:
    ahead = Ahead()
    ahead.note([(1, 50)] * 10 + [(2, 50)] * 10)
    ahead.note([(2, None)] * 2 + [(2, 500)] + [(2, 50)] * 2)
    assert (ahead.of(1, 100), ahead.of(2, 100)) == (18, 0)


@pytest.mark.django_db(transaction=True)
def test_a_drain_has_more_rows_in_hand_than_slots_and_never_more_calls_open(
    payer: WatchedPayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = make_lane(max_in_flight=4)
    make_rows(lane, 60, "delay=5;outcome=eligible")
    most_in_hand = 0

    def watch(*args: Any, **options: Any) -> list[claims.Claimed]:
        nonlocal most_in_hand
        taken = claim(*args, **options)
        held = EligibilityTask.objects.filter(status=Status.RUNNING).count()
        most_in_hand = max(most_in_hand, held)
        return taken

    claim = claims.claim
    monkeypatch.setattr(claims, "claim", watch)
    drain_until_done(payer)
    assert most_in_hand > 4
    assert payer.most == 4


@pytest.mark.django_db(transaction=True)
def test_two_drains_together_never_have_more_calls_open_than_slots(payer: WatchedPayer) -> None:
    lane = make_lane(max_in_flight=5)
    make_rows(lane, 80, "delay=5;outcome=eligible")
    moved: list[int] = []

    def drain(name: str) -> None:
        try:
            while EligibilityTask.objects.exclude(status__in=FINAL).exists():
                moved.append(Drain(worker=name, synthetic_url=payer.url).run())
        finally:
            connection.close()

    threads = [threading.Thread(target=drain, args=(name,)) for name in ("one:1", "two:2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(moved), payer.most) == (80, 5)


@pytest.mark.django_db(transaction=True)
def test_rows_that_wait_behind_a_payer_that_hangs_go_back_to_the_line_unsent(
    payer: WatchedPayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Half of what the slow rows take, and far more than a quick one waits on a busy machine.
    monkeypatch.setattr(runner, "UNSENT_FOR", 0.3)
    lane = make_lane(max_in_flight=2, deadline=1.0, max_conversations=1)
    quick = make_rows(lane, 12, "delay=0;outcome=eligible")
    slow = make_rows(lane, 6, "delay=600;outcome=eligible", run_at=quick[-1].run_at)
    drain_until_done(payer)
    notes = TaskEvent.objects.filter(note="its turn to be asked did not come")
    assert notes.exists()
    assert payer.most == 2
    assert set(EligibilityTask.objects.values_list("status", flat=True)) == {"done"}
    unsent = notes.values_list("task_id", flat=True).distinct()
    assert set(unsent) <= {row.pk for row in slow}
    assert Attempt.objects.filter(state="answered").count() == 18
